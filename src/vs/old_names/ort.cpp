// core.ort: vs-mlrt's ONNX Runtime plugin. ONNX Runtime is installed by the user or not, so each provider has
// another place behind it that computes the same.
#include "base/error.h"
#include "base/path.h"
#include "vs/old_names/core_mlrt.h"
#include "vs/old_names/model_call.h"
#include "vs/old_names/old_name.h"
#include "vs/old_names/place.h"
#include "vs/trampoline.h"

#include <algorithm>
#include <array>

namespace vsmlrt::vs {
namespace {

constexpr OldName ort = {"ort", "ONNX Runtime, by core.mlrt", "vsort",
                         "io.github.amusementclub.vs_onnxruntime"};
constexpr char model_name[] = "ort.Model";
constexpr char version_name[] = "ort.Version";

constexpr Place onnxruntime_cuda = {"onnxruntime", "CUDA", "ONNX Runtime with CUDA"};
constexpr std::array on_processor = {onnxruntime_cpu, openvino_cpu};
constexpr std::array on_cuda = {onnxruntime_cuda, cuda_engine};
constexpr std::array on_directml = {Place{"onnxruntime", "DML", "DirectML"}};
constexpr std::array on_coreml = {Place{"onnxruntime", "CoreML", "CoreML"}};

std::span<const Place> places_of(const std::string &provider) {
    if (provider.empty() || provider == "CPU")
        return on_processor;
    if (provider == "CUDA")
        return on_cuda;
    if (provider == "DML")
        return on_directml;
    if (provider == "COREML")
        return on_coreml;
    throw BadArgument("\"provider\" must be CPU, CUDA, DML or COREML; got \"", provider, "\"");
}

void add_cuda_options(ModelCall &call) {
    const auto is_set = [&](const char *name, int fallback) {
        return call.given().integer(name).value_or(fallback) != 0;
    };
    const auto add = [&](const char *key, bool on) { call.add_option(key, on ? "1" : "0"); };
    call.add_option("provider.cudnn_conv_algo_search",
                    is_set("cudnn_benchmark", 1) ? "EXHAUSTIVE" : "HEURISTIC");
    add("provider.enable_cuda_graph", is_set("use_cuda_graph", 0));
    add("provider.prefer_nhwc", is_set("prefer_nhwc", 0));
    add("provider.use_tf32", is_set("tf32", 0));
}

void model(const Host &host, const VSMap &in, VSMap &out) {
    ModelCall call(host, in, Samples::single_or_half);
    const std::string provider = call.given().data("provider").value_or("");
    const auto places = places_of(provider);
    call.take_network();
    call.take_precision();
    call.take_output_format();
    call.take_streams();
    const int number =
        places.data() == on_processor.data() ? 0 : call.given().integer("device_id").value_or(0);
    const FoundPlace found = find_place(host, "core.ort", places, number);
    call.set("backend", std::string(found.place->backend));
    call.set("device", found.device);
    if (found.place == &on_cuda.front())
        add_cuda_options(call);
    if (found.place == &on_processor.back())
        call.set("num_streams", 0);
    call.run(out);
}

// Selectors take "CUDA" among the providers for a GPU that can be used.
void version(const Host &host, const VSMap &, VSMap &out) {
    add_bytes(host, out, "version", interface_version);
    const std::string onnxruntime = backend_version(host, "onnxruntime", "1.31.0");
    add_bytes(host, out, "onnxruntime_version", onnxruntime);
    add_bytes(host, out, "onnxruntime_api_version_build", "23");
    add_bytes(host, out, "onnxruntime_build_info", text("core.mlrt with ONNX Runtime ", onnxruntime));
    add_bytes(host, out, "onnx_version", "1.22.0");
    add_bytes(host, out, "path", text_of(file_of_name(ort)));
    if (has_place(host, on_cuda)) {
        add_bytes(host, out, "cuda_runtime_version", "13040");
        add_bytes(host, out, "providers", "CUDA");
    }
    if (has_place(host, on_directml))
        add_bytes(host, out, "providers", "DML");
    if (has_place(host, on_coreml))
        add_bytes(host, out, "providers", "COREML");
}

} // namespace
} // namespace vsmlrt::vs

extern "C" VSMLRT_EXPORT void vsmlrt_register_ort(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using namespace vsmlrt::vs;
    configure(ort, plugin, api);
    api->registerFunction(
        "Model",
        "clips:vnode[];network_path:data;overlap:int[]:opt;tilesize:int[]:opt;provider:data:opt;"
        "device_id:int:opt;num_streams:int:opt;verbosity:int:opt;cudnn_benchmark:int:opt;"
        "fp16:int:opt;path_is_serialization:int:opt;use_cuda_graph:int:opt;"
        "fp16_blacklist_ops:data[]:opt;prefer_nhwc:int:opt;output_format:int:opt;tf32:int:opt;"
        "flexible_output_prop:data:opt;builtin:int:opt;builtindir:data:opt;ml_program:int:opt;",
        "clip:vnode;num_planes:int:opt;", function<model, model_name>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, version_name>, nullptr, plugin);
}
