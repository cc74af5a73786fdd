#include "backends/openvino/convolution_chain.h"

namespace vsmlrt::openvino {
namespace {

cpu::Image image(const ov::Tensor &tensor) {
    const ov::Shape &shape = tensor.get_shape();
    const auto dim = [&](std::size_t axis) { return static_cast<std::int64_t>(shape[axis]); };
    return {const_cast<void *>(std::as_const(tensor).data()),
            tensor.get_element_type() == ov::element::bf16 ? cpu::Storage::bf16
                                                           : cpu::Storage::fp32,
            {dim(1), dim(2)},
            dim(3),
            dim(3)};
}

ov::Dimension grown(const ov::Dimension &size, std::int64_t by) {
    return by < 0 ? size - ov::Dimension(-by) : size + ov::Dimension(by);
}

} // namespace

ConvolutionChain::ConvolutionChain(const ov::OutputVector &inputs,
                                   std::shared_ptr<const cpu::ConvolutionChain> chain,
                                   std::shared_ptr<Workspaces> workspaces)
    : Op(inputs), chain_(std::move(chain)), workspaces_(std::move(workspaces)) {
    constructor_validate_and_infer_types();
}

ov::element::Type ConvolutionChain::type_of(const cpu::ConvolutionChain &chain) {
    return chain.storage() == cpu::Storage::bf16 ? ov::element::bf16 : ov::element::f32;
}

void ConvolutionChain::validate_and_infer_types() {
    set_output_size(chain_->outputs().size());
    for (std::size_t i = 0; i < chain_->outputs().size(); ++i) {
        const std::int64_t value = chain_->outputs()[i];
        const auto &origin = chain_->origin(value);
        const ov::PartialShape &input = get_input_partial_shape(static_cast<std::size_t>(origin.input));
        set_output_type(i, type_of(*chain_),
                        ov::PartialShape{1, grown(input[1], origin.larger.height),
                                         grown(input[2], origin.larger.width), chain_->channels(value)});
    }
}

std::shared_ptr<ov::Node> ConvolutionChain::clone_with_new_inputs(const ov::OutputVector &inputs) const {
    return std::make_shared<ConvolutionChain>(inputs, chain_, workspaces_);
}

bool ConvolutionChain::evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const {
    std::vector<cpu::Image> from;
    for (const ov::Tensor &input : inputs)
        from.push_back(image(input));
    std::vector<cpu::Image> to;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const std::int64_t value = chain_->outputs()[i];
        const cpu::Extent size = chain_->extent(value, from);
        outputs[i].set_shape({1, static_cast<std::size_t>(size.height), static_cast<std::size_t>(size.width),
                              static_cast<std::size_t>(chain_->channels(value))});
        to.push_back(image(outputs[i]));
    }
    const Workspaces::Lease workspace(*workspaces_);
    chain_->run(from, to, *workspace);
    return true;
}

} // namespace vsmlrt::openvino
