// A convolution and one to few channels behind it, which alone reads its result: the first kernel
// (kernels/hopper/tail.cuh) stores the products of each pixel with all taps of the second, and
// kernels/hopper/tap_sums.cuh adds them up.
#pragma once

#include "backends/cuda/candidate.h"

namespace vsmlrt::cuda {

// Ways to compute the first kernel; they differ in the height of a tile.
struct TailCandidate {
    const char *name;
    int rows;
};
[[nodiscard]] std::span<const TailCandidate> tail_candidates();

// Exact: what it accepts is right at every size.
[[nodiscard]] bool tail_serves(const PairProblem &problem, const TailCandidate &candidate,
                               const DeviceFacts &device);
[[nodiscard]] std::string tail_source(const PairProblem &problem, const TailCandidate &candidate);
// fp32 weights in ONNX's order to their image in the device's memory, the same for all candidates.
[[nodiscard]] std::vector<std::byte> pack_tail(const PairProblem &problem, std::span<const float> first,
                                               std::span<const float> second);
// Floats of the kernel's own.
[[nodiscard]] std::int64_t tail_waiting_floats(const PairProblem &problem, const DeviceFacts &device);
// operands: the first convolution's, with the products for its output, products_of_taps() of each pixel one
// behind the other. waiting: the address of those floats.
[[nodiscard]] Launch launch_tail(const PairProblem &problem, const TailCandidate &candidate,
                                 const ConvOperands &operands, std::uint64_t waiting,
                                 const DeviceFacts &device);

// Along an axis (0: y, 1: x), for so many outputs: `count` pixels from `first` on have results of their own,
// of which the first `odd` are not wanted.
struct TapPlaces {
    int first = 0, odd = 0;
    std::int64_t count = 0;
};
[[nodiscard]] TapPlaces tap_places(const ConvProblem &problem, int axis, std::int64_t outputs);

// The second one (hopper_taps.cpp): whether it can be computed by all its taps at once; how many products of
// a pixel that are; the channel and the tap's row and column of one; and the kernel that adds them up, whose
// operands have the products for the input.
[[nodiscard]] bool taps_serve(const ConvProblem &problem, const DeviceFacts &device);
[[nodiscard]] int products_of_taps(const ConvProblem &problem);
[[nodiscard]] std::array<int, 3> product_of_taps(const ConvProblem &problem, int column);
[[nodiscard]] std::string tap_sums_source(const ConvProblem &problem);
[[nodiscard]] Launch launch_tap_sums(const ConvProblem &problem, const ConvOperands &operands,
                                     const DeviceFacts &device);

} // namespace vsmlrt::cuda
