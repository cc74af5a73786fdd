// A test of this very program in a process of its own, for what is only seen from outside: what one leaves
// that is killed, and what several find that have nothing but files in common.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace vsmlrt::test {

class Apart {
public:
    // Starts the test of that full name, which may be disabled, with the environment of this process.
    // std::runtime_error where that cannot be.
    explicit Apart(const std::string &test);
    // Kills it, if it has not been waited for.
    ~Apart();
    Apart(const Apart &) = delete;
    Apart &operator=(const Apart &) = delete;

    // At once, as power failures do it.
    void kill();
    // Until its end: its exit status, 0 where the test passed, or `killed`.
    [[nodiscard]] int wait();
    static constexpr int killed = -1;

private:
    std::intptr_t process_;
};

// A new folder for temporary files, whose name begins so.
[[nodiscard]] std::filesystem::path new_folder(const std::string &beginning);

} // namespace vsmlrt::test
