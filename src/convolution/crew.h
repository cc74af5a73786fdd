// Threads that stand ready to share the work of one caller.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vsmlrt::convolution {

// One caller at a time.
class Crew {
public:
    explicit Crew(int helpers);
    ~Crew();
    Crew(const Crew &) = delete;
    Crew &operator=(const Crew &) = delete;

    [[nodiscard]] int size() const { return static_cast<int>(helpers_.size()) + 1; }

    // Calls work(0) in the caller's thread and work(1) and so on in the helpers'. Returns when all calls have;
    // a helper that has not begun by the time work(0) returns is left out. Work must not throw.
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

} // namespace vsmlrt::convolution
