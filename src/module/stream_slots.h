// As many executions of a program at once as it has streams: a context holds a slot while it runs, and
// further ones sleep until a slot is free.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace vsmlrt {

// Thread-safe. The C++ library's counting_semaphore spins before it sleeps, which takes processor time from
// the streams that run.
class StreamSlots {
public:
    // At least one, whatever is asked for.
    explicit StreamSlots(int num_streams) : free_(std::max(1, num_streams)) {}

    // Taken when made, after waiting for it, and given back when destroyed.
    class Slot {
    public:
        explicit Slot(StreamSlots &slots) : slots_(slots) { slots_.take(); }
        ~Slot() { slots_.give_back(); }
        Slot(const Slot &) = delete;
        Slot &operator=(const Slot &) = delete;

    private:
        StreamSlots &slots_;
    };

private:
    void take() {
        std::unique_lock lock(mutex_);
        one_is_free_.wait(lock, [this] { return free_ > 0; });
        --free_;
    }
    void give_back() {
        {
            const std::lock_guard lock(mutex_);
            ++free_;
        }
        one_is_free_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable one_is_free_;
    int free_;
};

} // namespace vsmlrt
