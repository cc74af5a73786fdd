// Options of a program, for vsmlrt_program_desc::options.
#pragma once

#include "vsmlrt/backend.h"

#include <span>

namespace vsmlrt::cuda {

struct Options {
    bool use_cuda_graph = true; // record a frame's launches once for each size, and replay them
    bool plain = false;         // kernels=plain: no kernel but the plain ones, to compare with
    bool half_sums = false;     // accumulate=fp16: float16 sums of a few products, where they are faster
    bool tf32 = false;          // what is multiplied in fp32 is rounded to TF32
};

// BadArgument for keys and values that are not known.
[[nodiscard]] Options read_options(std::span<const vsmlrt_option> options);

} // namespace vsmlrt::cuda
