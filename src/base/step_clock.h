// How long the steps of something that a user waits for take, as one debug line:
// "cuda: the program took 0.41 s: the GPU's context 0.28, reading the network 0.02, planning 0.03".
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace vsmlrt {

// Used by one thread.
class StepClock {
public:
    // `what`: the beginning of the line.
    explicit StepClock(std::string what) : what_(std::move(what)) {}

    // The step that begins now; ends the one before it. Steps of one name are added up.
    void begin(const char *step);
    // What `work` gives, timed as a step.
    template <typename Work>
    decltype(auto) time(const char *step, Work &&work) {
        begin(step);
        return std::forward<Work>(work)();
    }
    // Ends the last step and logs the line.
    void report();

private:
    using Clock = std::chrono::steady_clock;
    struct Step {
        const char *name;
        Clock::duration taken;
    };
    void end();

    std::string what_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point step_start_ = start_;
    const char *current_ = nullptr;
    std::vector<Step> steps_;
};

} // namespace vsmlrt
