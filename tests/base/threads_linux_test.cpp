#include "base/machine.h"
#include "base/threads.h"

#include <chrono>
#include <gtest/gtest.h>
#include <mutex>
#include <sched.h>
#include <set>

namespace vsmlrt {
namespace {

// The calling thread on one processor, of those that it may use, as long as this lives.
class OnOneProcessor {
public:
    OnOneProcessor() {
        CPU_ZERO(&before_);
        ::sched_getaffinity(0, sizeof before_, &before_);
        int first = 0;
        while (!CPU_ISSET(first, &before_))
            ++first;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        ::sched_setaffinity(0, sizeof one, &one);
    }
    OnOneProcessor(const OnOneProcessor &) = delete;
    OnOneProcessor &operator=(const OnOneProcessor &) = delete;
    ~OnOneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }

private:
    cpu_set_t before_ = {};
};

TEST(Threads, AreNoMoreThanTheProcessorsThatMayBeUsed) {
    const OnOneProcessor held;
    ASSERT_EQ(usable_processors(), 1);
    std::mutex mutex;
    std::set<std::thread::id> seen;
    for_each_on_threads(20, [&](std::size_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1)); // so that another one would come to work
        const std::lock_guard lock(mutex);
        seen.insert(std::this_thread::get_id());
    });
    EXPECT_EQ(seen.size(), 1U);
}

} // namespace
} // namespace vsmlrt
