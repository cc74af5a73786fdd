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
    std::int64_t memory_bytes = 0; // 0: unknown
    bool native_fp16 = false;
    bool native_bf16 = false;
    std::string plan_basis; // what its blobs depend on in addition to OpenVINO's version
};

// Every device that OpenVINO lists and that answers; the virtual ones (AUTO, HETERO, ...) are left out.
[[nodiscard]] std::vector<Device> list_devices();
// BadArgument, naming what there is, for an id that list_devices does not give.
[[nodiscard]] Device find_device(const std::string &id);

} // namespace vsmlrt::openvino
