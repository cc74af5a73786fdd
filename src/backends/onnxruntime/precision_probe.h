// A small network whose result tells in which precision a device computed it.
//
// Each of its values is 1 + 2^-k less 1: exactly 2^-k where every step keeps k bits after the leading one,
// and 0 where one does not, in whatever order sums are taken. The 1 + 2^-k is read as a picture, as a weight,
// or as what another layer gave; once by convolutions and once by matrix products. k is 6, which bf16 keeps
// (it has 7 bits), 9, which fp16 and TF32 keep (10), and 16, which fp32 keeps (23). 2^-30 next to them is too
// small for fp16 and not for TF32.
#pragma once

#include "model/network.h"
#include "vsmlrt/backend.h"

#include <span>
#include <vector>

namespace vsmlrt::ort {

// Input: picture_dims, filled with probe_picture(). Outputs: two tensors of picture_dims.
[[nodiscard]] model::Network probe_network();
inline constexpr std::int64_t picture_dims[] = {1, 16, 16, 16};
inline constexpr std::size_t picture_elements = 16 * 16 * 16;
[[nodiscard]] std::vector<float> probe_picture();

// The least precision of what the two outputs hold: FP32, TF32, FP16, or BF16 for that and anything below.
[[nodiscard]] vsmlrt_precision judge_probe(std::span<const float> convolved,
                                           std::span<const float> multiplied);

} // namespace vsmlrt::ort
