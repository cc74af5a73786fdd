// Networks that give a difference, which the program that they are made for adds to the enlarged picture.
#pragma once

#include "model/ncnn/graph.h"

#include <cstdint>
#include <string_view>

namespace vsmlrt::model::ncnn {

// Whether this .param is that of Real-CUGAN's 4x networks. Nothing inside says what realcugan-ncnn-vulkan
// does with their output, so that they are told by the text that the three published ones have in common.
[[nodiscard]] bool gives_difference(std::string_view param);

// The sum of `output` and the picture behind the network's input, each pixel of which becomes `scale` x
// `scale`.
[[nodiscard]] Blob add_enlarged_picture(Graph &graph, const std::string &input, const Blob &output,
                                        std::int64_t scale);

} // namespace vsmlrt::model::ncnn
