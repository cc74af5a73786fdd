// Convolutions of our own as an operator of OpenVINO's graph.
#pragma once

#include "backends/openvino/workspaces.h"
#include "cpu/convolution_chain.h"

#include <memory>
#include <openvino/op/op.hpp>

namespace vsmlrt::openvino {

// Inputs and outputs are fp32 in NHWC of one picture: OpenVINO's own convolutions hold theirs so.
class ConvolutionChain : public ov::op::Op, public TakesWorkspace {
public:
    OPENVINO_OP("ConvolutionChain", "vsmlrt")

    ConvolutionChain() = default;
    ConvolutionChain(const ov::OutputVector &inputs, std::shared_ptr<const cpu::ConvolutionChain> chain,
                     std::shared_ptr<Workspaces> workspaces);

    // Of its inputs and outputs.
    [[nodiscard]] static ov::element::Type type_of(const cpu::ConvolutionChain &chain);

    void validate_and_infer_types() override;
    [[nodiscard]] std::shared_ptr<ov::Node>
    clone_with_new_inputs(const ov::OutputVector &inputs) const override;
    bool evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const override;
    [[nodiscard]] bool has_evaluate() const override { return true; }
    [[nodiscard]] std::int64_t workspace_bytes(int threads) const override;

private:
    std::shared_ptr<const cpu::ConvolutionChain> chain_;
    std::shared_ptr<Workspaces> workspaces_;
};

} // namespace vsmlrt::openvino
