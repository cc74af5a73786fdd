// Networks as OpenVINO's models.
#pragma once

#include "model/network.h"

#include <openvino/core/model.hpp>

namespace vsmlrt::test {

// At this size of the first input.
[[nodiscard]] std::shared_ptr<ov::Model> model_of(const model::Network &network, const ov::Dimension &height,
                                                  const ov::Dimension &width);

// How many operators of a type the model has.
[[nodiscard]] int count(const std::shared_ptr<ov::Model> &model, const std::string &type);

// The first output for seeded values in every input, computed by OpenVINO's CPU device.
[[nodiscard]] std::vector<float> computed(const std::shared_ptr<ov::Model> &model, std::size_t height,
                                          std::size_t width);

} // namespace vsmlrt::test
