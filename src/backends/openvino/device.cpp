#include "backends/openvino/device.h"

#include "cpu/select.h"
#include "module/device.h"

#include <algorithm>
#include <openvino/runtime/intel_gpu/properties.hpp>

namespace vsmlrt::openvino {
namespace {

std::int64_t device_memory(const std::string &id) {
    if (id.rfind("GPU", 0) != 0)
        return host_memory_bytes();
    try {
        return static_cast<std::int64_t>(core().get_property(id, ov::intel_gpu::device_total_mem_size));
    } catch (const ov::Exception &) {
        return 0;
    }
}

// The device's architecture and its driver's version, under whatever name its plugin has that.
std::string plan_basis(const std::string &id) {
    std::string basis;
    for (const ov::PropertyName &property : core().get_property(id, ov::supported_properties)) {
        const auto &name = static_cast<const std::string &>(property);
        if (name == ov::device::architecture.name() || name.find("DRIVER_VERSION") != std::string::npos)
            basis += text(name, " ", core().get_property(id, name).as<std::string>(), "\n");
    }
    // A program with convolutions of our own and one without are different plans.
    if (const cpu::Kernels *own = id == "CPU" ? cpu::fastest_kernels() : nullptr)
        basis += text("own convolutions ", own->name, "\n");
    return basis;
}

Device describe(const std::string &id) {
    Device device;
    device.id = id;
    device.name = core().get_property(id, ov::device::full_name);
    device.memory_bytes = device_memory(id);
    const auto abilities = core().get_property(id, ov::device::capabilities);
    const auto can = [&](const char *what) {
        return std::find(abilities.begin(), abilities.end(), what) != abilities.end();
    };
    device.native_fp16 = can(ov::device::capability::FP16);
    const bool capped = id == "CPU" && instruction_set_cap() < InstructionSet::avx512_bf16;
    device.native_bf16 = can(ov::device::capability::BF16) && !capped;
    device.plan_basis = plan_basis(id);
    return device;
}

} // namespace

ov::Core &core() {
    static auto *const instance = new ov::Core;
    return *instance;
}

std::vector<Device> list_devices() {
    std::vector<Device> devices;
    for (const std::string &id : core().get_available_devices()) {
        try {
            devices.push_back(describe(id));
        } catch (const ov::Exception &) {
            continue; // A driver that lists a device and then does not answer has none to offer.
        }
    }
    return devices;
}

Device find_device(const std::string &id) {
    const std::vector<Device> devices = list_devices();
    return device_of(devices, id, "OpenVINO");
}

} // namespace vsmlrt::openvino
