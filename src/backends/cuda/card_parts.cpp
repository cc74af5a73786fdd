#include "backends/cuda/card_parts.h"

#include <algorithm>
#include <limits>

namespace vsmlrt::cuda {
namespace {

constexpr int most_parts = 6;

} // namespace

int parts_of_card(std::span<const Step> steps, const DeviceFacts &device, int streams, bool apart) {
    // Of a multiprocessor in a launch. By the driver 736x480 gains as 3840x2176 does, by launches alone
    // 1920x1088 of these.
    const double fewest_operations = apart ? 4e6 : 2e7;
    const double most_operations = apart ? std::numeric_limits<double>::infinity() : 8e7;
    constexpr auto least_expressions = 2;
    if (!device.is_hopper() || streams < 2)
        return 1;
    double operations = 0;
    for (const Step &step : steps)
        operations += step.work ? step.work->operations : 0;
    operations /= static_cast<double>(steps.size()) * device.multiprocessors;
    const auto expressions =
        std::count_if(steps.begin(), steps.end(), [](const Step &step) { return step.is_expression; });
    const bool gains =
        operations >= fewest_operations && operations < most_operations && expressions >= least_expressions;
    return gains ? std::min(streams, most_parts) : 1;
}

DeviceFacts part_of(DeviceFacts device, int parts) {
    device.multiprocessors = std::max(device.multiprocessors / parts, 1);
    return device;
}

void share_card(Plan &plan, const DeviceFacts &part, bool apart) {
    plan.in_part = true;
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

const std::vector<nvidia::DevicePart> &CardParts::made() {
    std::call_once(once_,
                   [this] { parts_ = nvidia::split_device(context_, std::min(streams_, most_parts)); });
    return parts_;
}

DeviceFacts CardParts::part() {
    if (made().empty())
        return part_of(card_, std::min(streams_, most_parts));
    DeviceFacts part = card_;
    part.multiprocessors = parts_.front().multiprocessors;
    return part;
}

bool CardParts::are_apart() {
    return !made().empty();
}

nvidia::Stream CardParts::stream(std::size_t number) {
    if (made().empty())
        return nvidia::make_stream(context_);
    return nvidia::make_stream(context_, parts_[number % parts_.size()]);
}

} // namespace vsmlrt::cuda
