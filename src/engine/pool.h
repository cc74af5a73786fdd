// The contexts of a program, handed out first come, first served. Thread-safe; no lock is held while one is
// out.
#pragma once

#include "engine/backend.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace vsmlrt::engine {

class ContextPool {
public:
    ContextPool(const std::shared_ptr<const Program> &program, int count);

    // A context in use; goes back when this is destroyed, also while an exception passes.
    class Lease {
    public:
        Lease(ContextPool &pool, Context *context) : pool_(&pool), context_(context) {}
        ~Lease() {
            if (context_)
                pool_->give_back(context_);
        }
        Lease(Lease &&other) noexcept
            : pool_(other.pool_), context_(std::exchange(other.context_, nullptr)) {}
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;
        Context *operator->() const { return context_; }
        // Takes the context out of the pool for good: it cannot be used. Others must be left.
        void retire() { context_ = nullptr; }

    private:
        ContextPool *pool_;
        Context *context_;
    };

    // Waits until a context is free and all who asked before have got theirs.
    [[nodiscard]] Lease acquire();
    // Calls `prepare` with the first `count` contexts, before any is handed out. They are handed out before
    // the others.
    template <typename Prepare>
    void prepare(int count, Prepare &&prepare) {
        for (int i = 0; i < count; ++i)
            prepare(*contexts_.at(static_cast<std::size_t>(i)));
    }
    // How many threads wait for a context now.
    [[nodiscard]] std::size_t waiting();

private:
    struct Waiter {
        std::condition_variable ready;
        Context *context = nullptr;
    };
    void give_back(Context *context);

    std::mutex mutex_;
    std::vector<std::unique_ptr<Context>> contexts_;
    std::vector<Context *> free_;
    std::deque<Waiter *> waiting_;
};

} // namespace vsmlrt::engine
