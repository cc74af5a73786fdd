// A network compiled by OpenVINO for one device, precision and shape range.
#pragma once

#include "backends/openvino/device.h"
#include "backends/openvino/gate.h"

#include <map>
#include <mutex>
#include <openvino/runtime/compiled_model.hpp>
#include <utility>

namespace vsmlrt::openvino {

class Program {
public:
    // BadModel if OpenVINO cannot read the network, DeviceError if it cannot compile it, BadArgument for
    // options other than OpenVINO's own properties (given as "NAME=value").
    Program(const Device &device, const vsmlrt_program_desc &desc);

    [[nodiscard]] vsmlrt_program_info info() const { return info_; }
    // As many contexts run at once as the program has streams.
    [[nodiscard]] Gate &gate() { return gate_; }
    // Unsupported where operators are our own.
    [[nodiscard]] std::string blob() const;
    [[nodiscard]] ov::InferRequest make_request() { return compiled_.create_infer_request(); }
    [[nodiscard]] const ov::CompiledModel &compiled() const { return compiled_; }

    // The shapes of all inputs and of all outputs for one extent. Worked out once an extent; thread-safe.
    struct Shapes {
        std::vector<ov::Shape> inputs;
        std::vector<ov::Shape> outputs;
    };
    [[nodiscard]] Shapes shapes(vsmlrt_extent extent);

private:
    void describe(const Device &device, const vsmlrt_program_desc &desc);
    [[nodiscard]] Shapes propagate(vsmlrt_extent extent) const;

    std::shared_ptr<ov::Model> model_; // null for static programs: their shapes are in the compiled one
    ov::CompiledModel compiled_;
    bool own_operators_ = false;
    std::int64_t workspace_bytes_ = 0; // of one context
    vsmlrt_program_info info_ = {};
    Gate gate_;
    std::mutex mutex_;
    std::map<std::pair<std::int32_t, std::int32_t>, Shapes> known_shapes_;
};

} // namespace vsmlrt::openvino
