#include "backends/cuda/layer_rates.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

constexpr const char *copy = "copy";
constexpr const char *tf32_products = "mma of tf32";

} // namespace

std::vector<std::string> product_rates(const Work &work, const DeviceFacts &facts, ProductChoice choice) {
    if (work.operations == 0)
        return {};
    if (!facts.runs_barriers)
        return {"fp32"};
    if (work.multiplied != Element::f16 && work.multiplied != Element::bf16)
        return choice.tf32 ? std::vector<std::string>{tf32_products}
                           : std::vector<std::string>{"fp32", tf32_products};
    std::vector<std::string> names{facts.is_hopper() ? "wgmma" : "mma"};
    if (choice.half_sums && work.multiplied == Element::f16)
        names.emplace_back("mma with fp16 sums");
    return names;
}

LayerRates::LayerRates(const nvidia::SharedContext &context, const DeviceFacts &facts,
                       const std::string &architecture, ProductChoice choice, std::span<const Step> steps)
    : facts_(facts), choice_(choice) {
    std::vector<std::string> wanted{copy};
    for (const Step &step : steps)
        if (step.work)
            for (std::string &name : product_rates(*step.work, facts, choice))
                wanted.push_back(std::move(name));
    rates_ = measured_rates(context, facts, architecture, wanted);
}

vsmlrt_layer_time LayerRates::of(const Step &step) const {
    const Work work = step.work.value_or(Work());
    vsmlrt_layer_time layer = {};
    layer.operations = work.operations;
    layer.bytes = work.bytes_read + work.bytes_written;
    const std::vector<std::string> names = product_rates(work, facts_, choice_);
    for (const Rate &rate : rates_) {
        if (rate.name == copy)
            layer.bytes_rate = rate.rate;
        if (std::find(names.begin(), names.end(), rate.name) == names.end())
            continue;
        // fp32 by tensor cores is three products of TF32 (docs/decisions/0028).
        const bool in_three = rate.name == tf32_products && !choice_.tf32;
        layer.operations_rate = std::max(layer.operations_rate, in_three ? rate.rate / 3 : rate.rate);
    }
    return layer;
}

} // namespace vsmlrt::cuda
