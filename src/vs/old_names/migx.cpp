// core.migx: vs-mlrt's MIGraphX plugin, given the network itself. Wrappers choose it where there is no NVIDIA
// GPU, because it is there, so that it computes on what else there is.
#include "base/path.h"
#include "vs/arguments.h"
#include "vs/old_names/core_mlrt.h"
#include "vs/old_names/engine_model.h"
#include "vs/old_names/old_name.h"
#include "vs/trampoline.h"

#include <array>

namespace vsmlrt::vs {
namespace {

constexpr OldName migx = {"migx", "Networks on AMD GPUs, by core.mlrt", "vsmigx",
                          "io.github.amusementclub.vs_migraphx", true};
constexpr char model_name[] = "migx.Model";
constexpr char version_name[] = "migx.Version";
constexpr char properties_name[] = "migx.DeviceProperties";

constexpr std::array places = {Place{"onnxruntime", "MIGraphX", "MIGraphX"},
                               Place{"onnxruntime", "WebGPU", "WebGPU on Vulkan"}, openvino_gpu,
                               openvino_cpu};
constexpr EnginePlugin engine = {"core.migx", "program_path", "a MIGraphX program", places, nullptr};

void model(const Host &host, const VSMap &in, VSMap &out) {
    run_engine_model(engine, host, in, out);
}

void version(const Host &host, const VSMap &, VSMap &out) {
    add_bytes(host, out, "version", interface_version);
    add_bytes(host, out, "migraphx_version_build", "2.15.0");
    add_bytes(host, out, "hip_runtime_version", "70200000");
    host.api->mapSetInt(&out, "hip_runtime_version_build", 70200000, maReplace);
    add_bytes(host, out, "path", text_of(file_of_name(migx)));
}

void device_properties(const Host &host, const VSMap &in, VSMap &out) {
    const int number = Arguments(host, in).integer("device_id").value_or(0);
    const FoundPlace found = find_place(host, "core.migx", places, number);
    add_bytes(host, out, "name", found.name);
    host.api->mapSetInt(&out, "total_global_memory", found.memory, maReplace);
}

} // namespace
} // namespace vsmlrt::vs

extern "C" VSMLRT_EXPORT void vsmlrt_register_migx(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using namespace vsmlrt::vs;
    configure(migx, plugin, api);
    api->registerFunction(
        "Model",
        "clips:vnode[];program_path:data;overlap:int[]:opt;tilesize:int[]:opt;device_id:int:opt;"
        "num_streams:int:opt;flexible_output_prop:data:opt;",
        "clip:vnode;num_planes:int:opt;", function<model, model_name>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, version_name>, nullptr, plugin);
    api->registerFunction("DeviceProperties", "device_id:int:opt;", "any",
                          function<device_properties, properties_name>, nullptr, plugin);
}
