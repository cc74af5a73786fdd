// What our operators in OpenVINO's graph have in common.
#pragma once

#include "backends/openvino/workspaces.h"

#include <openvino/op/op.hpp>

namespace vsmlrt::openvino {

// Computed by a kernel of our own on the tensors that OpenVINO hands to it.
class OwnOperator : public ov::op::Op {
public:
    OwnOperator(const ov::OutputVector &inputs, std::shared_ptr<Workspaces> workspaces)
        : Op(inputs), workspaces_(std::move(workspaces)) {}

    [[nodiscard]] bool has_evaluate() const override { return true; }
    // What it takes of a workspace, for its largest inputs.
    [[nodiscard]] virtual std::int64_t workspace_bytes(int threads) const = 0;

protected:
    [[nodiscard]] const std::shared_ptr<Workspaces> &workspaces() const { return workspaces_; }

private:
    std::shared_ptr<Workspaces> workspaces_;
};

} // namespace vsmlrt::openvino
