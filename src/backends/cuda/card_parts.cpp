#include "backends/cuda/card_parts.h"

#include <algorithm>
#include <array>

namespace vsmlrt::cuda {
namespace {

constexpr int most_frames = 8;
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

// A script may have several filters, and some cards have 4 GiB for all of them.
int most_in_memory(const Plan &whole, const FramesAtOnce &frames) {
    std::int64_t most_bytes = 900 << 20;
    constexpr std::int64_t of_device = 16;
    if (frames.memory_bytes > 0)
        most_bytes = std::min(most_bytes, frames.memory_bytes / of_device);
    return static_cast<int>(
        std::min<std::int64_t>(most_bytes / std::max<std::int64_t>(whole.arena_bytes, 1), most_frames));
}

// Operations of a multiprocessor in a launch from which on one frame fills the card.
constexpr double enough_for_interpolator = 6e7;
constexpr double enough_in_part = 4.5e8;
constexpr double enough_overlapping = 9e8;

// As many frames as any number of streams gains by: a launch in a part for each has about as many operations
// for each of its multiprocessors as are enough. Of numbers by which few multiprocessors of 132 are left
// over.
int least_frames(const Plan &whole, const DeviceFacts &device, double enough, int most) {
    constexpr std::array numbers{8, 6, 4, 3, 2};
    const double wanted = enough / operations(whole, device);
    for (const int number : numbers) {
        constexpr double half = 0.5;
        if (number - half <= wanted && number <= most)
            return number;
    }
    return 1;
}

// A part has eight multiprocessors at least, as the driver's have on Hopper.
int most_of_card(const DeviceFacts &device) {
    constexpr int of_part = 8;
    return std::clamp(device.multiprocessors / of_part, 1, most_frames);
}

// While one frame is computed the next one waits for its place. Of what an interpolator's host asks for some
// are frames of its clip, which come at once.
int most_with_work(const FramesAtOnce &frames, bool interpolates) {
    if (frames.in_flight == 0)
        return most_frames;
    return std::max(interpolates ? 3 * frames.in_flight / 8 : frames.in_flight / 2, 1);
}

// By launches alone, 1920x1088 gains of the sizes of interpolators.
bool gains_by_launches(const Plan &whole, const DeviceFacts &device) {
    const double of_launch = operations(whole, device);
    return of_launch >= 2e7 && of_launch < 8e7;
}

// Blocks of two frames find room on one multiprocessor: two are nearly as fast as any number of most
// networks, and for an interpolator's heads faster than one at any size.
int least_overlapping(const Plan &whole, const DeviceFacts &device, bool interpolates, int most) {
    constexpr int two = 2;
    if (!interpolates)
        return least_frames(whole, device, enough_overlapping, std::min(most, two));
    return std::max(std::min(most, two), least_frames(whole, device, enough_for_interpolator, most));
}

// Whose convolutions take whole multiprocessors.
int parts_of_hopper(const Plan &whole, const DeviceFacts &device, int streams, bool interpolates, int most,
                    bool apart) {
    constexpr int most_of_others = 4;
    if (!apart)
        return interpolates && gains_by_launches(whole, device) ? std::clamp(streams, 1, most_by_launches)
                                                                : 1;
    const int least = interpolates
                          ? least_frames(whole, device, enough_for_interpolator, most)
                          : least_frames(whole, device, enough_in_part, std::min(most, most_of_others));
    return least > 1 || interpolates ? std::clamp(streams, least, most_of_card(device)) : 1;
}

} // namespace

CardShare share_of_card(const Plan &whole, const DeviceFacts &device, const FramesAtOnce &frames,
                        bool apart) {
    const CardShare by_streams{frames.streams, 1};
    if (operations(whole, device) == 0)
        return by_streams;
    const bool interpolates = is_interpolator(whole);
    const int most =
        std::min({most_of_card(device), most_with_work(frames, interpolates), most_in_memory(whole, frames)});
    if (!device.is_hopper())
        return {std::max(frames.streams, least_overlapping(whole, device, interpolates, most)), 1};
    const int parts = parts_of_hopper(whole, device, frames.streams, interpolates, most, apart);
    return parts > 1 ? CardShare{parts, parts} : by_streams;
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
