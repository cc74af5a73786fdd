// core.trt_rtx: vs-mlrt's TensorRT-RTX plugin, given the network itself.
#include "vs/old_names/tensorrt.h"
#include "vs/trampoline.h"

#include <array>

namespace vsmlrt::vs {
namespace {

constexpr OldName trt_rtx = {"trt_rtx", "Networks on NVIDIA GPUs, by core.mlrt", "vstrt_rtx",
                             "io.github.amusementclub.vs_tensorrt_rtx"};
constexpr char model_name[] = "trt_rtx.Model";
constexpr char version_name[] = "trt_rtx.Version";
constexpr char properties_name[] = "trt_rtx.DeviceProperties";

constexpr std::array places = {Place{"onnxruntime", "NvTensorRTRTX", "TensorRT-RTX"}, cuda_engine};
constexpr EnginePlugin engine = {"core.trt_rtx", "engine_path", "a TensorRT-RTX engine", places,
                                 "provider.enable_cuda_graph"};

void model(const Host &host, const VSMap &in, VSMap &out) {
    run_engine_model(engine, host, in, out);
}

void version(const Host &host, const VSMap &, VSMap &out) {
    tensorrt_version("10601", host, out);
}

} // namespace
} // namespace vsmlrt::vs

VS_EXTERNAL_API(void) VapourSynthPluginInit2(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using namespace vsmlrt::vs;
    configure(trt_rtx, plugin, api);
    api->registerFunction("Model", tensorrt_arguments, "clip:vnode;num_planes:int:opt;",
                          function<model, model_name>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, version_name>, nullptr, plugin);
    api->registerFunction("DeviceProperties", "device_id:int:opt;", "any",
                          function<gpu_properties, properties_name>, nullptr, plugin);
}
