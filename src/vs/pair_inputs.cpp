// Whatever does not change from pair to pair is made once, and planes of equal rows are one row with a
// stride of zero, so that an interpolator's eleven channels cost little more than its six of pictures.
#include "vs/pair_inputs.h"

#include "base/error.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace vsmlrt::vs {
namespace {

using Role = model::InterpolatorRole;

// 2 / (size - 1), and 0 for a size of one, which has nothing to step over.
double step(int size) {
    return size > 1 ? 2.0 / (size - 1) : 0.0;
}

// Of a float in [0, 1], in the order of their values.
int bits_of(float moment) {
    return std::bit_cast<std::int32_t>(std::clamp(moment, 0.0F, 1.0F));
}

float position(int i, int size) {
    return static_cast<float>(i * step(size) - 1);
}

} // namespace

PairInputs::PairInputs(std::vector<Role> roles, engine::PictureSize padded, float flow_scale)
    : roles_(std::move(roles)), identities_(static_cast<int>(roles_.size())), moments_(bits_of(1) + 1),
      size_(padded) {
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

pixel::ConstPlane PairInputs::plane_of(Role role, std::span<const float> timestep) const {
    switch (role) {
    case Role::timestep:
        return rows_of(timestep);
    case Role::flow_scale:
        return rows_of(flow_scale_);
    case Role::column:
        return rows_of(columns_);
    case Role::column_step:
        return rows_of(column_steps_);
    case Role::row_step:
        return rows_of(row_steps_);
    case Role::row: {
        const auto stride =
            static_cast<std::ptrdiff_t>(size_.width) * static_cast<std::ptrdiff_t>(sizeof(float));
        return {VSMLRT_FLOAT32, rows_.data(), stride, size_.width, size_.height};
    }
    case Role::first:
    case Role::second:
        break;
    }
    throw InternalError("a picture's channel is not a plane of its own");
}

std::vector<pixel::ConstPlane> PairInputs::of(std::span<const pixel::ConstPlane> first,
                                              std::span<const pixel::ConstPlane> second,
                                              std::span<const float> timestep) const {
    std::vector<pixel::ConstPlane> planes;
    auto earlier = first.begin();
    auto later = second.begin();
    for (const Role role : roles_) {
        if (role == Role::first)
            planes.push_back(*earlier++);
        else if (role == Role::second)
            planes.push_back(*later++);
        else
            planes.push_back(plane_of(role, timestep));
    }
    return planes;
}

std::optional<std::vector<vsmlrt_frame_input>>
PairInputs::frame_inputs(const vsmlrt_frame_input &picture) const {
    vsmlrt_frame_format plane = {};
    plane.family = VSMLRT_GRAY;
    plane.sample = VSMLRT_FLOAT;
    plane.bits = 32;
    std::vector<vsmlrt_frame_input> inputs;
    for (std::size_t i = 0; i < roles_.size();) {
        if (roles_[i] != Role::first && roles_[i] != Role::second) {
            inputs.push_back({plane, {size_.width, size_.height}, 1});
            ++i;
            continue;
        }
        const auto end = std::find_if(roles_.begin() + static_cast<std::ptrdiff_t>(i), roles_.end(),
                                      [&](Role role) { return role != roles_[i]; });
        if (end - roles_.begin() != static_cast<std::ptrdiff_t>(i) + picture.channels)
            return std::nullopt;
        inputs.push_back(picture);
        i += static_cast<std::size_t>(picture.channels);
    }
    return inputs;
}

std::vector<vsmlrt_frame> PairInputs::frames_of(const vsmlrt_frame &first, const vsmlrt_frame &second,
                                                std::span<const float> timestep) const {
    std::vector<vsmlrt_frame> frames;
    for (std::size_t i = 0; i < roles_.size(); ++i) {
        const Role role = roles_[i];
        const bool goes_on = i > 0 && roles_[i - 1] == role;
        if (role == Role::first || role == Role::second) {
            if (!goes_on)
                frames.push_back(role == Role::first ? first : second);
            continue;
        }
        const pixel::ConstPlane plane = plane_of(role, timestep);
        vsmlrt_frame frame = {};
        // An input's planes are not written: vsmlrt/frame.h.
        frame.planes[0] = {const_cast<void *>(plane.data), plane.stride};
        frame.identity = role == Role::timestep ? moments_.of(bits_of(timestep.front()))
                                                : identities_.of(static_cast<int>(i));
        frames.push_back(frame);
    }
    return frames;
}

} // namespace vsmlrt::vs
