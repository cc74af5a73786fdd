#include "engine/runner.h"

#include <algorithm>
#include <cstring>

namespace vsmlrt::engine {
namespace {

std::size_t element_bytes(vsmlrt_type type) {
    return type == VSMLRT_FLOAT16 ? 2 : 4;
}

// One channel of an NCHW tensor as a plane.
pixel::Plane channel_of(const vsmlrt_tensor &tensor, std::int64_t channel) {
    const std::int64_t height = tensor.dims[2];
    const std::int64_t width = tensor.dims[3];
    const std::size_t row = static_cast<std::size_t>(width) * element_bytes(tensor.type);
    auto *data = static_cast<std::byte *>(tensor.data) + static_cast<std::size_t>(channel * height) * row;
    return {tensor.type, data, static_cast<std::ptrdiff_t>(row), static_cast<int>(width),
            static_cast<int>(height)};
}

pixel::ConstPlane as_const(const pixel::Plane &plane) {
    return {plane.type, plane.data, plane.stride, plane.width, plane.height};
}

pixel::Plane part(const pixel::Plane &plane, int x, int y, int width, int height) {
    auto *data = static_cast<std::byte *>(plane.data) + y * plane.stride +
                 static_cast<std::ptrdiff_t>(x) * static_cast<std::ptrdiff_t>(element_bytes(plane.type));
    return {plane.type, data, plane.stride, width, height};
}

void clear(const pixel::Plane &plane) {
    const std::size_t bytes = static_cast<std::size_t>(plane.width) * element_bytes(plane.type);
    for (int y = 0; y < plane.height; ++y)
        std::memset(static_cast<std::byte *>(plane.data) + y * plane.stride, 0, bytes);
}

std::string dims_text(const vsmlrt_tensor &tensor) {
    return join(std::span(tensor.dims, static_cast<std::size_t>(tensor.rank)), "x");
}

const Program &within_memory(const Program &program, int num_streams) {
    const std::int64_t one = program.info().context_bytes;
    const std::int64_t memory = program.device().info().memory_bytes;
    if (one > 0 && memory > 0 && one > memory / num_streams)
        throw DeviceError("the network needs about ", one >> 20, " MiB for each of ", num_streams,
                          " streams, and ", program.device().info().name, " has ", memory >> 20,
                          " MiB; use fewer streams (num_streams) or smaller tiles (tilesize)");
    return program;
}

} // namespace

Runner::Runner(std::shared_ptr<const Program> program, const Layout &layout, int num_streams)
    : program_(std::move(program)), layout_(layout),
      pool_((static_cast<void>(within_memory(*program_, num_streams)), program_),
            num_streams + program_->info().spare_contexts) {
    measure();
    for (const tile::Span &span : layout_.plan.columns)
        columns_.push_back(reach(span, scale_, layout_.width * scale_));
    for (const tile::Span &span : layout_.plan.rows)
        rows_.push_back(reach(span, height_scale_, layout_.height * height_scale_));
}

void Runner::measure() {
    const auto context = pool_.acquire();
    context->bind(layout_.tile);
    if (context->outputs().size() != 1)
        throw BadModel("the network has ", context->outputs().size(), " outputs; one picture is accepted");
    const vsmlrt_tensor &output = context->outputs().front();
    if (output.rank != 4 || output.dims[0] != 1 || output.dims[1] < 1)
        throw BadModel("the network's output is ", dims_text(output),
                       "; a picture (1 x channels x height x width) is "
                       "accepted");
    const std::int64_t scale = output.dims[3] / layout_.tile.width;
    const std::int64_t height_scale = output.dims[2] / layout_.tile.height;
    if (scale < 1 || height_scale < 1 || scale * layout_.tile.width != output.dims[3] ||
        height_scale * layout_.tile.height != output.dims[2])
        throw BadModel(
            "the network gives ", output.dims[3], "x", output.dims[2], " for an input of ",
            layout_.tile.width, "x", layout_.tile.height,
            ", which is no whole multiple; if its input must be a multiple of some size, say so with "
            "\"multiple\"");
    scale_ = static_cast<int>(scale);
    height_scale_ = static_cast<int>(height_scale);
    channels_ = static_cast<int>(output.dims[1]);
    input_type_ = context->inputs().front().type;
    output_type_ = output.type;
}

Runner::Reach Runner::reach(const tile::Span &span, int scale, int limit) {
    Reach result;
    result.first = span.begin * scale;
    result.skip = (span.begin - span.origin) * scale;
    const int end = std::min(span.end * scale, limit);
    for (int position = result.first; position < end; ++position)
        result.weights.push_back(tile::weight(span, scale, position));
    return result;
}

void Runner::read_tile(Context &context, std::span<const pixel::ConstPlane> inputs, int x, int y) const {
    context.bind(layout_.tile);
    auto plane = inputs.begin();
    for (const vsmlrt_tensor &tensor : context.inputs())
        for (std::int64_t channel = 0; channel < tensor.dims[1]; ++channel)
            pixel::read_rectangle(*plane++, x, y, layout_.border, channel_of(tensor, channel));
}

pixel::Seen Runner::run_single(Context &context, std::span<const pixel::ConstPlane> inputs,
                               std::span<const pixel::Plane> outputs) const {
    pixel::Seen seen;
    read_tile(context, inputs, 0, 0);
    context.run();
    const vsmlrt_tensor &result = context.outputs().front();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto plane = as_const(channel_of(result, static_cast<std::int64_t>(i)));
        seen.not_finite |= pixel::write_rectangle(plane, 0, 0, outputs[i]).not_finite;
    }
    return seen;
}

pixel::Seen Runner::run_tiles(Context &context, std::span<const pixel::ConstPlane> inputs,
                              std::span<const pixel::Plane> outputs) const {
    pixel::Seen seen;
    for (const pixel::Plane &plane : outputs)
        clear(plane);
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        for (std::size_t column = 0; column < columns_.size(); ++column) {
            read_tile(context, inputs, layout_.plan.columns[column].origin, layout_.plan.rows[row].origin);
            context.run();
            const Reach &across = columns_[column];
            const Reach &down = rows_[row];
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                const auto from =
                    as_const(channel_of(context.outputs().front(), static_cast<std::int64_t>(i)));
                const auto to =
                    part(outputs[i], across.first, down.first, static_cast<int>(across.weights.size()),
                         static_cast<int>(down.weights.size()));
                seen.not_finite |= pixel::blend_rectangle(from, across.skip, down.skip, across.weights.data(),
                                                          down.weights.data(), false, to)
                                       .not_finite;
            }
        }
    }
    return seen;
}

// Blending adds up in float32; half planes get the finished sums.
pixel::Seen Runner::run_blended(Context &context, std::span<const pixel::ConstPlane> inputs,
                                std::span<const pixel::Plane> outputs) const {
    if (outputs.front().type == VSMLRT_FLOAT32)
        return run_tiles(context, inputs, outputs);
    std::vector<HostBuffer> buffers;
    std::vector<pixel::Plane> sums;
    for (const pixel::Plane &plane : outputs) {
        const auto row = static_cast<std::size_t>(plane.width) * sizeof(float);
        buffers.emplace_back(row * static_cast<std::size_t>(plane.height));
        sums.push_back({VSMLRT_FLOAT32, buffers.back().data(), static_cast<std::ptrdiff_t>(row), plane.width,
                        plane.height});
    }
    pixel::Seen seen = run_tiles(context, inputs, sums);
    for (std::size_t i = 0; i < outputs.size(); ++i)
        seen.not_finite |= pixel::write_rectangle(as_const(sums[i]), 0, 0, outputs[i]).not_finite;
    return seen;
}

pixel::Seen Runner::run(std::span<const pixel::ConstPlane> inputs, std::span<const pixel::Plane> outputs) {
    const auto context = pool_.acquire();
    if (layout_.plan.single())
        return run_single(*context.operator->(), inputs, outputs);
    return run_blended(*context.operator->(), inputs, outputs);
}

} // namespace vsmlrt::engine
