// A library that says it is some version of ONNX Runtime, and has no functions for any caller.
#include <cstdint>

namespace {

struct Base {
    const void *(*get_api)(std::uint32_t version);
    const char *(*get_version)();
};

constexpr Base base = {[](std::uint32_t) -> const void * { return nullptr; }, [] { return FAKE_VERSION; }};

} // namespace

extern "C" __attribute__((visibility("default"))) const void *OrtGetApiBase() {
    return &base;
}
