#include "base/hash.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace vsmlrt {
namespace {

TEST(ContentHash, IsXxh3Of128Bits) {
    // The empty input's value as the xxHash project publishes it; a hash that changed would orphan every
    // cache.
    EXPECT_EQ(content_hash({}), "99aa06d3014798d86001c324468d497f");
}

TEST(ContentHash, TellsEveryBitApart) {
    std::vector<std::byte> bytes(300);
    const std::string before = content_hash(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        ASSERT_NE(content_hash(bytes), before);
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    EXPECT_EQ(content_hash(bytes), before);
}

} // namespace
} // namespace vsmlrt
