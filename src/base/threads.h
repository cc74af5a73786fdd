// Independent pieces of work on as many threads as this process may use processors.
#pragma once

#include "base/machine.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace vsmlrt {

// Calls work(i) once for each i below `count`, the calling thread among those that do. Returns when all are
// done; where some threw, with what the first of them by number threw.
template <typename Work>
void for_each_on_threads(std::size_t count, const Work &work) {
    std::vector<std::exception_ptr> failures(count);
    std::atomic<std::size_t> next = 0;
    const auto take = [&] {
        for (std::size_t i = next++; i < count; i = next++)
            try {
                work(i);
            } catch (...) {
                failures[i] = std::current_exception();
            }
    };
    const auto most = static_cast<std::size_t>(usable_processors());
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(most, count); ++i)
        threads.emplace_back(take);
    take();
    for (std::thread &thread : threads)
        thread.join();
    for (const std::exception_ptr &failure : failures)
        if (failure)
            std::rethrow_exception(failure);
}

} // namespace vsmlrt
