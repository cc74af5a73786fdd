#include "backends/cuda/expression.h"

#include "backends/cuda/chain.h"
#include "backends/cuda/expression_writer.h"
#include "backends/cuda/kernel_text.h"
#include "base/error.h"
#include "graph/storage.h"

#include <algorithm>
#include <bit>

namespace vsmlrt::cuda {
namespace {

// N C H W, whatever the order was.
Tensor as_picture(Tensor tensor, ChannelAxis axis) {
    const std::size_t missing = 4 - std::min<std::size_t>(tensor.dims.size(), 4);
    tensor.dims.insert(tensor.dims.begin(), missing, 1);
    tensor.strides.insert(tensor.strides.begin(), missing, 0);
    if (axis == ChannelAxis::last)
        tensor = transposed(tensor, {0, 3, 1, 2});
    for (std::size_t i = 0; i < 4; ++i)
        if (tensor.dims[i] == 1 && i != 1)
            tensor.strides[i] = 0;
    return tensor;
}

} // namespace

PictureSize size_of(Shape dims, ChannelAxis axis) {
    dims.insert(dims.begin(), 4 - std::min<std::size_t>(dims.size(), 4), 1);
    return axis == ChannelAxis::second ? PictureSize{dims[1], dims[2], dims[3]}
                                       : PictureSize{dims[3], dims[1], dims[2]};
}

ExpressionWriter::ExpressionWriter(const ExpressionRequest &request)
    : request_(request), graph_(request.graph), shapes_(request.shapes),
      producer_(request.graph.values.size(), SIZE_MAX) {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
        for (const ValueId output : graph_.nodes[i].outputs)
            producer_[index_of(output)] = i;
    std::size_t most = 0; // that args.number has something of
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
        if (request.inside[i])
            most += std::holds_alternative<graph::GridSample>(shapes_.ops[i]) ? 10
                    : std::holds_alternative<graph::Slice>(shapes_.ops[i])    ? 2
                                                                              : 0;
    numbers_for_warps_ = most <= max_expression_numbers;
    constexpr std::size_t scalars = 32;
    numbers_for_scalars_ = most + scalars <= max_expression_numbers;
}

Expression ExpressionWriter::run() && {
    const PictureSize size = size_of(shapes_.dims[index_of(request_.result)], ChannelAxis::second);
    for (int row = 0; row < request_.rows; ++row)
        for (std::int64_t c = 0; c < size.channels; ++c)
            expression_.channels.push_back(
                value(request_.result, c, {row_name(row), "x"}, ChannelAxis::second));
    return std::move(expression_);
}

std::string ExpressionWriter::row_name(int row) {
    if (row == 0)
        return "y";
    std::string name = declare_once("int", text("limited(y + ", row, ", args.height)"));
    near_[name] = {"y", row, request_.rows, true};
    return name;
}

std::string ExpressionWriter::value(ValueId id, std::int64_t channel, const ExpressionPlace &place,
                                    ChannelAxis axis) {
    const Key key{id, channel, place, axis};
    if (const auto found = names_.find(key); found != names_.end())
        return found->second;
    std::string name = compute(id, channel, place, axis);
    return names_[key] = std::move(name);
}

std::string ExpressionWriter::compute(ValueId id, std::int64_t channel, const ExpressionPlace &place,
                                      ChannelAxis axis) {
    if (graph::known(graph_, shapes_, id))
        return known(id, channel, place, axis);
    if (!is_inside(id))
        return read(id, channel, place, axis);
    const std::size_t index = producer_[index_of(id)];
    const graph::Node &node = graph_.nodes[index];
    const graph::Op &op = shapes_.ops[index];
    if (const auto *slice = std::get_if<graph::Slice>(&op))
        return of_slice(index, *slice, channel, place, axis);
    if (std::holds_alternative<graph::Split>(op))
        return of_split(node, id, channel, place, axis);
    if (std::holds_alternative<graph::Expand>(op))
        return spread(node.inputs[0], channel, place, axis);
    if (std::holds_alternative<graph::Concat>(op))
        return of_concat(node, channel, place, axis);
    if (std::holds_alternative<graph::Transpose>(op))
        return value(node.inputs[0], channel, place,
                     axis == ChannelAxis::last ? ChannelAxis::second : ChannelAxis::last);
    if (const auto *resize = std::get_if<graph::Resize>(&op))
        return of_resize(node, *resize, channel, place);
    if (const auto *sample = std::get_if<graph::GridSample>(&op))
        return of_warp(node, *sample, channel, place);
    return of_pointwise(node, op, channel, place, axis);
}

bool ExpressionWriter::is_inside(ValueId id) const {
    const std::size_t index = producer_[index_of(id)];
    return index != SIZE_MAX && request_.inside[index];
}

std::string ExpressionWriter::declare(const std::string &type, const std::string &what) {
    std::string name = "v" + std::to_string(count_++);
    expression_.lines += text("    const ", type, " ", name, " = ", what, ";\n");
    return name;
}

std::string ExpressionWriter::declare_once(const std::string &type, const std::string &what) {
    const auto found = declared_.find(what);
    return found != declared_.end() ? found->second : declared_[what] = declare(type, what);
}

std::string ExpressionWriter::spread(ValueId id, std::int64_t channel, const ExpressionPlace &place,
                                     ChannelAxis axis) {
    const PictureSize size = size_of(shapes_.dims[index_of(id)], axis);
    return value(id, size.channels == 1 ? 0 : channel,
                 {size.height == 1 ? "0" : place.y, size.width == 1 ? "0" : place.x}, axis);
}

std::string ExpressionWriter::of_pointwise(const graph::Node &node, const graph::Op &op, std::int64_t channel,
                                           const ExpressionPlace &place, ChannelAxis axis) {
    if (std::holds_alternative<graph::Cast>(op) && is_real(node.inputs[0]) && is_real(node.outputs[0]))
        return spread(node.inputs[0], channel, place, axis); // all are floats here
    std::vector<std::string> operands;
    for (const ValueId operand : node.inputs)
        operands.push_back(operand == graph::no_value ? "" : spread(operand, channel, place, axis));
    const std::string formula =
        pointwise_formula(graph_, node, op, [&](std::size_t i) { return operands[i]; });
    return declare("float", formula);
}

std::string ExpressionWriter::of_slice(std::size_t index, const graph::Slice &slice, std::int64_t channel,
                                       const ExpressionPlace &place, ChannelAxis axis) {
    const std::size_t c = axis == ChannelAxis::second ? 1 : 3;
    const std::size_t y = axis == ChannelAxis::second ? 2 : 1;
    const auto moved = [&](const std::string &at, std::size_t along) {
        if (slice.starts[along] == 0)
            return at;
        return declare_once("int", text(at, " + ", number({index, along}, slice.starts[along])));
    };
    return value(graph_.nodes[index].inputs[0], channel + slice.starts[c],
                 {moved(place.y, y), moved(place.x, y + 1)}, axis);
}

std::string ExpressionWriter::of_split(const graph::Node &node, ValueId id, std::int64_t channel,
                                       const ExpressionPlace &place, ChannelAxis axis) {
    for (const ValueId part : node.outputs) {
        if (part == id)
            break;
        channel += size_of(shapes_.dims[index_of(part)], axis).channels;
    }
    return value(node.inputs[0], channel, place, axis);
}

std::string ExpressionWriter::of_concat(const graph::Node &node, std::int64_t channel,
                                        const ExpressionPlace &place, ChannelAxis axis) {
    for (const ValueId part : node.inputs) {
        const std::int64_t channels = size_of(shapes_.dims[index_of(part)], axis).channels;
        if (channel < channels)
            return value(part, channel, place, axis);
        channel -= channels;
    }
    throw InternalError(node.label, ": a channel behind the last");
}

std::string ExpressionWriter::number(std::pair<std::size_t, std::size_t> key, std::int64_t given) {
    const auto [found, is_new] = numbers_.try_emplace(key, expression_.numbers.size());
    if (is_new)
        expression_.numbers.push_back(static_cast<int>(given));
    return text("args.number[", found->second, "]");
}

bool ExpressionWriter::is_real(ValueId id) const {
    const Element type = graph_.values[index_of(id)].type;
    return type == Element::f16 || type == Element::bf16 || type == Element::f32;
}

bool ExpressionWriter::is_read(ValueId id) const {
    return !graph::known(graph_, shapes_, id) && !is_inside(id);
}

std::size_t ExpressionWriter::source(ValueId id, std::int64_t plane, ChannelAxis axis,
                                     const std::function<Tensor()> &find) {
    const auto [found, is_new] = sources_.try_emplace({id, plane, axis}, expression_.sources.size());
    if (is_new) {
        Tensor tensor = as_picture(find(), axis);
        expression_.wide = expression_.wide || bytes_of(tensor) > INT32_MAX;
        vectors_.push_back(vectors_of(tensor));
        tensor.offset -= vectors_.back().first;
        expression_.sources.push_back(std::move(tensor));
    }
    return found->second;
}

std::size_t ExpressionWriter::stored(ValueId id, ChannelAxis axis) {
    return source(id, -1, axis, [&] { return request_.stored(id); });
}

std::string ExpressionWriter::known(ValueId id, std::int64_t channel, const ExpressionPlace &place,
                                    ChannelAxis axis) {
    const auto &stated = graph_.values[index_of(id)].constant;
    const std::int64_t most_literals = 16;
    const PictureSize size = size_of(shapes_.dims[index_of(id)], axis);
    if (stated && size.height == 1 && size.width == 1 && graph::count(stated->dims) <= most_literals)
        return literal(graph::widen<double>(graph::view_of(*stated))[static_cast<std::size_t>(channel)],
                       Element::f32);
    if (numbers_for_scalars_ && size.height == 1 && size.width == 1 && size.channels <= most_literals) {
        const model::Tensor &contents = *graph::known(graph_, shapes_, id);
        const float given = graph::widen<float>(graph::view_of(contents))[static_cast<std::size_t>(channel)];
        const std::size_t key = graph_.nodes.size() + graph_.values.size() + index_of(id);
        return declare_once(
            "float", text("float_of_bits((u32)",
                          number({key, static_cast<std::size_t>(channel)}, std::bit_cast<int>(given)), ")"));
    }
    const std::size_t plane =
        source(id, channel, axis, [&] { return request_.known_plane(id, channel, axis); });
    const Shape &dims = expression_.sources[plane].dims;
    return load(plane, 0, {dims[2] == 1 ? "0" : place.y, dims[3] == 1 ? "0" : place.x});
}

std::string ExpressionWriter::read(ValueId id, std::int64_t channel, const ExpressionPlace &place,
                                   ChannelAxis axis) {
    const bool here = axis == ChannelAxis::second && place.x == "x"; // not at taps
    const auto number = here ? request_.input_channel(id, channel) : std::nullopt;
    if (!number)
        return load(stored(id, axis), channel, place);
    const std::size_t known = expression_.sources.size();
    const std::size_t from =
        source(id, channel, axis, [&] { return part(request_.stored(id), 1, channel, 1); });
    if (from == known)
        expression_.input_channels.push_back({from, *number});
    const std::string given = text("args.source[", from, "]");
    const std::string at =
        declare_once("offset_t", text("(offset_t)", place.y, " * (offset_t)", given, ".stride_y + (offset_t)",
                                      place.x, " * (offset_t)", given, ".stride_x"));
    return declare_once(
        "float", text("Packed<float, 1>::read_constant((const float *)", given, ".data + ", at, ").item(0)"));
}

std::string ExpressionWriter::load(std::size_t source, std::int64_t channel, const ExpressionPlace &place) {
    const Tensor &tensor = expression_.sources[source];
    const Vectors vectors = vectors_[source];
    const std::string from = text("args.source[", source, "]");
    const std::string at = declare_once(
        "offset_t", text("place_in<", tensor.strides[3], ">(", from, ", ", place.y, ", ", place.x, ")"));
    const char *type = type_name(tensor.type);
    if (vectors.length == 1)
        return declare_once("float", text("get(Packed<", type, ", 1>::read_constant((const ", type, " *)",
                                          from, ".data + ", at, " + ", channel, " * (offset_t)", from,
                                          ".stride_c).item(0))"));
    const std::int64_t element = channel + vectors.first;
    // Six of eight elements as four and two: the multiprocessor hands over so many bytes in a cycle.
    std::int64_t length = vectors.length;
    const std::int64_t rest = (tensor.dims[1] + vectors.first) % vectors.length;
    const bool last = element / length == (tensor.dims[1] + vectors.first) / length;
    if (length == 8 && last && (rest == 5 || rest == 6))
        length = element % 8 < 4 ? 4 : 2;
    const std::string packed = text("Packed<", type, ", ", length, ">");
    const std::string pack =
        declare_once(packed, text(packed, "::read_constant((const ", type, " *)", from, ".data + ", at, " + ",
                                  element / length * length, ")"));
    return declare_once("float", text("get(", pack, ".item(", element % length, "))"));
}

Vectors vectors_of(const Tensor &tensor) {
    const auto size = static_cast<std::int64_t>(element_size(tensor.type));
    if (tensor.dims.size() != 4 || tensor.strides[1] != 1 || tensor.dims[1] == 1)
        return {};
    for (std::int64_t length = 16 / size; length > 1; length /= 2) {
        const auto whole = [&](std::int64_t stride) { return stride % length == 0; };
        const std::int64_t first = tensor.offset % length;
        if (whole(tensor.strides[2]) && whole(tensor.strides[3]) && tensor.dims[1] + first > length / 2)
            return {length, first};
    }
    return {};
}

Expression make_expression(const ExpressionRequest &request) {
    return ExpressionWriter(request).run();
}

} // namespace vsmlrt::cuda
