// Rewrites of a network that mean the same and that OpenVINO's CPU device computes faster: the forms are
// chosen for how its convolutions are blocked (16 channels of the result at a time, 8 on AVX2) and for the
// copies it makes between operators. What each saves:
// docs/decisions/0010-layers-that-openvino-computes-badly.md.
#pragma once

#include <openvino/core/model.hpp>

namespace vsmlrt::openvino {

// All of the below, constants folded first. Shapes should be fixed before: most forms are known only with
// sizes.
void rewrite_for_cpu(const std::shared_ptr<ov::Model> &model);

// A layer with few channels in its result becomes one that computes a block of pixels as so many more
// channels, followed by DepthToSpace: a transposed convolution of stride s a convolution with s * s times the
// channels (Shi et al., "Is the deconvolution layer the same as a convolutional layer?", 2016), a convolution
// with at most 4 channels one of stride 2 whose window is a pixel larger. Only where that at least halves the
// multiplications.
void compute_blocks_of_pixels(ov::Model &model);

// DepthToSpace(x) + Resize(y), the nearest pixel and the same factor, becomes DepthToSpace(x + y): the sum is
// taken while the picture is still small.
void add_before_shuffle(ov::Model &model);

// A resize to the size that the value has already is left out.
void drop_resizes_to_same_size(ov::Model &model);

} // namespace vsmlrt::openvino
