// Sessions of ONNX Runtime: made from a network for a device, with its options.
#pragma once

#include "backends/onnxruntime/network_facts.h"
#include "backends/onnxruntime/options.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace vsmlrt::ort {

// An input or output of a session; -1 for sizes that are not fixed.
struct Port {
    std::string name;
    vsmlrt_type type = VSMLRT_FLOAT32;
    Dims dims;
};

class SessionSettings {
public:
    // Options for sessions of one program. BadArgument for options that do not exist, DeviceError if the
    // device's provider cannot start.
    SessionSettings(const Device &device, const vsmlrt_program_desc &desc, const NetworkFacts &facts);

    // BadModel, Unsupported or DeviceError, by what ONNX Runtime says.
    [[nodiscard]] Session open(std::span<const std::byte> network) const;
    // The network as a context model: what the provider compiled it to, inside an ONNX file. Empty, with a
    // log line, if the provider makes none of it.
    [[nodiscard]] std::vector<std::byte> compile(std::span<const std::byte> network) const;

private:
    void set_threads(const vsmlrt_program_desc &desc, const Options &given) const;
    void append_provider(const vsmlrt_program_desc &desc, const NetworkFacts &facts, Settings settings) const;

    const Device &device_;
    SessionOptions options_;
};

// Unsupported for element types and ranks that cannot cross the door.
[[nodiscard]] std::vector<Port> inputs_of(const OrtSession *session);
[[nodiscard]] std::vector<Port> outputs_of(const OrtSession *session);

// ONNX Runtime's number of an element type.
[[nodiscard]] int element_of(vsmlrt_type type);
[[nodiscard]] Dims dims_of(const OrtTensorTypeAndShapeInfo *info);

} // namespace vsmlrt::ort
