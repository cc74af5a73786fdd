// ONNX Runtime with one provider more, "MIGraphX", which computes as the CPU does but rounds whatever its
// convolutions and products read, as a device does that has no other arithmetic. VSMLRT_TEST_ROUNDS_TO says
// to what: "bf16" or "fp16", whatever is asked of it; "as asked": to bf16 if migraphx_bf16_enable is 1, else
// not at all. VSMLRT_TEST_LIBRARY is the real library.
#include "backends/onnxruntime/ort_api.h"
#include "model/onnx.h"
#include "model/types.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>

namespace ort = vsmlrt::ort;
namespace model = vsmlrt::model;

namespace {

constexpr const char *provider = "MIGraphX";

const ort::ApiBase *real_base() {
    static const auto *const base = [] {
        void *const handle = ::dlopen(std::getenv("VSMLRT_TEST_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
        return reinterpret_cast<const ort::ApiBase *(*)()>(::dlsym(handle, "OrtGetApiBase"))();
    }();
    return base;
}

const void *const *real_table = nullptr;

template <std::size_t Index, typename Signature, typename... Arguments>
auto call_real(ort::Slot<Index, Signature>, Arguments... arguments) {
    return reinterpret_cast<Signature *>(const_cast<void *>(real_table[Index]))(arguments...);
}

// The type that sessions with these options round to; absent: they are not of this provider.
std::map<const OrtSessionOptions *, vsmlrt::Element> appended;
std::mutex mutex;
std::atomic<int> sessions = 0;

vsmlrt::Element type_of(const char *const *keys, const char *const *values, std::size_t count) {
    const std::string rounds_to = std::getenv("VSMLRT_TEST_ROUNDS_TO");
    if (rounds_to != "as asked")
        return rounds_to == "bf16" ? vsmlrt::Element::bf16 : vsmlrt::Element::f16;
    for (std::size_t i = 0; i < count; ++i)
        if (std::strcmp(keys[i], "migraphx_bf16_enable") == 0 && std::strcmp(values[i], "1") == 0)
            return vsmlrt::Element::bf16;
    return vsmlrt::Element::f32;
}

OrtStatus *append(OrtSessionOptions *options, const char *name, const char *const *keys,
                  const char *const *values, std::size_t count) {
    if (std::strcmp(name, provider) != 0)
        return call_real(ort::SessionOptionsAppendExecutionProvider, options, name, keys, values, count);
    const std::lock_guard lock(mutex);
    appended[options] = type_of(keys, values, count);
    return nullptr;
}

void release_options(OrtSessionOptions *options) {
    {
        const std::lock_guard lock(mutex);
        appended.erase(options);
    }
    call_real(ort::ReleaseSessionOptions, options);
}

// Every real operand of a convolution or product by way of the type.
std::vector<std::byte> rounded(const model::Network &source, vsmlrt::Element type) {
    const model::Types types = model::infer_types(source);
    model::Network network = source;
    network.nodes.clear();
    int number = 0;
    const auto cast = [&](const std::string &from, vsmlrt::Element to) {
        model::Node node;
        node.op = "Cast";
        node.inputs = {from};
        node.outputs = {"rounded_" + std::to_string(number++)};
        node.attributes["to"] = static_cast<std::int64_t>(to);
        network.nodes.push_back(node);
        return node.outputs[0];
    };
    for (model::Node node : source.nodes) {
        if (node.op == "Conv" || node.op == "ConvTranspose" || node.op == "MatMul" || node.op == "Gemm")
            for (std::string &input : node.inputs)
                input = cast(cast(input, type), types.at(input));
        network.nodes.push_back(std::move(node));
    }
    return model::write_onnx(network);
}

OrtStatus *make_session(const OrtEnv *environment, const void *data, std::size_t size,
                        const OrtSessionOptions *options, OrtSession **session) {
    ++sessions;
    vsmlrt::Element type = vsmlrt::Element::f32;
    {
        const std::lock_guard lock(mutex);
        if (const auto found = appended.find(options); found != appended.end())
            type = found->second;
    }
    if (type == vsmlrt::Element::f32)
        return call_real(ort::CreateSessionFromArray, environment, data, size, options, session);
    const auto bytes = rounded(model::read_onnx({static_cast<const std::byte *>(data), size}), type);
    return call_real(ort::CreateSessionFromArray, environment, static_cast<const void *>(bytes.data()),
                     bytes.size(), options, session);
}

OrtStatus *providers(char ***names, int *count) {
    static char own[] = "MIGraphXExecutionProvider";
    static char cpu[] = "CPUExecutionProvider";
    static char *list[] = {own, cpu};
    *names = list;
    *count = 2;
    return nullptr;
}

OrtStatus *release_providers(char **, int) {
    return nullptr;
}

const void *const *get_api(std::uint32_t version) noexcept {
    // As far as this project reads the table.
    static std::array<const void *, ort::CopyTensors.index + 1> table;
    real_table = real_base()->get_api(version);
    if (!real_table)
        return nullptr;
    std::copy_n(real_table, table.size(), table.begin());
    const auto replace = [&](auto slot, auto *function) {
        table[slot.index] = reinterpret_cast<const void *>(function);
    };
    replace(ort::SessionOptionsAppendExecutionProvider, append);
    replace(ort::ReleaseSessionOptions, release_options);
    replace(ort::CreateSessionFromArray, make_session);
    replace(ort::GetAvailableProviders, providers);
    replace(ort::ReleaseAvailableProviders, release_providers);
    return table.data();
}

const char *get_version() noexcept {
    return real_base()->get_version();
}

constexpr ort::ApiBase base = {get_api, get_version};

} // namespace

extern "C" __attribute__((visibility("default"))) const ort::ApiBase *OrtGetApiBase() {
    return &base;
}

// How many sessions were made.
extern "C" __attribute__((visibility("default"))) int vsmlrt_test_sessions() {
    return sessions;
}
