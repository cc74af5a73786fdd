#include "backends/onnxruntime/context.h"

#include "base/error.h"

#include <algorithm>

namespace vsmlrt::ort {
namespace {

// Gives a stream back, whatever happens.
class Turn {
public:
    explicit Turn(std::counting_semaphore<> &streams) : streams_(streams) { streams_.acquire(); }
    ~Turn() { streams_.release(); }
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;

private:
    std::counting_semaphore<> &streams_;
};

void check_run(const std::optional<Failure> &failure) {
    if (failure)
        throw DeviceError("ONNX Runtime failed on a frame: ", failure->message);
}

} // namespace

Context::Context(Program &program)
    : program_(program), lane_(program.lane()),
      binding_(make<Binding>(CreateIoBinding, lane_.session.get())) {}

Context::Buffer Context::make_buffer(const Port &port, const Dims &dims) const {
    std::size_t bytes = port.element == element_float16 ? 2 : 4;
    for (const std::int64_t dim : dims)
        bytes *= static_cast<std::size_t>(dim);
    Buffer buffer;
    buffer.memory = lane_.memory.allocate(bytes);
    buffer.tensor = make<Tensor>(CreateTensorWithDataAsOrtValue, lane_.memory.info(), buffer.memory.data(),
                                 bytes, dims.data(), dims.size(), port.element);
    buffer.view.type = port.element == element_float16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32;
    buffer.view.rank = static_cast<std::int32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), std::begin(buffer.view.dims));
    buffer.view.data = buffer.memory.data();
    return buffer;
}

void Context::bind_inputs() {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
        check_run(
            attempt(BindInput, binding_.get(), program_.inputs()[i].name.c_str(), inputs_[i].tensor.get()));
}

void Context::allocate(vsmlrt_extent extent) {
    const Shapes shapes = program_.shapes(extent);
    extent_ = {0, 0};
    inputs_.clear();
    outputs_.clear();
    for (std::size_t i = 0; i < shapes.inputs.size(); ++i)
        inputs_.push_back(make_buffer(program_.inputs()[i], shapes.inputs[i]));
    for (std::size_t i = 0; i < shapes.outputs.size(); ++i) {
        const Port &port = program_.outputs()[i];
        outputs_.push_back(make_buffer(port, shapes.outputs[i]));
        must(BindOutput, binding_.get(), port.name.c_str(), outputs_.back().tensor.get());
    }
    if (!program_.copies_inputs())
        bind_inputs();
    extent_ = extent;
}

void Context::bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) {
    if (extent.width != extent_.width || extent.height != extent_.height)
        allocate(extent);
    for (const Buffer &buffer : inputs_)
        *inputs++ = buffer.view;
    for (const Buffer &buffer : outputs_)
        *outputs++ = buffer.view;
}

void Context::run() {
    const Turn turn(program_.streams);
    if (program_.copies_inputs()) {
        bind_inputs();
        check_run(attempt(SynchronizeBoundInputs, binding_.get()));
    }
    check_run(attempt(RunWithBinding, lane_.session.get(), nullptr, binding_.get()));
    if (program_.copies_inputs())
        check_run(attempt(SynchronizeBoundOutputs, binding_.get()));
}

} // namespace vsmlrt::ort
