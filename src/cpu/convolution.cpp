// Constants are laid down in the order in which the kernels walk through them. Large filters are
// kept as taps and transformed for every frame: transformed they would take four times the memory.
#include "cpu/convolution.h"

#include "cpu/padded.h"
#include "tensor/half.h"

#include <algorithm>
#include <array>

namespace vsmlrt::cpu {
namespace {

using Taps = std::array<double, 3>;

std::array<double, window> transformed(const Taps &g) {
    const double a = (-2 * g[0] - g[2]) / 3;
    const double b = root_two / 3 * g[1];
    const double c = (g[0] + 2 * g[2]) / 6;
    const double d = root_two / 6 * g[1];
    return {g[0], a - b, a + b, c + d, c - d, g[2]};
}

std::array<double, points> transformed(const float *filter) {
    std::array<std::array<double, window>, 3> columns = {};
    for (std::size_t x = 0; x < 3; ++x)
        columns[x] = transformed(Taps{filter[x], filter[3 + x], filter[6 + x]});
    std::array<double, points> result = {};
    for (std::size_t y = 0; y < window; ++y) {
        const auto line = transformed(Taps{columns[0][y], columns[1][y], columns[2][y]});
        std::copy(line.begin(), line.end(), result.begin() + y * window);
    }
    return result;
}

// Where the filters of a result's channel lie: of its group the first element, and its own place in a row.
struct Place {
    std::int64_t group;
    std::int64_t width;
    std::int64_t channel;
};

Place place(const Kernels &kernels, const Packed &layer, std::int64_t channel) {
    const std::int64_t first = channel / kernels.group() * kernels.group();
    return {first * layer.inputs, kernels.whole(std::min(kernels.group(), layer.outputs - first)),
            channel - first};
}

} // namespace

bool keeps_transformed(const ConvolutionDesc &desc) {
    // They are four times as large. Up to here they stay in a core's cache and cost little memory.
    return desc.inputs * desc.outputs <= 64 * 128;
}

std::int64_t most_tiles_at_a_time(const ConvolutionDesc &desc) {
    // Measured: fewer tiles use the filters, once in a core's cache, too little, and transform them too often
    // where they are not kept; more do not stay in it themselves.
    return keeps_transformed(desc) ? 96 : 144;
}

Convolution::Convolution(const ConvolutionDesc &desc, const Kernels &kernels, Storage storage)
    : kernels_(kernels), pads_(desc.pads), most_tiles_(cpu::most_tiles_at_a_time(desc)),
      bias_(padded(desc.bias, kernels.whole(desc.outputs))) {
    packed_.inputs = desc.inputs;
    packed_.outputs = desc.outputs;
    packed_.pad_top = desc.pads.top;
    packed_.pad_left = desc.pads.left;
    packed_.bias = bias_.as<float>();
    if (!desc.slopes.empty()) {
        slopes_ = padded(desc.slopes, kernels.whole(desc.outputs));
        packed_.slopes = slopes_.as<float>();
    }
    if (keeps_transformed(desc))
        keep_transformed(desc);
    else
        keep_taps(desc, kernels.bf16 ? storage : Storage::fp32);
}

void Convolution::keep_transformed(const ConvolutionDesc &desc) {
    const std::int64_t size = points * desc.inputs * kernels_.whole(desc.outputs);
    filters_ = padded({}, size);
    auto *const filters = filters_.as<float>();
    for (std::int64_t o = 0; o < desc.outputs; ++o) {
        const Place at = place(kernels_, packed_, o);
        for (std::int64_t i = 0; i < desc.inputs; ++i) {
            const auto filter = transformed(desc.weights.data() + (o * desc.inputs + i) * taps);
            for (std::int64_t point = 0; point < points; ++point)
                filters[points * at.group + (point * desc.inputs + i) * at.width + at.channel] =
                    static_cast<float>(filter[static_cast<std::size_t>(point)]);
        }
    }
    packed_.transformed = filters;
}

void Convolution::keep_taps(const ConvolutionDesc &desc, Storage storage) {
    const std::int64_t size = taps * desc.inputs * kernels_.whole(desc.outputs);
    filters_ = HostBuffer(static_cast<std::size_t>(size * storage_size(storage)));
    std::fill_n(filters_.data(), filters_.bytes(), std::byte{0});
    for (std::int64_t o = 0; o < desc.outputs; ++o) {
        const Place at = place(kernels_, packed_, o);
        for (std::int64_t tap = 0; tap < taps * desc.inputs; ++tap) {
            const float weight = desc.weights[static_cast<std::size_t>(o * desc.inputs * taps + tap)];
            const std::int64_t to = taps * at.group + tap * at.width + at.channel;
            if (storage == Storage::bf16)
                filters_.as<std::uint16_t>()[to] = float_to_bfloat(weight);
            else
                filters_.as<float>()[to] = weight;
        }
    }
    packed_.filters = filters_.data();
    packed_.filters_storage = storage;
}

std::int64_t Convolution::tiles_at_a_time(std::int64_t all, int threads) const {
    // As many for every thread, so that none waits for the others at the end.
    const std::int64_t most = most_tiles_ * threads;
    const std::int64_t turns = threads * ((all + most - 1) / most);
    const std::int64_t tiles = (all + turns - 1) / turns;
    return (tiles + kernels_.rows - 1) / kernels_.rows * kernels_.rows;
}

} // namespace vsmlrt::cpu
