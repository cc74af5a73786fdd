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
    device.architecture = text("sm_", device.facts.architecture, device.facts.architecture == 90 ? "a" : "");
    int version = 0;
    check(driver().driver_version(&version), "asking for the driver's version");
    device.plan_basis = text("compute capability ", major, ".", minor, ", driver ", version, " ",
                             nvidia_driver_release(), ", ", nvidia::compiler_version());
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

bool is_served(const Device &device) {
    return device.facts.architecture >= oldest;
}

std::string too_old(const Device &device) {
    return text(device.name, " has compute capability ", device.facts.architecture / 10, ".",
                device.facts.architecture % 10,
                " and at least 8.0 is needed; use backend onnxruntime, on CUDA or "
                "WebGPU");
}

} // namespace

void probe() {
    static_cast<void>(driver());
    nvidia::require_compiler();
    const std::vector<Device> devices = all_devices();
    if (std::any_of(devices.begin(), devices.end(), is_served))
        return;
    throw Unsupported(devices.empty()
                          ? std::string("the NVIDIA driver lists no GPU; check it with nvidia-smi")
                          : too_old(devices.front()));
}

std::vector<Device> list_devices() {
    std::vector<Device> devices = all_devices();
    std::erase_if(devices, [](const Device &device) { return !is_served(device); });
    return devices;
}

std::vector<Absent> list_absent() {
    std::vector<Absent> absent;
    for (const Device &device : all_devices())
        if (!is_served(device))
            absent.push_back({device.id, too_old(device)});
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
