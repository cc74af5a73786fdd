// The part of ONNX Runtime's C ABI that this backend uses; its wheels carry the library and no header.
//
// Source: onnxruntime_c_api.h and onnxruntime_error_code.h of ONNX Runtime 1.29 (ORT_API_VERSION 29). The
// tables are append-only: a slot keeps its number and its signature in every later version 1.x, and
// GetApi(version) gives a table that has at least the slots of that version. The slots here are those of
// version 23 and earlier. With -DONNXRUNTIME_INCLUDE_DIR at configure time, tests/backends/onnxruntime checks
// every slot, signature and constant against the official header.
//
// Every function may be called from any thread; a session may run from several at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

// Opaque, as in the official header: the same tags, so that signatures can be compared.
struct OrtAllocator;
struct OrtCompileApi;
struct OrtCUDAProviderOptionsV2;
struct OrtEnv;
struct OrtEpDevice;
struct OrtHardwareDevice;
struct OrtIoBinding;
struct OrtKeyValuePairs;
struct OrtMemoryInfo;
struct OrtModelCompilationOptions;
struct OrtRunOptions;
struct OrtSession;
struct OrtSessionOptions;
struct OrtStatus; // null: success
struct OrtSyncStream;
struct OrtTensorRTProviderOptionsV2;
struct OrtTensorTypeAndShapeInfo;
struct OrtTypeInfo;
struct OrtValue;

namespace vsmlrt::ort {

// ORTCHAR_T: paths are in the system's own characters.
using PathCharacter = std::filesystem::path::value_type;

// GetApi's argument: what ONNX Runtime 1.23 and later give.
inline constexpr std::uint32_t api_version = 23;

// What OrtGetApiBase returns: two functions, in this order.
struct ApiBase {
    const void *const *(*get_api)(std::uint32_t version) noexcept; // null where the version is not supported
    const char *(*get_version)() noexcept;                         // "1.32.0"
};

// C enumerations cross as int, which has their size.
// VALUE(our name, official name, value)
#define VSMLRT_ORT_CONSTANTS(VALUE)                                                                          \
    VALUE(error_fail, ORT_FAIL, 1)                                                                           \
    VALUE(error_invalid_argument, ORT_INVALID_ARGUMENT, 2)                                                   \
    VALUE(error_no_such_file, ORT_NO_SUCHFILE, 3)                                                            \
    VALUE(error_no_model, ORT_NO_MODEL, 4)                                                                   \
    VALUE(error_invalid_protobuf, ORT_INVALID_PROTOBUF, 7)                                                   \
    VALUE(error_not_implemented, ORT_NOT_IMPLEMENTED, 9)                                                     \
    VALUE(error_invalid_graph, ORT_INVALID_GRAPH, 10)                                                        \
    VALUE(log_warning, ORT_LOGGING_LEVEL_WARNING, 2)                                                         \
    VALUE(element_float, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, 1)                                             \
    VALUE(element_float16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, 10)                                        \
    VALUE(execution_sequential, ORT_SEQUENTIAL, 0)                                                           \
    VALUE(optimize_all, ORT_ENABLE_ALL, 99)                                                                  \
    VALUE(allocator_device, OrtDeviceAllocator, 0)                                                           \
    VALUE(memory_default, OrtMemTypeDefault, 0)                                                              \
    VALUE(memory_cpu_output, OrtMemTypeCPUOutput, -1)                                                        \
    VALUE(device_memory_default, OrtDeviceMemoryType_DEFAULT, 0)                                             \
    VALUE(device_memory_host_accessible, OrtDeviceMemoryType_HOST_ACCESSIBLE, 5)                             \
    VALUE(hardware_cpu, OrtHardwareDeviceType_CPU, 0)                                                        \
    VALUE(hardware_gpu, OrtHardwareDeviceType_GPU, 1)                                                        \
    VALUE(hardware_npu, OrtHardwareDeviceType_NPU, 2)                                                        \
    VALUE(compile_error_if_nothing_compiled, OrtCompileApiFlags_ERROR_IF_NO_NODES_COMPILED, 1)

#define VSMLRT_ORT_DECLARE(name, official, value) inline constexpr int name = value;
VSMLRT_ORT_CONSTANTS(VSMLRT_ORT_DECLARE)
#undef VSMLRT_ORT_DECLARE

using LoggingFunction = void (*)(void *user, int severity, const char *category, const char *log_id,
                                 const char *code_location, const char *message);

// A slot of a table: its index and the type of its function.
template <std::size_t Index, typename Signature>
struct Slot {
    static constexpr std::size_t index = Index;
    using Function = Signature;
};

// The table OrtApi. SLOT(index, name, signature)
// clang-format off
#define VSMLRT_ORT_API(SLOT)                                                                                 \
    SLOT(1, GetErrorCode, int(const OrtStatus *))                                                            \
    SLOT(2, GetErrorMessage, const char *(const OrtStatus *))                                                \
    SLOT(4, CreateEnvWithCustomLogger,                                                                       \
         OrtStatus *(LoggingFunction, void *user, int severity, const char *log_id, OrtEnv **))              \
    SLOT(8, CreateSessionFromArray,                                                                          \
         OrtStatus *(const OrtEnv *, const void *, std::size_t, const OrtSessionOptions *, OrtSession **))   \
    SLOT(10, CreateSessionOptions, OrtStatus *(OrtSessionOptions **))                                        \
    SLOT(13, SetSessionExecutionMode, OrtStatus *(OrtSessionOptions *, int mode))                            \
    SLOT(17, DisableMemPattern, OrtStatus *(OrtSessionOptions *))                                            \
    SLOT(22, SetSessionLogSeverityLevel, OrtStatus *(OrtSessionOptions *, int severity))                     \
    SLOT(23, SetSessionGraphOptimizationLevel, OrtStatus *(OrtSessionOptions *, int level))                  \
    SLOT(24, SetIntraOpNumThreads, OrtStatus *(OrtSessionOptions *, int))                                    \
    SLOT(25, SetInterOpNumThreads, OrtStatus *(OrtSessionOptions *, int))                                    \
    SLOT(30, SessionGetInputCount, OrtStatus *(const OrtSession *, std::size_t *))                           \
    SLOT(31, SessionGetOutputCount, OrtStatus *(const OrtSession *, std::size_t *))                          \
    SLOT(33, SessionGetInputTypeInfo, OrtStatus *(const OrtSession *, std::size_t, OrtTypeInfo **))          \
    SLOT(34, SessionGetOutputTypeInfo, OrtStatus *(const OrtSession *, std::size_t, OrtTypeInfo **))         \
    SLOT(36, SessionGetInputName,                                                                            \
         OrtStatus *(const OrtSession *, std::size_t, OrtAllocator *, char **))                              \
    SLOT(37, SessionGetOutputName,                                                                           \
         OrtStatus *(const OrtSession *, std::size_t, OrtAllocator *, char **))                              \
    SLOT(49, CreateTensorWithDataAsOrtValue,                                                                 \
         OrtStatus *(const OrtMemoryInfo *, void *data, std::size_t bytes, const std::int64_t *dims,         \
                     std::size_t rank, int element, OrtValue **))                                            \
    SLOT(55, CastTypeInfoToTensorInfo,                                                                       \
         OrtStatus *(const OrtTypeInfo *, const OrtTensorTypeAndShapeInfo **))                               \
    SLOT(60, GetTensorElementType, OrtStatus *(const OrtTensorTypeAndShapeInfo *, int *))                    \
    SLOT(61, GetDimensionsCount, OrtStatus *(const OrtTensorTypeAndShapeInfo *, std::size_t *))              \
    SLOT(62, GetDimensions, OrtStatus *(const OrtTensorTypeAndShapeInfo *, std::int64_t *, std::size_t))     \
    SLOT(65, GetTensorTypeAndShape, OrtStatus *(const OrtValue *, OrtTensorTypeAndShapeInfo **))             \
    SLOT(68, CreateMemoryInfo,                                                                               \
         OrtStatus *(const char *name, int allocator, int id, int memory, OrtMemoryInfo **))                 \
    SLOT(69, CreateCpuMemoryInfo, OrtStatus *(int allocator, int memory, OrtMemoryInfo **))                  \
    SLOT(75, AllocatorAlloc, OrtStatus *(OrtAllocator *, std::size_t, void **))                              \
    SLOT(76, AllocatorFree, OrtStatus *(OrtAllocator *, void *))                                             \
    SLOT(78, GetAllocatorWithDefaultOptions, OrtStatus *(OrtAllocator **))                                   \
    SLOT(93, ReleaseStatus, void(OrtStatus *))                                                               \
    SLOT(94, ReleaseMemoryInfo, void(OrtMemoryInfo *))                                                       \
    SLOT(95, ReleaseSession, void(OrtSession *))                                                             \
    SLOT(96, ReleaseValue, void(OrtValue *))                                                                 \
    SLOT(98, ReleaseTypeInfo, void(OrtTypeInfo *))                                                           \
    SLOT(99, ReleaseTensorTypeAndShapeInfo, void(OrtTensorTypeAndShapeInfo *))                               \
    SLOT(100, ReleaseSessionOptions, void(OrtSessionOptions *))                                              \
    SLOT(125, GetAvailableProviders, OrtStatus *(char ***, int *))                                           \
    SLOT(126, ReleaseAvailableProviders, OrtStatus *(char **, int))                                          \
    SLOT(130, AddSessionConfigEntry, OrtStatus *(OrtSessionOptions *, const char *, const char *))           \
    SLOT(131, CreateAllocator, OrtStatus *(const OrtSession *, const OrtMemoryInfo *, OrtAllocator **))      \
    SLOT(132, ReleaseAllocator, void(OrtAllocator *))                                                        \
    SLOT(133, RunWithBinding, OrtStatus *(OrtSession *, const OrtRunOptions *, const OrtIoBinding *))        \
    SLOT(134, CreateIoBinding, OrtStatus *(OrtSession *, OrtIoBinding **))                                   \
    SLOT(135, ReleaseIoBinding, void(OrtIoBinding *))                                                        \
    SLOT(136, BindInput, OrtStatus *(OrtIoBinding *, const char *, const OrtValue *))                        \
    SLOT(137, BindOutput, OrtStatus *(OrtIoBinding *, const char *, const OrtValue *))                       \
    SLOT(138, BindOutputToDevice, OrtStatus *(OrtIoBinding *, const char *, const OrtMemoryInfo *))          \
    SLOT(140, GetBoundOutputValues,                                                                          \
         OrtStatus *(const OrtIoBinding *, OrtAllocator *, OrtValue ***, std::size_t *))                     \
    SLOT(170, SessionOptionsAppendExecutionProvider_TensorRT_V2,                                             \
         OrtStatus *(OrtSessionOptions *, const OrtTensorRTProviderOptionsV2 *))                             \
    SLOT(171, CreateTensorRTProviderOptions, OrtStatus *(OrtTensorRTProviderOptionsV2 **))                   \
    SLOT(172, UpdateTensorRTProviderOptions,                                                                 \
         OrtStatus *(OrtTensorRTProviderOptionsV2 *, const char *const *, const char *const *, std::size_t)) \
    SLOT(173, GetTensorRTProviderOptionsAsString,                                                            \
         OrtStatus *(const OrtTensorRTProviderOptionsV2 *, OrtAllocator *, char **))                         \
    SLOT(174, ReleaseTensorRTProviderOptions, void(OrtTensorRTProviderOptionsV2 *))                          \
    SLOT(202, SynchronizeBoundInputs, OrtStatus *(OrtIoBinding *))                                           \
    SLOT(203, SynchronizeBoundOutputs, OrtStatus *(OrtIoBinding *))                                          \
    SLOT(204, SessionOptionsAppendExecutionProvider_CUDA_V2,                                                 \
         OrtStatus *(OrtSessionOptions *, const OrtCUDAProviderOptionsV2 *))                                 \
    SLOT(205, CreateCUDAProviderOptions, OrtStatus *(OrtCUDAProviderOptionsV2 **))                           \
    SLOT(206, UpdateCUDAProviderOptions,                                                                     \
         OrtStatus *(OrtCUDAProviderOptionsV2 *, const char *const *, const char *const *, std::size_t))     \
    SLOT(207, GetCUDAProviderOptionsAsString,                                                                \
         OrtStatus *(const OrtCUDAProviderOptionsV2 *, OrtAllocator *, char **))                             \
    SLOT(208, ReleaseCUDAProviderOptions, void(OrtCUDAProviderOptionsV2 *))                                  \
    SLOT(216, SessionOptionsAppendExecutionProvider,                                                         \
         OrtStatus *(OrtSessionOptions *, const char *name, const char *const *, const char *const *,        \
                     std::size_t))                                                                           \
    SLOT(294, GetCompileApi, const OrtCompileApi *())                                                        \
    SLOT(297, GetKeyValue, const char *(const OrtKeyValuePairs *, const char *))                             \
    SLOT(298, GetKeyValuePairs,                                                                              \
         void(const OrtKeyValuePairs *, const char *const **keys, const char *const **values, std::size_t *)) \
    SLOT(301, RegisterExecutionProviderLibrary, OrtStatus *(OrtEnv *, const char *name, const PathCharacter *path))   \
    SLOT(303, GetEpDevices, OrtStatus *(const OrtEnv *, const OrtEpDevice *const **, std::size_t *))         \
    SLOT(304, SessionOptionsAppendExecutionProvider_V2,                                                      \
         OrtStatus *(OrtSessionOptions *, OrtEnv *, const OrtEpDevice *const *, std::size_t,                 \
                     const char *const *, const char *const *, std::size_t))                                 \
    SLOT(307, HardwareDevice_Type, int(const OrtHardwareDevice *))                                           \
    SLOT(309, HardwareDevice_Vendor, const char *(const OrtHardwareDevice *))                                \
    SLOT(311, HardwareDevice_Metadata, const OrtKeyValuePairs *(const OrtHardwareDevice *))                  \
    SLOT(312, EpDevice_EpName, const char *(const OrtEpDevice *))                                            \
    SLOT(314, EpDevice_EpMetadata, const OrtKeyValuePairs *(const OrtEpDevice *))                            \
    SLOT(316, EpDevice_Device, const OrtHardwareDevice *(const OrtEpDevice *))                               \
    SLOT(374, EpDevice_MemoryInfo, const OrtMemoryInfo *(const OrtEpDevice *, int memory))                   \
    SLOT(376, GetSharedAllocator, OrtStatus *(OrtEnv *, const OrtMemoryInfo *, OrtAllocator **))             \
    SLOT(386, CopyTensors,                                                                                   \
         OrtStatus *(const OrtEnv *, const OrtValue *const *from, OrtValue *const *to, OrtSyncStream *, std::size_t))

// The table OrtCompileApi, which GetCompileApi gives.
#define VSMLRT_ORT_COMPILE_API(SLOT)                                                                         \
    SLOT(0, ReleaseModelCompilationOptions, void(OrtModelCompilationOptions *))                              \
    SLOT(1, CreateModelCompilationOptionsFromSessionOptions,                                                 \
         OrtStatus *(const OrtEnv *, const OrtSessionOptions *, OrtModelCompilationOptions **))              \
    SLOT(3, ModelCompilationOptions_SetInputModelFromBuffer,                                                 \
         OrtStatus *(OrtModelCompilationOptions *, const void *, std::size_t))                               \
    SLOT(6, ModelCompilationOptions_SetOutputModelBuffer,                                                    \
         OrtStatus *(OrtModelCompilationOptions *, OrtAllocator *, void **, std::size_t *))                  \
    SLOT(7, ModelCompilationOptions_SetEpContextEmbedMode, OrtStatus *(OrtModelCompilationOptions *, bool))  \
    SLOT(8, CompileModel, OrtStatus *(const OrtEnv *, const OrtModelCompilationOptions *))                   \
    SLOT(9, ModelCompilationOptions_SetFlags, OrtStatus *(OrtModelCompilationOptions *, std::uint32_t))
// clang-format on

#define VSMLRT_ORT_DECLARE(slot, name, ...) inline constexpr Slot<slot, __VA_ARGS__> name = {};
VSMLRT_ORT_API(VSMLRT_ORT_DECLARE)
namespace compile {
VSMLRT_ORT_COMPILE_API(VSMLRT_ORT_DECLARE)
}
#undef VSMLRT_ORT_DECLARE

} // namespace vsmlrt::ort
