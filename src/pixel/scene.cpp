#include "pixel/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace vsmlrt::pixel {
namespace {

constexpr int rows_looked_at = 270;
constexpr int shift = 2; // 256 levels in 64 steps
constexpr std::size_t steps = 256U >> shift;

} // namespace

double scene_change(const Luma &a, const Luma &b) {
    const int every = std::max(1, a.height / rows_looked_at);
    std::array<std::int64_t, steps> balance = {};
    std::int64_t difference = 0;
    std::int64_t samples = 0;
    for (int y = 0; y < a.height; y += every) {
        const std::uint8_t *left = a.data + y * a.stride;
        const std::uint8_t *right = b.data + y * b.stride;
        int row = 0;
        for (int x = 0; x < a.width; ++x)
            row += std::abs(left[x] - right[x]);
        for (int x = 0; x < a.width; ++x) {
            ++balance[static_cast<std::size_t>(left[x] >> shift)];
            --balance[static_cast<std::size_t>(right[x] >> shift)];
        }
        difference += row;
        samples += a.width;
    }
    std::int64_t moved = 0;
    for (const std::int64_t count : balance)
        moved += std::abs(count);
    const auto all = static_cast<double>(samples);
    return std::sqrt(static_cast<double>(difference) / (255 * all) * static_cast<double>(moved) / (2 * all));
}

} // namespace vsmlrt::pixel
