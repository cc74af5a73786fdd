// Giving networks that shrink their picture one that is larger by as much, so that the output is exactly
// scale x input.
#pragma once

#include "model/ncnn/graph.h"

#include <optional>

namespace vsmlrt::model::ncnn {

// For one axis: with `pad` pixels added to a size that is a multiple of `multiple`, the network works, and
// its output is `crop` pixels more than scale x that size.
struct Restoration {
    std::int64_t scale = 1;
    std::int64_t multiple = 1;
    std::int64_t pad = 0;
    std::int64_t crop = 0;
};

// Nothing for an output that does not grow with the picture by a whole factor, or at no multiple up to 192.
// The network's sizes are tried, not solved: they are affine on multiples of its strides.
[[nodiscard]] std::optional<Restoration> find_restoration(const Sizes &sizes, SymbolicSize output,
                                                          Sizes::Axis axis);

struct Restored {
    Blob output;
    std::int64_t scale = 1;
    std::int64_t multiple = 1; // that the picture's sizes must be of
    std::int64_t minimum = 1;  // that they must have at least
};

// Puts a Pad node (reflect) behind the input and, where the pads do not come out even, a Slice before the
// output of a network with one picture in and one out. Nothing, and no change, where find_restoration() finds
// nothing.
[[nodiscard]] std::optional<Restored> restore_size(Graph &graph, const std::string &input,
                                                   const Blob &output);

} // namespace vsmlrt::model::ncnn
