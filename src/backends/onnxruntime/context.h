// One execution of a program at a time, with its own buffers bound to its session's inputs and outputs.
#pragma once

#include "backends/onnxruntime/program.h"

namespace vsmlrt::ort {

class Context {
public:
    explicit Context(Program &program);

    // See vsmlrt_backend::bind.
    void bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs);
    // DeviceError if ONNX Runtime fails.
    void run();

private:
    struct Buffer {
        HostMemory::Block memory;
        Tensor tensor;
        vsmlrt_tensor view = {};
    };
    [[nodiscard]] Buffer make_buffer(const Port &port, const Dims &dims) const;
    void allocate(vsmlrt_extent extent);
    void bind_inputs();

    Program &program_;
    const Program::Lane &lane_;
    Binding binding_;
    vsmlrt_extent extent_ = {0, 0};
    std::vector<Buffer> inputs_;
    std::vector<Buffer> outputs_;
};

} // namespace vsmlrt::ort
