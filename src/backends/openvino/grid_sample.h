// GridSample of our own as an operator of OpenVINO's graph.
#pragma once

#include "backends/openvino/own_operator.h"

#include <memory>
#include <openvino/core/model.hpp>

namespace vsmlrt::openvino {

// Inputs [1, channels, height, width] and [1, height, width, 2], both fp32; see cpu::GridSample.
class GridSample : public OwnOperator {
public:
    OPENVINO_OP("GridSample", "vsmlrt")

    GridSample(const ov::OutputVector &inputs, bool align_corners, std::shared_ptr<Workspaces> workspaces);

    void validate_and_infer_types() override;
    [[nodiscard]] std::shared_ptr<ov::Node>
    clone_with_new_inputs(const ov::OutputVector &inputs) const override;
    bool evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const override;
    [[nodiscard]] std::int64_t workspace_bytes(int threads) const override;

private:
    bool align_corners_ = false;
};

// GridSamples of one fp32 picture, linear with the edge repeated, become our own. Returns whether there are
// any.
bool sample_grids(const ov::Model &model, const std::shared_ptr<Workspaces> &workspaces);

} // namespace vsmlrt::openvino
