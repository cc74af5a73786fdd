// One of what is counted, for as long as this lives.
#pragma once

#include <atomic>
#include <utility>

namespace vsmlrt {

class Counted {
public:
    // `count` outlives it.
    explicit Counted(std::atomic<int> &count) : count_(&count) { ++count; }
    Counted(Counted &&other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
    Counted &operator=(Counted &&) = delete;
    ~Counted() {
        if (count_)
            --*count_;
    }

private:
    std::atomic<int> *count_;
};

} // namespace vsmlrt
