#include "backends/cuda/frame_strips.h"

#include "base/error.h"
#include "pixel/color_matrix.h"
#include "pixel/frame_codec.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace vsmlrt::cuda {
namespace {

// Of a map's results that nothing is reflected for. Of several fields, one behind the other in turn, it is
// one.
EnlargingWeights weights_of(const pixel::Resampling &map, int step, Field field) {
    const int inner = map.size() / field.count / step / 2; // a sample of chroma in the middle
    EnlargingWeights weights = {};
    for (int phase = 0; phase < step; ++phase)
        for (int k = 0; k < map.taps; ++k) {
            const int result = (inner * step + phase) * field.count + field.number;
            const auto at = static_cast<std::size_t>(result) * static_cast<std::size_t>(map.taps) +
                            static_cast<std::size_t>(k);
            const int place = (map.sources[at] - field.number) / field.count - inner - first_tap(step, phase);
            if (place >= 0 && place < FRAME_ENLARGING_TAPS)
                weights.weight[phase][place] = map.weights[at];
            else if (map.weights[at] != 0)
                throw InternalError("cuda: chroma is enlarged by sample ", place, " of a window");
        }
    return weights;
}

// What samples add to red, green and blue, and the sum of it where they are 0.
struct Sums {
    double factor[3][3];
    double least[3];
};

Sums sums_of(const vsmlrt_frame_format &format) {
    const pixel::Matrix3 to_rgb = pixel::color_matrix(format.matrix)->to_rgb;
    Sums sums = {};
    for (int channel = 0; channel < 3; ++channel)
        for (int plane = 0; plane < 3; ++plane) {
            const pixel::SampleScale scale = pixel::sample_scale(format, plane);
            sums.factor[channel][plane] = to_rgb[channel][plane] / scale.one;
            sums.least[channel] -= sums.factor[channel][plane] * scale.zero;
        }
    return sums;
}

// Which step makes a row.
int step_of(int row, int step_y) {
    return step_y == 2 ? (row + 1) / 2 : row / step_y;
}

// The taps of a sample of chroma in the middle, and how far from it they begin.
int shrinking_taps(const pixel::Resampling &map, int step, Field field,
                   float (&weights)[FRAME_SHRINKING_TAPS]) {
    const int result = map.size() / field.count / 2 * field.count + field.number;
    const std::size_t at = static_cast<std::size_t>(result) * static_cast<std::size_t>(map.taps);
    std::copy_n(map.weights.begin() + static_cast<std::ptrdiff_t>(at), map.taps, weights);
    return (map.sources[at] - field.number) / field.count - result / field.count * step;
}

constexpr vsmlrt_extent large = {256, 256}; // weights are the same for every size

constexpr std::array all_fields = {Field{1, 0}, Field{2, 0}, Field{2, 1}};

} // namespace

std::span<const Field> fields_of(const vsmlrt_frame_format &format, bool interlaced) {
    const std::span all(all_fields);
    return interlaced && format.subsampling_h > 0 ? all.last(2) : all.first(1);
}

std::span<const Field> every_field(const vsmlrt_frame_format &format) {
    return std::span(all_fields).first(format.subsampling_h > 0 ? all_fields.size() : 1);
}

FramePlane plane_of(const FramePlane &plane, Field field) {
    return {plane.data + static_cast<std::uint64_t>(field.number * plane.stride), plane.stride * field.count};
}

bool is_mixed(const vsmlrt_frame_format &format) {
    if (!pixel::color_matrix(format.matrix))
        return false;
    const Sums sums = sums_of(format);
    return sums.factor[2][2] != 0 || sums.factor[0][1] != 0;
}

void set_colors(const vsmlrt_frame_format &format, FrameDecodeArgs &args) {
    const Sums sums = sums_of(format);
    const auto &[red, green, blue] = sums.factor;
    args.of_luma = static_cast<float>(red[0]); // and the others'
    args.least[0] = static_cast<float>(sums.least[2]);
    args.least[1] = static_cast<float>(sums.least[0]);
    // What green has of both differences, by what blue and red have.
    const double area = blue[1] * red[2] - blue[2] * red[1];
    const double of_blue = (green[1] * red[2] - green[2] * red[1]) / area;
    const double of_red = (blue[1] * green[2] - blue[2] * green[1]) / area;
    args.of_green[0] = static_cast<float>(of_blue);
    args.of_green[1] = static_cast<float>(of_red);
    args.of_green[2] = static_cast<float>(sums.least[1] - of_blue * sums.least[2] - of_red * sums.least[0]);
    const double mix[] = {blue[1], blue[2], red[1], red[2]};
    std::ranges::transform(mix, args.mix, [](double factor) { return static_cast<float>(factor); });
}

void set_field(const vsmlrt_frame_input &from, Field field, FrameDecodeArgs &args) {
    const vsmlrt_frame_format &format = from.format;
    const pixel::ChromaMaps maps = pixel::enlarging_maps(format, large, field.count == 2);
    args.across[0] = args.across[1] = weights_of(maps.across, 1 << format.subsampling_w, {});
    if (!is_mixed(format))
        for (int difference = 0; difference < 2; ++difference)
            for (auto &phase : args.across[difference].weight)
                for (float &weight : phase)
                    weight *= args.mix[3 * difference];
    args.down = weights_of(maps.down, 1 << format.subsampling_h, field);
    args.fields = field.count;
    args.field = field.number;
    args.height = from.extent.height / field.count;
    args.chroma_width = from.extent.width >> format.subsampling_w;
    args.chroma_height = (from.extent.height >> format.subsampling_h) / field.count;
}

void set_strips(const vsmlrt_frame_format &format, int frames, int parts, FrameDecodeArgs &args) {
    constexpr int lane_columns = FRAME_STRIP_COLUMNS / 32;
    constexpr int warps = FRAME_STRIP_THREADS / 32;
    constexpr int few = 1500; // warps, for all of a GPU
    const int step_y = 1 << format.subsampling_h;
    const int left = std::max(args.origin_x, 0);
    const int right = std::min(args.origin_x + args.tile_width, args.width);
    const int top = std::max(args.origin_y, 0);
    const int bottom = std::min(args.origin_y + args.tile_height, args.height * args.fields);
    args.first_column = left / lane_columns * lane_columns;
    args.strips_x = (right - args.first_column + FRAME_STRIP_COLUMNS - 1) / FRAME_STRIP_COLUMNS;
    args.first_step = step_of(top / args.fields, step_y);
    args.steps = step_of((bottom - 1) / args.fields, step_y) + 1 - args.first_step;
    // Each strip brings rows of chroma to luma's width that its neighbours do as well: the longer, the fewer.
    const int least = step_y == 1 ? 8 : 4;
    const auto strips = [&] {
        return args.strips_x * ((args.steps + args.strip_steps - 1) / args.strip_steps);
    };
    args.strip_steps = 2 * least;
    if (strips() * frames * parts < few)
        args.strip_steps = least;
    args.strip_blocks = (strips() + warps - 1) / warps;
    const std::int64_t outside =
        std::int64_t{args.tile_width} * args.tile_height - std::int64_t{right - left} * (bottom - top);
    args.blocks =
        args.strip_blocks + static_cast<int>((outside + FRAME_STRIP_THREADS - 1) / FRAME_STRIP_THREADS);
}

void set_field(const vsmlrt_frame_format &format, vsmlrt_extent extent, Field field, FrameEncodeArgs &args) {
    const pixel::ChromaMaps maps = pixel::shrinking_maps(format, large, field.count == 2);
    args.first_tap = shrinking_taps(maps.across, 1 << format.subsampling_w, {}, args.across_weights);
    args.first_row_tap = shrinking_taps(maps.down, 1 << format.subsampling_h, field, args.down_weights);
    args.height = extent.height / field.count;
    args.chroma_width = extent.width >> format.subsampling_w;
    args.chroma_height = (extent.height >> format.subsampling_h) / field.count;
}

std::int64_t set_strips(const vsmlrt_frame_format &format, FrameEncodeArgs &args) {
    constexpr int warps = FRAME_STRIP_THREADS / 32;
    constexpr int most_rows = 32;
    constexpr int least_rows = 8;
    constexpr std::int64_t enough = 1000; // strips, so that all of a GPU has some
    const int columns = format.subsampling_w == 0   ? FRAME_TILE_COLUMNS_OF_1
                        : format.subsampling_w == 1 ? FRAME_TILE_COLUMNS_OF_2
                                                    : FRAME_TILE_COLUMNS_OF_4;
    args.strips_x = (args.chroma_width + columns - 1) / columns;
    std::int64_t strips = 0;
    for (args.strip_rows = most_rows;; args.strip_rows /= 2) {
        strips = std::int64_t{args.strips_x} * ((args.chroma_height + args.strip_rows - 1) / args.strip_rows);
        if (strips >= enough || args.strip_rows == least_rows)
            return (strips + warps - 1) / warps;
    }
}

} // namespace vsmlrt::cuda
