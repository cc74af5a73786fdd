// What our own kernels compute in one step: a convolution and what follows it.
#pragma once

#include "backends/openvino/graph_nodes.h"
#include "cpu/convolution_method.h"

#include <openvino/core/model.hpp>
#include <optional>
#include <vector>

namespace vsmlrt::openvino {

// A convolution and the operators that it takes with it; the last of them makes its result.
struct ConvolutionLayer {
    Output input;
    std::vector<float> weights;
    std::vector<float> bias;
    std::vector<float> slopes;
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    cpu::Pads pads = {};
    cpu::Form form = {};
    std::optional<Output> added_before;
    std::optional<Output> added_after;
    std::int64_t shuffle = 0; // see cpu::ConvolutionStepDesc
    Output result;

    [[nodiscard]] std::vector<Output> sources() const {
        std::vector<Output> all = {input};
        for (const auto &added : {added_before, added_after})
            if (added)
                all.push_back(*added);
        return all;
    }
    [[nodiscard]] cpu::ConvolutionDesc desc() const {
        return {inputs, outputs, pads, weights, bias, slopes, form};
    }
};

// All layers of a model that the method has, in an order in which each comes after what it reads.
[[nodiscard]] std::vector<ConvolutionLayer> find_convolution_layers(const ov::Model &model,
                                                                    const cpu::ConvolutionMethod &method);

} // namespace vsmlrt::openvino
