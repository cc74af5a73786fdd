// A convolution to 64 channels and one of 2x2 with stride 2 behind it, to as many, where others read its
// result as well: mma_stream.cuh with mma_shrink.cuh stores that and multiplies it by the taps of the second.
#pragma once

#include "backends/cuda/candidate.h"

namespace vsmlrt::cuda {

// The ways to compute both, by what they are asked for below; empty: none serves. Exact: what they accept is
// right at every size.
[[nodiscard]] std::vector<const ConvCandidate *> mma_shrink_candidates(const PairProblem &problem,
                                                                       const DeviceFacts &device);
// What such a way computes: the first convolution with the second in its text.
[[nodiscard]] ConvProblem mma_shrink_problem(const PairProblem &problem);
// The second one's weights, in ONNX's order, to their image in the device's memory.
[[nodiscard]] std::vector<std::byte> pack_mma_shrink(const PairProblem &problem,
                                                     std::span<const float> second);
// operands: the first convolution's. weights_address: of the second's weights; behind: its EpilogueArgs.
[[nodiscard]] Launch launch_mma_shrink(const PairProblem &problem, const ConvCandidate &candidate,
                                       const ConvOperands &operands, std::uint64_t weights_address,
                                       const std::vector<std::byte> &behind, const DeviceFacts &device);

} // namespace vsmlrt::cuda
