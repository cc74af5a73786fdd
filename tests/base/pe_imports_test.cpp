#include "base/pe_imports.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace vsmlrt {
namespace {

constexpr std::size_t pe = 0x80;
constexpr std::size_t section = pe + 24 + 240;
constexpr std::uint32_t section_address = 0x1000;
constexpr std::uint32_t section_place = 0x200;

template <typename Number>
void put(std::vector<std::byte> &image, std::size_t at, Number value) {
    std::memcpy(image.data() + at, &value, sizeof value);
}

// The fields that count, at the places of Microsoft's "PE Format": one section that holds a table of two.
std::vector<std::byte> image_of_two() {
    std::vector<std::byte> image(0x400);
    put<std::uint16_t>(image, 0, 0x5a4d);
    put<std::uint32_t>(image, 0x3c, pe);
    put<std::uint32_t>(image, pe, 0x4550);
    put<std::uint16_t>(image, pe + 6, 1);
    put<std::uint16_t>(image, pe + 20, 240);
    put<std::uint16_t>(image, pe + 24, 0x20b);
    put<std::uint32_t>(image, pe + 24 + 120, section_address + 0x10);
    put<std::uint32_t>(image, section + 12, section_address);
    put<std::uint32_t>(image, section + 16, 0x200);
    put<std::uint32_t>(image, section + 20, section_place);
    put<std::uint32_t>(image, section_place + 0x10 + 12, section_address + 0x100);
    put<std::uint32_t>(image, section_place + 0x10 + 20 + 12, section_address + 0x120);
    std::memcpy(image.data() + section_place + 0x100, "cudart64_13.dll", 16);
    std::memcpy(image.data() + section_place + 0x120, "KERNEL32.dll", 13);
    return image;
}

TEST(PeImports, AreTheNamesOfTheTable) {
    EXPECT_EQ(pe_imports(image_of_two()), (std::vector<std::string>{"cudart64_13.dll", "KERNEL32.dll"}));
}

TEST(PeImports, OfWhatIsNotSuchAnImageThereAreNone) {
    EXPECT_TRUE(pe_imports({}).empty());
    EXPECT_TRUE(pe_imports(std::vector<std::byte>(4096, std::byte{0xff})).empty());
    std::vector<std::byte> other = image_of_two();
    put<std::uint16_t>(other, pe + 24, 0x10b); // of 32 bits
    EXPECT_TRUE(pe_imports(other).empty());
}

TEST(PeImports, ACutOrSpoiltImageIsReadToWhereItGoes) {
    const std::vector<std::byte> whole = image_of_two();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_LE(pe_imports(std::span(whole).first(size)).size(), 2U);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::vector<std::byte> spoilt = whole;
        spoilt[at] = std::byte{0xff};
        EXPECT_LE(pe_imports(spoilt).size(), 64U);
    }
}

} // namespace
} // namespace vsmlrt
