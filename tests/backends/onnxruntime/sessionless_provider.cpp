// A provider library that starts, lists the processor as a device of its own, and fails when a session is
// made, with the status code that VSMLRT_TEST_STATUS says.
#include "backends/onnxruntime/provider_abi.h"

#include <cstdlib>

namespace ort = vsmlrt::ort;

namespace {

const void *const *api = nullptr;

const char *name(const OrtEpFactory *) {
    return "AbacusExecutionProvider";
}

const char *vendor(const OrtEpFactory *) {
    return "Counting House";
}

std::uint32_t vendor_id(const OrtEpFactory *) {
    return 0;
}

const char *version(const OrtEpFactory *) {
    return "1.0.0";
}

OrtStatus *list_devices(OrtEpFactory *factory, const OrtHardwareDevice *const *devices, std::size_t count,
                        OrtEpDevice **listed, std::size_t most, std::size_t *num_listed) {
    *num_listed = 0;
    const auto *const ep_api = reinterpret_cast<const void *const *>(ort::call_in(api, ort::GetEpApi));
    for (std::size_t i = 0; i < count && *num_listed < most; ++i)
        if (ort::call_in(api, ort::HardwareDevice_Type, devices[i]) == ort::hardware_cpu)
            return ort::call_in(ep_api, ort::CreateEpDevice, factory, devices[i], nullptr, nullptr,
                                &listed[(*num_listed)++]);
    return nullptr;
}

OrtStatus *make_provider(OrtEpFactory *, const OrtHardwareDevice *const *, const OrtKeyValuePairs *const *,
                         std::size_t, const OrtSessionOptions *, const OrtLogger *, OrtEp **provider) {
    *provider = nullptr;
    const char *const code = std::getenv("VSMLRT_TEST_STATUS");
    return ort::call_in(api, ort::CreateStatus, code ? std::atoi(code) : ort::error_fail,
                        "the abacus has lost its beads:\n two of ten.\n");
}

void release_provider(OrtEpFactory *, OrtEp *) {}

OrtStatus *make_data_transfer(OrtEpFactory *, OrtDataTransferImpl **transfer) {
    *transfer = nullptr;
    return nullptr;
}

ort::EpFactory factory = {.GetName = name,
                          .GetVendor = vendor,
                          .GetSupportedDevices = list_devices,
                          .CreateEp = make_provider,
                          .ReleaseEp = release_provider,
                          .GetVendorId = vendor_id,
                          .GetVersion = version,
                          .CreateDataTransfer = make_data_transfer};

} // namespace

extern "C" __attribute__((visibility("default"))) OrtStatus *
CreateEpFactories(const char *, const ort::ApiBase *base, const OrtLogger *, OrtEpFactory **factories,
                  std::size_t, std::size_t *count) {
    api = base->get_api(ort::api_version);
    factories[0] = reinterpret_cast<OrtEpFactory *>(&factory);
    *count = 1;
    return nullptr;
}

extern "C" __attribute__((visibility("default"))) OrtStatus *ReleaseEpFactory(OrtEpFactory *) {
    return nullptr;
}
