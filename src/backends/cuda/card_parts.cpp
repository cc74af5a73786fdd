#include "backends/cuda/card_parts.h"

#include <algorithm>
#include <array>

namespace vsmlrt::cuda {
namespace {

constexpr int most_parts = 8;
constexpr int most_by_launches = 6;

// Of a multiprocessor in a launch, on the mean.
double operations(const Plan &whole, const DeviceFacts &device) {
    double all = 0;
    for (const Step &step : whole.steps)
        all += step.work ? step.work->operations : 0;
    return all / (static_cast<double>(whole.steps.size()) * device.multiprocessors);
}

bool is_interpolator(const Plan &whole) {
    constexpr auto least_expressions = 2;
    return std::count_if(whole.steps.begin(), whole.steps.end(),
                         [](const Step &step) { return step.is_expression; }) >= least_expressions;
}

// As many as any number of streams gains by: a launch in one of them has about as many operations for each of
// its multiprocessors as launches for a large picture have on the whole card. Of numbers by which few
// multiprocessors of 132 are left over, and whose memory is small.
int least_parts(const Plan &whole, const DeviceFacts &device, bool interpolates, int most) {
    constexpr std::array numbers{8, 6, 4, 3, 2};
    constexpr std::int64_t most_bytes = 900 << 20;
    constexpr int most_of_others = 4;
    const double wanted = (interpolates ? 6e7 : 4.5e8) / operations(whole, device);
    for (const int number : numbers) {
        constexpr double half = 0.5;
        if (number - half <= wanted && number * whole.arena_bytes <= most_bytes &&
            number <= (interpolates ? most : std::min(most, most_of_others)))
            return number;
    }
    return 1;
}

// None is smaller than eight multiprocessors, as the driver's are on Hopper.
int most_of_card(const DeviceFacts &device) {
    constexpr int of_part = 8;
    return std::clamp(device.multiprocessors / of_part, 1, most_parts);
}

// While a part computes one frame the next one waits for it, and of what an interpolator's host asks for half
// are frames of its clip.
int most_with_work(const FramesAtOnce &frames) {
    constexpr int of_part = 4;
    return frames.in_flight > 0 ? std::max(frames.in_flight / of_part, 1) : most_parts;
}

// By launches alone, 1920x1088 gains of the sizes of interpolators.
bool gains_by_launches(const Plan &whole, const DeviceFacts &device) {
    const double of_launch = operations(whole, device);
    return of_launch >= 2e7 && of_launch < 8e7;
}

} // namespace

int parts_of_card(const Plan &whole, const DeviceFacts &device, const FramesAtOnce &frames, bool apart) {
    if (!device.is_hopper() || operations(whole, device) == 0)
        return 1;
    const bool interpolates = is_interpolator(whole);
    if (!apart)
        return interpolates && gains_by_launches(whole, device)
                   ? std::clamp(frames.streams, 1, most_by_launches)
                   : 1;
    const int most = std::min(most_of_card(device), most_with_work(frames));
    const int least = least_parts(whole, device, interpolates, most);
    return least > 1 || interpolates ? std::clamp(frames.streams, least, most_of_card(device)) : 1;
}

DeviceFacts part_of(DeviceFacts device, int parts) {
    device.multiprocessors = std::max(device.multiprocessors / parts, 1);
    return device;
}

void share_card(Plan &plan, int parts, const DeviceFacts &part, bool apart) {
    plan.parts = parts;
    for (Step &step : plan.steps) {
        step.key.multiprocessors = part.multiprocessors;
        for (Alternative &each : step.alternatives)
            if (!apart)
                each.launch = [whole = std::move(each.launch)](const Addresses &addresses) {
                    Launch launch = whole(addresses);
                    launch.dependent = false;
                    return launch;
                };
    }
}

const std::vector<nvidia::DevicePart> &CardParts::made(int count) {
    const std::lock_guard lock(mutex_);
    const auto known = made_.find(count);
    return known != made_.end() ? known->second
                                : made_.emplace(count, nvidia::split_device(context_, count)).first->second;
}

DeviceFacts CardParts::part(int count) {
    const std::vector<nvidia::DevicePart> &parts = made(count);
    if (parts.empty())
        return part_of(card_, count);
    DeviceFacts part = card_;
    part.multiprocessors = parts.front().multiprocessors;
    return part;
}

bool CardParts::are_apart(int count) {
    return !made(count).empty();
}

nvidia::Stream CardParts::stream(int count, std::size_t number) {
    const std::vector<nvidia::DevicePart> &parts = made(count);
    if (parts.empty())
        return nvidia::make_stream(context_);
    return nvidia::make_stream(context_, parts[number % parts.size()]);
}

} // namespace vsmlrt::cuda
