#include "backends/cuda/card_parts.h"

#include "base/log.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <span>

namespace vsmlrt::cuda {
namespace {

constexpr int most_frames = 11;
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

// Operations of a multiprocessor in a launch from which on one frame fills the card, or its part of it.
constexpr double enough_of_interpolator_in_part = 1.1e8;
constexpr double enough_in_part = 4.5e8;
constexpr double enough_of_interpolator_overlapping = 6e7;
constexpr double enough_overlapping = 9e8;

// How many frames, where at least so many are wanted; the most first.
struct Number {
    int frames;
    double wanted;
};
constexpr std::array overlapping{Number{8, 7.5}, Number{6, 5.5}, Number{4, 3.5}, Number{3, 2.5},
                                 Number{2, 1.5}};
// By which few of 132 multiprocessors are left over. Eight are for what wants eleven and may not have them.
constexpr std::array in_parts{Number{11, 10.5}, Number{8, 10.5}, Number{6, 5.5},
                              Number{4, 3.5},   Number{3, 2.5},  Number{2, 1.5}};

// As many frames as any number of streams gains by: a launch for each has about as many operations for each
// of its multiprocessors as are enough.
template <typename May>
int least_frames(std::span<const Number> numbers, double wanted, const May &may) {
    const auto taken = std::find_if(numbers.begin(), numbers.end(), [&](const Number &number) {
        return number.wanted <= wanted && may(number.frames);
    });
    return taken != numbers.end() ? taken->frames : 1;
}

// The driver makes parts of an even number of multiprocessors: 78 are eight parts of 8, or six of 12.
bool leaves_few_over(const DeviceFacts &device, int parts) {
    constexpr int most_tenths = 9;
    const int taken = parts * (device.multiprocessors / parts / 2 * 2);
    return 10 * taken >= most_tenths * device.multiprocessors;
}

// A part has eight multiprocessors at least, as the driver's have on Hopper.
int most_of_card(const DeviceFacts &device) {
    constexpr int of_part = 8;
    return std::clamp(device.multiprocessors / of_part, 1, most_frames);
}

// Of the frames that the host asks for at once some are being copied, or come at once, being of an
// interpolator's clip. As measured, from clip to clip.
int most_with_work(const DeviceFacts &device, const FramesAtOnce &frames, bool interpolates) {
    if (frames.in_flight == 0)
        return most_frames;
    constexpr int of_others = 8; // sixteenths
    constexpr int of_parts = 11;
    constexpr int of_overlapping = 12;
    const int of_interpolator = device.is_hopper() ? of_parts : of_overlapping;
    return std::max((interpolates ? of_interpolator : of_others) * frames.in_flight / 16, 1);
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
    const double enough = interpolates ? enough_of_interpolator_overlapping : enough_overlapping;
    const int frames = least_frames(overlapping, enough / operations(whole, device), [&](int number) {
        return number <= (interpolates ? most : std::min(most, two));
    });
    return interpolates ? std::max(std::min(most, two), frames) : frames;
}

// Whose convolutions take whole multiprocessors. `most`: by what the host asks for and the memory.
int parts_of_hopper(const Plan &whole, const DeviceFacts &device, const FramesAtOnce &frames,
                    bool interpolates, int most, bool apart) {
    if (!apart)
        return interpolates && gains_by_launches(whole, device)
                   ? std::clamp(frames.streams, 1, most_by_launches)
                   : 1;
    constexpr int most_of_others = 4;
    constexpr int most_streams_of_others = 8;
    const int of_driver = frames.most_parts > 0 ? frames.most_parts : most_frames;
    const int of_card =
        std::min({most_of_card(device), of_driver, interpolates ? most_frames : most_streams_of_others});
    most = std::min({most, of_card, interpolates ? most_frames : most_of_others});
    const double enough = interpolates ? enough_of_interpolator_in_part : enough_in_part;
    const int least = least_frames(in_parts, enough / operations(whole, device), [&](int number) {
        return number <= most && leaves_few_over(device, number);
    });
    return least > 1 || interpolates ? std::clamp(frames.streams, least, of_card) : 1;
}

} // namespace

CardShare share_of_card(const Plan &whole, const DeviceFacts &device, const FramesAtOnce &frames,
                        bool apart) {
    const CardShare by_streams{frames.streams, 1};
    if (operations(whole, device) == 0)
        return by_streams;
    const bool interpolates = is_interpolator(whole);
    const int most = std::min(
        {most_of_card(device), most_with_work(device, frames, interpolates), most_in_memory(whole, frames)});
    if (!device.is_hopper())
        return {std::max(frames.streams, least_overlapping(whole, device, interpolates, most)), 1};
    const int parts = parts_of_hopper(whole, device, frames, interpolates, most, apart);
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

bool CardParts::make(Part &part) {
    if (!part.context)
        part.context = nvidia::make_part(context_, part.share);
    makes_parts_ = makes_parts_ || part.context;
    return static_cast<bool>(part.context);
}

// That a driver divides multiprocessors does not say that it lets streams run on some of them: the first part
// of all shows that.
std::vector<CardParts::Part> &CardParts::known(int count) {
    if (const auto found = parts_.find(count); found != parts_.end())
        return found->second;
    std::vector<Part> parts;
    for (const nvidia::Multiprocessors &share : nvidia::split_device(context_, count))
        parts.push_back({share, {}});
    if (!parts.empty() && !makes_parts_ && !make(parts.front()))
        parts.clear();
    return parts_.emplace(count, std::move(parts)).first->second;
}

DeviceFacts CardParts::part(int count) {
    const std::lock_guard lock(mutex_);
    const std::vector<Part> &parts = known(count);
    if (parts.empty())
        return part_of(card_, count);
    DeviceFacts part = card_;
    part.multiprocessors = static_cast<int>(parts.front().share.count);
    return part;
}

bool CardParts::are_apart(int count) {
    const std::lock_guard lock(mutex_);
    return !known(count).empty();
}

nvidia::Stream CardParts::stream(int count, std::size_t number) {
    const LogLater later;
    const std::lock_guard lock(mutex_);
    std::vector<Part> &parts = known(count);
    if (parts.empty())
        return nvidia::make_stream(context_);
    Part &part = parts[number % parts.size()];
    if (!make(part)) {
        log_once(LogLevel::warning,
                 text("cuda: the driver does not make part ", number % parts.size() + 1, " of ", count,
                      " of the GPU: what would run there runs on all of it"));
        return nvidia::make_stream(context_);
    }
    return nvidia::make_stream(context_, part.context);
}

} // namespace vsmlrt::cuda
