#include "base/pe_imports.h"

#include <cstdint>
#include <cstring>
#include <optional>

namespace vsmlrt {
namespace {

class Image {
public:
    explicit Image(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <typename Number>
    [[nodiscard]] std::optional<Number> at(std::uint64_t offset) const {
        Number number = 0;
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof number)
            return {};
        std::memcpy(&number, bytes_.data() + offset, sizeof number);
        return number;
    }

    [[nodiscard]] std::string text(std::uint64_t offset) const {
        std::string characters;
        while (offset < bytes_.size() && bytes_[offset] != std::byte{0})
            characters += static_cast<char>(bytes_[offset++]);
        return offset < bytes_.size() ? characters : std::string();
    }

private:
    std::span<const std::byte> bytes_;
};

struct Sections {
    std::uint64_t first = 0;
    std::uint16_t count = 0;
};

// Where in the file an address of the loaded image lies.
std::optional<std::uint64_t> offset_of(const Image &image, const Sections &sections, std::uint32_t address) {
    constexpr std::uint64_t header = 40;
    for (std::uint16_t i = 0; i < sections.count; ++i) {
        const std::uint64_t at = sections.first + i * header;
        const auto begin = image.at<std::uint32_t>(at + 12);
        const auto bytes = image.at<std::uint32_t>(at + 16);
        const auto place = image.at<std::uint32_t>(at + 20);
        if (!begin || !bytes || !place)
            return {};
        if (address >= *begin && address - *begin < *bytes)
            return std::uint64_t{*place} + (address - *begin);
    }
    return {};
}

} // namespace

std::vector<std::string> pe_imports(std::span<const std::byte> bytes) {
    constexpr std::uint16_t pe32_plus = 0x20b;
    const Image image(bytes);
    const std::uint64_t pe = image.at<std::uint32_t>(0x3c).value_or(0);
    const std::uint64_t optional_header = pe + 24;
    if (image.at<std::uint16_t>(0) != 0x5a4d || image.at<std::uint32_t>(pe) != 0x4550U ||
        image.at<std::uint16_t>(optional_header) != pe32_plus)
        return {};
    const Sections sections = {optional_header + image.at<std::uint16_t>(pe + 20).value_or(0),
                               image.at<std::uint16_t>(pe + 6).value_or(0)};
    const auto table = image.at<std::uint32_t>(optional_header + 120);
    auto entry = table ? offset_of(image, sections, *table) : std::nullopt;
    std::vector<std::string> names;
    for (; entry; *entry += 20) {
        const auto name = image.at<std::uint32_t>(*entry + 12);
        if (!name || *name == 0)
            break;
        if (const auto at = offset_of(image, sections, *name))
            if (std::string found = image.text(*at); !found.empty())
                names.push_back(std::move(found));
    }
    return names;
}

} // namespace vsmlrt
