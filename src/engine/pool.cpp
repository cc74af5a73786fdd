#include "engine/pool.h"

namespace vsmlrt::engine {

ContextPool::ContextPool(const std::shared_ptr<const Program> &program, int count) {
    for (int i = 0; i < count; ++i) {
        contexts_.push_back(std::make_unique<Context>(program));
        free_.insert(free_.begin(), contexts_.back().get());
    }
}

ContextPool::Lease ContextPool::acquire() {
    std::unique_lock lock(mutex_);
    if (!free_.empty()) { // Then nobody waits: give_back serves those who wait before it fills this list.
        Context *context = free_.back();
        free_.pop_back();
        return {*this, context};
    }
    Waiter self;
    waiting_.push_back(&self);
    self.ready.wait(lock, [&] { return self.context != nullptr; });
    return {*this, self.context};
}

std::size_t ContextPool::waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

void ContextPool::give_back(Context *context) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
        free_.push_back(context);
        return;
    }
    Waiter *next = waiting_.front();
    waiting_.pop_front();
    next->context = context;
    next->ready.notify_one();
}

} // namespace vsmlrt::engine
