// A provider library that loads and then cannot start.
#include "backends/onnxruntime/provider_abi.h"

namespace ort = vsmlrt::ort;

extern "C" __attribute__((visibility("default"))) OrtStatus *
CreateEpFactories(const char *, const ort::ApiBase *base, const OrtLogger *, OrtEpFactory **, std::size_t,
                  std::size_t *count) {
    *count = 0;
    return ort::call_in(base->get_api(ort::api_version), ort::CreateStatus, ort::error_fail,
                        "the driver of the abacus does not answer");
}

extern "C" __attribute__((visibility("default"))) OrtStatus *ReleaseEpFactory(OrtEpFactory *) {
    return nullptr;
}
