// A GPU as others are that the backend serves, to run their kernels on this one.
#pragma once

#include "backends/cuda/device.h"

namespace vsmlrt::test {

// The kernels of sm_80 in the shared memory that every card has, by choices of their own.
[[nodiscard]] inline cuda::Device as_older_card(cuda::Device device) {
    constexpr int oldest = 80;
    constexpr int least_shared = 99 << 10;
    device.id += " mma"; // its choices are not the GPU's
    device.facts.architecture = oldest;
    device.facts.shared_bytes_per_block = least_shared;
    return device;
}

// One of those whose products with fp32 sums are slow.
[[nodiscard]] inline cuda::Device as_geforce(cuda::Device device) {
    constexpr int architecture = 86;
    device = as_older_card(std::move(device));
    device.id += " geforce";
    device.facts.architecture = architecture;
    return device;
}

// With so few multiprocessors that kernels for large pictures run on small ones, several rows or tiles a
// block.
[[nodiscard]] inline cuda::Device as_small_card(cuda::Device device) {
    device.id += " small";
    device.facts.multiprocessors = 2;
    return device;
}

} // namespace vsmlrt::test
