// Cards that the emulated driver stands in for, and RIFE for them.
#pragma once

#include "backends/cuda/candidate.h"
#include "model/edit.h"
#include "networks/families.h"

namespace vsmlrt::test {

inline constexpr cuda::DeviceFacts hopper{90, 132, 227 << 10, true};
inline constexpr cuda::DeviceFacts geforce{89, 128, 99 << 10, true};
inline constexpr cuda::DeviceFacts small_geforce{86, 28, 99 << 10, true};

[[nodiscard]] inline model::Network half_rife() {
    return model::to_half(rife_v4({}));
}

} // namespace vsmlrt::test
