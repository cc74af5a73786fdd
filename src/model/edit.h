// Edits on a network. Each returns a new network; weights that do not change are shared.
#pragma once

#include "model/network.h"

#include <optional>
#include <set>

namespace vsmlrt::model {

// Gives the N, H and W of every image input (rank 4) a fixed size: N = 1, and width and height in pixels;
// symbolic sizes of outputs are dropped (they follow). Drops recorded sizes of intermediate values. BadModel
// if an input states another fixed size.
[[nodiscard]] Network fix_shape(const Network &network, std::int64_t width, std::int64_t height);

// Makes H and W of every image input (rank 4) unknown and N = 1, whatever the file says, where the graph
// allows.
[[nodiscard]] Network free_shape(const Network &network);

// Makes N = 1 of every image input and output (rank 4), whatever the file says, where the graph allows.
[[nodiscard]] Network free_batch(const Network &network);

// For a network that computes `batch` pictures at once and no other number: it is given one picture `batch`
// times, and its first result is the network's. Unchanged where control flow uses an input by its name, or an
// output does not state that batch, and for one of more than 64.
[[nodiscard]] Network repeat_batch(const Network &network, std::int64_t batch);

struct HalfOptions {
    // Operators whose floating-point inputs and outputs stay fp32 (casts are put around them).
    std::set<std::string> keep = default_keep();

    // Coordinates, Range, Resize's scales, GridSample and its grid, reductions over a whole picture
    // (GlobalAveragePool, ReduceMean, ReduceSum, ...), NonZero, CumSum, Softmax, LayerNormalization, ...
    [[nodiscard]] static std::set<std::string> default_keep();
};

// Rewrites an fp32 network to compute in fp16: weights converted (round to nearest even; those beyond fp16's
// range keep their consumer in fp32), Cast nodes where precisions meet and no two in a row. Inputs that an
// operator wants in fp32 whatever the rest is (Resize scales and roi) stay, and so do the network's own
// inputs and outputs: see set_io_type. Networks that already hold float16 come back unchanged.
[[nodiscard]] Network to_half(const Network &network, const HalfOptions &options = {});

// Changes only the type of the network's inputs or outputs, where one is given, by Cast nodes at the ends.
// Unsupported if a subgraph uses such a value, or one is input and output at once.
[[nodiscard]] Network set_io_type(const Network &network, std::optional<Element> inputs,
                                  std::optional<Element> outputs);

// Of a network that computes in fp16 (to_half): its float32 inputs, where each of them is only read by Casts
// to float16, and its float32 outputs, where each of them is a Cast of a float16 value, become float16. What
// the network computes from an input that is rounded to float16 before it stays the same, bit for bit. An
// input of which that is true of the first channels alone (an interpolator's pictures in front of its grids)
// becomes two, the others behind them.
[[nodiscard]] Network narrow_ends(const Network &network, bool inputs, bool outputs);

// Writes forms of operators that vendor libraries are known to read wrongly in operators that all of them
// read right: Softmax and LogSoftmax over several axes (before opset 13), ReduceL1, ReduceLogSum and
// ReduceLogSumExp with axes as an attribute (opset 13 to 17), and padding that is to keep the size (auto_pad)
// where it does not depend on the picture's. The result means the same.
[[nodiscard]] Network spell_out(const Network &network);

} // namespace vsmlrt::model
