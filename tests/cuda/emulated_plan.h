// One plan of a network on the emulated driver, whose warps are fibers, run by each of its alternatives.
#pragma once

#include "backends/cuda/constants.h"
#include "backends/cuda/planner.h"
#include "model/onnx.h"
#include "vsmlrt/backend.h"

#include <functional>
#include <span>
#include <vector>

namespace vsmlrt::cuda {

// Of a network of one input with three planes. In fp16 the network's own types are half.
class EmulatedPlan {
public:
    EmulatedPlan(const model::Network &network, vsmlrt_extent extent, vsmlrt_precision precision);

    [[nodiscard]] const Plan &plan() const { return plan_; }
    // What it computes once `prepare` has chosen among the alternatives of every step.
    [[nodiscard]] std::vector<float> computed(std::span<const float> input,
                                              const std::function<void(Step &)> &prepare) const;

private:
    nvidia::SharedContext device_;
    Constants weights_;
    Plan plan_;
};

// The root of the squared differences' sum over that of the wanted values' squares; the lists are of one
// length.
[[nodiscard]] double relative_error(std::span<const float> given, std::span<const float> wanted);

} // namespace vsmlrt::cuda
