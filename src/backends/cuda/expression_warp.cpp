// Warps (GridSample) in an expression's text.
#include "backends/cuda/expression_writer.h"
#include "backends/cuda/kernel_text.h"
#include "base/text.h"

#include <bit>

namespace vsmlrt::cuda {

std::string ExpressionWriter::of_warp(const graph::Node &node, const graph::GridSample &op,
                                      std::int64_t channel, const ExpressionPlace &place) {
    const ValueId image = node.inputs[0];
    if (numbers_for_warps_ && op.padding != graph::GridPadding::zeros && is_read(image))
        if (const auto planes = request_.texture(image))
            if (const auto number = texture(*planes))
                return of_quads(node, op, *planes, *number, channel, place);
    if (!graph::known(graph_, shapes_, image) && !is_inside(image))
        static_cast<void>(source(image, -1, ChannelAxis::second, [&] { return request_.sampled(image); }));
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
        return std::vector<ExpressionTap>{{name + ".at0", name + ".w0"}, {name + ".at1", name + ".w1"}};
    };
    const std::vector<ExpressionTap> columns = taps(0, 3);
    const std::vector<ExpressionTap> rows = taps(1, 2);
    return of_taps(node, image, rows, columns, channel, place, op.padding == graph::GridPadding::zeros);
}

std::string ExpressionWriter::shared_number(const graph::Node &node, std::size_t which, float given) {
    return number({graph_.nodes.size() + index_of(node.inputs[0]), which}, std::bit_cast<int>(given));
}

std::string ExpressionWriter::place_of_warp(const char *type, const char *function, const graph::Node &node,
                                            const graph::GridSample &op, const ExpressionPlace &place,
                                            std::size_t along) {
    const std::string at = value(node.inputs[1], along == 3 ? 0 : 1, place, ChannelAxis::last);
    const auto size = static_cast<float>(shapes_.dims[index_of(node.inputs[0])][along]);
    const auto float_number = [&](std::size_t which, float given) {
        return shared_number(node, 16 * along + 2 * which + (op.align_corners ? 1 : 0), given);
    };
    return declare(type, text(function, "<", op.align_corners ? "true" : "false", ">(", at, ", ",
                              float_number(1, (op.align_corners ? size - 1 : size) / 2), ", ",
                              float_number(2, size - 1), ", ", float_number(3, size - 2), ")"));
}

std::array<std::string, 4> ExpressionWriter::weights_of_warp(const std::string &row,
                                                             const std::string &column) {
    return {declare("float", text("(1 - ", row, ".t) * (1 - ", column, ".t)")),
            declare("float", text("(1 - ", row, ".t) * ", column, ".t")),
            declare("float", text(row, ".t * (1 - ", column, ".t)")),
            declare("float", text(row, ".t * ", column, ".t"))};
}

std::string ExpressionWriter::of_quads(const graph::Node &node, const graph::GridSample &op,
                                       const TexturePlanes &planes, std::size_t texture, std::int64_t channel,
                                       const ExpressionPlace &place) {
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
                                  ".upper_right + ", weights[2], " * ", quad, ".lower_left + ", weights[3],
                                  " * ", quad, ".lower_right"));
    }
    return names_[{node.outputs[0], channel, place, ChannelAxis::second}];
}

std::string ExpressionWriter::of_neighbours(const graph::Node &node, const graph::GridSample &op,
                                            std::size_t from, std::int64_t channel,
                                            const ExpressionPlace &place) {
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
    const std::string packed = text("Packed<", type, ", ", vectors.length, ">");
    for (std::int64_t first = 0; first < vectors.first + dims[1]; first += vectors.length) {
        std::vector<std::string> packs;
        for (const std::string &at : {upper, lower})
            for (const std::int64_t further : {std::int64_t{0}, tensor.strides[3]})
                packs.push_back(declare(packed, text(packed, "::read_constant((const ", type, " *)", source,
                                                     ".data + (", at, " + ", first + further, "))")));
        for (std::int64_t i = 0; i < vectors.length; ++i) {
            const std::int64_t c = first + i - vectors.first;
            if (c < 0 || c >= dims[1])
                continue;
            std::string sum;
            for (std::size_t tap = 0; tap < packs.size(); ++tap)
                sum += text(tap == 0 ? "" : " + ", weights[tap], " * get(", packs[tap], ".item(", i, "))");
            names_[{node.outputs[0], c, place, ChannelAxis::second}] = declare("float", sum);
        }
    }
    return names_[{node.outputs[0], channel, place, ChannelAxis::second}];
}

std::optional<std::size_t> ExpressionWriter::texture(const TexturePlanes &planes) {
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

} // namespace vsmlrt::cuda
