// Convolutions of our own as an operator of OpenVINO's graph.
#pragma once

#include "convolution/chain.h"

#include <memory>
#include <mutex>
#include <openvino/op/op.hpp>
#include <vector>

namespace vsmlrt::openvino {

// The workspaces of one program, shared by all of its chains: as many as are at work at once. Thread-safe.
class Workspaces {
public:
    class Lease {
    public:
        explicit Lease(Workspaces &owner) : owner_(owner), workspace_(owner.take()) {}
        ~Lease() { owner_.give_back(std::move(workspace_)); }
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;
        [[nodiscard]] convolution::Workspace &operator*() const { return *workspace_; }

    private:
        Workspaces &owner_;
        std::unique_ptr<convolution::Workspace> workspace_;
    };

    // The threads of each workspace; before the first lease.
    void set_threads(int threads) { threads_ = threads; }

private:
    std::unique_ptr<convolution::Workspace> take();
    void give_back(std::unique_ptr<convolution::Workspace> workspace);

    int threads_ = 1;
    std::mutex mutex_;
    std::vector<std::unique_ptr<convolution::Workspace>> free_;
};

// Inputs and outputs are fp32 in NHWC of one picture: OpenVINO's own convolutions hold theirs so.
class ConvolutionChain : public ov::op::Op {
public:
    OPENVINO_OP("ConvolutionChain", "vsmlrt")

    ConvolutionChain() = default;
    ConvolutionChain(const ov::OutputVector &inputs, std::shared_ptr<const convolution::Chain> chain,
                     std::shared_ptr<Workspaces> workspaces);

    void validate_and_infer_types() override;
    [[nodiscard]] std::shared_ptr<ov::Node> clone_with_new_inputs(const ov::OutputVector &inputs) const override;
    bool evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const override;
    [[nodiscard]] bool has_evaluate() const override { return true; }

private:
    std::shared_ptr<const convolution::Chain> chain_;
    std::shared_ptr<Workspaces> workspaces_;
};

} // namespace vsmlrt::openvino
