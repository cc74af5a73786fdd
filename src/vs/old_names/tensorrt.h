// What core.trt and core.trt_rtx share.
#pragma once

#include "vs/old_names/engine_model.h"
#include "vs/old_names/old_name.h"

namespace vsmlrt::vs {

// Model's arguments, in vs-mlrt's order.
extern const char *const tensorrt_arguments;

// `release` as the plugin's number has it: "110201" for 11.2.1.
void tensorrt_version(const char *release, const Host &host, VSMap &out);

// What the driver says of a GPU, under the names of CUDA's cudaDeviceProp as vs-mlrt spells them.
void gpu_properties(const Host &host, const VSMap &in, VSMap &out);

} // namespace vsmlrt::vs
