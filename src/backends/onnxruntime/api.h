// Calls into ONNX Runtime, and owning handles for what it gives out.
#pragma once

#include "backends/onnxruntime/library.h"
#include "backends/onnxruntime/ort_api.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace vsmlrt::ort {

// Calls a function of OrtApi by its slot. The library must have been loaded; throws what library() throws.
template <std::size_t Index, typename Signature, typename... Arguments>
decltype(auto) call(Slot<Index, Signature>, Arguments &&...arguments) {
    const auto function = reinterpret_cast<Signature *>(const_cast<void *>(library().api[Index]));
    return function(std::forward<Arguments>(arguments)...);
}

// What a function that returns a status says of its failure.
struct Failure {
    int code = 0;        // error_fail, error_invalid_argument, ...
    std::string message; // see Message
    std::string origin;
};

// Takes the status; nothing where it is success.
[[nodiscard]] std::optional<Failure> failure_of(OrtStatus *status);

template <typename SlotType, typename... Arguments>
[[nodiscard]] std::optional<Failure> attempt(SlotType slot, Arguments &&...arguments) {
    return failure_of(call(slot, std::forward<Arguments>(arguments)...));
}

// DeviceError with ONNX Runtime's words.
void throw_if(const std::optional<Failure> &failure);

template <typename SlotType, typename... Arguments>
void must(SlotType slot, Arguments &&...arguments) {
    throw_if(attempt(slot, std::forward<Arguments>(arguments)...));
}

template <auto Release>
struct Releaser {
    template <typename T>
    void operator()(T *object) const {
        call(Release, object);
    }
};

using Allocator = std::unique_ptr<OrtAllocator, Releaser<ReleaseAllocator>>;
using Binding = std::unique_ptr<OrtIoBinding, Releaser<ReleaseIoBinding>>;
using CudaOptions = std::unique_ptr<OrtCUDAProviderOptionsV2, Releaser<ReleaseCUDAProviderOptions>>;
using MemoryInfo = std::unique_ptr<OrtMemoryInfo, Releaser<ReleaseMemoryInfo>>;
using Session = std::unique_ptr<OrtSession, Releaser<ReleaseSession>>;
using SessionOptions = std::unique_ptr<OrtSessionOptions, Releaser<ReleaseSessionOptions>>;
using TensorInfo = std::unique_ptr<OrtTensorTypeAndShapeInfo, Releaser<ReleaseTensorTypeAndShapeInfo>>;
using TensorRtOptions =
    std::unique_ptr<OrtTensorRTProviderOptionsV2, Releaser<ReleaseTensorRTProviderOptions>>;
using TypeInfo = std::unique_ptr<OrtTypeInfo, Releaser<ReleaseTypeInfo>>;
using Tensor = std::unique_ptr<OrtValue, Releaser<ReleaseValue>>;

// Runs a function whose last argument is where it puts a new object, and owns that.
template <typename Handle, typename SlotType, typename... Arguments>
[[nodiscard]] Handle make(SlotType slot, Arguments &&...arguments) {
    typename Handle::pointer object = nullptr;
    must(slot, std::forward<Arguments>(arguments)..., &object);
    return Handle(object);
}

// The allocator that ONNX Runtime hands names out with; not to be released.
[[nodiscard]] OrtAllocator *default_allocator();

} // namespace vsmlrt::ort
