// A convolution to 64 channels and one of 3x3 to few behind it, which alone reads its result: mma_stream.cuh
// with mma_tail.cuh multiplies what it would store by the taps of the second, and mma_tail_sums.cuh adds up
// what its warps leave of each pixel.
#pragma once

#include "backends/cuda/candidate.h"

namespace vsmlrt::cuda {

// The ways to compute the first kernel, by what they are asked for below; empty: none serves. Exact: what
// they accept is right at every size.
[[nodiscard]] std::vector<const ConvCandidate *> mma_tail_candidates(const PairProblem &problem,
                                                                     const DeviceFacts &device);
// What such a way computes: the first convolution with the taps of the second in its text.
[[nodiscard]] ConvProblem mma_tail_problem(const PairProblem &problem);
// The taps' weights, in ONNX's order, to their image in the device's memory.
[[nodiscard]] std::vector<std::byte> pack_mma_tail(const PairProblem &problem, std::span<const float> second);
// Floats between the two kernels, for a first result of that size.
[[nodiscard]] std::int64_t mma_tail_floats(const PairProblem &problem, std::int64_t height,
                                           std::int64_t width);
// operands: the first convolution's. taps_address: of the taps' weights; sums: of those floats.
[[nodiscard]] Launch launch_mma_tail(const PairProblem &problem, const ConvCandidate &candidate,
                                     const ConvOperands &operands, std::uint64_t taps_address,
                                     std::uint64_t sums, const DeviceFacts &device);

[[nodiscard]] std::string mma_tail_sums_source(const ConvProblem &second);
// operands: the second convolution's, with those floats for its input, of the first result's size.
[[nodiscard]] Launch launch_mma_tail_sums(const ConvProblem &second, const ConvOperands &operands);

} // namespace vsmlrt::cuda
