// Importing ncnn networks (.param text and .bin weights) as ONNX networks with dynamic height and width.
//
// Source of the format: ncnn's public documentation of param, bin and operators (ncnn/docs/developer-guide).
#pragma once

#include "model/network.h"

#include <string_view>

namespace vsmlrt::model {

struct NcnnOptions {
    // Networks of unpadded ("valid") convolutions shrink their picture. With `restore_size` a Pad node
    // (reflect) in front makes the output exactly scale x input; the amount is found from the network.
    // Networks that keep their size are left as they are either way. Real-CUGAN's 4x networks, whose output
    // is to be added to the picture, get the picture added as well.
    bool restore_size = true;
};

// BadModel, naming line or layer, for text that is not a param file (magic 7767517), layers or parameters
// that are not supported, weights that are missing or too short, weights left over, cycles, dims beyond
// memory.
[[nodiscard]] Network import_ncnn(std::string_view param, std::span<const std::byte> bin,
                                  const NcnnOptions &options = {});

} // namespace vsmlrt::model
