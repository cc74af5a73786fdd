#include "backends/cuda/card_parts.h"

#include "base/text.h"

#include <algorithm>

namespace vsmlrt::cuda {

bool may_share_card(const DeviceFacts &device, int streams) {
    return device.is_hopper() && streams > 1;
}

int parts_of_card(std::span<const Step> steps, const DeviceFacts &device, int streams) {
    constexpr int most_parts = 6;
    constexpr double fewest_operations = 2e7; // of a multiprocessor in a launch
    constexpr double most_operations = 8e7;
    constexpr auto least_expressions = 2;
    if (!may_share_card(device, streams))
        return 1;
    double operations = 0;
    for (const Step &step : steps)
        operations += step.work ? step.work->operations : 0;
    operations /= static_cast<double>(steps.size()) * device.multiprocessors;
    const auto expressions = std::count_if(
        steps.begin(), steps.end(), [](const Step &step) { return step.problem.starts_with("expression"); });
    const bool gains =
        operations >= fewest_operations && operations < most_operations && expressions >= least_expressions;
    return gains ? std::min(streams, most_parts) : 1;
}

DeviceFacts part_of(DeviceFacts device, int parts) {
    device.multiprocessors = std::max(device.multiprocessors / parts, 1);
    return device;
}

void share_card(Plan &plan, const DeviceFacts &part, int parts) {
    if (parts == 1)
        return;
    for (Step &step : plan.steps) {
        if (!step.problem.empty())
            step.problem += text(", on ", part.multiprocessors, " multiprocessors");
        for (Alternative &each : step.alternatives)
            each.launch = [whole = std::move(each.launch)](const Addresses &addresses) {
                Launch launch = whole(addresses);
                launch.dependent = false;
                return launch;
            };
    }
}

} // namespace vsmlrt::cuda
