// What tests of files share: contents, what a failure says, and locks under way.
#pragma once

#include "base/file.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace vsmlrt::test {

[[nodiscard]] inline std::vector<std::byte> bytes(std::string_view characters) {
    const auto view = std::as_bytes(std::span(characters.data(), characters.size()));
    return {view.begin(), view.end()};
}

// The message of the failure of that kind with which `body` ends.
template <typename Fault, typename Body>
[[nodiscard]] std::string failure(const Body &body) {
    try {
        body();
    } catch (const Fault &error) {
        return error.what();
    }
    return "nothing failed";
}

// How many of four threads had a lock at once, at most, in so many turns of each.
[[nodiscard]] inline int most_holders(const std::filesystem::path &lock_file, int turns) {
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int turn = 0; turn < turns; ++turn) {
                const FileLock lock(lock_file);
                const int now = ++inside;
                most = std::max(most.load(), now);
                std::this_thread::yield();
                --inside;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    return most;
}

} // namespace vsmlrt::test
