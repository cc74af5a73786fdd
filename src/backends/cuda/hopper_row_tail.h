// A convolution to at most 64 channels and one to few behind it, which alone reads its result, in one kernel:
// kernels/hopper/row_tail.cuh.
#pragma once

#include "backends/cuda/hopper_pair.h"

namespace vsmlrt::cuda {

// Exact: what it accepts is right at every size.
[[nodiscard]] bool row_tail_serves(const PairProblem &problem, const DeviceFacts &device);
// Whether it is also faster than two kernels, for a result of that size.
[[nodiscard]] bool row_tail_pays(const PairProblem &problem, std::int64_t height, std::int64_t width,
                                 const DeviceFacts &device);
[[nodiscard]] std::string row_tail_source(const PairProblem &problem);
// fp32 weights in ONNX's order to their image in the device's memory.
[[nodiscard]] std::vector<std::byte> pack_row_tail(const PairProblem &problem, std::span<const float> first,
                                                   std::span<const float> second);
// Of operands.output the size alone counts: where it lies is part of the second epilogue.
[[nodiscard]] Launch launch_row_tail(const PairProblem &problem, const PairOperands &operands,
                                     const DeviceFacts &device);

} // namespace vsmlrt::cuda
