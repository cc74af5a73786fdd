#include "backends/openvino/used_precision.h"

#include <algorithm>
#include <openvino/runtime/properties.hpp>

namespace vsmlrt::openvino {
namespace {

// Keys of what the runtime's graph says of a node (openvino/runtime/exec_model_info.hpp of OpenVINO's
// sources).
constexpr const char *layer_type = "layerType";
constexpr const char *runtime_precision = "runtimePrecision";

std::string info_of(const ov::Node &node, const char *key) {
    const auto &info = node.get_rt_info();
    const auto found = info.find(key);
    return found != info.end() && found->second.is<std::string>() ? found->second.as<std::string>()
                                                                  : std::string();
}

bool multiplies(const ov::Node &node) {
    constexpr const char *kinds[] = {"Convolution", "Deconvolution", "FullyConnected", "MatMul", "Gemm"};
    const std::string kind = info_of(node, layer_type);
    return std::any_of(std::begin(kinds), std::end(kinds),
                       [&](const char *known) { return kind.find(known) != std::string::npos; });
}

vsmlrt_precision precision_of_graph(const ov::CompiledModel &compiled) {
    bool half = false;
    for (const auto &node : compiled.get_runtime_model()->get_ops()) {
        if (!multiplies(*node))
            continue;
        const std::string type = info_of(*node, runtime_precision);
        if (type == "bf16" || type == "BF16")
            return VSMLRT_PRECISION_BF16;
        half = half || type == "f16" || type == "FP16";
    }
    return half ? VSMLRT_PRECISION_FP16 : VSMLRT_PRECISION_FP32;
}

} // namespace

vsmlrt_precision used_precision(const ov::CompiledModel &compiled) {
    const ov::element::Type type = compiled.get_property(ov::hint::inference_precision);
    if (type == ov::element::dynamic)
        return precision_of_graph(compiled);
    if (type == ov::element::f16)
        return VSMLRT_PRECISION_FP16;
    return type == ov::element::bf16 ? VSMLRT_PRECISION_BF16 : VSMLRT_PRECISION_FP32;
}

} // namespace vsmlrt::openvino
