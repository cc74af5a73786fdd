#include "pixel/resample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vsmlrt::pixel {
namespace {

constexpr double support = 2; // of the cubic, on each side, in samples of the coarser grid

double cubic(double x) {
    x = std::abs(x);
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    if (x < 2)
        return ((-0.5 * x + 2.5) * x - 4) * x + 2;
    return 0;
}

int reflect(int position, int size) {
    const int reflected = position < 0       ? -1 - position
                          : position >= size ? 2 * size - 1 - position
                                             : position;
    return std::clamp(reflected, 0, size - 1);
}

// Result i is centred at (i + 0.5) * step + shift of the samples, whose centres are at 0.5, 1.5, ...
Resampling resample(int samples, int results, double step, double shift) {
    const double stretch = std::max(step, 1.0);
    Resampling map;
    map.taps = 2 * static_cast<int>(std::ceil(support * stretch));
    const auto begin_of = [&](double centre) {
        return static_cast<int>(std::floor(centre - map.taps / 2.0 + 0.5));
    };
    map.first = begin_of(0.5 * step + shift);
    for (int i = 0; i < results; ++i) {
        const double centre = (i + 0.5) * step + shift;
        const int begin = begin_of(centre);
        std::vector<double> weights;
        double total = 0;
        for (int k = 0; k < map.taps; ++k) {
            weights.push_back(cubic((begin + k + 0.5 - centre) / stretch));
            total += weights.back();
        }
        for (int k = 0; k < map.taps; ++k) {
            map.sources.push_back(reflect(begin + k, samples));
            map.weights.push_back(static_cast<float>(weights[static_cast<std::size_t>(k)] / total));
        }
    }
    return map;
}

// How far, in luma samples, chroma lies before the centre of the luma samples that it stands for. In a field
// the samples are twice as far apart, so the distance counts half; and each field lies a quarter of its own
// spacing above (top) or below the rows of a frame of its height, in luma and in chroma, whose spacing is
// larger by the factor.
double before_centre(int factor, Siting siting, Field field) {
    const double half = 0.5 * (factor - 1);
    const double before = siting == Siting::first ? half : siting == Siting::last ? -half : 0;
    if (field == Field::none)
        return before;
    return before / 2 + (field == Field::top ? 0.25 : -0.25) * (factor - 1);
}

} // namespace

Resampling enlarge_chroma(int chroma, int subsampling, Siting siting, Field field) {
    const int factor = 1 << subsampling;
    return resample(chroma, chroma * factor, 1.0 / factor, before_centre(factor, siting, field) / factor);
}

Resampling shrink_chroma(int luma, int subsampling, Siting siting, Field field) {
    const int factor = 1 << subsampling;
    return resample(luma, luma / factor, factor, -before_centre(factor, siting, field));
}

Resampling weave(const Resampling &top, const Resampling &bottom) {
    Resampling map;
    map.taps = top.taps;
    for (int row = 0; row < top.size(); ++row)
        for (const int field : {0, 1}) {
            const Resampling &from = field == 0 ? top : bottom;
            for (int k = row * map.taps; k < (row + 1) * map.taps; ++k) {
                map.sources.push_back(2 * from.sources[static_cast<std::size_t>(k)] + field);
                map.weights.push_back(from.weights[static_cast<std::size_t>(k)]);
            }
        }
    return map;
}

Resampling unchanged(int size) {
    Resampling map;
    map.taps = 1;
    map.sources.resize(static_cast<std::size_t>(size));
    std::iota(map.sources.begin(), map.sources.end(), 0);
    map.weights.assign(static_cast<std::size_t>(size), 1.0F);
    return map;
}

} // namespace vsmlrt::pixel
