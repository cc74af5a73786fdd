// One OpenVINO device ("CPU", "GPU.0", "NPU") and the process's OpenVINO core.
#pragma once

#include "vsmlrt/backend.h"

#include <openvino/runtime/core.hpp>
#include <string>
#include <vector>

namespace vsmlrt::openvino {

// The one core of this process. Never destroyed: OpenVINO's threads must not meet static destructors at exit.
// DeviceError if the library cannot start.
[[nodiscard]] ov::Core &core();

struct Device {
    std::string id;
    std::string name;
    vsmlrt_device_kind kind = VSMLRT_DEVICE_CPU;
    std::string group;             // its id without the number: "GPU"
    int number = 0;                // in its group
    std::int64_t memory_bytes = 0; // 0: unknown
    bool native_fp16 = false;
    bool native_bf16 = false;
    int best_streams = 1;   // contexts side by side, where nobody says
    std::string plan_basis; // what its blobs depend on in addition to OpenVINO's version

    [[nodiscard]] bool is_cpu() const { return kind == VSMLRT_DEVICE_CPU; }
};

// Why nothing is computed on the CPU in this process's environment; empty where it is (docs/decisions/0021).
[[nodiscard]] std::string cpu_obstacle();

// What of OpenVINO is not there, and why.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> list_absent();

// Every device that OpenVINO lists and that answers; the virtual ones (AUTO, HETERO, ...) are left out, and
// the CPU where there is an obstacle.
[[nodiscard]] std::vector<Device> list_devices();
// BadArgument, naming what there is, for an id that list_devices does not give.
[[nodiscard]] Device find_device(const std::string &id);

} // namespace vsmlrt::openvino
