#include "backends/openvino/context.h"

#include "base/error.h"

namespace vsmlrt::openvino {
namespace {

vsmlrt_tensor view(const ov::Tensor &tensor) {
    vsmlrt_tensor result = {};
    if (tensor.get_element_type() == ov::element::f32)
        result.type = VSMLRT_FLOAT32;
    else if (tensor.get_element_type() == ov::element::f16)
        result.type = VSMLRT_FLOAT16;
    else
        throw Unsupported("the network's inputs and outputs must be float32 or float16, and one is ",
                          tensor.get_element_type().get_type_name());
    const ov::Shape &shape = tensor.get_shape();
    if (shape.size() > VSMLRT_MAX_RANK)
        throw Unsupported("the network has an input or output of ", shape.size(), " dimensions; at most ",
                          std::int32_t{VSMLRT_MAX_RANK}, " are accepted");
    result.rank = static_cast<std::int32_t>(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i)
        result.dims[i] = static_cast<std::int64_t>(shape[i]);
    result.data = const_cast<void *>(std::as_const(tensor).data());
    return result;
}

} // namespace

Context::Slot Context::make_slot(const ov::element::Type &type, const ov::Shape &shape) {
    HostBuffer buffer(ov::shape_size(shape) * type.size());
    ov::Tensor tensor(type, shape, buffer.data());
    return {std::move(buffer), std::move(tensor)};
}

void Context::allocate(vsmlrt_extent extent) {
    const Program::Shapes shapes = program_.shapes(extent);
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
    if (extent.width != extent_.width || extent.height != extent_.height)
        allocate(extent);
    for (const Slot &slot : inputs_)
        *inputs++ = view(slot.tensor);
    for (const Slot &slot : outputs_)
        *outputs++ = view(slot.tensor);
}

void Context::run() {
    // A request that waits inside OpenVINO takes processor time from the one that runs.
    const Gate::Pass pass(program_.gate());
    try {
        request_.infer();
    } catch (const ov::Exception &failure) {
        throw DeviceError("OpenVINO failed on a frame: ", failure.what());
    }
}

} // namespace vsmlrt::openvino
