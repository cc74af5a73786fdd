// The text of a param file as a list of layers. Source of the format: ncnn's documentation,
// docs/developer-guide/param-and-model-file-structure.md.
#pragma once

#include "model/ncnn/parameters.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vsmlrt::model::ncnn {

struct Layer {
    std::size_t line = 0; // in the file, from 1
    std::string type;
    std::string name;
    std::vector<std::string> inputs; // names of blobs
    std::vector<std::string> outputs;
    Parameters parameters;

    // For messages: 'line 7, Convolution "conv1"'.
    [[nodiscard]] std::string label() const;
};

// The layers, in an order in which every blob is made, once, before it is used. BadModel naming the line
// otherwise. Allocates in proportion to the text alone, whatever counts it claims.
[[nodiscard]] std::vector<Layer> parse_param(std::string_view text);

} // namespace vsmlrt::model::ncnn
