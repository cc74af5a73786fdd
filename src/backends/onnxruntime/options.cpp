#include "backends/onnxruntime/options.h"

#include "base/error.h"

#include <algorithm>

namespace vsmlrt::ort {
namespace {

// Session configuration entries that bear on running networks like ours
// (onnxruntime_session_options_config_keys.h of ONNX Runtime 1.24). The library takes any name in silence, so
// that a misspelt one would do nothing. Those that write files, and the context models that the plan cache is
// for (ep.context_*), are not options.
constexpr std::string_view session_keys[] = {"mlas.enable_gemm_fastmath_arm64_bfloat16",
                                             "mlas.use_lut_gemm",
                                             "optimization.disable_specified_optimizers",
                                             "optimization.enable_cast_chain_elimination",
                                             "optimization.enable_gelu_approximation",
                                             "session.allow_released_opsets_only",
                                             "session.disable_aot_function_inlining",
                                             "session.disable_cpu_ep_fallback",
                                             "session.disable_double_qdq_remover",
                                             "session.disable_prepacking",
                                             "session.disable_quant_qdq",
                                             "session.dynamic_block_base",
                                             "session.enable_quant_qdq_cleanup",
                                             "session.force_spinning_stop",
                                             "session.graph_optimizations_loop_level",
                                             "session.inter_op.allow_spinning",
                                             "session.intra_op.allow_spinning",
                                             "session.intra_op_thread_affinities",
                                             "session.qdq_matmulnbits_accuracy_level",
                                             "session.qdqisint8allowed",
                                             "session.set_denormal_as_zero",
                                             "session.strict_shape_type_inference",
                                             "session.use_device_allocator_for_initializers",
                                             "session.x64quantprecision"};

bool known(std::span<const std::string_view> keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// ONNX Runtime's name of a session entry: with "session." in front or without.
std::string session_entry(std::string_view key) {
    std::string whole = "session." + std::string(key);
    if (known(session_keys, whole))
        return whole;
    if (known(session_keys, key))
        return std::string(key);
    throw BadArgument("ONNX Runtime's sessions have no entry \"", key, "\"; accepted are ",
                      "session.log_severity_level, ", join(session_keys, ", "));
}

int read_severity(std::string_view value) {
    if (value.size() != 1 || value[0] < '0' || value[0] > '4')
        throw BadArgument("session.log_severity_level must be 0 (verbose) to 4 (fatal), and is \"", value,
                          "\"");
    return value[0] - '0';
}

void check_provider_key(const Device &device, std::string_view key) {
    if (device.is_cpu())
        throw BadArgument("the device CPU of ONNX Runtime takes no provider options, and was given \"", key,
                          "\"");
    const auto keys = device.provider.keys;
    if (!keys.empty() && !known(keys, key))
        throw BadArgument("the provider ", device.provider.id, " has no option \"", key, "\"; accepted are ",
                          join(keys, ", "));
}

} // namespace

bool has(const Settings &settings, std::string_view key) {
    return std::any_of(settings.begin(), settings.end(),
                       [&](const auto &setting) { return setting.first == key; });
}

Options read_options(const Device &device, std::span<const vsmlrt_option> options) {
    constexpr std::string_view session = "session.";
    constexpr std::string_view provider = "provider.";
    Options read;
    for (const vsmlrt_option &option : options) {
        const std::string_view key = option.key;
        if (key == "session.log_severity_level") {
            read.log_severity = read_severity(option.value);
        } else if (key.starts_with(session)) {
            read.session.emplace_back(session_entry(key.substr(session.size())), option.value);
        } else if (key.starts_with(provider)) {
            check_provider_key(device, key.substr(provider.size()));
            read.provider.emplace_back(key.substr(provider.size()), option.value);
        } else {
            throw BadArgument("onnxruntime: there is no option \"", key,
                              "\"; accepted are session.KEY and provider.KEY, where KEY is an entry of ONNX "
                              "Runtime's session configuration or an option of the device's provider");
        }
    }
    return read;
}

} // namespace vsmlrt::ort
