#include "backends/onnxruntime/nvidia.h"

#include "backends/onnxruntime/file_sizes.h"
#include "base/error.h"
#include "base/library_names.h"
#include "base/machine.h"
#include "base/path.h"
#include "base/shared_library.h"

#include <filesystem>

namespace vsmlrt::ort {
namespace fs = std::filesystem;
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
    const SharedLibrary library(nvidia_driver_library);
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

std::string plan_basis(const Driver &driver, int device) {
    constexpr int major_of_capability = 75;
    constexpr int minor_of_capability = 76;
    int version = 0;
    int major = 0;
    int minor = 0;
    if (driver.version(&version) != 0 || driver.attribute(&major, major_of_capability, device) != 0 ||
        driver.attribute(&minor, minor_of_capability, device) != 0)
        return {};
    return text("compute capability ", major, ".", minor, ", driver ", version, " ", nvidia_driver_release());
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

std::string sizes_of_loaded(std::string_view plain_beginning) {
    const std::string beginning = text_of(fs::path(library_file(plain_beginning)).stem());
    std::vector<fs::path> found;
    for (const fs::path &file : loaded_libraries())
        if (text_of(file.filename()).starts_with(beginning))
            found.push_back(file);
    return file_sizes(found);
}

} // namespace vsmlrt::ort
