// What the steps of a plan ask of the very GPU, beside what it does at most.
#pragma once

#include "backends/cuda/plan.h"
#include "backends/cuda/rates.h"
#include "vsmlrt/backend.h"

namespace vsmlrt::cuda {

// By what products may be computed.
struct ProductChoice {
    bool half_sums = false;
    bool tf32 = false;
};

// The rates of measured_rates by which the device may do a work's products, of which the fastest counts.
[[nodiscard]] std::vector<std::string> product_rates(const Work &work, const DeviceFacts &facts,
                                                     ProductChoice choice);

class LayerRates {
public:
    // Measures what the steps' products and bytes need; see measured_rates.
    LayerRates(const nvidia::SharedContext &context, const DeviceFacts &facts,
               const std::string &architecture, ProductChoice choice, std::span<const Step> steps);
    // All but layers, kernel and time.
    [[nodiscard]] vsmlrt_layer_time of(const Step &step) const;

private:
    DeviceFacts facts_;
    ProductChoice choice_;
    std::vector<Rate> rates_;
};

} // namespace vsmlrt::cuda
