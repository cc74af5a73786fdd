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

// What runs here: threads one after another, and blocks of fibers where no other thread is waited for.
inline constexpr DeviceFacts emulated_facts{80, 1, 99 << 10, false};

// Of a network of one input. In fp16 the network's own types are half.
class EmulatedPlan {
public:
    EmulatedPlan(const model::Network &network, vsmlrt_extent extent, vsmlrt_precision precision,
                 const DeviceFacts &facts = emulated_facts);

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
