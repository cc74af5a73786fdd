// A rule reads all that its operator may state, checks it, and writes one form for all opsets; what only
// training computes is refused.
#include "graph/lowering.h"

#include "base/error.h"
#include "graph/storage.h"

#include <algorithm>
#include <array>
#include <optional>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

// A list attribute with exactly N entries; absent: `fallback` in each.
template <std::size_t N>
std::array<Integer, N> fixed_list(const OnnxNode &node, const char *attribute, Integer fallback,
                                  Integer least) {
    const std::vector<Integer> list = node.integers(attribute, std::vector<Integer>(N, fallback));
    if (list.size() != N)
        outside_of_the_ir(text(attribute, " of ", list.size(), " numbers (not a picture's two axes)"));
    std::array<Integer, N> values{};
    std::copy(list.begin(), list.end(), values.begin());
    constexpr Integer most = Integer{1} << 24;
    for (const Integer value : values)
        if (value < least || value > most)
            throw BadModel("attribute \"", attribute, "\" holds ", value);
    return values;
}

AutoPad auto_pad(const OnnxNode &node) {
    const std::string mode = node.string("auto_pad", "NOTSET");
    if (mode == "NOTSET")
        return AutoPad::none;
    if (mode == "VALID")
        return AutoPad::valid;
    if (mode == "SAME_UPPER")
        return AutoPad::same_upper;
    if (mode == "SAME_LOWER")
        return AutoPad::same_lower;
    throw BadModel("attribute \"auto_pad\" is \"", mode, "\"");
}

// The fields that every operator with a sliding window has.
template <typename Window>
Window window(const OnnxNode &node) {
    Window op;
    op.strides = fixed_list<2>(node, "strides", 1, 1);
    op.dilations = fixed_list<2>(node, "dilations", 1, 1);
    op.auto_pad = auto_pad(node);
    op.pads = fixed_list<4>(node, "pads", 0, 0);
    if (op.auto_pad != AutoPad::none)
        op.pads = {}; // some exporters state both
    return op;
}

// Convolutions state the size of their weights once more.
std::optional<Pair> stated_kernel(const OnnxNode &node) {
    if (!node.has("kernel_shape"))
        return std::nullopt;
    return fixed_list<2>(node, "kernel_shape", 0, 1);
}

void check_real(Lowering &lowering, const OnnxNode &node) {
    const Element type = lowering.type(lowering.required(node, 0));
    if (!is_real(type))
        outside_of_the_ir(text("operator ", node.op, " on ", element_name(type)));
}

void conv(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    auto op = window<Conv>(node);
    op.kernel = stated_kernel(node);
    op.groups = node.integer("group", 1);
    lowering.emit(node, op,
                  {lowering.required(node, 0), lowering.required(node, 1), lowering.optional(node, 2)});
}

void conv_transpose(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    auto op = window<ConvTranspose>(node);
    op.kernel = stated_kernel(node);
    op.groups = node.integer("group", 1);
    op.output_padding = fixed_list<2>(node, "output_padding", 0, 0);
    op.output_size = node.integers("output_shape");
    if (op.output_size.size() == 4) // old exports state N and C too
        op.output_size.erase(op.output_size.begin(), op.output_size.begin() + 2);
    if (!op.output_size.empty() && op.output_size.size() != 2)
        throw BadModel("attribute \"output_shape\" has ", op.output_size.size(), " numbers");
    lowering.emit(node, op,
                  {lowering.required(node, 0), lowering.required(node, 1), lowering.optional(node, 2)});
}

void pool(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    if (node.outputs.size() > 1 && !node.outputs[1].empty())
        outside_of_the_ir("the output \"Indices\"");
    auto op = window<Pool>(node);
    op.kind = node.op == "MaxPool" ? PoolKind::maximum : PoolKind::average;
    op.kernel = fixed_list<2>(node, "kernel_shape", 0, 1);
    op.ceil_mode = node.integer("ceil_mode", 0) != 0;
    if (op.kind == PoolKind::average)
        op.count_padding = node.integer("count_include_pad", 0) != 0;
    else
        node.without_effect({"storage_order"}); // of the indices
    lowering.emit(node, op, {lowering.required(node, 0)});
}

void global_pool(Lowering &lowering, const OnnxNode &node) {
    Reduce op;
    op.kind = node.op == "GlobalMaxPool" ? ReduceKind::maximum : ReduceKind::mean;
    op.spatial = true;
    lowering.emit(node, op, {lowering.required(node, 0)});
}

template <ReduceKind Kind>
void reduce(Lowering &lowering, const OnnxNode &node) {
    Reduce op;
    op.kind = Kind;
    op.keep_sizes = node.integer("keepdims", 1) != 0;
    op.keep_if_no_axes = node.integer("noop_with_empty_axes", 0) != 0;
    lowering.emit(node, op, {lowering.required(node, 0), lowering.list(node, 1, "axes")});
}

void matmul(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    lowering.emit(node, MatMul{}, {lowering.required(node, 0), lowering.required(node, 1)});
}

void gemm(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    const Gemm op{node.real("alpha", 1), node.real("beta", 1), node.integer("transA", 0) != 0,
                  node.integer("transB", 0) != 0};
    lowering.emit(node, op,
                  {lowering.required(node, 0), lowering.required(node, 1), lowering.optional(node, 2)});
}

void softmax(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    const bool old = lowering.opset() < 13;
    const Softmax op{node.integer("axis", old ? 1 : -1), node.op == "LogSoftmax", old};
    lowering.emit(node, op, {lowering.required(node, 0)});
}

// Mean and variance are those of the training, or are computed with nothing kept.
void no_training(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    for (std::size_t i = 1; i < node.outputs.size(); ++i)
        if (!node.outputs[i].empty())
            outside_of_the_ir("a second output of " + node.op);
}

void batch_normalization(Lowering &lowering, const OnnxNode &node) {
    no_training(lowering, node);
    if (node.integer("training_mode", 0) != 0)
        outside_of_the_ir("normalisation in training");
    node.without_effect({"momentum"}); // of what training keeps
    Normalize op;
    op.kind = NormalizeKind::batch;
    op.epsilon = node.real("epsilon", 1e-5f);
    lowering.emit(node, op, lowering.operands(node));
}

void instance_normalization(Lowering &lowering, const OnnxNode &node) {
    no_training(lowering, node);
    Normalize op;
    op.kind = NormalizeKind::instance;
    op.epsilon = node.real("epsilon", 1e-5f);
    lowering.emit(node, op, lowering.operands(node));
}

// "stash_type" is the least precision that sums are taken in.
void layer_normalization(Lowering &lowering, const OnnxNode &node) {
    no_training(lowering, node);
    node.without_effect({"stash_type"});
    Normalize op;
    op.kind = NormalizeKind::layer;
    op.epsilon = node.real("epsilon", 1e-5f);
    op.axis = node.integer("axis", -1);
    lowering.emit(node, op, lowering.operands(node));
}

void group_normalization(Lowering &lowering, const OnnxNode &node) {
    no_training(lowering, node);
    node.without_effect({"stash_type"});
    Normalize op;
    op.kind = NormalizeKind::group;
    op.epsilon = node.real("epsilon", 1e-5f);
    op.groups = node.integer("num_groups", 1);
    op.scale_by_group = lowering.opset() < 21;
    lowering.emit(node, op, lowering.operands(node));
}

void grid_sample(Lowering &lowering, const OnnxNode &node) {
    check_real(lowering, node);
    GridSample op;
    const std::string mode = node.string("mode", lowering.opset() < 20 ? "bilinear" : "linear");
    if (mode == "nearest")
        op.mode = Interpolation::nearest;
    else if (mode == "bicubic" || mode == "cubic")
        op.mode = Interpolation::cubic;
    else if (mode != "bilinear" && mode != "linear")
        throw BadModel("attribute \"mode\" is \"", mode, "\"");
    const std::string padding = node.string("padding_mode", "zeros");
    if (padding == "border")
        op.padding = GridPadding::border;
    else if (padding == "reflection")
        op.padding = GridPadding::reflection;
    else if (padding != "zeros")
        throw BadModel("attribute \"padding_mode\" is \"", padding, "\"");
    op.align_corners = node.integer("align_corners", 0) != 0;
    lowering.emit(node, op, {lowering.required(node, 0), lowering.required(node, 1)});
}

} // namespace

std::span<const LoweringRule> compute_lowerings() {
    static constexpr LoweringRule rules[] = {
        {"Conv", conv},
        {"ConvTranspose", conv_transpose},
        {"MaxPool", pool},
        {"AveragePool", pool},
        {"GlobalAveragePool", global_pool},
        {"GlobalMaxPool", global_pool},
        {"ReduceSum", reduce<ReduceKind::sum>},
        {"ReduceMean", reduce<ReduceKind::mean>},
        {"ReduceMax", reduce<ReduceKind::maximum>},
        {"ReduceMin", reduce<ReduceKind::minimum>},
        {"ReduceProd", reduce<ReduceKind::product>},
        {"ReduceL1", reduce<ReduceKind::l1>},
        {"ReduceL2", reduce<ReduceKind::l2>},
        {"ReduceSumSquare", reduce<ReduceKind::sum_square>},
        {"ReduceLogSum", reduce<ReduceKind::log_sum>},
        {"ReduceLogSumExp", reduce<ReduceKind::log_sum_exp>},
        {"MatMul", matmul},
        {"Gemm", gemm},
        {"Softmax", softmax},
        {"LogSoftmax", softmax},
        {"BatchNormalization", batch_normalization},
        {"InstanceNormalization", instance_normalization},
        {"LayerNormalization", layer_normalization},
        {"GroupNormalization", group_normalization},
        {"GridSample", grid_sample},
    };
    return rules;
}

} // namespace vsmlrt::graph
