// The ONNX Runtime that COUNTED_ONNXRUNTIME names, with the sessions made and run by it counted.
#include "backends/onnxruntime/ort_api.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <dlfcn.h>

namespace vsmlrt::ort {
namespace {

std::atomic<int> sessions = 0;
std::atomic<int> runs = 0;
std::array<const void *, CopyTensors.index + 1> table = {}; // as many slots as the backend knows

template <typename Slot>
const void *&entry(Slot) {
    return table.at(Slot::index);
}

template <typename Slot>
auto real(Slot) {
    static const auto function =
        reinterpret_cast<typename Slot::Function *>(const_cast<void *>(table.at(Slot::index)));
    return function;
}

OrtStatus *create_session(const OrtEnv *env, const void *network, std::size_t size,
                          const OrtSessionOptions *options, OrtSession **session) {
    ++sessions;
    return real(CreateSessionFromArray)(env, network, size, options, session);
}

OrtStatus *run(OrtSession *session, const OrtRunOptions *options, const OrtIoBinding *binding) {
    ++runs;
    return real(RunWithBinding)(session, options, binding);
}

const ApiBase *counted() {
    static const ApiBase *const base = [] {
        void *const library = ::dlopen(std::getenv("COUNTED_ONNXRUNTIME"), RTLD_NOW | RTLD_LOCAL);
        return reinterpret_cast<const ApiBase *(*)()>(::dlsym(library, "OrtGetApiBase"))();
    }();
    return base;
}

const void *const *get_api(std::uint32_t version) noexcept {
    std::copy_n(counted()->get_api(version), table.size(), table.begin());
    static_cast<void>(real(CreateSessionFromArray)); // kept before they are replaced
    static_cast<void>(real(RunWithBinding));
    entry(CreateSessionFromArray) = reinterpret_cast<const void *>(&create_session);
    entry(RunWithBinding) = reinterpret_cast<const void *>(&run);
    return table.data();
}

} // namespace
} // namespace vsmlrt::ort

extern "C" {
__attribute__((visibility("default"))) const vsmlrt::ort::ApiBase *OrtGetApiBase() {
    static const vsmlrt::ort::ApiBase base = {
        vsmlrt::ort::get_api, []() noexcept { return vsmlrt::ort::counted()->get_version(); }};
    return &base;
}
__attribute__((visibility("default"))) int sessions_made() {
    return vsmlrt::ort::sessions;
}
__attribute__((visibility("default"))) int sessions_run() {
    return vsmlrt::ort::runs;
}
}
