// How many operands kernels take in addition to the one that they are about.
#pragma once

#include <cstddef>

namespace vsmlrt::cuda {

inline constexpr std::size_t most_chain_inputs = 12;
inline constexpr std::size_t most_epilogue_inputs = 6;

} // namespace vsmlrt::cuda
