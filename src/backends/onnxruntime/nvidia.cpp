#include "backends/onnxruntime/nvidia.h"

#include "backends/onnxruntime/file_sizes.h"
#include "base/error.h"
#include "base/shared_library.h"

#include <filesystem>
#include <fstream>
#include <link.h>

namespace vsmlrt::ort {
namespace {

// Functions of the CUDA driver API; all return 0 for success.
struct Driver {
    int (*init)(unsigned flags) = nullptr;
    int (*count)(int *count) = nullptr;
    int (*get)(int *device, int index) = nullptr;
    int (*name)(char *name, int size, int device) = nullptr;
    int (*memory)(std::size_t *bytes, int device) = nullptr;
    int (*attribute)(int *value, int attribute, int device) = nullptr;
    int (*version)(int *version) = nullptr;
};

// Unsupported where there is no driver, or one that lacks a function.
Driver load() {
    const SharedLibrary library("libcuda.so.1");
    Driver driver;
    const auto find = [&](auto &function, const char *symbol) {
        function = reinterpret_cast<std::decay_t<decltype(function)>>(library.symbol(symbol));
    };
    find(driver.init, "cuInit");
    find(driver.count, "cuDeviceGetCount");
    find(driver.get, "cuDeviceGet");
    find(driver.name, "cuDeviceGetName");
    find(driver.memory, "cuDeviceTotalMem_v2");
    find(driver.attribute, "cuDeviceGetAttribute");
    find(driver.version, "cuDriverGetVersion");
    return driver;
}

// The release of the kernel's driver, which the driver API does not tell ("580.95.05"); empty where the
// system does not show it.
std::string driver_release() {
    std::string release;
    std::getline(std::ifstream("/sys/module/nvidia/version"), release);
    return release;
}

std::string plan_basis(const Driver &driver, int device) {
    constexpr int major_of_capability = 75;
    constexpr int minor_of_capability = 76;
    int version = 0;
    int major = 0;
    int minor = 0;
    if (driver.version(&version) != 0 || driver.attribute(&major, major_of_capability, device) != 0 ||
        driver.attribute(&minor, minor_of_capability, device) != 0)
        return {};
    return text("compute capability ", major, ".", minor, ", driver ", version, " ", driver_release());
}

} // namespace

std::vector<NvidiaDevice> nvidia_devices() {
    Driver driver;
    try {
        driver = load();
    } catch (const Unsupported &) {
        return {};
    }
    int count = 0;
    if (driver.init(0) != 0 || driver.count(&count) != 0)
        return {};
    std::vector<NvidiaDevice> devices;
    for (int i = 0; i < count; ++i) {
        int device = 0;
        char name[256] = {};
        std::size_t bytes = 0;
        if (driver.get(&device, i) != 0 || driver.name(name, sizeof name - 1, device) != 0 ||
            driver.memory(&bytes, device) != 0)
            break;
        devices.push_back({name, static_cast<std::int64_t>(bytes), plan_basis(driver, device)});
    }
    return devices;
}

std::string loaded_libraries(std::string_view beginning) {
    struct Search {
        std::string_view beginning;
        std::vector<std::filesystem::path> found;
    } search{beginning, {}};
    const auto visit = [](dl_phdr_info *info, std::size_t, void *user) {
        auto &wanted = *static_cast<Search *>(user);
        const std::filesystem::path file = info->dlpi_name;
        if (file.filename().string().starts_with(wanted.beginning))
            wanted.found.push_back(file);
        return 0;
    };
    ::dl_iterate_phdr(visit, &search);
    return file_sizes(search.found);
}

} // namespace vsmlrt::ort
