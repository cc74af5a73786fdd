// The text of an expression as it is written; what make_expression (expression.h) is made of.
//
// Text is made on demand, from the result down to the sources. What is computed at a place is remembered by
// value, channel and place, so that readers of one value share it. A place is a pair of coordinates, each of
// which is a name in the text: the pixel's own, a tap of a Resize, a tap of a warp. Resizes and warps are
// written for all their channels at once, tap after tap, so that few values are alive between the lines.
#pragma once

#include "backends/cuda/expression.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace vsmlrt::cuda {

[[nodiscard]] inline std::size_t index_of(graph::ValueId value) {
    return static_cast<std::size_t>(value);
}

// Of a shape of up to four axes.
struct PictureSize {
    std::int64_t channels, height, width;
};
[[nodiscard]] PictureSize size_of(Shape dims, ChannelAxis axis);

struct ExpressionPlace {
    std::string y, x;
    bool operator<(const ExpressionPlace &other) const { return std::tie(y, x) < std::tie(other.y, other.x); }
};

// A coordinate that is `behind` behind another, both in one group of `group` that begins at a multiple of
// it; aligned: the other one is the group's first. Groups are powers of two.
struct NearPlace {
    std::string first;
    int behind = 0;
    int group = 1;
    bool aligned = false;
};

// A coordinate that a result takes from an operand, and its weight.
struct ExpressionTap {
    std::string at, weight; // weight "": 1
};

class ExpressionWriter {
public:
    explicit ExpressionWriter(const ExpressionRequest &request);

    Expression run() &&;

private:
    using ValueId = graph::ValueId;
    using Key = std::tuple<ValueId, std::int64_t, ExpressionPlace, ChannelAxis>;

    // The rows of a thread. Behind the last of the picture the last one is read once more, and not stored.
    std::string row_name(int row);

    // The name of a channel of a value at a place.
    std::string value(ValueId id, std::int64_t channel, const ExpressionPlace &place, ChannelAxis axis);

    std::string compute(ValueId id, std::int64_t channel, const ExpressionPlace &place, ChannelAxis axis);

    [[nodiscard]] bool is_inside(ValueId id) const;

    std::string declare(const std::string &type, const std::string &what);
    // The same for what was declared before under this text.
    std::string declare_once(const std::string &type, const std::string &what);

    // An operand of another size than the result is spread along the axes where it has size 1.
    std::string spread(ValueId id, std::int64_t channel, const ExpressionPlace &place, ChannelAxis axis);

    std::string of_pointwise(const graph::Node &node, const graph::Op &op, std::int64_t channel,
                             const ExpressionPlace &place, ChannelAxis axis);

    std::string of_slice(std::size_t index, const graph::Slice &slice, std::int64_t channel,
                         const ExpressionPlace &place, ChannelAxis axis);

    std::string of_split(const graph::Node &node, ValueId id, std::int64_t channel,
                         const ExpressionPlace &place, ChannelAxis axis);

    std::string of_concat(const graph::Node &node, std::int64_t channel, const ExpressionPlace &place,
                          ChannelAxis axis);

    // args.number[i] for what follows from sizes; `key` is the node and which of its numbers.
    std::string number(std::pair<std::size_t, std::size_t> key, std::int64_t given);

    // Where a Resize reads along one axis: 2 for the height, 3 for the width.
    std::vector<ExpressionTap> resize_taps(const graph::Node &node, const graph::Resize &op,
                                           std::size_t along, const std::string &at);

    std::string of_resize(const graph::Node &node, const graph::Resize &op, std::int64_t channel,
                          const ExpressionPlace &place);

    // Along each row first: pixels below each other share that.
    std::string of_enlarging(const graph::Node &node, const std::vector<ExpressionTap> &rows,
                             const std::vector<ExpressionTap> &columns, std::int64_t channel,
                             const ExpressionPlace &place);

    // A sum over taps, for all channels.
    std::string of_taps(const graph::Node &node, ValueId from, const std::vector<ExpressionTap> &rows,
                        const std::vector<ExpressionTap> &columns, std::int64_t channel,
                        const ExpressionPlace &place, bool skips);

    std::string of_warp(const graph::Node &node, const graph::GridSample &op, std::int64_t channel,
                        const ExpressionPlace &place);

    // A float that all warps of a picture share, by its bits.
    std::string shared_number(const graph::Node &node, std::size_t which, float given);

    // Where a warp with its border repeated reads along an axis, by warp_place or warp_point.
    std::string place_of_warp(const char *type, const char *function, const graph::Node &node,
                              const graph::GridSample &op, const ExpressionPlace &place, std::size_t along);

    // Of the upper left, the upper right, the lower left and the lower right one.
    std::array<std::string, 4> weights_of_warp(const std::string &row, const std::string &column);

    // A warp with its border repeated, of planes that the texture unit reads: both pixels of both rows of a
    // plane are one access.
    std::string of_quads(const graph::Node &node, const graph::GridSample &op, const TexturePlanes &planes,
                         std::size_t texture, std::int64_t channel, const ExpressionPlace &place);

    // A warp with its border repeated, of a stored picture: both pixels of a row, and of the next one, lie at
    // one address and what is known from it.
    std::string of_neighbours(const graph::Node &node, const graph::GridSample &op, std::size_t from,
                              std::int64_t channel, const ExpressionPlace &place);

    [[nodiscard]] bool is_real(ValueId id) const;
    [[nodiscard]] bool is_read(ValueId id) const;

    // The number of a source; new ones get the next.
    std::size_t source(ValueId id, std::int64_t plane, ChannelAxis axis, const std::function<Tensor()> &find);
    // The number of a texture, if there is room for it.
    std::optional<std::size_t> texture(const TexturePlanes &planes);
    std::size_t stored(ValueId id, ChannelAxis axis);

    std::string known(ValueId id, std::int64_t channel, const ExpressionPlace &place, ChannelAxis axis);

    std::string load(std::size_t source, std::int64_t channel, const ExpressionPlace &place);
    // A value that is read from outside: a channel of its picture, or of the network's inputs.
    std::string read(ValueId id, std::int64_t channel, const ExpressionPlace &place, ChannelAxis axis);

    const ExpressionRequest &request_;
    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    std::vector<std::size_t> producer_;
    Expression expression_;
    std::map<Key, std::string> names_;
    std::map<std::string, std::string> declared_;
    std::map<std::string, NearPlace> near_; // by name
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> numbers_;
    std::map<std::tuple<std::size_t, std::int64_t, std::int64_t, float>, std::size_t> axes_;
    std::map<std::tuple<ValueId, std::int64_t, ChannelAxis>, std::size_t> sources_;
    std::vector<Vectors> vectors_; // by source
    std::size_t count_ = 0;
    bool numbers_for_warps_ = false;
    bool numbers_for_scalars_ = false; // 32 at most
};

} // namespace vsmlrt::cuda
