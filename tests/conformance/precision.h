// How far a result may be from the exact one, at each precision: the rule that the whole suite follows.
//
// A type with p significant bits has the unit roundoff u = 2^-p: 2^-24 in fp32, 2^-11 in fp16 and TF32, 2^-8
// in bf16. A device rounds to the type what an operator reads (pictures, weights) and what it gives, each by
// u at most, and sums in fp32. So:
//
// - Number of terms: a sum of n terms whose errors are independent has an error of u sqrt(n) of a term, as
// the
//   sum itself is of sqrt(n) terms; relative to the result it is u, whatever n is. What fp32 adds in summing,
//   n 2^-24 at most, is 2^-12 of that in bf16 for n = 256.
// - Depth: the errors of d operators in a row add as squares, to u sqrt(d) where an operator neither enlarges
//   nor lessens what it reads.
// - What it does enlarge (exp of large numbers, the difference of near ones, positions that a network
//   computes) differs from network to network and is not written down for each: it is measured.
//
// The measure is the interpreter with every value rounded, at random, to one of its two neighbours in the
// type (stochastic arithmetic: J. Vignes, "A stochastic arithmetic for reliable scientific computation",
// Mathematics and Computers in Simulation 35, 1993; D. S. Parker, "Monte Carlo arithmetic", UCLA CSD-970002,
// 1997). `spread` is the largest difference from the exact result over a few such runs, as `difference`
// counts it. Then
//
//     tolerance = the case's own, for fp32          (default 1e-5, 168 u: room for the transforms of fast
//                                                    convolutions and for polynomials in place of exp and
//                                                    erf)
//               + 2 u + 2 spread                    in bf16 and fp16
//
// where 2 stands for the two roundings, of what is read and of what is given, where the measure has one.
// PrecisionRule.* holds the measure to u sqrt(d).
//
// What the fp16 rewrite keeps in fp32 (positions, sums) makes results better than that, and is not counted.
//
// And a whole network's result that is nearer to the exact one than u / 8 was not computed in the type.
#pragma once

#include "conformance/cases.h"
#include "conformance/module.h"
#include "graph/ir.h"

#include <functional>

namespace vsmlrt::test {

[[nodiscard]] double unit_roundoff(vsmlrt_precision precision);

// The value's neighbour in the type, below or above it, at random; the value itself if the type has it.
[[nodiscard]] std::function<float(float)> stochastic_rounding(vsmlrt_precision precision, std::uint64_t seed);

// The network as the engine hands it to a device that computes natively in the precision: in fp16 rewritten.
[[nodiscard]] std::vector<std::byte> given_to_backends(const model::Network &network,
                                                       vsmlrt_precision precision = VSMLRT_PRECISION_FP32);

// Empty if the backend's device computes in the precision when asked to, else the reason why tests of it are
// skipped: what it computes in instead, or what it says.
[[nodiscard]] std::string why_not(const vsmlrt_backend &backend, vsmlrt_precision precision);

// Values of input i, of `count` elements.
using Fill = std::function<std::vector<float>(std::size_t i, std::int64_t count)>;

// Uniform in [-1, 1).
[[nodiscard]] Fill seeded(std::uint64_t seed);
// The same in multiples of 1/64, which every type holds, and three times that: networks whose results jump
// (Floor, Equal) jump at the same places in each.
[[nodiscard]] Fill seeded_coarse(std::uint64_t seed);

// What the interpreter makes of the graph, with a rounding of every value or exactly.
[[nodiscard]] std::vector<Values> interpreted(const graph::Graph &graph, vsmlrt_extent extent,
                                              const Fill &fill,
                                              const std::function<float(float)> &rounding = {});

struct Expected {
    std::vector<Values> values;
    double spread = 0;    // see above; 0 in fp32
    double tolerance = 0; // on `difference`
    double least = 0;     // what `difference` is at least, of a network with convolutions; 0 in fp32
};
[[nodiscard]] Expected expected_of(const graph::Graph &graph, vsmlrt_extent extent, const Fill &fill,
                                   vsmlrt_precision precision, double tolerance_in_fp32 = 1e-5);

} // namespace vsmlrt::test
