// Text of Hopper kernels that is generated: constants and the matrix product of the size a kernel needs.
#pragma once

#include "backends/cuda/candidate.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace vsmlrt::cuda {

// `#define NAME value` lines.
[[nodiscard]] std::string defines(std::initializer_list<std::pair<std::string_view, int>> values);

// struct Product<columns>: sums[64 x columns] (+)= filters[64 x 16] * pixels[16 x columns] by one warpgroup;
// both operands are in shared memory. columns: a multiple of 8 up to 256.
[[nodiscard]] std::string product_text(int columns, Element storage);

// struct RegisterProduct<columns>: the same with the filters in registers.
[[nodiscard]] std::string register_product_text(std::initializer_list<int> columns, Element storage);

// struct PhaseProduct<n>: the sums of n phases, each 64 x columns, of n = 1, 2 and 4; rows are pixels.
[[nodiscard]] std::string phase_product_text(int columns, Element storage);

// A whole translation unit: constants, the product (if columns > 0), the epilogue, then the kernel's embedded
// file, for sm_90a.
[[nodiscard]] std::string hopper_source(const ConvProblem &problem, int columns, std::string_view constants,
                                        std::string_view file);

} // namespace vsmlrt::cuda
