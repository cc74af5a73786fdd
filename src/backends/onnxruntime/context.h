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
    // An input or output: in host memory, and in the device's where that is kept apart.
    struct Buffer {
        Block memory;
        Tensor tensor;
        Block device_memory;
        Tensor device_tensor; // null: the session copies by itself
        vsmlrt_tensor view = {};
        [[nodiscard]] const OrtValue *bound() const {
            return device_tensor ? device_tensor.get() : tensor.get();
        }
    };
    enum class Direction { to_device, to_host };

    [[nodiscard]] Buffer make_buffer(const Port &port, const Dims &dims) const;
    void allocate(vsmlrt_extent extent);
    void bind_inputs();
    void copy(const std::vector<Buffer> &buffers, Direction direction) const;
    // The session copies inputs when they are bound, not when it runs: they must be bound again for each run.
    [[nodiscard]] bool copies_when_bound() const { return !program_.on_cpu() && !open_.on_device.info(); }

    Program &program_;
    const Program::OpenSession &open_;
    Binding binding_;
    vsmlrt_extent extent_ = {0, 0};
    std::vector<Buffer> inputs_;
    std::vector<Buffer> outputs_;
};

} // namespace vsmlrt::ort
