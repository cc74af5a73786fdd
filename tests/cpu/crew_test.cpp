#include "cpu/crew.h"

#include <atomic>
#include <gtest/gtest.h>

namespace vsmlrt::test {
namespace {

TEST(Crew, AllOfTheWorkIsDoneWhenRunReturns) {
    for (const int helpers : {0, 1, 5}) {
        cpu::Crew crew(helpers);
        ASSERT_EQ(crew.size(), helpers + 1);
        for (int call = 0; call < 500; ++call) {
            std::vector<int> items(64);
            std::atomic<std::size_t> next = 0;
            crew.run([&](int /*thread*/) {
                for (std::size_t i; (i = next++) < items.size();)
                    ++items[i];
            });
            ASSERT_EQ(items, std::vector<int>(64, 1));
        }
    }
}

TEST(Crew, EveryThreadHasItsOwnNumber) {
    cpu::Crew crew(3);
    for (int call = 0; call < 200; ++call) {
        std::vector<std::atomic<int>> seen(4);
        crew.run([&](int thread) { ++seen.at(static_cast<std::size_t>(thread)); });
        EXPECT_EQ(seen[0], 1);
        for (const auto &times : seen)
            EXPECT_LE(times, 1);
    }
}

} // namespace
} // namespace vsmlrt::test
