#pragma once

#include <cstdint>

namespace vsmlrt::cuda {

// What frames take on the device in addition to the network's own memory.
struct BytesOfFrames {
    std::int64_t inputs = 0; // of one context: tensors, or the frames that they are made from
    std::int64_t result = 0; // of one frame
    std::int64_t sums = 0;   // of one frame while its tiles are added up
};

} // namespace vsmlrt::cuda
