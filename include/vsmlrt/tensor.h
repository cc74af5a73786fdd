// Tensors as they cross a module's door: plain data, no ownership.
#pragma once

#include <cstddef>
#include <cstdint>

enum vsmlrt_type : std::int32_t {
    VSMLRT_FLOAT32 = 1,
    VSMLRT_FLOAT16 = 2,
};

enum : std::int32_t { VSMLRT_MAX_RANK = 8 };

// A dense row-major tensor in host memory. Networks of this project take and give NCHW with N = 1.
struct vsmlrt_tensor {
    vsmlrt_type type;
    std::int32_t rank;
    std::int64_t dims[VSMLRT_MAX_RANK];
    void *data;
};
