// Channels in another order before a convolution, which OpenVINO 2026.4.1 computes wrongly.
#pragma once

#include <openvino/core/model.hpp>

namespace vsmlrt::openvino {

// Writes every choice of channels by a constant order that is not its own inverse in a form that OpenVINO
// leaves alone. It brings the weights of a convolution behind such a choice into the same order, where the
// inverse one is right, so that only orders like RGB to BGR come out; what may stand between the two is
// folded into the convolution as well.
void keep_channel_orders(ov::Model &model);

} // namespace vsmlrt::openvino
