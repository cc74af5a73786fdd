#include "engine/frame_path.h"

#include "base/checked.h"
#include "base/error.h"
#include "base/text.h"

#include <algorithm>

namespace vsmlrt::engine {
namespace {

std::string dims_text(const vsmlrt_tensor &tensor) {
    return join(std::span(tensor.dims, static_cast<std::size_t>(tensor.rank)), "x");
}

int scaled(int pixels, int scale) {
    return checked_cast<int>(std::int64_t{pixels} * scale, "a place in the network's result");
}

} // namespace

Measured measure(std::span<const vsmlrt_tensor> inputs, std::span<const vsmlrt_tensor> outputs,
                 vsmlrt_extent tile) {
    if (outputs.size() != 1)
        throw BadModel("the network has ", outputs.size(), " outputs; one picture is accepted");
    const vsmlrt_tensor &output = outputs.front();
    if (output.rank != 4 || output.dims[0] != 1 || output.dims[1] < 1)
        throw BadModel("the network's output is ", dims_text(output),
                       "; a picture (1 x channels x height x width) is "
                       "accepted");
    const std::int64_t scale = output.dims[3] / tile.width;
    const std::int64_t height_scale = output.dims[2] / tile.height;
    if (scale < 1 || height_scale < 1 || scale * tile.width != output.dims[3] ||
        height_scale * tile.height != output.dims[2])
        throw BadModel(
            "the network gives ", output.dims[3], "x", output.dims[2], " for an input of ", tile.width, "x",
            tile.height,
            ", which is not a whole multiple; if its input must be a multiple of some size, say so with "
            "\"multiple\"");
    constexpr const char *what = "the network's output";
    return {checked_cast<int>(scale, what), checked_cast<int>(height_scale, what),
            checked_cast<int>(output.dims[1], what), inputs.front().type, output.type};
}

FramePath::FramePath(const Layout &layout, const Measured &network)
    : tile_(layout.tile), border_(layout.border), result_{scaled(layout.width, network.scale),
                                                          scaled(layout.height, network.height_scale)} {
    for (const tile::Span &span : layout.plan.columns)
        columns_.add(span, network.scale, result_.width);
    for (const tile::Span &span : layout.plan.rows)
        rows_.add(span, network.height_scale, result_.height);
}

void FramePath::Direction::add(const tile::Span &span, int scale, int limit) {
    vsmlrt_tile_span added = {};
    added.origin = span.origin;
    added.first = scaled(span.begin, scale);
    added.skip = scaled(span.begin - span.origin, scale);
    added.count = std::max(std::min(scaled(span.end, scale), limit) - added.first, 0);
    std::vector<float> &values = weights.emplace_back();
    for (int i = 0; i < added.count; ++i)
        values.push_back(tile::weight(span, scale, added.first + i));
    added.weights = values.data();
    spans.push_back(added);
}

vsmlrt_frame_plan FramePath::plan(const FrameFormats &frames) const {
    vsmlrt_frame_plan plan = {};
    plan.inputs = frames.inputs.data();
    plan.num_inputs = static_cast<std::int32_t>(frames.inputs.size());
    plan.output = frames.output;
    plan.output_extent = result_;
    plan.border = static_cast<vsmlrt_border>(border_);
    plan.tile = tile_;
    plan.columns = columns_.spans.data();
    plan.num_columns = static_cast<std::int32_t>(columns_.spans.size());
    plan.rows = rows_.spans.data();
    plan.num_rows = static_cast<std::int32_t>(rows_.spans.size());
    plan.limit = frames.limit ? 1 : 0;
    return plan;
}

} // namespace vsmlrt::engine
