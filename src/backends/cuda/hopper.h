// Convolutions for architecture 90 (Hopper): wgmma, the tensor memory accelerator, blocks that stay resident.
#pragma once

#include "backends/cuda/candidate.h"

#include <array>
#include <span>

namespace vsmlrt::cuda {

// In order of preference while none is timed.
[[nodiscard]] std::span<const ConvCandidate> hopper_candidates();

// True if a row kernel can do it, which then beats tiles at every size.
[[nodiscard]] bool rows_serve(const ConvProblem &problem, const DeviceFacts &device);

// True if kernels/hopper/pixels.cuh can do it, which multiplies three quarters of what high tiles would.
[[nodiscard]] bool pixels_serve(const ConvProblem &problem, const DeviceFacts &device);

// True if kernels/hopper/phases.cuh can do it with two blocks on a multiprocessor, which takes half of what
// high tiles do.
[[nodiscard]] bool phases_win(const ConvProblem &problem, const DeviceFacts &device);

// True if kernels/hopper/up.cuh can do it and beats tiles at this size.
[[nodiscard]] bool up_wins(const ConvProblem &problem, const ConvOperands &operands,
                           const DeviceFacts &device);

[[nodiscard]] std::span<const ConvCandidate> hopper_row_candidates();   // kernels/hopper/rows.cuh
[[nodiscard]] std::span<const ConvCandidate> hopper_tile_candidates();  // kernels/hopper/tiles.cuh
[[nodiscard]] std::span<const ConvCandidate> hopper_tap_candidates();   // kernels/hopper/taps.cuh
[[nodiscard]] std::span<const ConvCandidate> hopper_up_candidates();    // kernels/hopper/up.cuh
[[nodiscard]] std::span<const ConvCandidate> hopper_pixel_candidates(); // kernels/hopper/pixels.cuh
[[nodiscard]] std::span<const ConvCandidate> hopper_phase_candidates(); // kernels/hopper/phases.cuh

// A picture with channels innermost; strides in elements.
struct CopiedPicture {
    std::uint64_t address = 0;
    std::int64_t channels = 0, height = 0, width = 0, stride_y = 0, stride_x = 0;
};
[[nodiscard]] CopiedPicture input_of(const ConvProblem &problem, const ConvOperands &operands);
[[nodiscard]] CopiedPicture output_of(const ConvProblem &problem, const ConvOperands &operands);
// What the copy engine moves at once. Pixels of more than 16 bytes are swizzled (kernels/hopper/layout.cuh).
struct Box {
    int lanes = 8, columns = 1, rows = 1;
};
[[nodiscard]] TensorMap picture_map(Element type, const CopiedPicture &picture, const Box &box);

// `blocks` that stay on the card and share `items` out, or one for each of fewer items. They may start before
// the launch in front has ended.
[[nodiscard]] Launch resident_launch(std::int64_t items, std::int64_t blocks, int threads, int shared_bytes);
// True if kernels load the epilogue's tensors four channels at a time.
[[nodiscard]] bool vector_operands(const Epilogue &epilogue);
// Lanes behind the result's last channel that are to be 0: the last member of EpilogueArgs.
[[nodiscard]] int pad_lanes(const ConvOperands &operands);
// In the place of a tensor map that a kernel does not use.
[[nodiscard]] std::vector<std::byte> no_map();

} // namespace vsmlrt::cuda
