#include "cache/entry.h"

#include "base/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace vsmlrt::cache {
namespace {

std::vector<std::byte> bytes(std::string_view characters) {
    const auto view = std::as_bytes(std::span(characters.data(), characters.size()));
    return {view.begin(), view.end()};
}

// Makes the checksum right again after an edit, as a writer of another kind would.
void sign(std::vector<std::byte> &file) {
    const std::string checksum = content_hash(std::span(file).subspan(40));
    std::memcpy(file.data() + 8, checksum.data(), checksum.size());
}

TEST(Entry, GivesBackItsBlobForItsKey) {
    for (const std::string_view blob : {"", "x", "some bytes"})
        EXPECT_EQ(decode_entry(encode_entry("the key", bytes(blob)), "the key").blob, bytes(blob));
}

TEST(Entry, RefusesAnotherKey) {
    const auto file = encode_entry("driver 1", bytes("blob"));
    for (const std::string_view key : {"driver 2", "driver 11", "driver", ""})
        EXPECT_STREQ(decode_entry(file, key).refusal,
                     "the network, an option, the driver or a library has changed since");
}

TEST(Entry, RefusesEveryFlippedBit) {
    const auto file = encode_entry("key", bytes("blob"));
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        auto damaged = file;
        damaged[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_FALSE(decode_entry(damaged, "key").blob) << "bit " << bit;
    }
}

TEST(Entry, RefusesEveryOtherLength) {
    auto file = encode_entry("key", bytes("blob"));
    for (std::size_t size = 0; size < file.size(); ++size)
        EXPECT_FALSE(decode_entry(std::span(file).first(size), "key").blob) << size << " bytes";
    file.push_back(std::byte{0});
    EXPECT_FALSE(decode_entry(file, "key").blob);
}

TEST(Entry, RefusesWrongFieldsUnderARightChecksum) {
    const auto file = encode_entry("key", bytes("blob"));
    for (const std::size_t field : {40, 44, 47, 48, 55}) { // version, key's size, blob's size
        auto edited = file;
        edited[field] ^= std::byte{0x80};
        sign(edited);
        EXPECT_FALSE(decode_entry(edited, "key").blob) << "byte " << field;
        EXPECT_STRNE(decode_entry(edited, "key").refusal, "it is damaged");
    }
}

TEST(Entry, HasThePublishedForm) {
    const auto file = encode_entry("key", bytes("blob"));
    ASSERT_EQ(file.size(), 8U + 32 + 4 + 4 + 8 + 3 + 4);
    const auto expected = bytes(std::string_view("\1\0\0\0\3\0\0\0\4\0\0\0\0\0\0\0keyblob", 23));
    EXPECT_TRUE(std::ranges::equal(std::span(file).subspan(40), expected));
    EXPECT_TRUE(std::ranges::equal(std::span(file).first(8), bytes("VSMLPLAN")));
}

} // namespace
} // namespace vsmlrt::cache
