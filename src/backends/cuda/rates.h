// What a GPU does at most, measured: its bare matrix products and its copies.
#pragma once

#include "backends/cuda/device.h"

#include <span>
#include <string>
#include <vector>

namespace vsmlrt::cuda {

struct Rate {
    std::string name; // "wgmma", "mma", "mma with fp16 sums", "mma of tf32", "fp32", "copy"
    double rate = 0;  // operations a second, two of them a product; of "copy" bytes, read and written
};

// Those of `wanted`, or where it is empty all that the device has, each by a kernel that does nothing else,
// over some tenths of a second after as many to warm up: a card that its power limits is then at that limit.
// Operands are random, which takes more power than zeros. "wgmma" on sm_90 alone; a device that runs no
// barriers (a test's) has "fp32" and "copy". DeviceError where the device fails or has no 512 MiB left to
// copy.
[[nodiscard]] std::vector<Rate> measured_rates(const nvidia::SharedContext &context, const DeviceFacts &facts,
                                               const std::string &architecture,
                                               std::span<const std::string> wanted = {});

} // namespace vsmlrt::cuda
