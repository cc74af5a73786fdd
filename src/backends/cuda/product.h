// What kernels of products of matrices are told, and the chains behind them.
#pragma once

#include "backends/cuda/chain.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/tensor.h"

namespace vsmlrt::cuda {

// The strides of an operand: its batch axes, right aligned and broadcast, then row and column.
void set_matrix(Operand &operand, const Tensor &tensor);

// How many neighbours along an axis a kernel may fetch at once: 1, 2, 4 or 8.
[[nodiscard]] std::int64_t vector_along(const Tensor &tensor, std::size_t axis);

// The chain as a function, and what it reads as statements of a kernel; see kernels/matmul_places.cuh.
[[nodiscard]] std::string chain_text(const Chain &chain, const std::vector<Tensor> &extras);

// Sizes and strides of a product of a and b and of what its chain reads, of the result's shape.
[[nodiscard]] MatMulArgs product_args(const Tensor &a, const Tensor &b, const Shape &result,
                                      const std::vector<Tensor> &extras);

} // namespace vsmlrt::cuda
