// One node of an ONNX network, computed by the interpreter of our IR inside of OpenVINO's graph: exact, and
// slower than an operator of OpenVINO's own. Its results have the rank of its first operand.
#pragma once

#include "backends/openvino/own_operator.h"
#include "model/network.h"

#include <memory>
#include <openvino/frontend/extension/conversion.hpp>

namespace vsmlrt::openvino {

// A node that the importer turns into a Substitute: of our domain, with the network of one node `node` (that
// of a network of opset `opset`) as its attribute.
[[nodiscard]] model::Node substitute_node(const model::Node &node, std::int64_t opset);
// The domain of these nodes, which a network must import.
inline constexpr const char *substitute_domain = "vsmlrt";

// For the importer.
[[nodiscard]] std::shared_ptr<ov::Extension> substitute_extension();

class Substitute : public OwnOperator {
public:
    OPENVINO_OP("Substitute", "vsmlrt")

    Substitute(const ov::OutputVector &inputs, std::shared_ptr<const model::Network> network);

    void validate_and_infer_types() override;
    [[nodiscard]] std::shared_ptr<ov::Node>
    clone_with_new_inputs(const ov::OutputVector &inputs) const override;
    bool evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const override;
    [[nodiscard]] std::int64_t workspace_bytes(int threads) const override;

private:
    std::shared_ptr<const model::Network> network_; // one node; an input each operand
};

} // namespace vsmlrt::openvino
