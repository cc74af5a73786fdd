// A network compiled by OpenVINO for one device, precision and shape range.
#pragma once

#include "backends/openvino/device.h"
#include "module/shapes.h"

#include <memory>
#include <openvino/runtime/compiled_model.hpp>

namespace vsmlrt::openvino {

class Program {
public:
    // BadModel if OpenVINO cannot read the network, DeviceError if it cannot compile it, BadArgument for
    // options other than OpenVINO's own properties (given as "NAME=value").
    Program(const Device &device, const vsmlrt_program_desc &desc);

    [[nodiscard]] vsmlrt_program_info info() const { return info_; }
    // Unsupported where operators are our own.
    [[nodiscard]] std::string blob() const;
    // As many requests run at once as the program has streams; the others wait in line.
    [[nodiscard]] ov::InferRequest make_request() { return compiled_.create_infer_request(); }
    [[nodiscard]] const ov::CompiledModel &compiled() const { return compiled_; }

    // The shapes of all inputs and of all outputs for one extent. Worked out once an extent; thread-safe.
    [[nodiscard]] IoShapes shapes(vsmlrt_extent extent);

private:
    void describe();
    [[nodiscard]] IoShapes propagate(vsmlrt_extent extent) const;

    std::shared_ptr<ov::Model> model_; // null for static programs: their shapes are in the compiled one
    ov::CompiledModel compiled_;
    bool own_operators_ = false;
    std::int64_t weight_bytes_ = 0;
    std::int64_t workspace_bytes_ = 0; // of one context
    vsmlrt_program_info info_ = {};
    KnownShapes known_shapes_;
};

} // namespace vsmlrt::openvino
