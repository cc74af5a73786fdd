// What the kernels by mma.sync see of a convolution: its taps, phase by phase, and its weights in their
// order.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/kernels/mma_args.cuh"

#include <climits>

namespace vsmlrt::cuda {

// PRODUCT of mma_products.cuh.
enum class Multiplication { halves, half_sums, tf32, three_tf32, floats };

// Whether that is how such a problem may be computed.
[[nodiscard]] bool multiplies(Multiplication by, const ConvProblem &problem);

// On every card that has mma.sync of 16 x 8: shared memory of a block.
inline constexpr int most_shared = 99 << 10;

struct Tap {
    int y = 0; // of the input, from the pixel that the output's stride gives
    int x = 0;
    int kernel_y = -1; // of the weights; -1: none, the weights are 0
    int kernel_x = -1;
};

// All taps of all phases, `taps` a phase, and where they reach.
struct Taps {
    int scale = 1;  // phases a side
    int spread = 1; // phases a side that are channels: filter (channel * spread + phase y) * spread + phase x
    int taps = 0;
    std::vector<Tap> list;
    int first_y = INT_MAX, first_x = INT_MAX, last_y = INT_MIN, last_x = INT_MIN;

    void reach();
};

[[nodiscard]] Taps taps_of(const ConvProblem &problem);

// Of a transposed convolution whose phases are channels: each place of the input that any of them reads.
[[nodiscard]] Taps spread_taps_of(const ConvProblem &problem);

// Whether the kernels know its taps: their number, their places, the phases they are of.
[[nodiscard]] bool has_mma_taps(const ConvProblem &problem, const DeviceFacts &device);

// What all these kernels' texts have in front, the epilogue included.
[[nodiscard]] std::string mma_text(const ConvProblem &problem, const Taps &taps, Multiplication by);

// Its pictures, taps and phases, in tiles of such a size and halos of such a width, chunks of so many input
// channels.
[[nodiscard]] MmaArgs mma_arguments(const ConvProblem &problem, const ConvOperands &operands,
                                    const Taps &taps, int tile_width, int halo_width, int chunk);

// For groups of `blocks` times 8 filters, phases, chunks of so many input channels and taps, one behind the
// other: in the order of fragments of mma.sync, or (`apart`) of multiplication without tensor cores.
[[nodiscard]] std::vector<std::byte> mma_weights(const ConvProblem &problem, const Taps &taps,
                                                 std::span<const float> weights, int chunk, int blocks,
                                                 bool apart);

// The kernels of mma_stream.cuh; the preferred first. Part of mma_candidates().
[[nodiscard]] std::span<const ConvCandidate> mma_stream_candidates();

// Those of them that serve a convolution to 64 channels whose results a warp, of four rows of 16 pixels,
// keeps in registers and multiplies by weights of another behind it (mma_rounded.cuh).
[[nodiscard]] std::vector<const ConvCandidate *> mma_candidates_that_multiply_on(const ConvProblem &first,
                                                                                 const DeviceFacts &device);

// Whether one of them has work for every multiprocessor: then it is faster than those of mma.cuh, but for
// 1x1.
[[nodiscard]] bool mma_stream_leads(const ConvProblem &problem, const ConvOperands &operands,
                                    const DeviceFacts &device);

} // namespace vsmlrt::cuda
