// Cards that tests plan and run for without one.
#pragma once

#include "backends/cuda/candidate.h"

namespace vsmlrt::cuda {

inline constexpr DeviceFacts hopper_facts{90, 132, 227 << 10, true};
inline constexpr DeviceFacts a100_facts{80, 108, 163 << 10, true};
inline constexpr DeviceFacts geforce_facts{89, 128, 99 << 10, true};
inline constexpr DeviceFacts small_geforce_facts{86, 28, 99 << 10, true};

} // namespace vsmlrt::cuda
