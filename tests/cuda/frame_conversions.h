// Frames of every format through the device's kernels against src/pixel/frame_codec: what the tests on a GPU
// and those on the emulated driver share.
#pragma once

#include "backends/cuda/context.h"
#include "model/network.h"

#include <vector>

namespace vsmlrt::test {

// Several tiles of subsampled chroma in each direction, the last ones cut.
inline constexpr vsmlrt_extent conversion_extent = {268, 140};

// The kinds that a clip can have, by bits, subsampling, range and siting.
[[nodiscard]] std::vector<vsmlrt_frame_format> all_frame_formats();

// A picture of three channels passes through.
[[nodiscard]] model::Network that_changes_nothing();

// Converts a random frame on the device, through such a network in fp32 as a whole or in tiles x tiles parts,
// and by the reference, and compares.
void check_conversion(cuda::Context &context, const vsmlrt_frame_format &from, const vsmlrt_frame_format &to,
                      int tiles, int interlaced, std::uint64_t seed,
                      vsmlrt_extent extent = conversion_extent);

// Decodes a random frame to a tile whose first pixel is `origin`, and compares it with what the reference
// decodes and the border repeats.
void check_border(cuda::Context &context, const vsmlrt_frame_format &from, vsmlrt_border border, int origin_x,
                  int origin_y, int interlaced);

// Decodes a random frame, and what a tile of it has outside, by a part of the device, in higher strips, and
// by all of it: the same.
void check_part(const cuda::Device &device, const vsmlrt_frame_format &from, int interlaced);

// The difference of two pictures of three channels.
[[nodiscard]] model::Network that_subtracts();

// Decodes two random frames of a format for such a network in fp32, as a whole or in tiles x tiles parts, and
// compares its result with what the reference decodes.
void check_two_frames(cuda::Context &context, const vsmlrt_frame_format &from, int tiles, std::uint64_t seed);

} // namespace vsmlrt::test
