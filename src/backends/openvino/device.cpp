#include "backends/openvino/device.h"

#include "backends/openvino/cap.h"
#include "base/environment.h"
#include "base/instruction_sets.h"
#include "base/machine.h"
#include "cpu/select.h"
#include "module/device.h"

#include <algorithm>
#include <cstdlib>
#include <openvino/runtime/intel_gpu/properties.hpp>

namespace vsmlrt::openvino {
namespace {

// Of plugins that are neither a GPU's nor an NPU's the kernels run on the processor.
vsmlrt_device_kind kind_of(const std::string &group) {
    return group == "GPU" ? VSMLRT_DEVICE_GPU : group == "NPU" ? VSMLRT_DEVICE_NPU : VSMLRT_DEVICE_CPU;
}

// An id is its plugin's name and, where the plugin has several devices, what tells them apart. For GPUs that
// is the number; an NPU is told by its platform ("NPU.3720"), and the first is number 0.
void name_device(Device &device, const std::string &id) {
    const auto dot = std::min(id.find('.'), id.size());
    device.id = id;
    device.group = id.substr(0, dot);
    device.kind = kind_of(device.group);
    if (device.kind == VSMLRT_DEVICE_GPU && dot < id.size())
        device.number = std::atoi(id.c_str() + dot + 1);
}

std::int64_t device_memory(const Device &device) {
    if (device.kind != VSMLRT_DEVICE_GPU)
        return memory_bytes();
    try {
        return static_cast<std::int64_t>(
            core().get_property(device.id, ov::intel_gpu::device_total_mem_size));
    } catch (const ov::Exception &) {
        return 0;
    }
}

// A whole frame on every core: threads that share a frame wait for each other at the end of each operator,
// and of several streams every core always has one to compute (docs/decisions/0015).
int best_streams(const Device &device) {
    return device.is_cpu() ? usable_processors() : 1;
}

// Raised where networks are made into others than before: plans that were stored hold the old ones.
constexpr int rewrites = 1;

// The revision of our rewrites, the device's architecture and its driver's version, under whatever name its
// plugin has that.
std::string plan_basis(const Device &device) {
    std::string basis = text("rewrites ", rewrites, "\n");
    for (const ov::PropertyName &property : core().get_property(device.id, ov::supported_properties)) {
        const auto &name = static_cast<const std::string &>(property);
        if (name == ov::device::architecture.name() || name.find("DRIVER_VERSION") != std::string::npos)
            basis += text(name, " ", core().get_property(device.id, name).as<std::string>(), "\n");
    }
    // A program with convolutions of our own and one without are different plans.
    if (const cpu::Kernels *own = device.is_cpu() ? cpu::fastest_kernels() : nullptr)
        basis += text("own convolutions ", own->name, "\n");
    if (const cpu::TileKernels *own = device.is_cpu() ? cpu::tile_kernels() : nullptr)
        basis += text("own convolutions by tiles ", own->name, "\n");
    return basis;
}

Device describe(const std::string &id) {
    Device device;
    name_device(device, id);
    device.name = core().get_property(id, ov::device::full_name);
    device.memory_bytes = device_memory(device);
    const auto abilities = core().get_property(id, ov::device::capabilities);
    const auto can = [&](const char *what) {
        return std::find(abilities.begin(), abilities.end(), what) != abilities.end();
    };
    device.native_fp16 = can(ov::device::capability::FP16);
    const bool capped = device.is_cpu() && instruction_set_cap() < InstructionSet::avx512_bf16;
    device.native_bf16 = can(ov::device::capability::BF16) && !capped;
    device.best_streams = best_streams(device);
    device.plan_basis = plan_basis(device);
    return device;
}

} // namespace

std::string cpu_obstacle() {
    // oneDNN reads the first of these that is set, in any case of letters.
    for (const char *variable : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
        const std::string cap = environment(variable);
        if (cap.empty())
            continue;
        const std::string obstacle = cap_obstacle(cap, processor_has(InstructionSet::avx512));
        if (obstacle.empty())
            break;
        return text("the environment variable ", variable, " is ", cap, ", ", obstacle,
                    ", or take the backend onnxruntime");
    }
    return {};
}

ov::Core &core() {
    static auto *const instance = new ov::Core;
    return *instance;
}

std::vector<Device> list_devices() {
    std::vector<Device> devices;
    const bool without_cpu = !cpu_obstacle().empty();
    for (const std::string &id : core().get_available_devices()) {
        try {
            Device device = describe(id);
            if (device.is_cpu() && without_cpu)
                continue;
            if (device.kind == VSMLRT_DEVICE_NPU)
                device.number =
                    static_cast<int>(std::count_if(devices.begin(), devices.end(), [&](const Device &other) {
                        return other.group == device.group;
                    }));
            devices.push_back(std::move(device));
        } catch (const ov::Exception &) {
            continue; // A driver that lists a device and then does not answer has none to offer.
        }
    }
    return devices;
}

std::vector<std::pair<std::string, std::string>> list_absent() {
    const std::string obstacle = cpu_obstacle();
    if (obstacle.empty())
        return {};
    return {{"CPU", obstacle}};
}

Device find_device(const std::string &id) {
    const std::vector<Device> devices = list_devices();
    const std::string obstacle = cpu_obstacle();
    return device_of(devices, id, "OpenVINO", obstacle.empty() ? "" : " (CPU: " + obstacle + ")");
}

} // namespace vsmlrt::openvino
