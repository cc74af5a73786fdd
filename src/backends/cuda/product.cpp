#include "backends/cuda/product.h"

#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "base/text.h"

#include <algorithm>

namespace vsmlrt::cuda {

// The batch axes of an operand of a product, broadcast, and its matrix.
void set_matrix(Operand &operand, const Tensor &tensor) {
    const std::size_t rank = tensor.dims.size();
    for (std::size_t i = 0; i + 2 < rank; ++i)
        if (tensor.dims[i] != 1)
            operand.stride[max_rank - rank + i] = tensor.strides[i];
    operand.stride[max_rank - 2] = tensor.strides[rank - 2];
    operand.stride[max_rank - 1] = tensor.strides[rank - 1];
}

// How many neighbours of an axis a kernel may fetch at once.
std::int64_t vector_along(const Tensor &tensor, std::size_t axis) {
    if (tensor.strides[axis] != 1)
        return 1;
    for (const std::int64_t vector : {8, 4, 2}) {
        bool aligned = tensor.offset % vector == 0 && tensor.dims[axis] % vector == 0;
        for (std::size_t other = 0; other < tensor.dims.size(); ++other)
            aligned =
                aligned && (other == axis || tensor.dims[other] == 1 || tensor.strides[other] % vector == 0);
        if (aligned)
            return vector;
    }
    return 1;
}

// The chain behind a product as a function, and what it reads as statements of a kernel.
std::string chain_text(const Chain &chain, const std::vector<Tensor> &extras) {
    std::string names;
    std::string loads;
    for (std::size_t i = 0; i < extras.size(); ++i) {
        const std::string extra = text("args.extra[", i, "]");
        names += text("    const float x", i, " = x[", i, "];\n");
        loads += text(" x[", i, "] = (float)load<", type_name(extras[i].type), ">(", extra,
                      ".data, places.extra[", i, "] + row * ", extra, ".stride[max_rank - 2] + column * ",
                      extra, ".stride[max_rank - 1]);");
    }
    return text("DEVICE float chain(float sum, const float *x) {\n", names, chain.text, "    return ",
                chain.result, ";\n}\n#define LOAD_EXTRAS", loads, "\n");
}

MatMulArgs product_args(const Tensor &a, const Tensor &b, const Shape &result,
                        const std::vector<Tensor> &extras) {
    MatMulArgs args = {};
    args.threads = graph::count(result);
    args.rows = size_argument(result[result.size() - 2]);
    args.columns = size_argument(result.back());
    args.inner = size_argument(a.dims.back());
    args.alpha = 1;
    std::fill_n(args.batch, max_rank, 1);
    for (std::size_t i = 0; i + 2 < result.size(); ++i)
        args.batch[max_rank - result.size() + i] = size_argument(result[i]);
    set_matrix(args.a, a);
    set_matrix(args.b, b);
    for (std::size_t i = 0; i < extras.size(); ++i)
        set_matrix(args.extra[i], extras[i]);
    return args;
}

} // namespace vsmlrt::cuda
