#include "backends/onnxruntime/api.h"

#include "base/error.h"

namespace vsmlrt::ort {

std::optional<Failure> failure_of(OrtStatus *status) {
    if (!status)
        return {};
    const std::unique_ptr<OrtStatus, Releaser<ReleaseStatus>> owned(status);
    return Failure{call(GetErrorCode, status), call(GetErrorMessage, status)};
}

void throw_if(const std::optional<Failure> &failure) {
    if (failure)
        throw DeviceError("ONNX Runtime: ", failure->message);
}

OrtAllocator *default_allocator() {
    OrtAllocator *allocator = nullptr;
    must(GetAllocatorWithDefaultOptions, &allocator);
    return allocator;
}

} // namespace vsmlrt::ort
