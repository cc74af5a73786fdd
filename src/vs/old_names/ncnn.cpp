// core.ncnn: vs-mlrt's ncnn plugin, which needs a GPU with Vulkan; here ONNX Runtime's WebGPU provider or
// another GPU backend computes.
#include "base/path.h"
#include "vs/old_names/core_mlrt.h"
#include "vs/old_names/model_call.h"
#include "vs/old_names/old_name.h"
#include "vs/old_names/place.h"
#include "vs/trampoline.h"

#include <array>

namespace vsmlrt::vs {
namespace {

constexpr OldName ncnn = {"ncnn", "ncnn's networks on a GPU, by core.mlrt", "vsncnn",
                          "io.github.amusementclub.vs_ncnn"};
constexpr char model_name[] = "ncnn.Model";
constexpr char version_name[] = "ncnn.Version";
constexpr char properties_name[] = "ncnn.DeviceProperties";

constexpr std::array places = {Place{"onnxruntime", "WebGPU", "WebGPU on Vulkan"}, cuda_engine, openvino_gpu,
                               openvino_cpu};

void model(const Host &host, const VSMap &in, VSMap &out) {
    ModelCall call(host, in, Samples::single_or_half);
    call.take_network();
    call.take_precision();
    call.take_output_format();
    call.take_streams();
    const FoundPlace found =
        find_place(host, "core.ncnn", places, call.given().integer("device_id").value_or(0));
    call.set("backend", std::string(found.place->backend));
    call.set("device", found.device);
    if (found.place == &places.front())
        call.add_option("provider.dawnBackendType", "Vulkan");
    call.run(out);
}

void version(const Host &host, const VSMap &, VSMap &out) {
    add_bytes(host, out, "version", interface_version);
    add_bytes(host, out, "onnx_version", "1.23.2");
    add_bytes(host, out, "ncnn_version", "1.0.20261001");
    add_bytes(host, out, "path", text_of(file_of_name(ncnn)));
}

void device_properties(const Host &host, const VSMap &in, VSMap &out) {
    const int number = Arguments(host, in).integer("device_id").value_or(0);
    const FoundPlace found = find_place(host, "core.ncnn", places, number);
    add_bytes(host, out, "device_name", found.name);
    host.api->mapSetInt(&out, "device_id", number, maReplace);
}

} // namespace
} // namespace vsmlrt::vs

extern "C" VSMLRT_EXPORT void vsmlrt_register_ncnn(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using namespace vsmlrt::vs;
    configure(ncnn, plugin, api);
    api->registerFunction(
        "Model",
        "clips:vnode[];network_path:data;overlap:int[]:opt;tilesize:int[]:opt;device_id:int:opt;"
        "num_streams:int:opt;fp16:int:opt;path_is_serialization:int:opt;"
        "flexible_output_prop:data:opt;output_format:int:opt;batch_tiles:int:opt;"
        "builtin:int:opt;builtindir:data:opt;",
        "clip:vnode;num_planes:int:opt;", function<model, model_name>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, version_name>, nullptr, plugin);
    api->registerFunction("DeviceProperties", "device_id:int:opt;", "any",
                          function<device_properties, properties_name>, nullptr, plugin);
}
