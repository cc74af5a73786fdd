#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

// Over channels and over the picture, in the form of both old and new opsets.
Case reduce(const std::string &op, std::vector<std::int64_t> axes, std::int64_t opset, bool keep = true) {
    Builder b(opset);
    const Name x = b.node("Abs", {b.input(3)});
    Attributes attributes{{"keepdims", std::int64_t{keep}}};
    std::vector<Name> inputs{x};
    if (opset >= 18 || op == "ReduceSum")
        inputs.push_back(b.integers(axes));
    else
        attributes["axes"] = ints(axes);
    b.output(b.node(op, inputs, attributes));
    return {op + "_" + std::to_string(axes.size()) + (keep ? "" : "_dropped"), b.network()};
}

Case global(const std::string &op) {
    Builder b;
    b.output(b.node(op, {b.input(3)}));
    return {op, b.network()};
}

// Attention over the picture: softmax(q k') v.
Case attention() {
    Builder b;
    const Name x = b.input(4);
    const auto flat = [&](const Name &y) { return b.node("Reshape", {y, b.integers({1, 4, -1})}); };
    const Name keys = flat(b.conv(x, 4, 4, 1));
    const Name queries = b.node("Transpose", {flat(b.conv(x, 4, 4, 1))}, {{"perm", ints({0, 2, 1})}});
    const Name weights = b.node("Softmax", {b.node("MatMul", {queries, keys})}, axis(-1));
    const Name mixed =
        b.node("MatMul", {flat(x), b.node("Transpose", {weights}, {{"perm", ints({0, 2, 1})}})});
    b.output(b.node("Reshape", {mixed, b.node("Shape", {x})}));
    return {"attention", b.network(), {{9, 7}, {8, 5}}};
}

Case matmul_rows() {
    Builder b;
    const Name last = b.node("Transpose", {b.input(4)}, {{"perm", ints({0, 2, 3, 1})}});
    b.output(b.node("MatMul", {last, b.weights({4, 6})}));
    return {"MatMul_rows", b.network()};
}

Case gemm(bool transposed) {
    Builder b;
    const Name mean = b.node("Flatten", {b.node("GlobalAveragePool", {b.input(4)})}, axis(1));
    b.output(b.node("Gemm", {mean, transposed ? b.weights({6, 4}) : b.weights({4, 6}), b.random({6}, -1, 1)},
                    {{"transB", std::int64_t{transposed}}, {"alpha", 0.5F}, {"beta", 2.0F}}));
    return {transposed ? "Gemm_transposed" : "Gemm", b.network()};
}

Case softmax(const std::string &op, std::int64_t along, std::int64_t opset) {
    Builder b(opset);
    b.output(b.node(op, {b.input(3)}, axis(along)));
    return {op + "_" + std::to_string(along) + "_" + std::to_string(opset), b.network()};
}

Case normalize(const std::string &op, std::int64_t opset, std::size_t operands, std::int64_t length,
               const Attributes &attributes) {
    Builder b(opset);
    std::vector<Name> inputs{b.input(4)};
    for (std::size_t i = 1; i < operands; ++i)
        inputs.push_back(b.random({length}, 0.5F, 1.5F));
    b.output(b.node(op, inputs, attributes));
    return {op + "_" + std::to_string(opset), b.network()};
}

Case layer_norm() {
    Builder b;
    const Name last = b.node("Transpose", {b.input(6)}, {{"perm", ints({0, 2, 3, 1})}});
    const Name normal =
        b.node("LayerNormalization", {last, b.random({6}, 0.5F, 1.5F), b.random({6}, -1, 1)}, axis(-1));
    b.output(b.node("Transpose", {normal}, {{"perm", ints({0, 3, 1, 2})}}));
    return {"LayerNormalization", b.network()};
}

// The grid comes from a second input of as many pixels, and reaches beyond the picture.
Case grid_sample(const std::string &mode, const std::string &padding, bool corners) {
    Builder b(16);
    const Name x = b.input(2);
    const Name grid = b.node("Transpose", {b.input(2)}, {{"perm", ints({0, 2, 3, 1})}});
    const Name wide = b.node("Mul", {grid, b.real(1.3F)});
    b.output(b.node("GridSample", {x, wide},
                    {{"mode", mode}, {"padding_mode", padding}, {"align_corners", std::int64_t{corners}}}));
    return {"GridSample_" + mode + "_" + padding + (corners ? "_corners" : ""), b.network()};
}

} // namespace

std::vector<Case> compute_cases() {
    std::vector<Case> cases;
    for (const char *op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
                           "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"})
        cases.push_back(reduce(op, {1}, 13));
    for (const char *op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"})
        cases.push_back(reduce(op, {2, -1}, 18));
    cases.push_back(reduce("ReduceMean", {1}, 17, false));
    cases.push_back(global("GlobalAveragePool"));
    cases.push_back(global("GlobalMaxPool"));
    cases.push_back(attention());
    cases.push_back(matmul_rows());
    cases.push_back(gemm(false));
    cases.push_back(gemm(true));
    for (const char *op : {"Softmax", "LogSoftmax"}) {
        cases.push_back(softmax(op, 1, 17));
        cases.push_back(softmax(op, -1, 17));
        cases.push_back(softmax(op, 1, 11));
    }
    cases.push_back(normalize("BatchNormalization", 17, 5, 4, {{"epsilon", 1e-3F}}));
    cases.push_back(normalize("InstanceNormalization", 17, 3, 4, {}));
    cases.push_back(normalize("GroupNormalization", 18, 3, 2, {{"num_groups", std::int64_t{2}}}));
    cases.push_back(normalize("GroupNormalization", 21, 3, 4, {{"num_groups", std::int64_t{2}}}));
    cases.push_back(layer_norm());
    for (const char *mode : {"bilinear", "nearest", "bicubic"})
        for (const char *padding : {"zeros", "border", "reflection"})
            for (const bool corners : {false, true})
                cases.push_back(grid_sample(mode, padding, corners));
    return cases;
}

} // namespace vsmlrt::test
