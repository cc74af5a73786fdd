// core.trt: vs-mlrt's TensorRT plugin, given the network itself.
#include "vs/old_names/tensorrt.h"
#include "vs/trampoline.h"

#include <array>

namespace vsmlrt::vs {
namespace {

constexpr OldName trt = {"trt", "Networks on NVIDIA GPUs, by core.mlrt", "vstrt",
                         "io.github.amusementclub.vs_tensorrt"};
constexpr char model_name[] = "trt.Model";
constexpr char version_name[] = "trt.Version";
constexpr char properties_name[] = "trt.DeviceProperties";

constexpr std::array places = {Place{"onnxruntime", "TensorRT", "TensorRT"}, cuda_engine};
constexpr EnginePlugin engine = {"core.trt", "engine_path", "a TensorRT engine", places,
                                 "provider.trt_cuda_graph_enable"};

void model(const Host &host, const VSMap &in, VSMap &out) {
    run_engine_model(engine, host, in, out);
}

void version(const Host &host, const VSMap &, VSMap &out) {
    tensorrt_version("110201", host, out);
}

} // namespace
} // namespace vsmlrt::vs

VS_EXTERNAL_API(void) VapourSynthPluginInit2(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using namespace vsmlrt::vs;
    configure(trt, plugin, api);
    api->registerFunction("Model", tensorrt_arguments, "clip:vnode;num_planes:int:opt;",
                          function<model, model_name>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, version_name>, nullptr, plugin);
    api->registerFunction("DeviceProperties", "device_id:int:opt;", "any",
                          function<gpu_properties, properties_name>, nullptr, plugin);
}
