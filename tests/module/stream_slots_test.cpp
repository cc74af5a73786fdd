#include "module/stream_slots.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using vsmlrt::StreamSlots;

// The most threads that were inside at once.
int most_at_once(int num_streams, int threads) {
    StreamSlots slots(num_streams);
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([&] {
            for (int n = 0; n < 50; ++n) {
                const StreamSlots::Slot slot(slots);
                const int now = ++inside;
                for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);)
                    continue;
                std::this_thread::yield();
                --inside;
            }
        });
    for (std::thread &thread : all)
        thread.join();
    return most;
}

TEST(StreamSlots, NoMoreRunAtOnceThanThereAreStreams) {
    EXPECT_EQ(most_at_once(1, 4), 1);
    EXPECT_LE(most_at_once(2, 4), 2);
}

TEST(StreamSlots, ThereIsAlwaysOne) {
    EXPECT_EQ(most_at_once(0, 2), 1);
}

TEST(StreamSlots, AsManyFitAsThereAreStreams) {
    StreamSlots slots(3);
    const StreamSlots::Slot first(slots);
    const StreamSlots::Slot second(slots);
    const StreamSlots::Slot third(slots);
    SUCCEED() << "three were taken by one thread without waiting";
}

TEST(StreamSlots, AFailureGivesItsSlotBack) {
    StreamSlots slots(1);
    for (int i = 0; i < 3; ++i)
        EXPECT_THROW(
            {
                const StreamSlots::Slot slot(slots);
                throw std::runtime_error("failed");
            },
            std::runtime_error);
}

} // namespace
