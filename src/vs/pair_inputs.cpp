#include "vs/pair_inputs.h"

#include <algorithm>

namespace vsmlrt::vs {
namespace {

using Role = model::InterpolatorRole;

// 2 / (size - 1), and 0 for a size of one, which has nothing to step over.
double step(int size) {
    return size > 1 ? 2.0 / (size - 1) : 0.0;
}

float position(int i, int size) {
    return static_cast<float>(i * step(size) - 1);
}

} // namespace

PairInputs::PairInputs(std::vector<Role> roles, engine::Size padded, float flow_scale)
    : roles_(std::move(roles)), size_(padded) {
    const auto width = static_cast<std::size_t>(size_.width);
    flow_scale_.assign(width, flow_scale);
    if (!has(Role::column))
        return;
    column_steps_.assign(width, static_cast<float>(step(size_.width)));
    row_steps_.assign(width, static_cast<float>(step(size_.height)));
    for (int x = 0; x < size_.width; ++x)
        columns_.push_back(position(x, size_.width));
    rows_.reserve(width * static_cast<std::size_t>(size_.height));
    for (int y = 0; y < size_.height; ++y)
        rows_.insert(rows_.end(), width, position(y, size_.height));
}

bool PairInputs::has(Role role) const {
    return std::find(roles_.begin(), roles_.end(), role) != roles_.end();
}

std::vector<float> PairInputs::timestep_row(float timestep) const {
    return std::vector<float>(static_cast<std::size_t>(size_.width), timestep);
}

pixel::ConstPlane PairInputs::rows_of(std::span<const float> row) const {
    return {VSMLRT_FLOAT32, row.data(), 0, size_.width, size_.height};
}

std::vector<pixel::ConstPlane> PairInputs::of(std::span<const pixel::ConstPlane> first,
                                              std::span<const pixel::ConstPlane> second,
                                              std::span<const float> timestep) const {
    std::vector<pixel::ConstPlane> planes;
    auto earlier = first.begin();
    auto later = second.begin();
    for (const Role role : roles_) {
        switch (role) {
        case Role::first:
            planes.push_back(*earlier++);
            break;
        case Role::second:
            planes.push_back(*later++);
            break;
        case Role::timestep:
            planes.push_back(rows_of(timestep));
            break;
        case Role::flow_scale:
            planes.push_back(rows_of(flow_scale_));
            break;
        case Role::column:
            planes.push_back(rows_of(columns_));
            break;
        case Role::row: {
            const auto stride =
                static_cast<std::ptrdiff_t>(size_.width) * static_cast<std::ptrdiff_t>(sizeof(float));
            planes.push_back({VSMLRT_FLOAT32, rows_.data(), stride, size_.width, size_.height});
            break;
        }
        case Role::column_step:
            planes.push_back(rows_of(column_steps_));
            break;
        case Role::row_step:
            planes.push_back(rows_of(row_steps_));
            break;
        }
    }
    return planes;
}

} // namespace vsmlrt::vs
