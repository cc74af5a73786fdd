// Text is made on demand, from the result down to the sources. What is computed at a place is remembered by
// value, channel and place, so that readers of one value share it. A place is a pair of coordinates, each of
// which is a name in the text: the pixel's own, a tap of a Resize, a tap of a warp. Resizes and warps are
// written for all their channels at once, tap after tap, so that few values are alive between the lines.
#include "backends/cuda/expression.h"

#include "backends/cuda/chain.h"
#include "backends/cuda/kernel_text.h"
#include "base/error.h"
#include "graph/storage.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;

std::size_t index_of(ValueId value) {
    return static_cast<std::size_t>(value);
}

// Of a shape of up to four axes.
struct PictureSize {
    std::int64_t channels, height, width;
};

PictureSize size_of(Shape dims, ChannelAxis axis) {
    dims.insert(dims.begin(), 4 - std::min<std::size_t>(dims.size(), 4), 1);
    return axis == ChannelAxis::second ? PictureSize{dims[1], dims[2], dims[3]}
                                       : PictureSize{dims[3], dims[1], dims[2]};
}

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

bool is_power_of_two(float value) {
    int exponent = 0;
    return std::frexp(value, &exponent) == 0.5F;
}

struct Place {
    std::string y, x;
    bool operator<(const Place &other) const { return std::tie(y, x) < std::tie(other.y, other.x); }
};

// A coordinate that is `behind` behind another, both in one group of `group` that begins at a multiple of
// it; aligned: the other one is the group's first. Groups are powers of two.
struct Near {
    std::string first;
    int behind = 0;
    int group = 1;
    bool aligned = false;
};

// A coordinate that a result takes from an operand, and its weight.
struct Tap {
    std::string at, weight; // weight "": 1
};

class Writer {
public:
    explicit Writer(const ExpressionRequest &request)
        : request_(request), graph_(request.graph), shapes_(request.shapes),
          producer_(request.graph.values.size(), SIZE_MAX) {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
            for (const ValueId output : graph_.nodes[i].outputs)
                producer_[index_of(output)] = i;
        std::size_t numbered = 0; // nodes that args.number has something of, a warp up to 10
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
            numbered += request.inside[i] && (std::holds_alternative<graph::GridSample>(shapes_.ops[i]) ||
                                              std::holds_alternative<graph::Slice>(shapes_.ops[i]))
                            ? 1
                            : 0;
        numbers_for_warps_ = 10 * numbered <= max_expression_numbers;
    }

    Expression run() && {
        const PictureSize size = size_of(shapes_.dims[index_of(request_.result)], ChannelAxis::second);
        for (int row = 0; row < request_.rows; ++row)
            for (std::int64_t c = 0; c < size.channels; ++c)
                expression_.channels.push_back(
                    value(request_.result, c, {row_name(row), "x"}, ChannelAxis::second));
        return std::move(expression_);
    }

private:
    using Key = std::tuple<ValueId, std::int64_t, Place, ChannelAxis>;

    // The rows of a thread. Behind the last of the picture the last one is read once more, and not stored.
    std::string row_name(int row) {
        if (row == 0)
            return "y";
        std::string name = declare_once("int", text("limited(y + ", row, ", args.height)"));
        near_[name] = {"y", row, request_.rows, true};
        return name;
    }

    // The name of a channel of a value at a place.
    std::string value(ValueId id, std::int64_t channel, const Place &place, ChannelAxis axis) {
        const Key key{id, channel, place, axis};
        if (const auto found = names_.find(key); found != names_.end())
            return found->second;
        std::string name = compute(id, channel, place, axis);
        return names_[key] = std::move(name);
    }

    std::string compute(ValueId id, std::int64_t channel, const Place &place, ChannelAxis axis) {
        if (graph::known(graph_, shapes_, id))
            return known(id, channel, place, axis);
        if (!is_inside(id))
            return load(stored(id, axis), channel, place);
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

    [[nodiscard]] bool is_inside(ValueId id) const {
        const std::size_t index = producer_[index_of(id)];
        return index != SIZE_MAX && request_.inside[index];
    }

    std::string declare(const std::string &type, const std::string &what) {
        std::string name = "v" + std::to_string(count_++);
        expression_.lines += text("    const ", type, " ", name, " = ", what, ";\n");
        return name;
    }
    // The same for what was declared before under this text.
    std::string declare_once(const std::string &type, const std::string &what) {
        const auto found = declared_.find(what);
        return found != declared_.end() ? found->second : declared_[what] = declare(type, what);
    }

    // An operand of another size than the result is spread along the axes where it has size 1.
    std::string spread(ValueId id, std::int64_t channel, const Place &place, ChannelAxis axis) {
        const PictureSize size = size_of(shapes_.dims[index_of(id)], axis);
        return value(id, size.channels == 1 ? 0 : channel,
                     {size.height == 1 ? "0" : place.y, size.width == 1 ? "0" : place.x}, axis);
    }

    std::string of_pointwise(const graph::Node &node, const graph::Op &op, std::int64_t channel,
                             const Place &place, ChannelAxis axis) {
        if (std::holds_alternative<graph::Cast>(op) && is_real(node.inputs[0]) && is_real(node.outputs[0]))
            return spread(node.inputs[0], channel, place, axis); // all are floats here
        std::vector<std::string> operands;
        for (const ValueId operand : node.inputs)
            operands.push_back(operand == graph::no_value ? "" : spread(operand, channel, place, axis));
        const std::string formula =
            pointwise_formula(graph_, node, op, [&](std::size_t i) { return operands[i]; });
        return declare("float", formula);
    }

    std::string of_slice(std::size_t index, const graph::Slice &slice, std::int64_t channel,
                         const Place &place, ChannelAxis axis) {
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

    std::string of_split(const graph::Node &node, ValueId id, std::int64_t channel, const Place &place,
                         ChannelAxis axis) {
        for (const ValueId part : node.outputs) {
            if (part == id)
                break;
            channel += size_of(shapes_.dims[index_of(part)], axis).channels;
        }
        return value(node.inputs[0], channel, place, axis);
    }

    std::string of_concat(const graph::Node &node, std::int64_t channel, const Place &place,
                          ChannelAxis axis) {
        for (const ValueId part : node.inputs) {
            const std::int64_t channels = size_of(shapes_.dims[index_of(part)], axis).channels;
            if (channel < channels)
                return value(part, channel, place, axis);
            channel -= channels;
        }
        throw InternalError(node.label, ": a channel behind the last");
    }

    // args.number[i] for what follows from sizes; `key` is the node and which of its numbers.
    std::string number(std::pair<std::size_t, std::size_t> key, std::int64_t given) {
        const auto [found, is_new] = numbers_.try_emplace(key, expression_.numbers.size());
        if (is_new)
            expression_.numbers.push_back(static_cast<int>(given));
        return text("args.number[", found->second, "]");
    }

    // Where a Resize reads along one axis: 2 for the height, 3 for the width.
    std::vector<Tap> resize_taps(const graph::Node &node, const graph::Resize &op, std::size_t along,
                                 const std::string &at) {
        const std::int64_t from = shapes_.dims[index_of(node.inputs[0])][along];
        const std::int64_t to = shapes_.dims[index_of(node.outputs[0])][along];
        const float scale = op.scales[along];
        if (from == to && scale == 1)
            return {{at, ""}};
        const auto key = std::tuple(along, from, to, scale);
        const auto [found, is_new] = axes_.try_emplace(key, expression_.axes.size());
        if (is_new)
            expression_.axes.push_back({static_cast<int>(from), static_cast<int>(to), scale, 1 / scale});
        const std::string exact = is_power_of_two(scale) ? "true" : "false";
        const std::string axis = text("args.axis[", found->second, "]");
        const int coordinates = resize_coordinates(op.coordinates);
        if (op.mode == graph::Interpolation::nearest)
            return {{declare_once("int", text("nearest_tap<", coordinates, ", ", static_cast<int>(op.nearest),
                                              ", ", exact, ">(", axis, ", ", at, ")")),
                     ""}};
        const bool centred =
            is_power_of_two(scale) && (coordinates == half_pixel || coordinates == pytorch_half_pixel);
        constexpr float most_whole = 1024;
        const bool in_whole_numbers = centred && scale > 1 && scale <= most_whole;
        const auto taps_at = [&](const std::string &place) {
            return declare_once("AxisTaps", in_whole_numbers ? text("enlarged_taps<", static_cast<int>(scale),
                                                                    ">(", axis, ", ", place, ")")
                                                             : text("linear_taps<", coordinates, ", ", exact,
                                                                    ">(", axis, ", ", place, ")"));
        };
        if (const auto near = near_.find(at); centred && near != near_.end())
            if (const auto cell = cell_of(near->second, scale)) {
                const std::string first = taps_at(near->second.first);
                expression_.shares_rows = expression_.shares_rows || near->second.aligned;
                const auto tap = [&](int behind) {
                    return behind < 2 ? text(first, ".at", behind)
                                      : declare_once("int", text("limited(", first, ".first + ", behind, ", ",
                                                                 axis, ".from)"));
                };
                const float further = static_cast<float>(near->second.behind) / scale;
                const std::string t =
                    declare_once("float", text(first, ".t + ",
                                               literal(further - static_cast<float>(*cell), Element::f32)));
                return {{tap(*cell), text("(1 - ", t, ")")}, {tap(*cell + 1), t}};
            }
        const std::string taps = taps_at(at);
        if (centred && scale < 1)
            near_[taps + ".at1"] = {taps + ".at0", 1, static_cast<int>(1 / scale), false};
        return {{taps + ".at0", text("(1 - ", taps, ".t)")}, {taps + ".at1", taps + ".t"}};
    }

    // Enlarging by S, about pixel centres, takes the results from S k + S / 2 on, S of them, from the same
    // two pixels, 1 / S apart: a cell. How many cells a place lies behind the one that it is counted from, if
    // that is the same everywhere.
    static std::optional<int> cell_of(const Near &near, float enlarging) {
        const int factor = enlarging < 2 ? 1 : static_cast<int>(enlarging);
        if (factor >= 2 * near.group)
            return 0;
        if (factor == 1 || !near.aligned)
            return std::nullopt;
        return (near.behind + factor / 2) / factor;
    }

    enum { half_pixel = 0, pytorch_half_pixel = 2 };
    static int resize_coordinates(graph::Coordinates coordinates) {
        switch (coordinates) {
        case graph::Coordinates::half_pixel:
            return half_pixel;
        case graph::Coordinates::half_pixel_symmetric:
            return 1;
        case graph::Coordinates::pytorch_half_pixel:
            return pytorch_half_pixel;
        case graph::Coordinates::align_corners:
            return 3;
        default:
            return 4;
        }
    }

    std::string of_resize(const graph::Node &node, const graph::Resize &op, std::int64_t channel,
                          const Place &place) {
        const ValueId from = node.inputs[0];
        const std::vector<Tap> rows = resize_taps(node, op, 2, place.y);
        const std::vector<Tap> columns = resize_taps(node, op, 3, place.x);
        if (rows.size() == 1 && columns.size() == 1)
            return value(from, channel, {rows[0].at, columns[0].at}, ChannelAxis::second);
        if (rows.size() == 2 && columns.size() == 2 && op.scales[2] > 1)
            return of_enlarging(node, rows, columns, channel, place);
        return of_taps(node, from, rows, columns, channel, place, false);
    }

    // Along each row first: pixels below each other share that.
    std::string of_enlarging(const graph::Node &node, const std::vector<Tap> &rows,
                             const std::vector<Tap> &columns, std::int64_t channel, const Place &place) {
        const ValueId from = node.inputs[0];
        const PictureSize size = size_of(shapes_.dims[index_of(from)], ChannelAxis::second);
        std::vector<std::vector<std::string>> along(2);
        for (std::size_t row = 0; row < 2; ++row)
            for (std::int64_t c = 0; c < size.channels; ++c) {
                const auto tap = [&](std::size_t column) {
                    return text(columns[column].weight, " * ",
                                value(from, c, {rows[row].at, columns[column].at}, ChannelAxis::second));
                };
                along[row].push_back(declare_once("float", text(tap(0), " + ", tap(1))));
            }
        for (std::int64_t c = 0; c < size.channels; ++c) {
            const auto i = static_cast<std::size_t>(c);
            names_[{node.outputs[0], c, place, ChannelAxis::second}] = declare(
                "float", text(rows[0].weight, " * ", along[0][i], " + ", rows[1].weight, " * ", along[1][i]));
        }
        return names_[{node.outputs[0], channel, place, ChannelAxis::second}];
    }

    // A sum over taps, for all channels.
    std::string of_taps(const graph::Node &node, ValueId from, const std::vector<Tap> &rows,
                        const std::vector<Tap> &columns, std::int64_t channel, const Place &place,
                        bool skips) {
        const PictureSize size = size_of(shapes_.dims[index_of(from)], ChannelAxis::second);
        std::vector<std::string> sums(static_cast<std::size_t>(size.channels));
        for (const Tap &row : rows)
            for (const Tap &column : columns) {
                const std::string product = row.weight.empty()      ? column.weight
                                            : column.weight.empty() ? row.weight
                                                                    : text(row.weight, " * ", column.weight);
                const std::string weight = declare_once("float", product);
                for (std::int64_t c = 0; c < size.channels; ++c) {
                    std::string &sum = sums[static_cast<std::size_t>(c)];
                    const std::string tap = value(from, c, {row.at, column.at}, ChannelAxis::second);
                    const std::string term =
                        skips ? text("weighed(", weight, ", ", tap, ")") : text(weight, " * ", tap);
                    sum = declare("float", sum.empty() ? term : text(sum, " + ", term));
                }
            }
        for (std::int64_t c = 0; c < size.channels; ++c)
            names_[{node.outputs[0], c, place, ChannelAxis::second}] = sums[static_cast<std::size_t>(c)];
        return sums[static_cast<std::size_t>(channel)];
    }

    std::string of_warp(const graph::Node &node, const graph::GridSample &op, std::int64_t channel,
                        const Place &place) {
        const ValueId image = node.inputs[0];
        if (numbers_for_warps_ && op.padding != graph::GridPadding::zeros && is_read(image))
            if (const auto planes = request_.texture(image))
                if (const auto number = texture(*planes))
                    return of_quads(node, op, *planes, *number, channel, place);
        if (!graph::known(graph_, shapes_, image) && !is_inside(image))
            static_cast<void>(
                source(image, -1, ChannelAxis::second, [&] { return request_.sampled(image); }));
        const Shape &dims = shapes_.dims[index_of(image)];
        const auto index = static_cast<std::size_t>(&node - graph_.nodes.data());
        if (numbers_for_warps_ && op.padding != graph::GridPadding::zeros && dims[2] > 1 && dims[3] > 1 &&
            is_read(image)) {
            const std::size_t from = stored(image, ChannelAxis::second);
            if (vectors_[from].length > 1)
                return of_neighbours(node, op, from, channel, place);
        }
        const auto taps = [&](std::int64_t coordinate, std::size_t along) {
            const std::string at = value(node.inputs[1], coordinate, place, ChannelAxis::last);
            const std::string name =
                declare("WarpTaps", text("warp_taps<", op.padding == graph::GridPadding::zeros ? 0 : 1, ", ",
                                         op.align_corners ? "true" : "false", ">(", at, ", ",
                                         number({index, along}, dims[along]), ")"));
            return std::vector<Tap>{{name + ".at0", name + ".w0"}, {name + ".at1", name + ".w1"}};
        };
        const std::vector<Tap> columns = taps(0, 3);
        const std::vector<Tap> rows = taps(1, 2);
        return of_taps(node, image, rows, columns, channel, place, op.padding == graph::GridPadding::zeros);
    }

    // A float that all warps of a picture share, by its bits.
    std::string shared_number(const graph::Node &node, std::size_t which, float given) {
        return number({graph_.nodes.size() + index_of(node.inputs[0]), which}, std::bit_cast<int>(given));
    }

    // Where a warp with its border repeated reads along an axis, by warp_place or warp_point.
    std::string place_of_warp(const char *type, const char *function, const graph::Node &node,
                              const graph::GridSample &op, const Place &place, std::size_t along) {
        const std::string at = value(node.inputs[1], along == 3 ? 0 : 1, place, ChannelAxis::last);
        const auto size = static_cast<float>(shapes_.dims[index_of(node.inputs[0])][along]);
        const auto float_number = [&](std::size_t which, float given) {
            return shared_number(node, 16 * along + 2 * which + (op.align_corners ? 1 : 0), given);
        };
        return declare(type, text(function, "<", op.align_corners ? "true" : "false", ">(", at, ", ",
                                  float_number(1, (op.align_corners ? size - 1 : size) / 2), ", ",
                                  float_number(2, size - 1), ", ", float_number(3, size - 2), ")"));
    }

    // Of the upper left, the upper right, the lower left and the lower right one.
    std::array<std::string, 4> weights_of_warp(const std::string &row, const std::string &column) {
        return {declare("float", text("(1 - ", row, ".t) * (1 - ", column, ".t)")),
                declare("float", text("(1 - ", row, ".t) * ", column, ".t")),
                declare("float", text(row, ".t * (1 - ", column, ".t)")),
                declare("float", text(row, ".t * ", column, ".t"))};
    }

    // A warp with its border repeated, of planes that the texture unit reads: both pixels of both rows of a
    // plane are one access.
    std::string of_quads(const graph::Node &node, const graph::GridSample &op, const TexturePlanes &planes,
                         std::size_t texture, std::int64_t channel, const Place &place) {
        const std::string column = place_of_warp("WarpPoint", "warp_point", node, op, place, 3);
        const std::string row = place_of_warp("WarpPoint", "warp_point", node, op, place, 2);
        const std::array<std::string, 4> weights = weights_of_warp(row, column);
        const std::int64_t channels = shapes_.dims[index_of(node.inputs[0])][1];
        constexpr std::size_t behind_places = 64;
        for (std::int64_t c = 0; c < channels; ++c) {
            const std::string first = shared_number(node, behind_places + static_cast<std::size_t>(c),
                                                    static_cast<float>(planes.first + c * planes.apart));
            const std::string quad =
                declare("Quad", text("read_quad(args.texture[", texture, "], ", column, ".first, ", row,
                                     ".first + float_of_bits((u32)", first, "))"));
            names_[{node.outputs[0], c, place, ChannelAxis::second}] =
                declare("float", text(weights[0], " * ", quad, ".upper_left + ", weights[1], " * ", quad,
                                      ".upper_right + ", weights[2], " * ", quad, ".lower_left + ",
                                      weights[3], " * ", quad, ".lower_right"));
        }
        return names_[{node.outputs[0], channel, place, ChannelAxis::second}];
    }

    // A warp with its border repeated, of a stored picture: both pixels of a row, and of the next one, lie at
    // one address and what is known from it.
    std::string of_neighbours(const graph::Node &node, const graph::GridSample &op, std::size_t from,
                              std::int64_t channel, const Place &place) {
        const Shape &dims = shapes_.dims[index_of(node.inputs[0])];
        const std::string column = place_of_warp("WarpPlace", "warp_place", node, op, place, 3);
        const std::string row = place_of_warp("WarpPlace", "warp_place", node, op, place, 2);
        const Tensor &tensor = expression_.sources[from];
        const Vectors vectors = vectors_[from];
        const std::string source = text("args.source[", from, "]");
        const std::string upper = declare("offset_t", text("place_in<", tensor.strides[3], ">(", source, ", ",
                                                           row, ".first, ", column, ".first)"));
        const std::string lower = declare("offset_t", text(upper, " + (offset_t)", source, ".stride_y"));
        const std::array<std::string, 4> weights = weights_of_warp(row, column);
        const char *type = type_name(tensor.type);
        for (std::int64_t first = 0; first < vectors.first + dims[1]; first += vectors.length) {
            std::vector<std::string> packs;
            for (const std::string &at : {upper, lower})
                for (const std::int64_t further : {std::int64_t{0}, tensor.strides[3]})
                    packs.push_back(
                        declare(text("Pack<", type, ", ", vectors.length, ">"),
                                text("read_pack<", type, ", ", vectors.length, ">((const ", type, " *)",
                                     source, ".data + (", at, " + ", first + further, "))")));
            for (std::int64_t i = 0; i < vectors.length; ++i) {
                const std::int64_t c = first + i - vectors.first;
                if (c < 0 || c >= dims[1])
                    continue;
                std::string sum;
                for (std::size_t tap = 0; tap < packs.size(); ++tap)
                    sum +=
                        text(tap == 0 ? "" : " + ", weights[tap], " * get(", packs[tap], ".item[", i, "])");
                names_[{node.outputs[0], c, place, ChannelAxis::second}] = declare("float", sum);
            }
        }
        return names_[{node.outputs[0], channel, place, ChannelAxis::second}];
    }

    [[nodiscard]] bool is_real(ValueId id) const {
        const Element type = graph_.values[index_of(id)].type;
        return type == Element::f16 || type == Element::bf16 || type == Element::f32;
    }
    [[nodiscard]] bool is_read(ValueId id) const {
        return !graph::known(graph_, shapes_, id) && !is_inside(id);
    }

    // The number of a source; new ones get the next.
    std::size_t source(ValueId id, std::int64_t plane, ChannelAxis axis,
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
    // The number of a texture, if there is room for it.
    std::optional<std::size_t> texture(const TexturePlanes &planes) {
        std::vector<Tensor> &all = expression_.textures;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i].buffer == planes.rows.buffer && all[i].offset == planes.rows.offset &&
                all[i].dims == planes.rows.dims)
                return i;
        if (all.size() == max_expression_textures)
            return std::nullopt;
        all.push_back(planes.rows);
        return all.size() - 1;
    }
    std::size_t stored(ValueId id, ChannelAxis axis) {
        return source(id, -1, axis, [&] { return request_.stored(id); });
    }

    std::string known(ValueId id, std::int64_t channel, const Place &place, ChannelAxis axis) {
        const auto &stated = graph_.values[index_of(id)].constant;
        const std::int64_t most_literals = 16;
        const PictureSize size = size_of(shapes_.dims[index_of(id)], axis);
        if (stated && size.height == 1 && size.width == 1 && graph::count(stated->dims) <= most_literals)
            return literal(graph::widen<double>(graph::view_of(*stated))[static_cast<std::size_t>(channel)],
                           Element::f32);
        const std::size_t number =
            source(id, channel, axis, [&] { return request_.known_plane(id, channel, axis); });
        const Shape &dims = expression_.sources[number].dims;
        return load(number, 0, {dims[2] == 1 ? "0" : place.y, dims[3] == 1 ? "0" : place.x});
    }

    std::string load(std::size_t source, std::int64_t channel, const Place &place) {
        const Tensor &tensor = expression_.sources[source];
        const Vectors vectors = vectors_[source];
        const std::string from = text("args.source[", source, "]");
        const std::string at = declare_once(
            "offset_t", text("place_in<", tensor.strides[3], ">(", from, ", ", place.y, ", ", place.x, ")"));
        const char *type = type_name(tensor.type);
        if (vectors.length == 1)
            return declare_once("float",
                                text("get(read_pack<", type, ", 1>((const ", type, " *)", from, ".data + ",
                                     at, " + ", channel, " * (offset_t)", from, ".stride_c).item[0])"));
        const std::int64_t element = channel + vectors.first;
        // Six of eight elements as four and two: the multiprocessor hands over so many bytes in a cycle.
        std::int64_t length = vectors.length;
        const std::int64_t rest = (tensor.dims[1] + vectors.first) % vectors.length;
        const bool last = element / length == (tensor.dims[1] + vectors.first) / length;
        if (length == 8 && last && (rest == 5 || rest == 6))
            length = element % 8 < 4 ? 4 : 2;
        const std::string pack =
            declare_once(text("Pack<", type, ", ", length, ">"),
                         text("read_pack<", type, ", ", length, ">((const ", type, " *)", from, ".data + ",
                              at, " + ", element / length * length, ")"));
        return declare_once("float", text("get(", pack, ".item[", element % length, "])"));
    }

    const ExpressionRequest &request_;
    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    std::vector<std::size_t> producer_;
    Expression expression_;
    std::map<Key, std::string> names_;
    std::map<std::string, std::string> declared_;
    std::map<std::string, Near> near_; // by name
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> numbers_;
    std::map<std::tuple<std::size_t, std::int64_t, std::int64_t, float>, std::size_t> axes_;
    std::map<std::tuple<ValueId, std::int64_t, ChannelAxis>, std::size_t> sources_;
    std::vector<Vectors> vectors_; // by source
    std::size_t count_ = 0;
    bool numbers_for_warps_ = false;
};

} // namespace

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
    return Writer(request).run();
}

} // namespace vsmlrt::cuda
