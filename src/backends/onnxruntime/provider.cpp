// Providers that refuse unknown options say so themselves. For the others the
// names stand here, so that a misspelt option is an error and does not do nothing.
#include "backends/onnxruntime/provider.h"

#include "backends/onnxruntime/environment.h"
#include "base/error.h"

#include <algorithm>
#include <array>

namespace vsmlrt::ort {
namespace {

// Options of providers that do not themselves refuse unknown ones; from their public option headers (ONNX
// Runtime 1.24, onnxruntime-ep-nv-tensorrt-rtx 0.5.0, onnxruntime-ep-webgpu 0.4.0, -ep-openvino 1.8.1).
// Pointers and what follows from the device are left out.
using Names = std::string_view;
constexpr std::array tensorrt_rtx_keys = {Names("enable_cuda_graph"),
                                          Names("nv_detailed_build_log"),
                                          Names("nv_dump_subgraphs"),
                                          Names("nv_enable_profiling"),
                                          Names("nv_length_aux_stream_array"),
                                          Names("nv_max_shared_mem_size"),
                                          Names("nv_max_workspace_size"),
                                          Names("nv_multi_profile_enable"),
                                          Names("nv_op_types_to_exclude"),
                                          Names("nv_profile_index"),
                                          Names("nv_profile_max_shapes"),
                                          Names("nv_profile_min_shapes"),
                                          Names("nv_profile_opt_shapes"),
                                          Names("nv_profiling_output_file"),
                                          Names("nv_runtime_cache_path"),
                                          Names("nv_target_sm"),
                                          Names("nv_use_external_data_initializer"),
                                          Names("nv_weight_streaming_budget")};
constexpr std::array webgpu_keys = {Names("dawnBackendType"),
                                    Names("defaultBufferCacheMode"),
                                    Names("deviceId"),
                                    Names("enableGraphCapture"),
                                    Names("enableInt64"),
                                    Names("forceCpuNodeNames"),
                                    Names("maxNumPendingDispatches"),
                                    Names("maxStorageBufferBindingSize"),
                                    Names("powerPreference"),
                                    Names("preferredLayout"),
                                    Names("preserveDevice"),
                                    Names("queryResolveBufferCacheMode"),
                                    Names("storageBufferCacheMode"),
                                    Names("uniformBufferCacheMode"),
                                    Names("validationMode")};
constexpr std::array openvino_keys = {Names("cache_dir"),
                                      Names("device_type"),
                                      Names("disable_dynamic_shapes"),
                                      Names("enable_opencl_throttling"),
                                      Names("enable_qdq_optimizer"),
                                      Names("layout"),
                                      Names("load_config"),
                                      Names("model_priority"),
                                      Names("num_of_threads"),
                                      Names("num_streams"),
                                      Names("precision"),
                                      Names("reshape_input")};
constexpr std::array dml_keys = {Names("device_filter"), Names("device_id"), Names("disable_metacommands"),
                                 Names("performance_preference")};
constexpr std::array coreml_keys = {Names("AllowLowPrecisionAccumulationOnGPU"),
                                    Names("EnableOnSubgraphs"),
                                    Names("MLComputeUnits"),
                                    Names("ModelCacheDirectory"),
                                    Names("ModelFormat"),
                                    Names("ProfileComputePlan"),
                                    Names("RequireStaticInputShapes"),
                                    Names("SpecializationStrategy")};
constexpr std::array migraphx_keys = {Names("device_id"),
                                      Names("migraphx_arena_extend_strategy"),
                                      Names("migraphx_bf16_enable"),
                                      Names("migraphx_exhaustive_tune"),
                                      Names("migraphx_fp16_enable"),
                                      Names("migraphx_fp8_enable"),
                                      Names("migraphx_int8_calibration_table_name"),
                                      Names("migraphx_int8_enable"),
                                      Names("migraphx_int8_use_native_calibration_table"),
                                      Names("migraphx_mem_limit"),
                                      Names("migraphx_model_cache_dir")};

// TensorRT's engines and timings (ONNX Runtime has no context models of it in memory); of TensorRT-RTX the
// kernels that it compiled for the device, written when a session ends, read when one starts, and overwritten
// where it refuses them.
constexpr std::array tensorrt_files = {KeptFiles{"trt_engine_cache_path", "trt_engine_cache_enable"},
                                       KeptFiles{"trt_timing_cache_path", "trt_timing_cache_enable"}};
constexpr std::array tensorrt_rtx_files = {KeptFiles{"nv_runtime_cache_path"}};

// Networks come as they are to be computed: what the fp16 rewrite kept in fp32 stays there where a provider
// computes as the network is typed. TensorRT chooses freely among the types that it is allowed. Of TF32
// TensorRT has no option here, and of no precision has TensorRT-RTX, WebGPU or DirectML; OpenVINO's is in its
// load_config (see precision_config).
constexpr std::array cuda_switches = {PrecisionSwitch{"use_tf32", "0", "0", "0", "1"}};
constexpr std::array tensorrt_switches = {PrecisionSwitch{"trt_fp16_enable", "", "1", ""},
                                          PrecisionSwitch{"trt_bf16_enable", "", "", "1"}};
constexpr std::array coreml_switches = {PrecisionSwitch{"AllowLowPrecisionAccumulationOnGPU", "0", "0", "0"}};
constexpr std::array migraphx_switches = {PrecisionSwitch{"migraphx_fp16_enable", "0", "0", "0"},
                                          PrecisionSwitch{"migraphx_bf16_enable", "0", "0", "1"}};

constexpr std::array providers = {
    Provider{.id = "CPU", .name = "CPUExecutionProvider", .kind = VSMLRT_DEVICE_CPU, .native_fp16 = false},
    Provider{.id = "CUDA",
             .name = "CUDAExecutionProvider",
             .device_buffers = true,
             .precision_switches = cuda_switches},
    Provider{.id = "TensorRT",
             .name = "TensorrtExecutionProvider",
             .native_bf16 = true,
             .session_per_stream = true,
             .profile_prefix = "trt_profile_",
             .kept = tensorrt_files,
             .precision_switches = tensorrt_switches},
    Provider{.id = "NvTensorRTRTX",
             .name = "NvTensorRTRTXExecutionProvider",
             .context_models = true,
             .session_per_stream = true,
             .device_buffers = true,
             .profile_prefix = "nv_profile_",
             .keys = tensorrt_rtx_keys,
             .kept = tensorrt_rtx_files},
    Provider{.id = "WebGPU", .name = "WebGpuExecutionProvider", .keys = webgpu_keys},
    Provider{.id = "OpenVINO",
             .name = "OpenVINOExecutionProvider",
             .kind = VSMLRT_DEVICE_CPU,
             .keys = openvino_keys},
    Provider{.id = "DML", .name = "DmlExecutionProvider", .session_per_stream = true, .keys = dml_keys},
    Provider{.id = "CoreML",
             .name = "CoreMLExecutionProvider",
             .keys = coreml_keys,
             .precision_switches = coreml_switches},
    Provider{.id = "MIGraphX",
             .name = "MIGraphXExecutionProvider",
             .keys = migraphx_keys,
             .precision_switches = migraphx_switches}};

constexpr std::string_view suffix = "ExecutionProvider";

// Settings as the C ABI takes them.
struct Arrays {
    std::vector<const char *> keys;
    std::vector<const char *> values;

    explicit Arrays(const Settings &settings) {
        for (const auto &[key, value] : settings) {
            keys.push_back(key.c_str());
            values.push_back(value.c_str());
        }
    }
};

// What a function said that takes settings; it refuses unknown keys and bad values in its own words.
void check_settings(const Provider &provider, const std::optional<Failure> &refused, char *accepted) {
    const std::string all = accepted ? accepted : "";
    if (accepted)
        must(AllocatorFree, default_allocator(), static_cast<void *>(accepted));
    if (refused)
        throw BadArgument("the provider ", provider.id, " refuses an option: ", refused->message,
                          "; it takes, with these values where none is given, ", all);
}

void check_start(const Provider &provider, const std::optional<Failure> &failure) {
    if (failure)
        throw DeviceError("the provider ", provider.id, " of ONNX Runtime cannot start: ", failure->message);
}

void append_cuda(OrtSessionOptions *options, const Provider &provider, const Settings &settings) {
    const Arrays given(settings);
    const auto made = make<CudaOptions>(CreateCUDAProviderOptions);
    char *accepted = nullptr;
    must(GetCUDAProviderOptionsAsString, made.get(), default_allocator(), &accepted);
    check_settings(provider,
                   attempt(UpdateCUDAProviderOptions, made.get(), given.keys.data(), given.values.data(),
                           given.keys.size()),
                   accepted);
    check_start(provider, attempt(SessionOptionsAppendExecutionProvider_CUDA_V2, options, made.get()));
}

void append_tensorrt(OrtSessionOptions *options, const Provider &provider, const Settings &settings) {
    const Arrays given(settings);
    const auto made = make<TensorRtOptions>(CreateTensorRTProviderOptions);
    char *accepted = nullptr;
    must(GetTensorRTProviderOptionsAsString, made.get(), default_allocator(), &accepted);
    check_settings(provider,
                   attempt(UpdateTensorRTProviderOptions, made.get(), given.keys.data(), given.values.data(),
                           given.keys.size()),
                   accepted);
    check_start(provider, attempt(SessionOptionsAppendExecutionProvider_TensorRT_V2, options, made.get()));
}

} // namespace

const Provider *known_provider(std::string_view name) {
    const auto *const known = std::find_if(providers.begin(), providers.end(),
                                           [&](const Provider &provider) { return provider.name == name; });
    return known != providers.end() ? known : nullptr;
}

Provider provider_named(std::string_view name) {
    if (const Provider *known = known_provider(name))
        return *known;
    Provider other;
    other.name = name;
    other.id = name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
    return other;
}

void append_builtin(OrtSessionOptions *options, const Provider &provider, const Settings &settings) {
    if (provider.id == "CUDA")
        return append_cuda(options, provider, settings);
    if (provider.id == "TensorRT")
        return append_tensorrt(options, provider, settings);
    if (provider.id == "DML") {
        // DirectML wants both.
        must(DisableMemPattern, options);
        must(SetSessionExecutionMode, options, execution_sequential);
    }
    const Arrays given(settings);
    check_start(provider,
                attempt(SessionOptionsAppendExecutionProvider, options, std::string(provider.id).c_str(),
                        given.keys.data(), given.values.data(), given.keys.size()));
}

void append_plugin(OrtSessionOptions *options, const OrtEpDevice *device, const Settings &settings) {
    const Arrays given(settings);
    check_start(provider_named(call(EpDevice_EpName, device)),
                attempt(SessionOptionsAppendExecutionProvider_V2, options, environment(), &device,
                        std::size_t{1}, given.keys.data(), given.values.data(), given.keys.size()));
}

} // namespace vsmlrt::ort
