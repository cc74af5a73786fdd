// The constants of transformer.cuh in the order in which its lanes read them
// (kernels/transformer_layout.cuh).
#pragma once

#include "backends/cuda/transformer.h"
#include "tensor/element.h"

#include <functional>

namespace vsmlrt::cuda {

// A product's weights: `inner` and `columns` places, multiples of 16; value(k, n) of each pair.
using WeightAt = std::function<float(int, int)>;
[[nodiscard]] std::vector<std::byte> pack_weights(Element storage, int inner, int columns,
                                                  const WeightAt &value);

struct TransformerConstants {
    std::function<std::vector<float>(graph::ValueId)> contents;
    Element storage = Element::f16;
    std::int64_t channels = 0;

    // Scales, then biases of 16-channel steps, 0 behind the last channel.
    [[nodiscard]] std::vector<std::byte> normalization(const Normalization &from) const;
    // Queries, keys and values of each head in turn.
    [[nodiscard]] std::vector<std::byte> qkv(const WindowAttention &attention) const;
    [[nodiscard]] std::vector<std::byte> qkv_bias(const WindowAttention &attention) const;
    // Summands of scores: of each head the rows of each warp.
    [[nodiscard]] std::vector<std::byte> table(const WindowAttention &attention) const;
    // The different masks, and for each window which of them it has; 0: none, that is zeros.
    struct Masks {
        std::vector<std::byte> tables;
        std::vector<std::byte> of_window; // 16-bit numbers
    };
    [[nodiscard]] Masks masks(const WindowAttention &attention) const;
    [[nodiscard]] std::vector<std::byte> projection(const WindowAttention &attention) const;
    [[nodiscard]] std::vector<std::byte> first(const Perceptron &perceptron) const;
    [[nodiscard]] std::vector<std::byte> second(const Perceptron &perceptron) const;
    // A number a channel, or zeros.
    [[nodiscard]] std::vector<std::byte> bias(graph::ValueId value) const;
    // A number a hidden channel, 0 behind the last.
    [[nodiscard]] std::vector<std::byte> hidden(graph::ValueId value, std::int64_t count) const;
};

} // namespace vsmlrt::cuda
