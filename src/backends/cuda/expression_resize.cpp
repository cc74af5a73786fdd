// Resizes in an expression's text.
#include "backends/cuda/expression_writer.h"
#include "backends/cuda/kernel_text.h"
#include "base/text.h"

#include <cmath>

namespace vsmlrt::cuda {
namespace {

bool is_power_of_two(float value) {
    int exponent = 0;
    return std::frexp(value, &exponent) == 0.5F;
}

// Enlarging by S, about pixel centres, takes the results from S k + S / 2 on, S of them, from the same
// two pixels, 1 / S apart: a cell. How many cells a place lies behind the one that it is counted from, if
// that is the same everywhere.
std::optional<int> cell_of(const NearPlace &near, float enlarging) {
    const int factor = enlarging < 2 ? 1 : static_cast<int>(enlarging);
    if (factor >= 2 * near.group)
        return 0;
    if (factor == 1 || !near.aligned)
        return std::nullopt;
    return (near.behind + factor / 2) / factor;
}

enum { half_pixel = 0, pytorch_half_pixel = 2 };

// As expression_places.cuh numbers them.
int resize_coordinates(graph::Coordinates coordinates) {
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

} // namespace

std::vector<ExpressionTap> ExpressionWriter::resize_taps(const graph::Node &node, const graph::Resize &op,
                                                         std::size_t along, const std::string &at) {
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
        return declare_once(
            "AxisTaps", in_whole_numbers
                            ? text("enlarged_taps<", static_cast<int>(scale), ">(", axis, ", ", place, ")")
                            : text("linear_taps<", coordinates, ", ", exact, ">(", axis, ", ", place, ")"));
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
            const std::string t = declare_once(
                "float", text(first, ".t + ", literal(further - static_cast<float>(*cell), Element::f32)));
            return {{tap(*cell), text("(1 - ", t, ")")}, {tap(*cell + 1), t}};
        }
    const std::string taps = taps_at(at);
    if (centred && scale < 1)
        near_[taps + ".at1"] = {taps + ".at0", 1, static_cast<int>(1 / scale), false};
    return {{taps + ".at0", text("(1 - ", taps, ".t)")}, {taps + ".at1", taps + ".t"}};
}

std::string ExpressionWriter::of_resize(const graph::Node &node, const graph::Resize &op,
                                        std::int64_t channel, const ExpressionPlace &place) {
    const ValueId from = node.inputs[0];
    const std::vector<ExpressionTap> rows = resize_taps(node, op, 2, place.y);
    const std::vector<ExpressionTap> columns = resize_taps(node, op, 3, place.x);
    if (rows.size() == 1 && columns.size() == 1)
        return value(from, channel, {rows[0].at, columns[0].at}, ChannelAxis::second);
    if (rows.size() == 2 && columns.size() == 2 && op.scales[2] > 1)
        return of_enlarging(node, rows, columns, channel, place);
    return of_taps(node, from, rows, columns, channel, place, false);
}

std::string ExpressionWriter::of_enlarging(const graph::Node &node, const std::vector<ExpressionTap> &rows,
                                           const std::vector<ExpressionTap> &columns, std::int64_t channel,
                                           const ExpressionPlace &place) {
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

std::string ExpressionWriter::of_taps(const graph::Node &node, ValueId from,
                                      const std::vector<ExpressionTap> &rows,
                                      const std::vector<ExpressionTap> &columns, std::int64_t channel,
                                      const ExpressionPlace &place, bool skips) {
    const PictureSize size = size_of(shapes_.dims[index_of(from)], ChannelAxis::second);
    std::vector<std::string> sums(static_cast<std::size_t>(size.channels));
    for (const ExpressionTap &row : rows)
        for (const ExpressionTap &column : columns) {
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

} // namespace vsmlrt::cuda
