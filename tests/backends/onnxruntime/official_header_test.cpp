// Every slot, signature and constant of ort_api.h and provider_abi.h against the official
// onnxruntime_c_api.h: it compiles, or they differ.
#include "backends/onnxruntime/provider_abi.h"

#include <onnxruntime_c_api.h>
#include <type_traits>

namespace vsmlrt::ort {
namespace {

static_assert(ORT_API_VERSION >= api_version, "the header is older than the slots that are declared");

// The header marks results as not to be ignored, which is not part of a type.
#pragma GCC diagnostic ignored "-Wignored-attributes"

// A C enumeration of int's size, where we say int.
template <typename Ours, typename Theirs>
constexpr bool same_value() {
    if constexpr (std::is_same_v<Ours, int> && std::is_enum_v<Theirs>)
        return sizeof(Theirs) == sizeof(int);
    else
        return std::is_same_v<Ours, Theirs>;
}

// The same for whoever calls: what pointers lead to must be the same as well.
template <typename Ours, typename Theirs>
struct Same : std::bool_constant<same_value<Ours, Theirs>()> {};
template <typename Ours, typename Theirs>
struct Same<Ours *, Theirs *>
    : std::bool_constant<std::is_const_v<Ours> == std::is_const_v<Theirs> &&
                         Same<std::remove_const_t<Ours>, std::remove_const_t<Theirs>>::value> {};
template <typename OurResult, typename... Ours, typename TheirResult, typename... Theirs>
requires(sizeof...(Ours) == sizeof...(Theirs)) struct Same<OurResult(Ours...), TheirResult(Theirs...)>
    : std::bool_constant<Same<OurResult, TheirResult>::value && (Same<Ours, Theirs>::value && ...)> {
};
template <typename OurResult, typename... Ours, typename TheirResult, typename... Theirs>
struct Same<OurResult(Ours...), TheirResult(Theirs...) noexcept>
    : Same<OurResult(Ours...), TheirResult(Theirs...)> {};

template <typename Ours, typename Theirs>
constexpr bool agrees = Same<Ours, std::remove_pointer_t<Theirs>>::value;

// The comparison itself can fail.
static_assert(!agrees<int(const OrtStatus *), decltype(OrtApi::GetErrorMessage)>);
static_assert(!agrees<OrtStatus *(OrtSessionOptions *), decltype(OrtApi::SetIntraOpNumThreads)>);
static_assert(!agrees<OrtStatus *(OrtSession *, std::size_t *), decltype(OrtApi::SessionGetInputCount)>);

#define VSMLRT_CHECK_IN(table, slot, name, ...)                                                              \
    static_assert(offsetof(table, name) == (slot) * sizeof(void *), #name " is in another slot");            \
    static_assert(agrees<__VA_ARGS__, decltype(table::name)>, #name " has another signature");
#define VSMLRT_CHECK(slot, name, ...) VSMLRT_CHECK_IN(OrtApi, slot, name, __VA_ARGS__)
VSMLRT_ORT_API(VSMLRT_CHECK)
VSMLRT_ORT_PROVIDER_API(VSMLRT_CHECK)
#undef VSMLRT_CHECK
#define VSMLRT_CHECK(slot, name, ...) VSMLRT_CHECK_IN(OrtEpApi, slot, name, __VA_ARGS__)
VSMLRT_ORT_EP_API(VSMLRT_CHECK)
#undef VSMLRT_CHECK
#define VSMLRT_CHECK(slot, name, ...) VSMLRT_CHECK_IN(OrtCompileApi, slot, name, __VA_ARGS__)
VSMLRT_ORT_COMPILE_API(VSMLRT_CHECK)
#undef VSMLRT_CHECK

#define VSMLRT_CHECK(name, ...)                                                                              \
    static_assert(offsetof(OrtEpFactory, name) == offsetof(EpFactory, name), #name " is at another place");  \
    static_assert(agrees<__VA_ARGS__, decltype(OrtEpFactory::name)>, #name " has another signature");
VSMLRT_ORT_EP_FACTORY(VSMLRT_CHECK)
#undef VSMLRT_CHECK
static_assert(offsetof(OrtEpFactory, ort_version_supported) == offsetof(EpFactory, ort_version_supported));

#define VSMLRT_CHECK(name, official, value)                                                                  \
    static_assert(static_cast<int>(official) == (value), #official " has another value");
VSMLRT_ORT_CONSTANTS(VSMLRT_CHECK)
#undef VSMLRT_CHECK

static_assert(offsetof(OrtApiBase, GetApi) == offsetof(ApiBase, get_api));
static_assert(offsetof(OrtApiBase, GetVersionString) == offsetof(ApiBase, get_version));

} // namespace
} // namespace vsmlrt::ort
