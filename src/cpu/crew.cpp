#include "cpu/crew.h"

namespace vsmlrt::cpu {
namespace {

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

} // namespace

Crew::Crew(int helpers) {
    for (int i = 0; i < helpers; ++i)
        helpers_.emplace_back(&Crew::help, this, i + 1);
}

Crew::~Crew() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    called_.notify_all();
    for (std::thread &helper : helpers_)
        helper.join();
}

void Crew::run(const std::function<void(int)> &work) {
    if (helpers_.empty()) {
        work(0);
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        work_ = &work;
        ++call_;
    }
    called_.notify_all();
    work(0);
    std::unique_lock lock(mutex_);
    work_ = nullptr;
    left_.wait(lock, [&] { return working_ == 0; });
}

void Crew::help(int index) {
    std::unique_lock lock(mutex_);
    unsigned answered = 0;
    for (;;) {
        called_.wait(lock, [&] { return over_ || (work_ && call_ != answered); });
        if (over_)
            return;
        answered = call_;
        const auto &work = *work_;
        ++working_;
        lock.unlock();
        work(index);
        lock.lock();
        if (--working_ == 0)
            left_.notify_one();
    }
}

void Shares::tell() {
    { const std::lock_guard lock(mutex_); } // who waits has looked before, or looks after
    all_done_.notify_all();
}

void Shares::wait() {
    // The others' last items are soon done: waking from sleep would often take longer.
    for (int i = 0; i < 4000 && done_.load(std::memory_order_acquire) < items_; ++i)
        pause();
    if (done_.load(std::memory_order_acquire) >= items_)
        return;
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [&] { return done_.load(std::memory_order_acquire) >= items_; });
}

} // namespace vsmlrt::cpu
