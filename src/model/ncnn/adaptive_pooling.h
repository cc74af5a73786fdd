// Pooling to a stated size.
#pragma once

#include "model/ncnn/conversion.h"

#include <array>

namespace vsmlrt::model::ncnn {

// `wanted`: height and width of the result, -233 for that of the input. A size that depends on the picture
// must be a multiple of what is wanted, which is recorded. BadModel for others.
void convert_adaptive_pooling(Conversion &c, bool average, const std::array<std::int32_t, 2> &wanted);

} // namespace vsmlrt::model::ncnn
