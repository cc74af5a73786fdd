// What a GPU does at most, measured: its bare matrix products and its copies.
#pragma once

#include "backends/cuda/device.h"

#include <string>
#include <vector>

namespace vsmlrt::test {

struct Rate {
    std::string name; // "wgmma", "mma", "mma with fp16 sums", "copy"
    double rate = 0;  // TFLOP/s, of two operations a product; of "copy" TB/s, read and written
};

// Each as fast as a kernel can be that does nothing else, over some tenths of a second after as many to warm
// up: a card that its power limits is then at that limit. Operands are random, which takes more power than
// zeros. "wgmma" on sm_90 alone. DeviceError where the device fails.
[[nodiscard]] std::vector<Rate> measured_rates(const cuda::Device &device);

} // namespace vsmlrt::test
