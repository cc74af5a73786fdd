// A group that is an expression of pictures: its sources, its text, its launch.
#include "backends/cuda/emit_expression.h"
#include "backends/cuda/expression.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "base/hash.h"
#include "graph/storage.h"

#include <algorithm>
#include <cstddef>

namespace vsmlrt::cuda {
namespace {

constexpr int block_threads = 128;
constexpr int tile_width = 32;
constexpr int tile_height = 8;

// Lines that store the channels of the pixels and zeros behind the last, by whole vectors where they fit.
std::string stores(const Expression &expression, const Tensor &output, int rows) {
    const char *type = type_name(output.type);
    const Vectors vectors = vectors_of(output);
    const std::int64_t channels = output.dims[1];
    const std::int64_t end = channels + output.lanes;
    std::string lines = text("    ", type, " *to = (", type,
                             " *)args.output.data + ((i64)y * args.output.stride_y + (i64)x * "
                             "args.output.stride_x);\n");
    for (int row = 0; row < rows; ++row) {
        const auto stored = [&](std::int64_t channel) {
            const auto index = static_cast<std::size_t>(row * channels + channel);
            return text("Put<", type, ">::from(", channel < channels ? expression.channels[index] : "0.0f",
                        ")");
        };
        if (row > 0)
            lines += text("    if (y + ", row,
                          " >= args.height)\n        return;\n    to += args.output.stride_y;\n");
        std::int64_t at = 0;
        for (; vectors.first == 0 && vectors.length > 1 && at + vectors.length <= end; at += vectors.length) {
            std::string items;
            for (std::int64_t k = 0; k < vectors.length; ++k)
                items += text(k == 0 ? "" : ", ", stored(at + k));
            lines += text("    *(Pack<", type, ", ", vectors.length, "> *)(to + ", at, ") = Pack<", type,
                          ", ", vectors.length, ">{{", items, "}};\n");
        }
        for (; at < end; ++at)
            lines += text("    to[", at, " * args.output.stride_c] = ", stored(at), ";\n");
    }
    return lines;
}

ExpressionSource source_argument(const Tensor &tensor, std::uint64_t address) {
    return {address, tensor.strides[2], tensor.strides[3], tensor.strides[1]};
}

// One channel of a tensor's contents, as (1, 1, height, width).
struct Plane {
    std::vector<float> values;
    std::int64_t height, width;
};

Plane plane_of(const model::Tensor &contents, std::int64_t channel, ChannelAxis axis) {
    Shape dims = contents.dims;
    dims.insert(dims.begin(), 4 - std::min<std::size_t>(dims.size(), 4), 1);
    const std::vector<float> all = graph::widen<float>(graph::view_of(contents));
    const bool last = axis == ChannelAxis::last;
    Plane plane{{}, dims[last ? 1 : 2], dims[last ? 2 : 3]};
    const std::int64_t step = last ? dims[3] : 1;
    const std::int64_t first = last ? channel : channel * plane.height * plane.width;
    for (std::int64_t i = 0; i < plane.height * plane.width; ++i)
        plane.values.push_back(all[static_cast<std::size_t>(first + i * step)]);
    return plane;
}

// Without the axes along which nothing changes: of grids a row and a column are left.
Plane reduced(Plane plane) {
    const auto at = [&](std::int64_t y, std::int64_t x) {
        return plane.values.begin() + static_cast<std::ptrdiff_t>(y * plane.width + x);
    };
    bool rows_equal = true;
    bool columns_equal = true;
    for (std::int64_t y = 0; y < plane.height; ++y) {
        rows_equal = rows_equal && std::equal(at(0, 0), at(0, 0) + plane.width, at(y, 0));
        columns_equal =
            columns_equal && std::all_of(at(y, 0), at(y, 0) + plane.width,
                                         [first = *at(y, 0)](float value) { return value == first; });
    }
    if (rows_equal) {
        plane.values.resize(static_cast<std::size_t>(plane.width));
        plane.height = 1;
    }
    if (columns_equal) {
        std::vector<float> column;
        for (std::int64_t y = 0; y < plane.height; ++y)
            column.push_back(*at(y, 0));
        plane.values = std::move(column);
        plane.width = 1;
    }
    return plane;
}

} // namespace

Argument expression_argument(std::vector<std::byte> bytes, const std::vector<Tensor> &textures,
                             const std::vector<InputChannel> &input_channels, const Addresses &addresses) {
    WithTextures with_textures{std::move(bytes), {}, {}};
    for (const InputChannel &each : input_channels) {
        const std::size_t source = offsetof(ExpressionArgs, source) + each.source * sizeof(ExpressionSource);
        with_textures.strides.push_back({source + offsetof(ExpressionSource, stride_y),
                                         source + offsetof(ExpressionSource, stride_x), each.channel});
    }
    for (std::size_t i = 0; i < textures.size(); ++i) {
        const auto width = static_cast<std::size_t>(textures[i].dims[3]);
        with_textures.textures.push_back(
            {offsetof(ExpressionArgs, texture) + i * sizeof(std::uint64_t), addresses.of(textures[i]), width,
             static_cast<std::size_t>(textures[i].dims[2]), width * element_size(textures[i].type)});
    }
    return with_textures;
}

namespace {

std::function<Launch(const Addresses &)> expression_launch(const Expression &expression, const Tensor &output,
                                                           int rows) {
    ExpressionArgs args = expression_arguments(expression, output.dims);
    args.tiles_x = (args.width + tile_width - 1) / tile_width;
    const int high = tile_height * rows;
    const std::int64_t tiles = std::int64_t{args.tiles_x} * ((args.height + high - 1) / high);
    return [args, output, sources = expression.sources, textures = expression.textures,
            channels = expression.input_channels, tiles](const Addresses &addresses) mutable {
        args.output = source_argument(output, addresses.of(output));
        place_sources(args, sources, addresses);
        return block_launch({tiles * tile_width * tile_height / block_threads, block_threads},
                            {expression_argument(argument(args), textures, channels, addresses)});
    };
}

// Rows below each other that a thread computes, and blocks that a multiprocessor has at least: more registers
// let a thread wait for more at once, fewer leave room for more threads.
struct Way {
    int rows;
    int blocks;
};

// The same at every size: small pictures fill the GPU by pixels that are threads.
std::vector<Way> ways_timed(bool shares_rows) {
    if (shares_rows)
        return {{rows_of_thread, 3}, {rows_of_thread, 5}, {2, 7}, {1, 4}};
    return {{1, 2}, {1, 4}, {1, 6}};
}
// Where nothing is timed: thread after thread it is all the same.
std::vector<Way> way_alone(bool shares_rows) {
    return {{shares_rows ? rows_of_thread : 1, 2}};
}

// By so many blocks for each multiprocessor, which go through the picture.
Alternative copied_planes(const Tensor &planes, const Tensor &pixels, std::int64_t first, int blocks,
                          int multiprocessors) {
    PlanesArgs args = {};
    args.height = size_argument(pixels.dims[2]);
    args.width = size_argument(pixels.dims[3]);
    args.threads = block_threads * blocks * std::max(multiprocessors, 1);
    args.stride_c = planes.strides[1];
    args.stride_y = planes.strides[2];
    args.pixels_y = pixels.strides[2];
    return {text("planes by ", blocks),
            kernel_source(
                text("#define THREADS_OF_BLOCK ", block_threads, "\n#define CHANNELS ", pixels.dims[1], "\n"),
                "planes_to_pixels.cuh"),
            [args, planes, pixels, first](const Addresses &addresses) mutable {
                args.planes = addresses.of(planes) + static_cast<std::uint64_t>(2 * first * args.stride_c);
                args.pixels = addresses.of(pixels);
                constexpr std::uint64_t vector = 16;
                args.whole = args.planes % vector == 0 && args.pixels % vector == 0 &&
                             args.stride_c % 8 == 0 && args.stride_y % 8 == 0 && args.pixels_y % 8 == 0;
                return block_launch({args.threads / block_threads, block_threads}, {argument(args)});
            }};
}

} // namespace

std::string macro_lines(std::string lines) {
    for (std::size_t at = 0; (at = lines.find('\n', at)) != std::string::npos; at += 3)
        lines.replace(at, 1, " \\\n");
    return lines + "\n";
}

ExpressionArgs expression_arguments(const Expression &expression, const Shape &size) {
    ExpressionArgs args = {};
    args.height = size_argument(size[2]);
    args.width = size_argument(size[3]);
    std::copy(expression.axes.begin(), expression.axes.end(), args.axis);
    std::copy(expression.numbers.begin(), expression.numbers.end(), args.number);
    return args;
}

void place_sources(ExpressionArgs &args, const std::vector<Tensor> &sources, const Addresses &addresses) {
    for (std::size_t i = 0; i < sources.size(); ++i)
        args.source[i] = source_argument(sources[i], addresses.of(sources[i]));
}

// Of what slices leave of their operand.
std::int64_t Planner::first_channel(const Group &group) const {
    std::int64_t first = 0;
    for (const std::size_t node : group.members)
        if (const auto *slice = std::get_if<graph::Slice>(&shapes_.ops[node]))
            first += slice->starts[1];
    return first;
}

// Channel after channel of one picture, an input.
bool Planner::copies_planes(const Group &group, const Expression &expression) const {
    const auto keeps = [&](graph::ValueId value) { // what is cast to it stays as it is
        return type(value) == Element::f32 || type(value) == expression.sources.front().type;
    };
    const auto copies = [&](std::size_t node) {
        const graph::Op &op = shapes_.ops[node];
        if (const auto *slice = std::get_if<graph::Slice>(&op))
            return slice->starts[2] == 0 && slice->starts[3] == 0 &&
                   std::all_of(slice->steps.begin(), slice->steps.end(),
                               [](std::int64_t step) { return step == 1; });
        return std::holds_alternative<graph::Cast>(op) && keeps(graph_.nodes[node].outputs[0]);
    };
    if (expression.sources.size() != 1 || expression.wide ||
        !std::all_of(group.members.begin(), group.members.end(), copies))
        return false;
    const Tensor &source = expression.sources.front();
    const Shape &size = dims(group.result);
    return plan_.buffers[static_cast<std::size_t>(source.buffer)].kind == BufferKind::input &&
           size.size() == 4 && source.dims[2] == size[2] && source.dims[3] == size[3] &&
           source.strides[3] == 1;
}

// The same of 16-bit elements to pixels of four.
bool Planner::is_copy_of_planes(const Group &group, const Expression &expression,
                                const Tensor &output) const {
    return copies_planes(group, expression) && expression.sources.front().type == output.type &&
           element_size(output.type) == 2 && output.strides[1] == 1 && output.strides[3] == 4 &&
           output.dims[1] + output.lanes == 4 && output.strides[2] % 4 == 0 && output.offset % 4 == 0;
}

Tensor Planner::known_plane(graph::ValueId value, std::int64_t channel, ChannelAxis axis) {
    const auto key = std::tuple(value, channel, axis);
    if (const auto found = planes_.find(key); found != planes_.end())
        return found->second;
    const Plane plane = reduced(plane_of(*known(value), channel, axis));
    const bool stated = graph_.values[static_cast<std::size_t>(value)].constant.has_value();
    return planes_[key] =
               upload(stated ? weights_ : *own_,
                      text("plane ", value, " ", channel, axis == ChannelAxis::last ? " last" : ""),
                      Element::f32, {1, 1, plane.height, plane.width},
                      [values = plane.values] { return bytes_of_floats(values); });
}

std::optional<std::size_t> Planner::input_channel(graph::ValueId value, std::int64_t channel) {
    if (type(value) != Element::f32)
        return std::nullopt;
    const Tensor tensor = read(value);
    const Buffer &buffer = plan_.buffers[static_cast<std::size_t>(tensor.buffer)];
    constexpr std::int64_t most_channels = 4;
    if (buffer.kind != BufferKind::input || tensor.type != Element::f32 || tensor.dims.size() != 4 ||
        plan_.inputs[buffer.index].dims[1] > most_channels || tensor.strides[3] != 1 ||
        tensor.strides[2] != tensor.dims[3] || tensor.strides[1] != tensor.dims[2] * tensor.dims[3] ||
        tensor.offset % tensor.strides[1] != 0)
        return std::nullopt;
    std::int64_t number = tensor.offset / tensor.strides[1] + channel;
    for (std::size_t input = 0; input < buffer.index; ++input)
        number += plan_.inputs[input].dims[1];
    const auto found = static_cast<std::size_t>(number);
    return found < most_even_channels ? std::optional(found) : std::nullopt;
}

std::optional<TexturePlanes> Planner::texture_of(graph::ValueId value) const {
    const auto placed = places_.find(value);
    if (placed == places_.end() || placed->second.dims.size() != 4)
        return std::nullopt;
    const Tensor &planes = placed->second;
    const Buffer &buffer = plan_.buffers[static_cast<std::size_t>(planes.buffer)];
    if (buffer.kind != BufferKind::input || planes.type != Element::f16 || planes.strides[3] != 1)
        return std::nullopt;
    // What any GPU accepts.
    constexpr std::int64_t most_rows = 65000;
    constexpr std::int64_t most_columns = 128000;
    constexpr std::int64_t aligned_pitch = 16; // elements
    constexpr std::int64_t most_channels = 4;
    const Tensor &input = plan_.inputs[buffer.index];
    const std::int64_t width = input.dims[3];
    const std::int64_t height = input.dims[2];
    const std::int64_t rows = input.dims[1] * height;
    if (planes.dims[2] < 2 || planes.dims[3] < 2 || planes.dims[2] != height || planes.dims[3] != width ||
        planes.strides[2] != width || planes.offset % width != 0 || planes.strides[1] % width != 0 ||
        planes.dims[1] > most_channels || width % aligned_pitch != 0 || width > most_columns ||
        rows > most_rows)
        return std::nullopt;
    TexturePlanes found{dense(planes.buffer, Element::f16, {1, 1, rows, width}), planes.offset / width,
                        planes.strides[1] / width};
    return found;
}

bool Planner::stay_where_they_are(const Group &group, const Expression &expression) {
    const graph::ValueId result = group.result;
    if (targets_.contains(result) || places_.contains(result) || type(result) != Element::f32 ||
        std::find(graph_.outputs.begin(), graph_.outputs.end(), result) != graph_.outputs.end())
        return false;
    std::vector<bool> inside(graph_.nodes.size(), false);
    for (const Group &each : groups_)
        for (const std::size_t node : each.expression ? each.members : std::vector<std::size_t>{})
            inside[node] = true;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
        for (const graph::ValueId input : graph_.nodes[i].inputs)
            if (input == result &&
                (!inside[i] || !std::holds_alternative<graph::GridSample>(graph_.nodes[i].op)))
                return false;
    places_[result] = part(expression.sources.front(), 1, first_channel(group), dims(result)[1]);
    if (texture_of(result))
        return true;
    places_.erase(result);
    return false;
}

Tensor Planner::sampled(graph::ValueId value, const std::string &label) {
    Tensor tensor = read(value);
    const std::int64_t channels = tensor.dims[1];
    if (channels == 1 || channels > 4 || vectors_of(tensor).length > 1)
        return tensor;
    if (const auto found = sampled_.find(value); found != sampled_.end())
        return found->second;
    Tensor copy = fresh(tensor.type, tensor.dims, true, false);
    emit_copy(tensor, copy, "pixels of " + label);
    sampled_[value] = copy;
    return copy;
}

ExpressionRequest Planner::request_of(const Group &group) {
    ExpressionRequest request{
        graph_, shapes_, std::vector<bool>(graph_.nodes.size(), false), group.result, {}, {}, {}, {}, {}};
    for (const std::size_t node : group.members)
        request.inside[node] = true;
    request.stored = [this](graph::ValueId value) { return read(value); };
    request.texture = [this](graph::ValueId value) { return texture_of(value); };
    request.sampled = [this, name = label(group)](graph::ValueId value) { return sampled(value, name); };
    request.input_channel = [this](graph::ValueId value, std::int64_t channel) {
        return input_channel(value, channel);
    };
    request.known_plane = [this](graph::ValueId value, std::int64_t channel, ChannelAxis axis) {
        return known_plane(value, channel, axis);
    };
    return request;
}

void Planner::emit_expression(const Group &group) {
    ExpressionRequest request = request_of(group);
    const Expression single = make_expression(request);
    if (copies_planes(group, single) && stay_where_they_are(group, single))
        return;
    const Tensor output = result(group.result);
    Step step{label(group), {}, {output.buffer}, {}, {}};
    for (const Tensor &source : single.sources)
        step.reads.push_back(source.buffer);
    for (const Tensor &texture : single.textures)
        step.reads.push_back(texture.buffer);
    const std::string first = macro_lines(single.lines + stores(single, output, 1));
    request.rows = rows_of_thread;
    const bool shares = make_expression(request).shares_rows;
    const bool planes = is_copy_of_planes(group, single, output);
    if (planes)
        for (const int blocks : {2, 4, 8})
            step.alternatives.push_back(copied_planes(single.sources.front(), output, first_channel(group),
                                                      blocks, facts_.multiprocessors));
    for (const Way &way : planes                 ? way_alone(shares)
                          : facts_.runs_barriers ? ways_timed(shares)
                                                 : way_alone(shares)) {
        request.rows = way.rows;
        const Expression expression = make_expression(request);
        const std::string lines = macro_lines(expression.lines + stores(expression, output, way.rows));
        step.alternatives.push_back(
            {text("expression ", way.blocks, way.rows == 1 ? "" : text(" of ", way.rows, " rows")),
             kernel_source(text("typedef ", expression.wide ? "i64" : "int",
                                " offset_t;\n#define THREADS_OF_BLOCK ", block_threads, "\n#define BLOCKS ",
                                way.blocks, "\n#define ROWS ", way.rows, "\n#define EXPRESSION \\\n", lines),
                           "expression.cuh"),
             expression_launch(expression, output, way.rows)});
    }
    step.is_expression = true;
    step.key.work = text("expression ", content_hash(std::as_bytes(std::span(first))));
    add_step(std::move(step));
}

} // namespace vsmlrt::cuda
