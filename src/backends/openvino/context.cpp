#include "backends/openvino/context.h"

#include "base/error.h"

namespace vsmlrt::openvino {
namespace {

vsmlrt_type door_type(const ov::element::Type &type) {
    if (type == ov::element::f32)
        return VSMLRT_FLOAT32;
    if (type == ov::element::f16)
        return VSMLRT_FLOAT16;
    throw Unsupported("the network's inputs and outputs must be float32 or float16, and one is ",
                      type.get_type_name());
}

} // namespace

Context::Slot Context::make_slot(const ov::element::Type &type, const Dims &dims) {
    HostTensor memory(door_type(type), dims);
    ov::Tensor tensor(type, ov::Shape(dims.begin(), dims.end()), memory.data());
    return {std::move(memory), std::move(tensor)};
}

void Context::allocate(vsmlrt_extent extent) {
    const IoShapes shapes = program_.shapes(extent);
    const auto &compiled = program_.compiled();
    inputs_.clear();
    outputs_.clear();
    for (std::size_t i = 0; i < shapes.inputs.size(); ++i) {
        inputs_.push_back(make_slot(compiled.input(i).get_element_type(), shapes.inputs[i]));
        request_.set_input_tensor(i, inputs_.back().tensor);
    }
    for (std::size_t i = 0; i < shapes.outputs.size(); ++i) {
        outputs_.push_back(make_slot(compiled.output(i).get_element_type(), shapes.outputs[i]));
        request_.set_output_tensor(i, outputs_.back().tensor);
    }
    extent_ = extent;
}

void Context::bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) {
    if (!same_extent(extent, extent_))
        allocate(extent);
    for (const Slot &slot : inputs_)
        *inputs++ = slot.memory.view();
    for (const Slot &slot : outputs_)
        *outputs++ = slot.memory.view();
}

void Context::run() {
    // By a thread of OpenVINO's streams: a caller that computes itself is one thread more than there are
    // cores, and which stream's place it takes is left to chance. Requests beyond the streams wait in line.
    try {
        request_.start_async();
        request_.wait();
    } catch (const ov::Exception &failure) {
        throw DeviceError("OpenVINO failed on a frame: ", failure.what());
    }
}

} // namespace vsmlrt::openvino
