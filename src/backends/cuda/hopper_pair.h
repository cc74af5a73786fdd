// Two convolutions in one kernel, kernels/hopper/pair.cuh: the second reads nothing but the first one's
// result, which nobody else reads.
#pragma once

#include "backends/cuda/hopper.h"

namespace vsmlrt::cuda {

struct PairOperands {
    std::uint64_t weights = 0; // of what pack_pair() gave
    CopiedPicture input, output;
    CopiedPicture operand; // of the second one's epilogue; channels 0 where it has none
    std::vector<std::byte> first_epilogue, second_epilogue; // EpilogueArgs
};

// Exact: what it accepts is right at every size.
[[nodiscard]] bool pair_serves(const PairProblem &problem, const DeviceFacts &device);
// Whether it is also faster than two kernels, for a result of that size.
[[nodiscard]] bool pair_pays(const PairProblem &problem, std::int64_t height, std::int64_t width,
                             const DeviceFacts &device);
// Of a few instructions: what takes more does not hide under the other layer's products.
[[nodiscard]] bool is_cheap(const Epilogue &epilogue);
// Both as text, the first one's in namespace `first`.
[[nodiscard]] std::string two_epilogues(const Epilogue &first, const Epilogue &second);
[[nodiscard]] std::string pair_source(const PairProblem &problem);
// fp32 weights in ONNX's order to their image in the device's memory.
[[nodiscard]] std::vector<std::byte> pack_pair(const PairProblem &problem, std::span<const float> first,
                                               std::span<const float> second);
[[nodiscard]] Launch launch_pair(const PairProblem &problem, const PairOperands &operands,
                                 const DeviceFacts &device);

} // namespace vsmlrt::cuda
