// The operators of the IR and their parameters.
//
// Whatever ONNX spells in several ways (attributes in old opsets, inputs in new ones) has one form here:
// parameters that may follow from the picture's size are operands of the node, and `infer` writes what they
// come to into the fields marked "resolved". Sizes of windows are {vertical, horizontal}, amounts of padding
// {top, left, bottom, right}.
#pragma once

#include "graph/shape.h"
#include "tensor/element.h"

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace vsmlrt::graph {

using Pair = std::array<std::int64_t, 2>;
using Quad = std::array<std::int64_t, 4>;

enum class UnaryKind {
    abs,
    neg,
    sign,
    floor,
    ceil,
    round,
    sqrt,
    exp,
    log,
    reciprocal,
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    tanh,
    asinh,
    acosh,
    atanh,
    erf,
    sigmoid,
    relu,
    leaky_relu,
    elu,
    celu,
    selu,
    softplus,
    softsign,
    hard_sigmoid,
    hard_swish,
    gelu,
    gelu_tanh,
    mish,
    thresholded_relu,
    logical_not,
    is_nan,
};

// y = f(x); alpha and beta as the ONNX operator of that name defines them.
struct Unary {
    UnaryKind kind = UnaryKind::abs;
    float alpha = 0;
    float beta = 0;
};

enum class BinaryKind {
    add,
    sub,
    mul,
    div,
    pow,
    min,
    max,
    mod,
    fmod,
    prelu,
    equal,
    less,
    less_equal,
    greater,
    greater_equal,
    logical_and,
    logical_or,
    logical_xor,
};

// y = f(a, b), broadcast; prelu: a is the input, b the slope.
struct Binary {
    BinaryKind kind = BinaryKind::add;
};

// Operands: x, minimum or none, maximum or none.
struct Clip {};
// Operands: condition, where true, where false; broadcast.
struct Where {};
struct Cast {};

enum class AutoPad { none, same_upper, same_lower, valid };

// Operands: input N C H W, weights M C/groups kH kW, bias M or none.
struct Conv {
    Pair strides{1, 1};
    Pair dilations{1, 1};
    Quad pads{}; // resolved
    AutoPad auto_pad = AutoPad::none;
    std::int64_t groups = 1;
    std::optional<Pair> kernel; // where the network states it: as the weights have it
};

// Operands: input N C H W, weights C M/groups kH kW, bias M or none.
struct ConvTranspose {
    Pair strides{1, 1};
    Pair dilations{1, 1};
    Quad pads{}; // resolved
    Pair output_padding{};
    std::vector<std::int64_t> output_size; // {height, width} where the network states it
    AutoPad auto_pad = AutoPad::none;
    std::int64_t groups = 1;
    std::optional<Pair> kernel; // where the network states it: as the weights have it
};

enum class PoolKind { maximum, average };

struct Pool {
    PoolKind kind = PoolKind::maximum;
    Pair kernel{1, 1};
    Pair strides{1, 1};
    Pair dilations{1, 1};
    Quad pads{}; // resolved
    AutoPad auto_pad = AutoPad::none;
    bool ceil_mode = false;
    bool count_padding = false; // average: divide by the whole window
};

enum class ReduceKind { sum, mean, maximum, minimum, product, l1, l2, sum_square, log_sum, log_sum_exp };

// Operands: x, axes or none. Without axes: all of them, or none at all if `keep_if_no_axes`.
struct Reduce {
    ReduceKind kind = ReduceKind::sum;
    bool keep_sizes = true;
    bool keep_if_no_axes = false;
    bool spatial = false;          // the axes after N and C, whatever their number
    std::vector<std::size_t> axes; // resolved, ascending
};

// NumPy's matmul.
struct MatMul {};

// alpha A' B' + beta C; C may be absent.
struct Gemm {
    float alpha = 1;
    float beta = 1;
    bool transpose_a = false;
    bool transpose_b = false;
};

struct Softmax {
    std::int64_t axis = -1;
    bool logarithm = false;
    bool to_the_end = false; // over all axes from `axis` on together (opsets below 13)
};

enum class NormalizeKind { batch, instance, layer, group };

// Operands: x, scale, bias or none; batch: then mean and variance.
struct Normalize {
    NormalizeKind kind = NormalizeKind::batch;
    float epsilon = 1e-5f;
    std::int64_t axis = -1;  // layer: the first axis that is normalised over
    std::int64_t groups = 1; // group
    bool scale_by_group =
        false; // group: scale and bias have one element a group (opset 18), else one a channel
};

enum class Interpolation { nearest, linear, cubic };
enum class GridPadding { zeros, border, reflection };

// Operands: x N C H W, grid N h w 2 in [-1, 1], horizontal coordinate first.
struct GridSample {
    Interpolation mode = Interpolation::linear;
    GridPadding padding = GridPadding::zeros;
    bool align_corners = false;
};

// tf_half_pixel_for_nn: (i + 0.5) / scale (opsets 11 and 12). tf_crop_and_resize: the region `roi`, whose
// corners are pixel centres, becomes the result.
enum class Coordinates {
    half_pixel,
    half_pixel_symmetric,
    pytorch_half_pixel,
    align_corners,
    asymmetric,
    tf_half_pixel_for_nn,
    tf_crop_and_resize,
};
// simple: floor when enlarging, ceil when shrinking (opsets below 11).
enum class NearestMode { round_prefer_floor, round_prefer_ceil, floor, ceil, simple };
// What sizes mean: those of the result, or a box that one factor for all axes fits it into or around.
enum class AspectPolicy { stretch, not_larger, not_smaller };

// Operands: x, scales or none, sizes or none, region of interest (starts, then ends, one an axis; only for
// tf_crop_and_resize) or none.
struct Resize {
    Interpolation mode = Interpolation::nearest;
    Coordinates coordinates = Coordinates::half_pixel;
    NearestMode nearest = NearestMode::round_prefer_floor;
    float cubic_a = -0.75f;
    bool exclude_outside = false;
    std::vector<std::int64_t> axes; // that scales and sizes are about; empty: all
    std::vector<float> scales;      // resolved, one an axis of x
    bool antialias = false; // linear and cubic: the kernel is as wide as a pixel of the smaller picture
    AspectPolicy aspect = AspectPolicy::stretch;
    float extrapolation = 0;               // tf_crop_and_resize: what lies outside of x
    std::vector<std::array<float, 2>> roi; // resolved, one an axis of x; fractions of its size less one
};

struct Concat {
    std::int64_t axis = 0;
};

// Operands: x, lengths or none (then equal parts).
struct Split {
    std::int64_t axis = 0;
};

// Operands: x, starts, ends, axes or none, steps or none.
struct Slice {
    std::vector<std::int64_t> starts; // resolved, one an axis of x, inside of it
    std::vector<std::int64_t> steps;  // resolved
};

enum class PadMode { constant, reflect, edge, wrap };

// Operands: x, amounts (begins then ends), value or none, axes or none.
struct Pad {
    PadMode mode = PadMode::constant;
    std::vector<std::int64_t> begins; // resolved, one an axis of x; negative crops
};

// Channel order of the blocks: true for depth-column-row (ONNX "DCR"), false for column-row-depth ("CRD",
// PyTorch's).
struct DepthToSpace {
    std::int64_t block = 1;
    bool depth_first = true;
};

struct SpaceToDepth {
    std::int64_t block = 1;
};

struct Transpose {
    std::vector<std::int64_t> order; // empty: reversed
};

enum class ReshapeKind { to_shape, flatten, squeeze, unsqueeze };

// Same elements, other shape. Operands: x, then shape (to_shape) or axes or none (squeeze, unsqueeze).
struct Reshape {
    ReshapeKind kind = ReshapeKind::to_shape;
    bool zero_is_zero = false; // to_shape: a 0 is a size, not a copy of the input's
    std::int64_t axis = 1;     // flatten
};

// Operands: x, shape to broadcast with.
struct Expand {};
// Operands: x, repeats.
struct Tile {};
// Operands: x, indices.
struct Gather {
    std::int64_t axis = 0;
};

// Operands: x, indices of x's rank: each result is x's element with its index along `axis` replaced.
struct GatherElements {
    std::int64_t axis = 0;
};
// Operands: x, indices, whose last axis holds the first indices of an element or a block of x. The first
// `batch_axes` axes of both are walked together.
struct GatherNd {
    std::int64_t batch_axes = 0;
};
// x with some of its elements replaced. Operands: x, indices as GatherElements has them, updates.
struct ScatterElements {
    std::int64_t axis = 0;
};
// The same for blocks. Operands: x, indices as GatherNd has them, updates.
struct ScatterNd {};

// Where the largest (smallest) element along `axis` is; of equals the first, or the last. i64.
struct ArgReduce {
    bool maximum = true;
    bool last = false;
    bool keep_size = true;
    std::int64_t axis = 0;
};

// Sums of all elements so far along an axis. Operands: x, axis.
struct CumSum {
    bool exclusive = false; // without the element itself
    bool reverse = false;
    std::size_t axis = 0; // resolved
};

// The k largest (smallest) elements along `axis` in order, and where they were (i64); of equals the first.
// Operands: x, k.
struct TopK {
    bool largest = true;
    std::int64_t axis = -1;
};

// Known as soon as its operand's shape is: sizes of the axes [start, end).
struct ShapeOf {
    std::int64_t start = 0;
    std::int64_t end = INT64_MAX;
    bool total = false; // the number of elements instead
};

// Operands: shape, a one-element tensor with the value.
struct Fill {};
// Operands: start, limit, step.
struct Range {};

using Op = std::variant<Unary, Binary, Clip, Where, Cast, Conv, ConvTranspose, Pool, Reduce, MatMul, Gemm,
                        Softmax, Normalize, GridSample, Resize, Concat, Split, Slice, Pad, DepthToSpace,
                        SpaceToDepth, Transpose, Reshape, Expand, Tile, Gather, GatherElements, GatherNd,
                        ScatterElements, ScatterNd, ArgReduce, CumSum, TopK, ShapeOf, Fill, Range>;

} // namespace vsmlrt::graph
