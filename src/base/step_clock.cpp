#include "base/step_clock.h"

#include "base/log.h"
#include "base/text.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace vsmlrt {
namespace {

std::string seconds(std::chrono::steady_clock::duration taken) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.3f", std::chrono::duration<double>(taken).count());
    return digits;
}

} // namespace

void StepClock::begin(const char *step) {
    end();
    current_ = step;
}

void StepClock::end() {
    const Clock::time_point now = Clock::now();
    if (current_) {
        const auto known = std::find_if(steps_.begin(), steps_.end(), [this](const Step &step) {
            return std::string_view(step.name) == current_;
        });
        if (known != steps_.end())
            known->taken += now - step_start_;
        else
            steps_.push_back({current_, now - step_start_});
    }
    current_ = nullptr;
    step_start_ = now;
}

void StepClock::report() {
    end();
    std::vector<std::string> taken;
    for (const Step &step : steps_)
        taken.push_back(text(step.name, ' ', seconds(step.taken)));
    log(LogLevel::debug, text(what_, " took ", seconds(Clock::now() - start_), " s: ", join(taken, ", ")));
}

} // namespace vsmlrt
