// That the tests of kernels in this program would see a store behind the end of an allocation.
#include "tensor/buffer.h"

#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace vsmlrt::test {
namespace {

// Kept from the compiler, which would leave out what it sees to be wrong.
template <typename T>
[[gnu::noinline]] void store(T *at, std::ptrdiff_t index) {
    *static_cast<volatile T *>(at + index) = T{};
}

[[gnu::noipa]] std::uintptr_t address_of_freed() {
    const std::vector<float> floats(1024, 1.F);
    return reinterpret_cast<std::uintptr_t>(floats.data());
}

[[gnu::noipa]] void load(std::uintptr_t address) {
    static_cast<void>(*reinterpret_cast<const volatile float *>(address));
}

TEST(GuardedMemoryDeathTest, AStoreBehindTheEndOfAnAllocationEndsTheProgram) {
    HostBuffer buffer(64 * 100);
    store(buffer.as<float>(), 1599);
    EXPECT_DEATH(store(buffer.as<float>(), 1600), "");
    std::vector<float> floats(1024);
    EXPECT_DEATH(store(floats.data(), 1024), "");
}

TEST(GuardedMemoryDeathTest, AStoreBetweenItsEndAndAnAlignedPlaceIsFoundWhenItIsFreed) {
    EXPECT_DEATH(
        {
            std::vector<std::uint8_t> bytes(1001);
            store(bytes.data(), 1001);
        },
        "written behind the end");
}

TEST(GuardedMemoryDeathTest, WhatWasFreedIsNotReadAgain) {
    EXPECT_DEATH(load(address_of_freed()), "");
}

TEST(GuardedMemory, HoldsWhatIsWritten) {
    std::vector<int> numbers(100'000);
    std::iota(numbers.begin(), numbers.end(), 0);
    EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0}), 4'999'950'000);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(HostBuffer(1000).data()) % HostBuffer::alignment, 0U);
}

} // namespace
} // namespace vsmlrt::test
