#include "backends/reference/frames.h"

#include "pixel/frame_codec.h"
#include "pixel/tiling.h"

#include <algorithm>

namespace vsmlrt::reference {
namespace {

std::vector<pixel::ConstPlane> read_only(std::span<const pixel::Plane> planes) {
    std::vector<pixel::ConstPlane> result;
    for (const pixel::Plane &plane : planes)
        result.push_back({plane.type, plane.data, plane.stride, plane.width, plane.height});
    return result;
}

} // namespace

bool accepts_frames(std::span<const vsmlrt_frame_input> inputs, int output_channels,
                    const vsmlrt_frame_format &output) {
    return std::all_of(inputs.begin(), inputs.end(), pixel::can_decode) &&
           pixel::can_encode(output_channels, output);
}

Frames::Frames(const vsmlrt_frame_plan &plan, std::int64_t channels) : plan_(plan) {
    for (std::int32_t i = 0; i < plan.num_inputs; ++i)
        for (std::int32_t channel = 0; channel < plan.inputs[i].channels; ++channel)
            inputs_.push_back(make_plane(plan.inputs[i].extent));
    for (std::int64_t channel = 0; channel < channels; ++channel)
        results_.push_back(make_plane(plan.output_extent));
}

pixel::Plane Frames::make_plane(vsmlrt_extent extent) {
    const std::size_t row = static_cast<std::size_t>(extent.width) * sizeof(float);
    buffers_.emplace_back(row * static_cast<std::size_t>(extent.height));
    return {VSMLRT_FLOAT32, buffers_.back().data(), static_cast<std::ptrdiff_t>(row), extent.width,
            extent.height};
}

bool Frames::run(const vsmlrt_frame *inputs, const vsmlrt_frame &output,
                 std::span<const vsmlrt_tensor> tensors, const vsmlrt_tensor &result,
                 const std::function<void()> &run) {
    std::span<const pixel::Plane> rest = inputs_;
    for (std::int32_t i = 0; i < plan_.num_inputs; ++i) {
        const auto channels = static_cast<std::size_t>(plan_.inputs[i].channels);
        pixel::decode_frame(plan_.inputs[i], inputs[i], rest.first(channels));
        rest = rest.subspan(channels);
    }
    const pixel::Tiling tiling = {static_cast<pixel::Border>(plan_.border),
                                  {plan_.columns, static_cast<std::size_t>(plan_.num_columns)},
                                  {plan_.rows, static_cast<std::size_t>(plan_.num_rows)}};
    const pixel::SampleFindings found =
        pixel::run_tiles(tiling, read_only(inputs_), results_, tensors, result, run);
    if (plan_.limit != 0)
        for (const pixel::Plane &plane : results_)
            pixel::clamp(plane, 0.0F, 1.0F);
    pixel::encode_frame(read_only(results_), plan_.output, output);
    return found.not_finite;
}

} // namespace vsmlrt::reference
