// Where a plugin under an old name has its networks computed: the first of some groups of devices that this
// machine has.
#pragma once

#include "vs/handles.h"

#include <span>
#include <string>

namespace vsmlrt::vs {

struct Place {
    const char *backend; // as core.mlrt.Model names it
    const char *group;   // as core.mlrt.Devices does; null: all of the backend's devices
    const char *title;   // what people call it
};

constexpr Place onnxruntime_cpu = {"onnxruntime", "CPU", "ONNX Runtime on the processor"};
constexpr Place openvino_cpu = {"openvino", "CPU", "OpenVINO on the processor"};
constexpr Place openvino_gpu = {"openvino", "GPU", "OpenVINO on an Intel GPU"};
constexpr Place cuda_engine = {"cuda", nullptr, "the cuda backend"};

struct FoundPlace {
    const Place *place;
    std::string device; // its id, as core.mlrt.Devices lists it
    std::string name;
    std::int64_t memory; // bytes; 0 where unknown
};

// The device of this number in the first place that has one. Unsupported, with the reasons, where no place
// has any device; BadArgument for a number that it does not have. Another place than the first is named once
// in the log. `who` stands in the sentences: "core.ort".
[[nodiscard]] FoundPlace find_place(const Host &host, const char *who, std::span<const Place> places,
                                    int number);

// Whether any of the places has a device here.
[[nodiscard]] bool has_place(const Host &host, std::span<const Place> places);

} // namespace vsmlrt::vs
