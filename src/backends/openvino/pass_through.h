// Networks that hand an input out again.
#pragma once

#include <openvino/core/model.hpp>

namespace vsmlrt::openvino {

// Puts an operator that changes nothing between an input and the output that it is. One tensor cannot be both
// to a request: it would take what is bound to the output as the input.
void part_outputs_from_inputs(ov::Model &model);

} // namespace vsmlrt::openvino
