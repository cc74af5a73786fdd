// Constants as kernels read them: whole vectors or tiles of them.
#pragma once

#include "tensor/buffer.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace vsmlrt::cpu {

// The smallest multiple of `unit` that is not below `size`.
[[nodiscard]] constexpr std::int64_t whole(std::int64_t size, std::int64_t unit) {
    return (size + unit - 1) / unit * unit;
}

// `size` values, zero behind the given ones.
[[nodiscard]] inline HostBuffer padded(std::span<const float> values, std::int64_t size) {
    HostBuffer buffer(static_cast<std::size_t>(size) * sizeof(float));
    const auto end = std::copy(values.begin(), values.end(), buffer.as<float>());
    std::fill(end, buffer.as<float>() + size, 0.F);
    return buffer;
}

} // namespace vsmlrt::cpu
