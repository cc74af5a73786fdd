// What a device is told to compute in.
#pragma once

#include "backends/openvino/device.h"

#include <openvino/core/type/element_type.hpp>

namespace vsmlrt::openvino {

// A CPU without a type computes in fp32 whatever it is told. It is told so here, so that operators of ours do
// it.
[[nodiscard]] ov::element::Type precision_hint(vsmlrt_precision asked, const Device &device);

} // namespace vsmlrt::openvino
