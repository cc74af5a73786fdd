#include "backends/cuda/device.h"

#include "base/error.h"
#include "base/machine.h"
#include "nvidia/compiler.h"

#include <algorithm>
#include <array>

namespace vsmlrt::cuda {
namespace {

constexpr int oldest = 80; // mma.sync with cp.async

using nvidia::check;
using nvidia::driver;

int attribute(int device, nvidia::Attribute which) {
    int value = 0;
    check(driver().device_attribute(&value, which, device), "asking for the GPU's properties");
    return value;
}

std::string compiler_version_or_nothing() {
    try {
        return nvidia::compiler_version();
    } catch (const Unsupported &) {
        return "no compiler";
    }
}

// Of the very GPU or, of those of one generation, of one before it, whose cubins it takes as well (NVIDIA's
// binary compatibility); instructions of one generation alone (sm_90a) are of the very GPU.
std::shared_ptr<const ShippedKernels> shipped_for(const Device &device, int driver_version) {
    if (auto found = shipped_kernels(device.architecture, driver_version))
        return found;
    const int capability = device.facts.architecture;
    for (int older = capability - 1; older >= capability / 10 * 10; --older)
        if (auto found = shipped_kernels(text("sm_", older), driver_version))
            return found;
    return nullptr;
}

Device describe(int number) {
    Device device;
    device.number = number;
    device.id = text("CUDA.", number);
    int handle = 0;
    check(driver().device_get(&handle, number), "finding the GPU");
    std::array<char, 128> name = {};
    check(driver().device_name(name.data(), static_cast<int>(name.size()) - 1, handle),
          "asking for the GPU's name");
    device.name = name.data();
    std::size_t bytes = 0;
    check(driver().device_memory(&bytes, handle), "asking for the GPU's memory");
    device.memory_bytes = static_cast<std::int64_t>(bytes);
    const int major = attribute(handle, nvidia::Attribute::capability_major);
    const int minor = attribute(handle, nvidia::Attribute::capability_minor);
    device.facts.architecture = 10 * major + minor;
    device.facts.multiprocessors = attribute(handle, nvidia::Attribute::multiprocessors);
    device.facts.shared_bytes_per_block = attribute(handle, nvidia::Attribute::shared_bytes_of_block);
    device.facts.runs_barriers = device.facts.shared_bytes_per_block > 0;
    // Instructions of one generation alone (wgmma) exist under the name with an a.
    device.architecture = text("sm_", device.facts.architecture, device.facts.is_hopper() ? "a" : "");
    int version = 0;
    check(driver().driver_version(&version), "asking for the driver's version");
    device.shipped = shipped_for(device, version);
    // What compiles the rest is not part of it then: it need not be there, and opening it takes time.
    device.plan_basis =
        text("compute capability ", major, ".", minor, ", driver ", version, " ", nvidia_driver_release(),
             ", ", device.shipped ? device.shipped->version() : compiler_version_or_nothing());
    return device;
}

std::vector<Device> all_devices() {
    int count = 0;
    check(driver().device_count(&count), "counting GPUs");
    std::vector<Device> devices;
    for (int number = 0; number < count; ++number)
        devices.push_back(describe(number));
    return devices;
}

// Why the backend does not serve it; empty where it does.
std::string reason_against(const Device &device) {
    if (device.facts.architecture < oldest)
        return text(device.name, " has compute capability ", device.facts.architecture / 10, ".",
                    device.facts.architecture % 10,
                    " and at least 8.0 is needed; use backend onnxruntime, on CUDA or "
                    "WebGPU");
    if (device.shipped)
        return {};
    try {
        nvidia::require_compiler();
    } catch (const Unsupported &missing) {
        return missing.what();
    }
    return {};
}

} // namespace

void probe() {
    static_cast<void>(driver());
    std::string reason = "the NVIDIA driver lists no GPU; check it with nvidia-smi";
    const std::vector<Device> devices = all_devices();
    for (auto device = devices.rbegin(); device != devices.rend(); ++device) {
        reason = reason_against(*device);
        if (reason.empty())
            return;
    }
    throw Unsupported(reason);
}

std::vector<Device> list_devices() {
    std::vector<Device> devices = all_devices();
    std::erase_if(devices, [](const Device &device) { return !reason_against(device).empty(); });
    return devices;
}

std::vector<Absent> list_absent() {
    std::vector<Absent> absent;
    for (const Device &device : all_devices())
        if (const std::string reason = reason_against(device); !reason.empty())
            absent.push_back({device.id, reason});
    return absent;
}

Device find_device(const std::string &id) {
    std::vector<std::string> names;
    for (Device &device : list_devices()) {
        if (device.id == id)
            return std::move(device);
        names.push_back(device.id);
    }
    throw BadArgument("cuda: there is no device \"", id, "\"; there is ", join(names, ", "));
}

} // namespace vsmlrt::cuda
