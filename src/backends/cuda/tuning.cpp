#include "backends/cuda/tuning.h"

#include "base/log.h"
#include "base/text.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <set>

namespace vsmlrt::cuda {
namespace {

constexpr std::string_view at_size = ", at ";

// The logarithm of a size's pixels, behind its problem.
double pixels_behind(std::string_view problem) {
    const std::string size(problem.substr(problem.rfind(at_size) + at_size.size()));
    int width = 0;
    int height = 0;
    const bool known = std::sscanf(size.c_str(), "%dx%d", &width, &height) == 2 && width > 0 && height > 0;
    return known ? std::log(double{1} * width) + std::log(double{1} * height) : 0;
}

} // namespace

void add_size(Plan &plan, vsmlrt_extent size) {
    for (Step &step : plan.steps)
        if (!step.problem.empty())
            step.problem += text(at_size, size.width, "x", size.height);
}

const std::string *choice_for(const Choices &choices, const std::string &problem) {
    if (const auto same = choices.find(problem); same != choices.end())
        return &same->second;
    const std::size_t end = problem.rfind(at_size);
    if (end == std::string::npos)
        return nullptr;
    const std::string of_any_size = problem.substr(0, end + at_size.size());
    const std::string *nearest = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (auto each = choices.lower_bound(of_any_size);
         each != choices.end() && each->first.starts_with(of_any_size); ++each) {
        const double apart = std::abs(pixels_behind(each->first) - pixels_behind(problem));
        if (apart < least) {
            least = apart;
            nearest = &each->second;
        }
    }
    return nearest;
}

bool is_undecided(const Step &step, const Choices &choices) {
    return step.rivals() > 0 && !choices.contains(step.problem);
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
        choices[step.problem] = fastest;
    }
}

} // namespace vsmlrt::cuda
