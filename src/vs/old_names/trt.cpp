// core.trt: vs-mlrt's TensorRT plugin, given the network itself.
#include "vs/old_names/tensorrt.h"

#include <array>

namespace vsmlrt::vs {
namespace {

constexpr std::array places = {Place{"onnxruntime", "TensorRT", "TensorRT"}, cuda_engine};

struct TensorRt {
    static constexpr OldName old_name = {"trt", "Networks on NVIDIA GPUs, by core.mlrt", "vstrt",
                                         "io.github.amusementclub.vs_tensorrt", true};
    static constexpr EnginePlugin engine = {"core.trt", "engine_path", "a TensorRT engine", places,
                                            "provider.trt_cuda_graph_enable"};
    static constexpr const char *release = "110201";
    static constexpr char model[] = "trt.Model";
    static constexpr char version[] = "trt.Version";
    static constexpr char properties[] = "trt.DeviceProperties";
};

} // namespace
} // namespace vsmlrt::vs

extern "C" VSMLRT_EXPORT void vsmlrt_register_trt(VSPlugin *plugin, const VSPLUGINAPI *api) {
    vsmlrt::vs::register_tensorrt<vsmlrt::vs::TensorRt>(plugin, api);
}
