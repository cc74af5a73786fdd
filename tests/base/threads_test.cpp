#include "base/threads.h"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace vsmlrt {
namespace {

TEST(Threads, CallOnceForEachNumber) {
    std::vector<std::atomic<int>> calls(100);
    for_each_on_threads(calls.size(), [&](std::size_t i) { ++calls[i]; });
    for (const std::atomic<int> &count : calls)
        EXPECT_EQ(count, 1);
    for_each_on_threads(0, [](std::size_t) { FAIL(); });
}

TEST(Threads, ThrowWhatTheFirstByNumberThrewAndDoTheRest) {
    std::atomic<int> done = 0;
    const auto work = [&](std::size_t i) {
        if (i % 2 == 1)
            throw std::runtime_error(std::to_string(i));
        ++done;
    };
    try {
        for_each_on_threads(10, work);
        FAIL();
    } catch (const std::runtime_error &failure) {
        EXPECT_STREQ(failure.what(), "1");
    }
    EXPECT_EQ(done, 5);
}

} // namespace
} // namespace vsmlrt
