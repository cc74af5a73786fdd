#include "base/machine.h"

#include <gtest/gtest.h>

namespace vsmlrt {
namespace {

TEST(Machine, HasMemoryProcessorsAndAName) {
    EXPECT_GT(memory_bytes(), std::int64_t{1} << 26);
    EXPECT_GT(available_memory_bytes(), std::uint64_t{1} << 20);
    EXPECT_LE(available_memory_bytes(), static_cast<std::uint64_t>(memory_bytes()));
    EXPECT_GE(usable_processors(), 1);
    EXPECT_FALSE(processor_name().empty());
}

} // namespace
} // namespace vsmlrt
