// What launches that compute an expression have in common: its arguments, and its text.
#pragma once

#include "backends/cuda/expression.h"
#include "backends/cuda/plan.h"

namespace vsmlrt::cuda {

inline constexpr int rows_of_thread = 4; // where pixels below each other share what they read

// But for the addresses and strides of output and sources. `size`: of the result, N C H W.
[[nodiscard]] ExpressionArgs expression_arguments(const Expression &expression, const Shape &size);
void place_sources(ExpressionArgs &args, const std::vector<Tensor> &sources, const Addresses &addresses);

// `bytes` begin with ExpressionArgs, which have no handles of textures yet.
[[nodiscard]] Argument expression_argument(std::vector<std::byte> bytes, const std::vector<Tensor> &textures,
                                           const std::vector<InputChannel> &input_channels,
                                           const Addresses &addresses);

// Lines as the text of a macro.
[[nodiscard]] std::string macro_lines(std::string lines);

} // namespace vsmlrt::cuda
