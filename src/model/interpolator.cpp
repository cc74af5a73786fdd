#include "model/interpolator.h"

#include "base/error.h"

#include <algorithm>
#include <array>

namespace vsmlrt::model {
namespace {

constexpr std::array picture_roles = {InterpolatorRole::first,  InterpolatorRole::first,
                                      InterpolatorRole::first,  InterpolatorRole::second,
                                      InterpolatorRole::second, InterpolatorRole::second};
constexpr std::array grid_roles = {InterpolatorRole::timestep, InterpolatorRole::column,
                                   InterpolatorRole::row, InterpolatorRole::column_step,
                                   InterpolatorRole::row_step};
constexpr std::array scale_roles = {InterpolatorRole::timestep, InterpolatorRole::flow_scale};

// What the channels other than the pictures hold, by how many there are; empty for numbers that no form has.
std::vector<InterpolatorRole> other_roles(std::size_t channels) {
    if (channels == grid_roles.size())
        return {grid_roles.begin(), grid_roles.end()};
    if (channels == 1 || channels == scale_roles.size())
        return {scale_roles.begin(), scale_roles.begin() + static_cast<std::ptrdiff_t>(channels)};
    return {};
}

std::size_t channels_of(const Value &input) {
    if (!input.has_shape || input.dims.size() != 4)
        return 0;
    return static_cast<std::size_t>(std::max<std::int64_t>(input.dims[1].size.value_or(0), 0));
}

[[noreturn]] void refuse(const Network &network) {
    std::vector<std::string> given;
    for (const Value &input : network.inputs)
        given.push_back(text("\"", input.name, "\" of ", channels_of(input), " channel(s)"));
    throw BadModel(
        "the network takes ", join(given, ", "),
        ", and is not an interpolator; two RGB frames and a timestep are accepted (7 channels), with the "
        "flow scale (8) or with grids and multipliers (11), in one input or in several");
}

} // namespace

std::vector<InterpolatorRole> interpolator_channels(const Network &network) {
    const bool separate = network.inputs.size() > 1;
    std::size_t total = 0;
    for (const Value &input : network.inputs)
        total += channels_of(input);
    const std::vector<InterpolatorRole> others =
        total > picture_roles.size() ? other_roles(total - picture_roles.size()) : other_roles(0);
    if (others.empty())
        refuse(network);
    std::vector<InterpolatorRole> all;
    auto picture = picture_roles.begin();
    auto other = others.begin();
    for (const Value &input : network.inputs) {
        const std::size_t channels = channels_of(input);
        const bool pictures = !separate || channels == 3 || channels == picture_roles.size();
        const std::size_t taken = pictures ? std::min(channels, picture_roles.size()) : 0;
        if (picture_roles.end() - picture < static_cast<std::ptrdiff_t>(taken) ||
            others.end() - other < static_cast<std::ptrdiff_t>(channels - taken))
            refuse(network);
        all.insert(all.end(), picture, picture + static_cast<std::ptrdiff_t>(taken));
        picture += static_cast<std::ptrdiff_t>(taken);
        all.insert(all.end(), other, other + static_cast<std::ptrdiff_t>(channels - taken));
        other += static_cast<std::ptrdiff_t>(channels - taken);
    }
    return all;
}

} // namespace vsmlrt::model
