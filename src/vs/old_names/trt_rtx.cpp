// core.trt_rtx: vs-mlrt's TensorRT-RTX plugin, given the network itself.
#include "vs/old_names/tensorrt.h"

#include <array>

namespace vsmlrt::vs {
namespace {

constexpr std::array places = {Place{"onnxruntime", "NvTensorRTRTX", "TensorRT-RTX"}, cuda_engine};

struct TensorRtRtx {
    static constexpr OldName old_name = {"trt_rtx", "Networks on NVIDIA GPUs, by core.mlrt", "vstrt_rtx",
                                         "io.github.amusementclub.vs_tensorrt_rtx", true};
    static constexpr EnginePlugin engine = {"core.trt_rtx", "engine_path", "a TensorRT-RTX engine", places,
                                            "provider.enable_cuda_graph"};
    static constexpr const char *release = "10601";
    static constexpr char model[] = "trt_rtx.Model";
    static constexpr char version[] = "trt_rtx.Version";
    static constexpr char properties[] = "trt_rtx.DeviceProperties";
};

} // namespace
} // namespace vsmlrt::vs

extern "C" VSMLRT_EXPORT void vsmlrt_register_trt_rtx(VSPlugin *plugin, const VSPLUGINAPI *api) {
    vsmlrt::vs::register_tensorrt<vsmlrt::vs::TensorRtRtx>(plugin, api);
}
