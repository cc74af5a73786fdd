// How a session is set up depends on its provider, and so does what a failure means: the
// same code of ONNX Runtime can be the network's fault on one and the device's on another.
#include "backends/onnxruntime/session.h"

#include "backends/onnxruntime/environment.h"
#include "base/error.h"
#include "base/log.h"
#include "base/machine.h"
#include "module/device.h"

#include <algorithm>

namespace vsmlrt::ort {
namespace {

// All threads of a session's pool; the thread that runs the session is one of them, and each further stream
// brings its own.
int pool_threads(const vsmlrt_program_desc &desc) {
    const int all = desc.num_threads > 0 ? desc.num_threads : usable_processors();
    return std::max(1, all - (desc.num_streams - 1));
}

// What helps where memory does not do, or a device fails.
std::string remedy(const Device &device, const Failure &failure) {
    if (std::string memory = memory_remedy(failure.message + failure.origin); !memory.empty())
        return memory;
    if (device.is_cpu())
        return {};
    std::vector<std::string> others;
    for (const Device &other : list_devices())
        if (other.id != device.id)
            others.push_back(other.id);
    return text("; put that right, or use another device (", join(others, ", "), ")");
}

// The function in which ONNX Runtime has an execution provider made has this name in every version so far.
bool is_of_starting(const Failure &failure) {
    return failure.origin.find("ProviderFactory::CreateProvider(") != std::string::npos;
}

// Some versions put a title of their own before the provider's words.
std::string_view without_title(std::string_view message) {
    constexpr std::string_view title = "Error creating execution provider: ";
    return message.substr(message.starts_with(title) ? title.size() : 0);
}

// A captured graph reads and writes the addresses of its first run, and these two providers get their inputs
// at another one each time.
void drop_cuda_graph(const Device &device, Settings &settings) {
    const auto is_graph = [](const auto &setting) {
        return setting.first == "enable_cuda_graph" || setting.first == "trt_cuda_graph_enable";
    };
    const auto on = [&](const auto &setting) { return is_graph(setting) && setting.second != "0"; };
    if (std::any_of(settings.begin(), settings.end(), on))
        log_once(LogLevel::information, text("the device ", device.id, " has no use for CUDA graphs here"));
    std::erase_if(settings, is_graph);
}

constexpr std::string_view openvino_name = "OpenVINOExecutionProvider"; // and ".AUTO" of its virtual device

// OpenVINO's own property for a kind of device, in the JSON in which its plugin takes such. The network of a
// device that computes natively in fp16 is typed by our rewrite, and is to be computed as it is typed.
std::string precision_config(const Device &device, vsmlrt_precision precision) {
    const char *const half = device.provider.native_fp16 ? "dynamic" : "f16";
    const char *const type = precision == VSMLRT_PRECISION_FP16   ? half
                             : precision == VSMLRT_PRECISION_BF16 ? "bf16"
                                                                  : "f32";
    const std::string_view name = device.provider.name;
    const std::string_view kind =
        name == openvino_name ? hardware_kind(device.plugin) : name.substr(openvino_name.size() + 1);
    return text(R"({")", kind, R"(":{"INFERENCE_PRECISION_HINT":")", type, R"("}})");
}

[[noreturn]] void refuse(const Device &device, const Failure &failure) {
    // Whatever its code, it is not about the network.
    if (is_of_starting(failure))
        throw DeviceError("the provider ", device.provider.id, " of ONNX Runtime cannot start on ", device.id,
                          ": ", without_title(failure.message), remedy(device, failure));
    switch (failure.code) {
    case error_not_implemented:
        throw Unsupported("ONNX Runtime cannot run this network on ", device.id, ": ", failure.message);
    case error_invalid_protobuf:
    case error_invalid_graph:
    case error_no_model:
    case error_no_such_file:
        throw BadModel("ONNX Runtime cannot read this network: ", failure.message);
    default:
        break;
    }
    // Of a network that its checks refuse, the library says no more than that something failed.
    if (device.is_cpu() && failure.code == error_fail)
        throw BadModel("ONNX Runtime cannot read this network: ", failure.message);
    throw DeviceError("ONNX Runtime cannot make a session on ", device.id, ": ", failure.message,
                      remedy(device, failure));
}

std::string take_name(char *name) {
    std::string copied = name;
    must(AllocatorFree, default_allocator(), static_cast<void *>(name));
    return copied;
}

Port describe(std::string name, const TypeInfo &type) {
    const OrtTensorTypeAndShapeInfo *info = nullptr;
    must(CastTypeInfoToTensorInfo, type.get(), &info);
    Port port;
    port.name = std::move(name);
    int element = 0;
    if (info) {
        must(GetTensorElementType, info, &element);
        port.dims = dims_of(info);
    }
    if (element != element_float && element != element_float16)
        throw Unsupported("the network's inputs and outputs must be float32 or float16, and \"", port.name,
                          "\" is neither");
    if (port.dims.size() > VSMLRT_MAX_RANK)
        throw Unsupported("\"", port.name, "\" of the network has ", port.dims.size(),
                          " dimensions; at most ", std::int32_t{VSMLRT_MAX_RANK}, " are accepted");
    port.type = element == element_float16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32;
    return port;
}

} // namespace

SessionSettings::SessionSettings(const Device &device, const vsmlrt_program_desc &desc,
                                 const NetworkFacts &facts)
    : device_(device), options_(make<SessionOptions>(CreateSessionOptions)) {
    const Options given = read_options(device, {desc.options, desc.num_options});
    must(SetSessionGraphOptimizationLevel, options_.get(), optimize_all);
    must(SetSessionExecutionMode, options_.get(), execution_sequential);
    set_threads(desc, given);
    if (given.log_severity)
        must(SetSessionLogSeverityLevel, options_.get(), *given.log_severity);
    for (const auto &[key, value] : given.session)
        must(AddSessionConfigEntry, options_.get(), key.c_str(), value.c_str());
    if (!device.is_cpu())
        append_provider(desc, facts, given.provider);
}

void SessionSettings::set_threads(const vsmlrt_program_desc &desc, const Options &given) const {
    constexpr const char *spinning = "session.intra_op.allow_spinning";
    must(SetIntraOpNumThreads, options_.get(), device_.is_cpu() ? pool_threads(desc) : 1);
    must(SetInterOpNumThreads, options_.get(), 1);
    // Threads that spin for work of their own stream take the processor from the other streams.
    if (desc.num_streams > 1 && !has(given.session, spinning))
        must(AddSessionConfigEntry, options_.get(), spinning, "0");
}

void SessionSettings::append_provider(const vsmlrt_program_desc &desc, const NetworkFacts &facts,
                                      Settings settings) const {
    const auto set = [&](const std::string &key, const std::string &value) {
        if (!has(settings, key))
            settings.emplace_back(key, value);
    };
    const Provider &provider = device_.provider;
    const std::string prefix(provider.profile_prefix);
    if (!prefix.empty() && !is_static(desc)) {
        set(prefix + "min_shapes", facts.shapes_text(desc.min_extent));
        set(prefix + "opt_shapes", facts.shapes_text(desc.opt_extent));
        set(prefix + "max_shapes", facts.shapes_text(desc.max_extent));
    }
    if (desc.kept_folder)
        for (const KeptFiles &files : provider.kept) {
            set(std::string(files.folder_key), desc.kept_folder);
            if (!files.switch_key.empty())
                set(std::string(files.switch_key), "1");
        }
    for (const PrecisionSwitch &each : provider.precision_switches)
        if (const std::string_view value = each.value(desc.precision); !value.empty())
            set(std::string(each.key), std::string(value));
    if (provider.name.starts_with(openvino_name) && device_.plugin)
        set("load_config", precision_config(device_, desc.precision));
    if (device_.plugin)
        return append_plugin(options_.get(), device_.plugin, settings);
    if (provider.id == "CUDA" || provider.id == "TensorRT") {
        drop_cuda_graph(device_, settings);
        set("device_id", std::to_string(device_.index));
    }
    append_builtin(options_.get(), provider, settings);
}

Session SessionSettings::open(std::span<const std::byte> network) const {
    OrtSession *session = nullptr;
    if (const auto failure = attempt(CreateSessionFromArray, environment(), network.data(), network.size(),
                                     options_.get(), &session))
        refuse(device_, *failure);
    return Session(session);
}

std::vector<Port> inputs_of(const OrtSession *session) {
    std::size_t count = 0;
    must(SessionGetInputCount, session, &count);
    std::vector<Port> ports;
    for (std::size_t i = 0; i < count; ++i) {
        char *name = nullptr;
        must(SessionGetInputName, session, i, default_allocator(), &name);
        ports.push_back(describe(take_name(name), make<TypeInfo>(SessionGetInputTypeInfo, session, i)));
    }
    return ports;
}

std::vector<Port> outputs_of(const OrtSession *session) {
    std::size_t count = 0;
    must(SessionGetOutputCount, session, &count);
    std::vector<Port> ports;
    for (std::size_t i = 0; i < count; ++i) {
        char *name = nullptr;
        must(SessionGetOutputName, session, i, default_allocator(), &name);
        ports.push_back(describe(take_name(name), make<TypeInfo>(SessionGetOutputTypeInfo, session, i)));
    }
    return ports;
}

int element_of(vsmlrt_type type) {
    return type == VSMLRT_FLOAT16 ? element_float16 : element_float;
}

Dims dims_of(const OrtTensorTypeAndShapeInfo *info) {
    std::size_t rank = 0;
    must(GetDimensionsCount, info, &rank);
    Dims dims(rank);
    must(GetDimensions, info, dims.data(), rank);
    return dims;
}

} // namespace vsmlrt::ort
