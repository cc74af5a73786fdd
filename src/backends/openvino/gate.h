// Lets so many threads in at once; the others sleep until one leaves.
#pragma once

#include <condition_variable>
#include <mutex>

namespace vsmlrt::openvino {

class Gate {
public:
    explicit Gate(int places) : free_(places) {}

    // A place while it lives.
    class Pass {
    public:
        explicit Pass(Gate &gate) : gate_(gate) { gate_.enter(); }
        ~Pass() { gate_.leave(); }
        Pass(const Pass &) = delete;
        Pass &operator=(const Pass &) = delete;

    private:
        Gate &gate_;
    };

private:
    void enter() {
        std::unique_lock lock(mutex_);
        left_.wait(lock, [this] { return free_ > 0; });
        --free_;
    }
    void leave() {
        {
            const std::lock_guard lock(mutex_);
            ++free_;
        }
        left_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable left_;
    int free_;
};

} // namespace vsmlrt::openvino
