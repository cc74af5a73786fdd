// Threads that stand ready to share the work of one caller.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vsmlrt::cpu {

// One caller at a time.
class Crew {
public:
    explicit Crew(int helpers);
    ~Crew();
    Crew(const Crew &) = delete;
    Crew &operator=(const Crew &) = delete;

    [[nodiscard]] int size() const { return static_cast<int>(helpers_.size()) + 1; }

    // Calls work(0) in the caller's thread and work(1) and so on in the helpers'. Returns when all calls
    // have; a helper that has not begun by the time work(0) returns is left out. Work must not throw.
    void run(const std::function<void(int)> &work);

private:
    void help(int index);

    std::mutex mutex_;
    std::condition_variable called_;
    std::condition_variable left_;
    const std::function<void(int)> *work_ = nullptr;
    unsigned call_ = 0;
    int working_ = 0;
    bool over_ = false;
    std::vector<std::thread> helpers_;
};

// One step of a crew's work in items that its threads take until there are none. Outlives the crew's run.
class Shares {
public:
    Shares() = default;
    Shares(std::int64_t items, std::int64_t at_a_time) : items_(items), at_a_time_(at_a_time) {}
    void set(std::int64_t items, std::int64_t at_a_time) {
        items_ = items;
        at_a_time_ = at_a_time;
    }

    // Calls take(first, count) until no items are left; returns when all are done, the others' too, and what
    // they wrote can be read.
    template <typename Take>
    void work(Take take) {
        for (;;) {
            const std::int64_t first = next_.fetch_add(at_a_time_, std::memory_order_relaxed);
            if (first >= items_)
                break;
            const std::int64_t count = std::min(at_a_time_, items_ - first);
            take(first, count);
            if (done_.fetch_add(count, std::memory_order_acq_rel) + count == items_)
                tell();
        }
        wait();
    }

private:
    void tell();
    void wait();

    // Not std::atomic::wait, whose wakings get lost in GCC's library where the system has no futex.
    std::mutex mutex_;
    std::condition_variable all_done_;
    std::int64_t items_ = 0;
    std::int64_t at_a_time_ = 1;
    std::atomic<std::int64_t> next_ = 0;
    std::atomic<std::int64_t> done_ = 0;
};

} // namespace vsmlrt::cpu
