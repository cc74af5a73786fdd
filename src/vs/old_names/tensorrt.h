// What core.trt and core.trt_rtx share.
#pragma once

#include "vs/old_names/engine_model.h"
#include "vs/old_names/old_name.h"
#include "vs/trampoline.h"

namespace vsmlrt::vs {

// Model's arguments, in vs-mlrt's order.
extern const char *const tensorrt_arguments;

// `release` as the plugin's number has it: "110201" for 11.2.1.
void tensorrt_version(const OldName &old_name, const char *release, const Host &host, VSMap &out);

// What the driver says of a GPU, under the names of CUDA's cudaDeviceProp as vs-mlrt spells them.
void gpu_properties(const Host &host, const VSMap &in, VSMap &out);

// Plugin: what is the plugin's own, as static constexpr members: OldName old_name; EnginePlugin engine;
// const char *release, as tensorrt_version takes it; and the functions' names for messages: char model[],
// version[], properties[].
template <typename Plugin>
void register_tensorrt(VSPlugin *plugin, const VSPLUGINAPI *api) {
    constexpr auto model = [](const Host &host, const VSMap &in, VSMap &out) {
        run_engine_model(Plugin::engine, host, in, out);
    };
    constexpr auto version = [](const Host &host, const VSMap &, VSMap &out) {
        tensorrt_version(Plugin::old_name, Plugin::release, host, out);
    };
    configure(Plugin::old_name, plugin, api);
    api->registerFunction("Model", tensorrt_arguments, "clip:vnode;num_planes:int:opt;",
                          function<model, Plugin::model>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, Plugin::version>, nullptr, plugin);
    api->registerFunction("DeviceProperties", "device_id:int:opt;", "any",
                          function<gpu_properties, Plugin::properties>, nullptr, plugin);
}

} // namespace vsmlrt::vs
