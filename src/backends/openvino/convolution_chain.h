// Convolutions of our own as an operator of OpenVINO's graph.
#pragma once

#include "backends/openvino/own_operator.h"
#include "cpu/convolution_chain.h"

#include <memory>
#include <optional>
#include <vector>

namespace vsmlrt::openvino {

// Inputs and outputs are one picture in NHWC, as OpenVINO's own convolutions hold theirs: of type_of(),
// inputs also of fp32; of so few channels that it is_picture(), in fp32. Outputs that the chain shuffles are
// fp32 in NCHW. Behind the chain's inputs come gates, behind its outputs the means: of each channel one
// number in fp32.
class ConvolutionChain : public OwnOperator {
public:
    OPENVINO_OP("ConvolutionChain", "vsmlrt")

    // What the chain reads of an input that is larger.
    struct Crop {
        std::int64_t top = 0;
        std::int64_t left = 0;
        cpu::Extent extent = {};
    };

    // How the chain reads one of its inputs.
    struct Read {
        std::optional<Crop> crop;        // nothing where it is read whole
        std::optional<std::size_t> gate; // the operator's input by which it is multiplied
    };

    // `reads`: of each of the chain's inputs.
    ConvolutionChain(const ov::OutputVector &inputs, std::vector<Read> reads,
                     std::shared_ptr<const cpu::ConvolutionChain> chain,
                     std::shared_ptr<Workspaces> workspaces);

    // Of so few channels that bf16 would round away what is seen.
    [[nodiscard]] static bool is_picture(std::int64_t channels) { return channels <= 4; }
    // In which the chain stores what it computes.
    [[nodiscard]] static ov::element::Type type_of(const cpu::ConvolutionChain &chain);

    void validate_and_infer_types() override;
    [[nodiscard]] std::shared_ptr<ov::Node>
    clone_with_new_inputs(const ov::OutputVector &inputs) const override;
    bool evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const override;
    [[nodiscard]] std::int64_t workspace_bytes(int threads) const override;

private:
    // Height and width of what is read of an input.
    [[nodiscard]] ov::PartialShape size_read(std::size_t input) const;

    std::vector<Read> reads_;
    std::shared_ptr<const cpu::ConvolutionChain> chain_;
};

} // namespace vsmlrt::openvino
