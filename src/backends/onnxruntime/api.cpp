#include "backends/onnxruntime/api.h"

#include "backends/onnxruntime/message.h"
#include "base/error.h"

namespace vsmlrt::ort {

std::optional<Failure> failure_of(OrtStatus *status) {
    if (!status)
        return {};
    const std::unique_ptr<OrtStatus, Releaser<ReleaseStatus>> owned(status);
    auto [words, origin] = read_message(call(GetErrorMessage, status));
    return Failure{call(GetErrorCode, status), std::move(words), std::move(origin)};
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
