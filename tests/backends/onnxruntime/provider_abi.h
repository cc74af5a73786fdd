// The part of ONNX Runtime's C ABI that a provider library has to do with, for the tests' own ones.
//
// Source: onnxruntime_c_api.h and onnxruntime_ep_c_api.h of ONNX Runtime 1.23, append-only as what
// src/backends/onnxruntime/ort_api.h declares, and checked against the official header together with it.
#pragma once

#include "backends/onnxruntime/ort_api.h"

#include <type_traits>

// Opaque, with the official tags.
struct OrtDataTransferImpl;
struct OrtEp;
struct OrtEpApi;
struct OrtEpFactory;
struct OrtLogger;
struct OrtMemoryDevice;
struct OrtSyncStreamImpl;

namespace vsmlrt::ort {

// Of the table OrtApi what providers call and the backend does not. SLOT(index, name, signature)
#define VSMLRT_ORT_PROVIDER_API(SLOT)                                                                        \
    SLOT(0, CreateStatus, OrtStatus *(int code, const char *message))                                        \
    SLOT(317, GetEpApi, const OrtEpApi *())

// Of the table OrtEpApi, which GetEpApi gives.
#define VSMLRT_ORT_EP_API(SLOT)                                                                              \
    SLOT(0, CreateEpDevice,                                                                                  \
         OrtStatus *(OrtEpFactory *, const OrtHardwareDevice *, const OrtKeyValuePairs *metadata,            \
                     const OrtKeyValuePairs *options, OrtEpDevice **))

// What a factory of providers is made of after its version, in this order. MEMBER(name, signature)
#define VSMLRT_ORT_EP_FACTORY(MEMBER)                                                                        \
    MEMBER(GetName, const char *(const OrtEpFactory *))                                                      \
    MEMBER(GetVendor, const char *(const OrtEpFactory *))                                                    \
    MEMBER(GetSupportedDevices,                                                                              \
           OrtStatus *(OrtEpFactory *, const OrtHardwareDevice *const *, std::size_t count,                  \
                       OrtEpDevice **listed, std::size_t most, std::size_t *num_listed))                     \
    MEMBER(CreateEp, OrtStatus *(OrtEpFactory *, const OrtHardwareDevice *const *,                           \
                                 const OrtKeyValuePairs *const *metadata, std::size_t count,                 \
                                 const OrtSessionOptions *, const OrtLogger *, OrtEp **))                    \
    MEMBER(ReleaseEp, void(OrtEpFactory *, OrtEp *))                                                         \
    MEMBER(GetVendorId, std::uint32_t(const OrtEpFactory *))                                                 \
    MEMBER(GetVersion, const char *(const OrtEpFactory *))                                                   \
    MEMBER(ValidateCompiledModelCompatibilityInfo,                                                           \
           OrtStatus *(OrtEpFactory *, const OrtHardwareDevice *const *, std::size_t count,                  \
                       const char *info, int *compatibility))                                                \
    MEMBER(CreateAllocator, OrtStatus *(OrtEpFactory *, const OrtMemoryInfo *,                               \
                                        const OrtKeyValuePairs *options, OrtAllocator **))                   \
    MEMBER(ReleaseAllocator, void(OrtEpFactory *, OrtAllocator *))                                           \
    MEMBER(CreateDataTransfer, OrtStatus *(OrtEpFactory *, OrtDataTransferImpl **))                          \
    MEMBER(IsStreamAware, bool(const OrtEpFactory *))                                                        \
    MEMBER(CreateSyncStreamForDevice, OrtStatus *(OrtEpFactory *, const OrtMemoryDevice *,                   \
                                                  const OrtKeyValuePairs *options, OrtSyncStreamImpl **))

#define VSMLRT_ORT_DECLARE(slot, name, ...) inline constexpr Slot<slot, __VA_ARGS__> name = {};
VSMLRT_ORT_PROVIDER_API(VSMLRT_ORT_DECLARE)
VSMLRT_ORT_EP_API(VSMLRT_ORT_DECLARE)
#undef VSMLRT_ORT_DECLARE

// OrtEpFactory. Null: what ONNX Runtime can do without.
struct EpFactory {
    std::uint32_t ort_version_supported = api_version;
#define VSMLRT_ORT_DECLARE(name, ...) std::add_pointer_t<__VA_ARGS__> name = nullptr;
    VSMLRT_ORT_EP_FACTORY(VSMLRT_ORT_DECLARE)
#undef VSMLRT_ORT_DECLARE
};

// Calls a function of a table.
template <std::size_t Index, typename Signature, typename... Arguments>
auto call_in(const void *const *table, Slot<Index, Signature>, Arguments... arguments) {
    return reinterpret_cast<Signature *>(const_cast<void *>(table[Index]))(arguments...);
}

} // namespace vsmlrt::ort
