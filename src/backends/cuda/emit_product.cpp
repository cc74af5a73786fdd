// Products of matrices: of 16 bits by mma.sync, of floats by a kernel that shares what it reads, else one
// thread an element; with the chain of pointwise operators behind them.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/product.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

Tensor with_axis(const Tensor &tensor, std::size_t axis) {
    Tensor view = tensor;
    view.dims.insert(view.dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    view.strides.insert(view.strides.begin() + static_cast<std::ptrdiff_t>(axis), 0);
    return view;
}

struct Along {
    bool k; // the inner axis' elements are neighbours, or taken as such
    std::int64_t vector;
};
Along along(const Tensor &tensor, std::size_t k_axis, std::size_t other_axis) {
    const bool k = tensor.strides[k_axis] == 1 || tensor.strides[other_axis] != 1;
    return {k, vector_along(tensor, k ? k_axis : other_axis)};
}

} // namespace

void Planner::add_product(const Group &group, const Product &product) {
    const auto &[a, b, c, to] = product.matrices;
    MatMulArgs args = product_args(a, b, to.dims, product.extras);
    args.alpha = product.alpha;
    args.beta = product.beta;
    set_matrix(args.output, to);
    const bool has_c = c.buffer >= 0;
    if (has_c)
        set_matrix(args.c, c);
    const bool chained = !group.members.empty();
    const std::string types = text("typedef ", type_name(a.type), " a_t;\ntypedef ", type_name(b.type),
                                   " b_t;\ntypedef ", type_name(has_c ? c.type : a.type), " c_t;\ntypedef ",
                                   type_name(to.type), " output_t;\n#define CHAINED ", chained ? 1 : 0,
                                   "\n#define EXTRAS ", product.extras.size(), "\n");
    const std::string chain = chained ? chain_text(product.chain, product.extras) : std::string();
    std::vector<KernelArguments::Field> reads{{args.a.data, a}, {args.b.data, b}, {args.c.data, c}};
    for (std::size_t i = 0; i < product.extras.size(); ++i)
        reads.emplace_back(args.extra[i].data, product.extras[i]);
    const KernelArguments arguments(args, reads, {{args.output.data, to}});
    Step step = step_of(label(group), arguments);
    const bool halves = a.type == Element::f16 || a.type == Element::bf16;
    if (warps_work() && a.type == b.type && (halves || a.type == Element::f32) && !has_c &&
        product.alpha == 1 && is_real(to.type) && to.type != Element::f64)
        step.alternatives.push_back(tiled_product(args, product, types + chain, arguments));
    step.alternatives.push_back(
        by_threads("plain", kernel_source(types + chain, "matmul.cuh"), args.threads, arguments));
    add_step(std::move(step));
}

Alternative Planner::tiled_product(const MatMulArgs &args, const Product &product,
                                   const std::string &generated, const KernelArguments &arguments) const {
    const auto &[a, b, c, to] = product.matrices;
    const std::size_t rank = to.dims.size();
    const Along left = along(a, a.dims.size() - 1, a.dims.size() - 2);
    const Along right = along(b, b.dims.size() - 2, b.dims.size() - 1);
    bool pairs = element_size(to.type) == 2 && to.strides[rank - 1] == 1 && args.columns % 2 == 0 &&
                 to.offset % 2 == 0;
    for (std::size_t axis = 0; axis + 1 < rank; ++axis)
        pairs = pairs && (to.dims[axis] == 1 || to.strides[axis] % 2 == 0);
    const bool floats = a.type == Element::f32;
    const std::int64_t most = 16 / static_cast<std::int64_t>(element_size(a.type));
    const std::string source = kernel_source(
        text(generated, "#define A_ALONG_K ", left.k, "\n#define A_VECTOR ", std::min(left.vector, most),
             "\n#define B_ALONG_K ", right.k, "\n#define B_VECTOR ", std::min(right.vector, most),
             "\n#define STORE_PAIRS ", pairs, "\n#define BRAIN ", a.type == Element::bf16,
             "\n#define TF32_PRODUCTS ", options_.tf32 ? 1 : 0, "\n"),
        floats ? "matmul_floats.cuh" : "matmul_mma.cuh");
    constexpr std::int64_t tile = 64;
    const std::int64_t tiles = (args.rows + tile - 1) / tile * ((args.columns + tile - 1) / tile);
    const std::int64_t blocks = tiles * (args.threads / (std::int64_t{args.rows} * args.columns));
    const char *const name = !floats ? "mma" : options_.tf32 ? "tf32 mma" : "fma";
    return by_blocks(name, source, {blocks, 128, 0}, arguments);
}

void Planner::emit(const graph::MatMul &, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    Tensor a = read(node.inputs[0]);
    Tensor b = read(node.inputs[1]);
    const Tensor whole = result(group.result);
    Tensor to = whole;
    if (a.dims.size() == 1) {
        a = with_axis(a, 0);
        to = with_axis(to, b.dims.size() == 1 ? 0 : to.dims.size() - 1);
    }
    if (b.dims.size() == 1) {
        b = with_axis(b, 1);
        to = with_axis(to, to.dims.size());
    }
    Product product{{a, b, {}, to}, 1, 0, {}, {}};
    product.chain = make_chain(graph_, shapes_, group.members, node.outputs[0], {}, gates_);
    for (const ChainInput &input : product.chain.inputs)
        product.extras.push_back(chain_operand(input, to.dims));
    if (graph::count(to.dims) > 0)
        add_product(group, product);
    clear_lanes(whole, label(group));
}

void Planner::emit(const graph::Gemm &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    Tensor a = read(node.inputs[0]);
    Tensor b = read(node.inputs[1]);
    const Tensor to = result(node.outputs[0]);
    if (op.transpose_a)
        a = transposed(a, {});
    if (op.transpose_b)
        b = transposed(b, {});
    Tensor c;
    if (graph::operand(node, 2) != graph::no_value)
        c = broadcast(read(node.inputs[2]), to.dims);
    add_product(group, {{a, b, c, to}, op.alpha, op.beta, {}, {}});
}

} // namespace vsmlrt::cuda
