// The structures of the network families that people run, small and with seeded weights.
#pragma once

#include "model/network.h"

#include <vector>

namespace vsmlrt::test {

// Of its first input.
[[nodiscard]] inline std::int64_t channels_of(const model::Network &network) {
    return network.inputs.front().dims.at(1).size.value_or(0);
}

// Real-ESRGAN compact: convolutions with PReLU, DepthToSpace, and the enlarged input added. x4, `convs` of
// 3x3.
[[nodiscard]] model::Network srvgg(int features = 16, int convs = 6);
// waifu2x upconv_7: unpadded convolutions, then a transposed one (kernel 4, stride 2, pad 3). x2 of a
// shrunken input.
[[nodiscard]] model::Network upconv7();
// waifu2x cunet and Real-CUGAN: a UNet of unpadded convolutions with squeeze-and-excite and crops.
[[nodiscard]] model::Network cunet();
// DPIR's DRUNet: four input channels, strided convolutions down, transposed ones up, residual blocks;
// multiple of 8.
[[nodiscard]] model::Network drunet();
// ESRGAN's RRDB: dense blocks of concatenations, scaled residuals, enlarged by nearest neighbour. x4.
[[nodiscard]] model::Network rrdb();
// A network exported with dynamic sizes: the size of a resize computed by Shape, Gather, Mul, Concat and
// Cast.
[[nodiscard]] model::Network computed_sizes();
// 3x3 convolutions from each number of channels to the next one, with Relu behind all, or all but the last.
[[nodiscard]] model::Network chain(const std::vector<int> &channels, bool ends_in_relu = false);
// Convolutions of about 64 channels behind each other, as kernels that take two at once see them: padded and
// not, with slopes, a residual, two, and a result that is read twice; then few channels.
[[nodiscard]] model::Network pairs();
// Convolutions to whose scaled result their own input is added, as RIFE's.
[[nodiscard]] model::Network own_residuals();
// Many channels and, behind them, a transposed convolution to three; x2. `middle`: the channels in front of
// that.
[[nodiscard]] model::Network transposed_tail(int middle = 256);
// The same with a padded 3x3 convolution to three channels and a residual; x1.
[[nodiscard]] model::Network straight_tail();
// 64 channels, a 3x3 convolution of them and one to few behind it, transposed and then straight; x2. `pads`:
// of those two 3x3, then of the transposed one and of the straight one to few. `few`: channels of the result
// in between.
struct ThinTails {
    int pads[4] = {1, 2, 3, 0};
    int middle = 64;
    int few = 3;
};
[[nodiscard]] model::Network thin_tails(const ThinTails &shape = {});
// `from` channels to `to` of a picture twice as large by transposed 2x2 convolutions, twice, and their sum;
// x2.
[[nodiscard]] model::Network enlarging(int from, int to);
// A UNet of 64 channels and one level, with squeeze-and-excite below: what is halved is read above as well,
// and enlarged there by a transposed 2x2 convolution; then few channels. Multiple of 2.
[[nodiscard]] model::Network down_and_up();
// 64 channels to as many, and a transposed convolution of stride 1 to three.
[[nodiscard]] model::Network transposed_in_place();
// RIFE: two pictures and a moment (7 channels); flow and mask by a coarse and a fine block, each of a smaller
// picture, and the pictures warped (GridSample at positions that the network computes); multiple of 4.
[[nodiscard]] model::Network rife();

// RIFE v4's structure; the defaults are v4.6's.
struct RifeShape {
    std::vector<int> widths = {192, 128, 96, 64}; // channels of each block
    std::vector<float> scales = {8, 4, 2, 1};     // that the block's picture is smaller by
    int residuals = 8;                            // convolutions in a block
    bool grids = false;                           // 11 channels, grid and steps given, instead of 7
    bool ensemble = false;                        // each block runs a second time with the pictures exchanged
    int encoded = 0;                              // channels of features of each picture (v4.25: 4)
    float flow = 1;                               // factor of what blocks say of flow and mask
};
// Seeded weights; multiple of 4 * the largest scale.
[[nodiscard]] model::Network rife_v4(const RifeShape &shape = {});
// SwinIR: attention in windows of 4x4, layer normalisation, a perceptron with Gelu; multiple of 4. x2.
[[nodiscard]] model::Network swin();

} // namespace vsmlrt::test
