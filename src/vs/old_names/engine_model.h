// Model of the plugins that vs-mlrt gives an engine, a file that a vendor's tool has built. Here the
// network's ONNX file takes its place.
#pragma once

#include "vs/old_names/place.h"

namespace vsmlrt::vs {

struct EnginePlugin {
    const char *who;      // "core.trt"
    const char *argument; // what its file's argument is called: "engine_path"
    const char *kind;     // what such a file is called: "a TensorRT engine"
    std::span<const Place> places;
    const char *graph_option; // the first place's option for use_cuda_graph; null: it has none
};

// BadArgument for a file that is not a network's, saying which to give instead.
void run_engine_model(const EnginePlugin &plugin, const Host &host, const VSMap &in, VSMap &out);

} // namespace vsmlrt::vs
