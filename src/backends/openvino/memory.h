// What a program and its contexts take, in bytes, as far as OpenVINO lets it be known.
#pragma once

#include <cstdint>
#include <openvino/core/model.hpp>
#include <openvino/runtime/compiled_model.hpp>

namespace vsmlrt::openvino {

// Inputs and outputs of one context, at the largest size.
[[nodiscard]] std::int64_t bytes_of_ends(const ov::CompiledModel &compiled);

// What one context takes in addition to them, from above: the two largest values between operators, which
// OpenVINO's own memory reuse keeps alive side by side.
[[nodiscard]] std::int64_t bytes_between(const ov::CompiledModel &compiled);

// Weights as the network has them. OpenVINO keeps them in its own layout, at the precision that it computes
// in or as they are.
[[nodiscard]] std::int64_t bytes_of_weights(const ov::Model &model);

// What our own operators need in one context: those of a stream take one workspace after another.
[[nodiscard]] std::int64_t workspace_bytes(const ov::Model &model, int threads);

} // namespace vsmlrt::openvino
