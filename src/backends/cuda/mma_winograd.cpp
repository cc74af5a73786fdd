// The taps and the weights of kernels/mma_winograd.cuh.
#include "backends/cuda/mma_winograd.h"

#include <array>
#include <cmath>

namespace vsmlrt::cuda {
namespace {

constexpr int taps = 3;      // along an axis
constexpr int positions = 4; // of a column of them
constexpr std::array<int, positions> order{0, 3, 1, 2};

// Twice what each position multiplies by.
std::array<double, positions> twice(const std::array<double, taps> &column) {
    const auto [above, own, below] = column;
    return {2 * above, above + own + below, above - own + below, 2 * below};
}

// Of a filter, at a tap along x.
std::array<double, taps> column_of(std::span<const float> weights, std::size_t filter, std::size_t x) {
    std::array<double, taps> column{};
    for (std::size_t y = 0; y < taps; ++y)
        column[y] = weights[(filter * taps + y) * taps + x];
    return column;
}

} // namespace

bool winograd_holds(std::span<const float> weights) {
    constexpr double most = 65504;
    for (std::size_t filter = 0; filter < weights.size() / (taps * taps); ++filter)
        for (std::size_t x = 0; x < taps; ++x)
            for (const double value : twice(column_of(weights, filter, x)))
                if (!(std::abs(value) <= most)) // a NaN is not held either
                    return false;
    return true;
}

bool has_winograd_taps(const ConvProblem &problem) {
    return problem.storage == Element::f16 && !problem.half_sums && !problem.transposed &&
           problem.kernel == graph::Pair{taps, taps} && problem.strides == graph::Pair{1, 1} &&
           problem.dilations == graph::Pair{1, 1};
}

Taps winograd_taps_of(const ConvProblem &problem) {
    Taps found = taps_of(problem);
    found.list.clear();
    for (int x = 0; x < taps; ++x)
        for (int i = 0; i < positions / winograd_at_once; ++i)
            found.list.push_back({found.first_y, found.first_x + x, -1, -1});
    found.taps = static_cast<int>(found.list.size());
    return found;
}

std::vector<std::byte> winograd_weights(const ConvProblem &problem, std::span<const float> weights, int chunk,
                                        int blocks) {
    ConvProblem transformed = problem;
    transformed.kernel = {positions, taps};
    Taps places;
    for (int x = 0; x < taps; ++x)
        for (const int position : order)
            places.list.push_back({0, x, position, x});
    places.taps = static_cast<int>(places.list.size());
    const std::size_t filters = weights.size() / (taps * taps);
    std::vector<float> values(filters * positions * taps);
    for (std::size_t filter = 0; filter < filters; ++filter)
        for (std::size_t x = 0; x < taps; ++x) {
            const std::array<double, positions> own = twice(column_of(weights, filter, x));
            for (std::size_t position = 0; position < positions; ++position)
                values[(filter * positions + position) * taps + x] = static_cast<float>(own[position]);
        }
    return mma_weights(transformed, places, values, chunk, blocks, false);
}

} // namespace vsmlrt::cuda
