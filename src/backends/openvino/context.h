// One execution of a program at a time, with its own input and output buffers.
#pragma once

#include "backends/openvino/program.h"
#include "module/tensor.h"

#include <openvino/runtime/infer_request.hpp>

namespace vsmlrt::openvino {

class Context {
public:
    explicit Context(Program &program) : program_(program), request_(program.make_request()) {}

    // See vsmlrt_backend::bind.
    void bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs);
    // DeviceError if OpenVINO fails.
    void run();

private:
    struct Slot {
        HostTensor memory;
        ov::Tensor tensor;
    };
    [[nodiscard]] static Slot make_slot(const ov::element::Type &type, const Dims &dims);
    void allocate(vsmlrt_extent extent);

    Program &program_;
    ov::InferRequest request_;
    vsmlrt_extent extent_ = {0, 0};
    std::vector<Slot> inputs_;
    std::vector<Slot> outputs_;
};

} // namespace vsmlrt::openvino
