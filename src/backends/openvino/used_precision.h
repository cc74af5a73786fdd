// Which precision a compiled network is really computed in.
#pragma once

#include "vsmlrt/backend.h"

#include <openvino/runtime/compiled_model.hpp>

namespace vsmlrt::openvino {

// By the compiled network's own property; where that says "as the network is typed", by the narrowest type in
// which its convolutions and products are executed, as the runtime's graph tells.
[[nodiscard]] vsmlrt_precision used_precision(const ov::CompiledModel &compiled);

} // namespace vsmlrt::openvino
