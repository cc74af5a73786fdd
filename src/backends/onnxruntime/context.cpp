#include "backends/onnxruntime/context.h"

#include "backends/onnxruntime/environment.h"
#include "base/error.h"
#include "module/tensor.h"

#include <algorithm>

namespace vsmlrt::ort {
namespace {

void check_run(const std::optional<Failure> &failure) {
    if (failure)
        throw DeviceError("ONNX Runtime failed on a frame: ", failure->message);
}

} // namespace

Context::Context(Program &program)
    : program_(program), open_(program.next_session()),
      binding_(make<Binding>(CreateIoBinding, open_.session.get())) {}

Context::Buffer Context::make_buffer(const Port &port, const Dims &dims) const {
    const std::size_t bytes = tensor_bytes(port.type, dims);
    const auto tensor_in = [&](const Memory &memory, const Block &block) {
        return make<Tensor>(CreateTensorWithDataAsOrtValue, memory.info(), block.data(), bytes, dims.data(),
                            dims.size(), element_of(port.type));
    };
    Buffer buffer;
    buffer.memory = open_.host.allocate(bytes);
    buffer.tensor = tensor_in(open_.host, buffer.memory);
    if (open_.on_device.info()) {
        buffer.device_memory = open_.on_device.allocate(bytes);
        buffer.device_tensor = tensor_in(open_.on_device, buffer.device_memory);
    }
    buffer.view = tensor_view(port.type, dims, buffer.memory.data());
    return buffer;
}

void Context::bind_inputs() {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
        check_run(attempt(BindInput, binding_.get(), program_.inputs()[i].name.c_str(), inputs_[i].bound()));
}

void Context::allocate(vsmlrt_extent extent) {
    const IoShapes shapes = program_.shapes(extent);
    extent_ = {0, 0};
    inputs_.clear();
    outputs_.clear();
    for (std::size_t i = 0; i < shapes.inputs.size(); ++i)
        inputs_.push_back(make_buffer(program_.inputs()[i], shapes.inputs[i]));
    for (std::size_t i = 0; i < shapes.outputs.size(); ++i) {
        const Port &port = program_.outputs()[i];
        outputs_.push_back(make_buffer(port, shapes.outputs[i]));
        must(BindOutput, binding_.get(), port.name.c_str(), outputs_.back().bound());
    }
    if (!copies_when_bound())
        bind_inputs();
    extent_ = extent;
}

void Context::bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) {
    if (!same_extent(extent, extent_))
        allocate(extent);
    for (const Buffer &buffer : inputs_)
        *inputs++ = buffer.view;
    for (const Buffer &buffer : outputs_)
        *outputs++ = buffer.view;
}

void Context::copy(const std::vector<Buffer> &buffers, Direction direction) const {
    std::vector<const OrtValue *> from;
    std::vector<OrtValue *> to;
    for (const Buffer &buffer : buffers) {
        const bool up = direction == Direction::to_device;
        from.push_back(up ? buffer.tensor.get() : buffer.device_tensor.get());
        to.push_back(up ? buffer.device_tensor.get() : buffer.tensor.get());
    }
    check_run(attempt(CopyTensors, environment(), from.data(), to.data(), nullptr, from.size()));
}

void Context::run() {
    const StreamSlots::Slot stream(program_.streams);
    if (copies_when_bound()) {
        bind_inputs();
        check_run(attempt(SynchronizeBoundInputs, binding_.get()));
    } else if (open_.on_device.info()) {
        copy(inputs_, Direction::to_device);
    }
    check_run(attempt(RunWithBinding, open_.session.get(), nullptr, binding_.get()));
    if (!program_.on_cpu())
        check_run(attempt(SynchronizeBoundOutputs, binding_.get()));
    if (open_.on_device.info())
        copy(outputs_, Direction::to_host);
}

} // namespace vsmlrt::ort
