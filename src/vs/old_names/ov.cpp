// core.ov: vs-mlrt's OpenVINO plugin by core.mlrt's openvino backend. OpenVINO's properties come as vs-mlrt
// has them, in a dict that a function returns; what this project has arguments of its own for becomes those.
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/shared_library.h"
#include "vs/old_names/core_mlrt.h"
#include "vs/old_names/model_call.h"
#include "vs/old_names/old_name.h"
#include "vs/old_names/place.h"
#include "vs/trampoline.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace vsmlrt::vs {
namespace {

constexpr OldName ov = {"ov", "OpenVINO, by core.mlrt", "vsov", "io.github.amusementclub.vs_openvino"};
constexpr char model_name[] = "ov.Model";
constexpr char version_name[] = "ov.Version";
constexpr char devices_name[] = "ov.AvailableDevices";

using Properties = std::map<std::string, std::string>;

std::string property_text(const Host &host, const VSMap &map, const char *key) {
    if (host.api->mapNumElements(&map, key) != 1)
        throw BadArgument("\"config\" must return a dict with one value for each key; \"", key, "\" has ",
                          host.api->mapNumElements(&map, key));
    switch (host.api->mapGetType(&map, key)) {
    case ptInt:
        return text(host.api->mapGetInt(&map, key, 0, nullptr));
    case ptFloat:
        return text(host.api->mapGetFloat(&map, key, 0, nullptr));
    case ptData:
        return {host.api->mapGetData(&map, key, 0, nullptr),
                static_cast<std::size_t>(host.api->mapGetDataSize(&map, key, 0, nullptr))};
    default:
        throw BadArgument("\"config\" must return a dict of numbers and strings; \"", key, "\" is neither");
    }
}

Properties read_config(const Host &host, const VSMap &in) {
    int missing = 0;
    VSFunction *function = host.api->mapGetFunction(&in, "config", 0, &missing);
    if (missing)
        return {};
    const Map nothing = own(host.api->createMap(), host.api);
    const Map answer = own(host.api->createMap(), host.api);
    host.api->callFunction(function, nothing.get(), answer.get());
    host.api->freeFunction(function);
    if (const char *failure = host.api->mapGetError(answer.get()))
        throw BadArgument("\"config\" failed: ", failure);
    Properties properties;
    for (int i = 0; i < host.api->mapNumKeys(answer.get()); ++i) {
        const char *key = host.api->mapGetKey(answer.get(), i);
        properties[key] = property_text(host, *answer, key);
    }
    return properties;
}

// A number; 0 for OpenVINO's own choice.
int count_of(const std::string &key, const std::string &value) {
    if (value.ends_with("AUTO"))
        return 0;
    int number = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failure != std::errc() || end != value.data() + value.size())
        throw BadArgument("\"config\" has ", key, " = \"", value, "\"; a number or AUTO is accepted");
    return number;
}

std::string precision_of(const std::string &hint) {
    if (hint == "f16" || hint == "bf16")
        return hint == "f16" ? "fp16" : "bf16";
    if (hint == "f32")
        return "fp32";
    if (hint == "dynamic" || hint == "undefined")
        return "auto";
    throw BadArgument("\"config\" has INFERENCE_PRECISION_HINT = \"", hint,
                      "\"; f32, f16, bf16 and dynamic are accepted");
}

bool is_one_of(const std::string &key, std::initializer_list<const char *> names) {
    return std::find(names.begin(), names.end(), key) != names.end();
}

// The properties that are arguments here, by their names of today and those of before 2022, which scripts
// still have. The others are handed on to OpenVINO, and elsewhere they say nothing. A plugin that typed the
// network by fp16 computes it as it is typed.
void apply(const Properties &properties, bool fp16, bool openvino, ModelCall &call) {
    for (const auto &[key, value] : properties) {
        if (is_one_of(key, {"NUM_STREAMS", "CPU_THROUGHPUT_STREAMS", "GPU_THROUGHPUT_STREAMS"}))
            continue;
        if (is_one_of(key, {"INFERENCE_NUM_THREADS", "CPU_THREADS_NUM"})) {
            call.set("num_threads", count_of(key, value));
        } else if (key == "INFERENCE_PRECISION_HINT") {
            if (!fp16)
                call.set("precision", precision_of(value));
        } else if (key == "ENFORCE_BF16") {
            if (!fp16 && value == "YES")
                call.set("precision", std::string("bf16"));
        } else if (!openvino) {
            log_once(LogLevel::information, text("core.ov: ", key, " has no effect without OpenVINO"));
        } else {
            call.add_option(key == "CPU_BIND_THREAD" ? "ENABLE_CPU_PINNING" : key, value);
        }
    }
}

// One stream on the processor is, in vs-mlrt's plugin, a frame on each of VapourSynth's threads.
int streams_of(const Properties &properties, const Arguments &given, const std::string &device) {
    int streams = given.integer("num_streams").value_or(1);
    for (const auto &[key, value] : properties)
        if (is_one_of(key, {"NUM_STREAMS", "CPU_THROUGHPUT_STREAMS", "GPU_THROUGHPUT_STREAMS"}))
            streams = std::max(streams, count_of(key, value));
    return device == "CPU" && streams == 1 ? 0 : streams;
}

// OpenVINO's own choice is a GPU where it finds one.
std::string device_of(const Host &host, const Arguments &given) {
    std::string device = given.data("device").value_or("CPU");
    if (!device.starts_with("AUTO"))
        return device;
    const Map map = call_mlrt(host, "Devices");
    const Arguments listed(host, *map);
    const std::vector<std::string> backends = listed.all_data("backend");
    const std::vector<std::string> ids = listed.all_data("id");
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (backends[i] == "openvino" && ids[i].starts_with("GPU"))
            return ids[i];
    return "CPU";
}

// Where a system has no OpenVINO (a text file in place of its module says why), its processor computes by
// ONNX Runtime. Elsewhere the plugin itself says what OpenVINO lacks, and nobody looks at the machine.
FoundPlace place_of(const Host &host, const std::string &device) {
    static constexpr std::array on_processor = {openvino_cpu, onnxruntime_cpu};
    if (device == "CPU" && file_use(own_file().replace_filename("libvsmlrt_openvino.absent")))
        return find_place(host, "core.ov", on_processor, 0);
    return {&openvino_cpu, device, {}, 0};
}

void model(const Host &host, const VSMap &in, VSMap &out) {
    ModelCall call(host, in, Samples::single);
    const std::string device = device_of(host, call.given());
    const FoundPlace found = place_of(host, device);
    const Properties properties = read_config(host, in);
    call.take_network();
    call.take_precision();
    call.set("output_format", 0);
    call.set("backend", std::string(found.place->backend));
    call.set("device", found.device);
    call.set("num_streams", streams_of(properties, call.given(), device));
    apply(properties, call.given().integer("fp16").value_or(0) != 0,
          std::string_view(found.place->backend) == openvino_cpu.backend, call);
    call.run(out);
}

void version(const Host &host, const VSMap &, VSMap &out) {
    add_bytes(host, out, "version", interface_version);
    const std::string openvino = backend_version(host, "openvino", "2026.4.1");
    add_bytes(host, out, "openvino_version", openvino);
    add_bytes(host, out, "openvino_version_build", openvino);
    add_bytes(host, out, "onnx_version", "1.22.0");
    add_bytes(host, out, "path", text_of(file_of_name(ov)));
}

void available_devices(const Host &host, const VSMap &, VSMap &out) {
    const Map map = call_mlrt(host, "Devices");
    const Arguments listed(host, *map);
    const std::vector<std::string> backends = listed.all_data("backend");
    const std::vector<std::string> ids = listed.all_data("id");
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (backends[i] == "openvino")
            add_bytes(host, out, "devices", ids[i]);
}

} // namespace
} // namespace vsmlrt::vs

extern "C" VSMLRT_EXPORT void vsmlrt_register_ov(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using namespace vsmlrt::vs;
    configure(ov, plugin, api);
    api->registerFunction(
        "Model",
        "clips:vnode[];network_path:data;overlap:int[]:opt;tilesize:int[]:opt;device:data:opt;"
        "num_streams:int:opt;fp16:int:opt;config:func:opt;path_is_serialization:int:opt;"
        "fp16_blacklist_ops:data[]:opt;flexible_output_prop:data:opt;builtin:int:opt;"
        "builtindir:data:opt;",
        "clip:vnode;num_planes:int:opt;", function<model, model_name>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, version_name>, nullptr, plugin);
    api->registerFunction("AvailableDevices", "", "any", function<available_devices, devices_name>, nullptr,
                          plugin);
}
