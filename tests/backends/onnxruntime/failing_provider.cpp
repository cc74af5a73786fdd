// A provider library that loads and then cannot start.
#include "backends/onnxruntime/ort_api.h"

struct OrtEpFactory;
struct OrtLogger;

extern "C" __attribute__((visibility("default"))) OrtStatus *
CreateEpFactories(const char *, const vsmlrt::ort::ApiBase *base, const OrtLogger *, OrtEpFactory **,
                  std::size_t, std::size_t *count) {
    *count = 0;
    const void *const *const api = base->get_api(vsmlrt::ort::api_version);
    // Slot 0 is CreateStatus(code, message).
    const auto create = reinterpret_cast<OrtStatus *(*)(int, const char *)>(const_cast<void *>(api[0]));
    return create(vsmlrt::ort::error_fail, "the driver of the abacus does not answer");
}

extern "C" __attribute__((visibility("default"))) OrtStatus *ReleaseEpFactory(OrtEpFactory *) {
    return nullptr;
}
