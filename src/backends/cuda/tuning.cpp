#include "backends/cuda/tuning.h"

#include "base/log.h"
#include "base/text.h"

#include <limits>
#include <set>

namespace vsmlrt::cuda {

void add_size(Plan &plan, vsmlrt_extent size) {
    for (Step &step : plan.steps) {
        step.key.width = size.width;
        step.key.height = size.height;
    }
}

bool is_undecided(const Step &step, const Choices &choices) {
    return step.rivals() > 0 && !choices.contains(step.key);
}

std::vector<std::string> sources_to_time(const Plan &plan, const Choices &choices) {
    std::vector<std::string> sources;
    std::set<std::string> known;
    const auto add = [&](const Alternative &alternative) {
        if (known.insert(alternative.source).second)
            sources.push_back(alternative.source);
    };
    for (const Step &step : plan.steps) {
        if (is_undecided(step, choices))
            for (std::size_t i = 0; i < step.rivals(); ++i)
                add(step.alternatives[i]);
        add(step.alternatives.front());
    }
    return sources;
}

void tune(const Launches &launches, Choices &choices, nvidia::StreamHandle *stream) {
    for (const Step &step : launches.plan().steps) {
        if (!is_undecided(step, choices))
            continue;
        double best = std::numeric_limits<double>::infinity();
        std::string fastest = step.alternatives.front().name;
        for (std::size_t i = 0; i < step.rivals(); ++i) {
            const double milliseconds = launches.time(step.alternatives[i], stream);
            log(LogLevel::debug,
                text("cuda: ", milliseconds * 1000, " us by ", step.alternatives[i].name, ": ", step.label));
            if (milliseconds < best) {
                best = milliseconds;
                fastest = step.alternatives[i].name;
            }
        }
        choices[step.key] = fastest;
    }
}

} // namespace vsmlrt::cuda
