// Written for clearness and exactness: a pass a step over whole planes in float32. Devices do the same steps
// a pixel at a time, in the same order.
#include "pixel/frame_codec.h"

#include "pixel/color_matrix.h"
#include "tensor/half.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace vsmlrt::pixel {
namespace {

constexpr std::int32_t ycgco = 8;

// A plane of float samples in memory of its own.
class Samples {
public:
    Samples(int width, int height)
        : width_(width), height_(height),
          values_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

    [[nodiscard]] int width() const { return width_; }
    [[nodiscard]] int height() const { return height_; }
    [[nodiscard]] float *row(int y) { return values_.data() + offset(y); }
    [[nodiscard]] const float *row(int y) const { return values_.data() + offset(y); }

private:
    [[nodiscard]] std::size_t offset(int y) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_);
    }

    int width_;
    int height_;
    std::vector<float> values_;
};

bool is_difference(const vsmlrt_frame_format &format, int plane) {
    return format.family == VSMLRT_YUV && plane > 0;
}

template <typename Sample>
Sample *row_of(const vsmlrt_plane &plane, int y) {
    return reinterpret_cast<Sample *>(static_cast<std::byte *>(plane.data) + y * plane.stride);
}

template <typename Sample, typename Convert>
void read_rows(const vsmlrt_plane &plane, Samples &to, Convert convert) {
    for (int y = 0; y < to.height(); ++y)
        std::transform(row_of<const Sample>(plane, y), row_of<const Sample>(plane, y) + to.width(), to.row(y),
                       convert);
}

Samples read_plane(const vsmlrt_frame_format &format, const vsmlrt_frame &frame, int number, int width,
                   int height) {
    Samples samples(width, height);
    const vsmlrt_plane &plane = frame.planes[number];
    if (format.sample == VSMLRT_FLOAT && format.bits == 32) {
        read_rows<float>(plane, samples, [](float value) { return value; });
    } else if (format.sample == VSMLRT_FLOAT) {
        read_rows<std::uint16_t>(plane, samples, half_to_float);
    } else {
        const SampleScale scale = sample_scale(format, number);
        const auto convert = [scale](auto value) {
            return (static_cast<float>(value) - scale.zero) / scale.one;
        };
        if (format.bits == 8)
            read_rows<std::uint8_t>(plane, samples, convert);
        else
            read_rows<std::uint16_t>(plane, samples, convert);
    }
    return samples;
}

template <typename Sample, typename Convert>
void write_rows(const Samples &from, const vsmlrt_plane &plane, Convert convert) {
    for (int y = 0; y < from.height(); ++y)
        std::transform(from.row(y), from.row(y) + from.width(), row_of<Sample>(plane, y), convert);
}

void write_plane(const Samples &samples, const vsmlrt_frame_format &format, const vsmlrt_frame &frame,
                 int number) {
    const vsmlrt_plane &plane = frame.planes[number];
    if (format.sample == VSMLRT_FLOAT && format.bits == 32) {
        write_rows<float>(samples, plane, [](float value) { return value; });
        return;
    }
    if (format.sample == VSMLRT_FLOAT) {
        write_rows<std::uint16_t>(samples, plane, float_to_half);
        return;
    }
    const SampleScale scale = sample_scale(format, number);
    const auto most = static_cast<float>((1 << format.bits) - 1);
    const auto to_integer = [scale, most](float value) {
        const float sample = std::nearbyint(value * scale.one + scale.zero);
        return sample > 0 ? std::min(sample, most) : 0.0F; // NaN too
    };
    if (format.bits == 8)
        write_rows<std::uint8_t>(samples, plane,
                                 [&](float value) { return static_cast<std::uint8_t>(to_integer(value)); });
    else
        write_rows<std::uint16_t>(samples, plane,
                                  [&](float value) { return static_cast<std::uint16_t>(to_integer(value)); });
}

float weighted(const Resampling &map, int i, const float *samples, int step) {
    float sum = 0;
    const auto taps = static_cast<std::size_t>(map.taps);
    for (std::size_t place = static_cast<std::size_t>(i) * taps;
         place < (static_cast<std::size_t>(i) + 1) * taps; ++place)
        sum += map.weights[place] * samples[static_cast<std::ptrdiff_t>(map.sources[place]) * step];
    return sum;
}

Samples resample(const Samples &from, const ChromaMaps &maps) {
    Samples rows(maps.across.size(), from.height());
    for (int y = 0; y < rows.height(); ++y)
        for (int x = 0; x < rows.width(); ++x)
            rows.row(y)[x] = weighted(maps.across, x, from.row(y), 1);
    Samples to(rows.width(), maps.down.size());
    for (int y = 0; y < to.height(); ++y)
        for (int x = 0; x < to.width(); ++x)
            to.row(y)[x] = weighted(maps.down, y, rows.row(0) + x, rows.width());
    return to;
}

// `map(size, subsampling, siting, field)` is enlarge_chroma or shrink_chroma; `width` and `height` are those
// that it starts from.
template <typename Map>
ChromaMaps chroma_maps(const vsmlrt_frame_format &format, int width, int height, bool interlaced, Map map) {
    ChromaMaps maps = {unchanged(width), unchanged(height)};
    if (format.subsampling_w > 0)
        maps.across =
            map(width, format.subsampling_w, horizontal_siting(format.chroma_location), Field::none);
    if (format.subsampling_h == 0)
        return maps;
    const Siting siting = vertical_siting(format.chroma_location);
    if (interlaced)
        maps.down = weave(map(height / 2, format.subsampling_h, siting, Field::top),
                          map(height / 2, format.subsampling_h, siting, Field::bottom));
    else
        maps.down = map(height, format.subsampling_h, siting, Field::none);
    return maps;
}

// Multiplies the three samples of every pixel; `planes` become the products.
void multiply(const Matrix3 &matrix, std::array<Samples, 3> &planes) {
    std::array<std::array<float, 3>, 3> m = {};
    for (std::size_t i = 0; i < 3; ++i)
        std::transform(matrix[i].begin(), matrix[i].end(), m[i].begin(),
                       [](double value) { return static_cast<float>(value); });
    for (int y = 0; y < planes[0].height(); ++y) {
        float *const a = planes[0].row(y);
        float *const b = planes[1].row(y);
        float *const c = planes[2].row(y);
        for (int x = 0; x < planes[0].width(); ++x) {
            const std::array<float, 3> v = {a[x], b[x], c[x]};
            a[x] = m[0][0] * v[0] + m[0][1] * v[1] + m[0][2] * v[2];
            b[x] = m[1][0] * v[0] + m[1][1] * v[1] + m[1][2] * v[2];
            c[x] = m[2][0] * v[0] + m[2][1] * v[1] + m[2][2] * v[2];
        }
    }
}

void copy_out(const Samples &samples, const Plane &plane) {
    for (int y = 0; y < samples.height(); ++y)
        std::copy_n(samples.row(y), samples.width(), row_of<float>({plane.data, plane.stride}, y));
}

Samples copy_in(const ConstPlane &plane) {
    Samples samples(plane.width, plane.height);
    for (int y = 0; y < plane.height; ++y)
        std::copy_n(
            reinterpret_cast<const float *>(static_cast<const std::byte *>(plane.data) + y * plane.stride),
            plane.width, samples.row(y));
    return samples;
}

std::array<Samples, 3> read_color(const vsmlrt_frame_input &input, const vsmlrt_frame &frame) {
    const vsmlrt_frame_format &format = input.format;
    const auto read = [&](int number) {
        const bool chroma = is_difference(format, number);
        Samples plane =
            read_plane(format, frame, number, input.extent.width >> (chroma ? format.subsampling_w : 0),
                       input.extent.height >> (chroma ? format.subsampling_h : 0));
        if (!chroma)
            return plane;
        return resample(plane, enlarging_maps(format, input.extent, frame.interlaced != 0));
    };
    return {read(0), read(1), read(2)};
}

bool is_known(const vsmlrt_frame_format &format) {
    const bool sample = format.sample == VSMLRT_FLOAT ? format.bits == 16 || format.bits == 32
                                                      : format.bits >= 8 && format.bits <= 16;
    if (!sample)
        return false;
    if (format.family != VSMLRT_YUV)
        return true;
    return color_matrix(format.matrix).has_value() && format.subsampling_w >= 0 &&
           format.subsampling_w <= 2 && format.subsampling_h >= 0 && format.subsampling_h <= 2 &&
           format.chroma_location >= 0 && format.chroma_location <= 5;
}

} // namespace

SampleScale sample_scale(const vsmlrt_frame_format &format, int plane) {
    if (format.sample == VSMLRT_FLOAT)
        return {};
    const auto most = static_cast<float>((1 << format.bits) - 1);
    const auto step = static_cast<float>(1 << (format.bits - 8));
    const bool full = format.full_range != 0 || format.family == VSMLRT_RGB;
    // H.273 gives the differences of YCgCo luma's range.
    const bool as_luma = format.family == VSMLRT_YUV && format.matrix == ycgco;
    if (is_difference(format, plane))
        return {full ? most : (as_luma ? 219 : 224) * step, 128 * step};
    return full ? SampleScale{most, 0} : SampleScale{219 * step, 16 * step};
}

ChromaMaps enlarging_maps(const vsmlrt_frame_format &format, vsmlrt_extent extent, bool interlaced) {
    return chroma_maps(format, extent.width >> format.subsampling_w, extent.height >> format.subsampling_h,
                       interlaced, enlarge_chroma);
}

ChromaMaps shrinking_maps(const vsmlrt_frame_format &format, vsmlrt_extent extent, bool interlaced) {
    return chroma_maps(format, extent.width, extent.height, interlaced, shrink_chroma);
}

bool can_decode(const vsmlrt_frame_input &input) {
    if (!is_known(input.format))
        return false;
    return input.channels == 3 || (input.channels == 1 && input.format.family != VSMLRT_RGB);
}

bool can_encode(int channels, const vsmlrt_frame_format &format) {
    if (!is_known(format))
        return false;
    if (channels == 1)
        return format.family == VSMLRT_GRAY;
    return channels == 3 && (format.family != VSMLRT_GRAY || color_matrix(format.matrix).has_value());
}

void decode_frame(const vsmlrt_frame_input &input, const vsmlrt_frame &frame, std::span<const Plane> planes) {
    if (input.channels == 1 || input.format.family == VSMLRT_GRAY) {
        const Samples luma = read_plane(input.format, frame, 0, input.extent.width, input.extent.height);
        for (const Plane &plane : planes)
            copy_out(luma, plane);
        return;
    }
    std::array<Samples, 3> samples = read_color(input, frame);
    if (input.format.family == VSMLRT_YUV)
        multiply(color_matrix(input.format.matrix)->to_rgb, samples);
    for (std::size_t i = 0; i < 3; ++i)
        copy_out(samples[i], planes[i]);
}

void encode_frame(std::span<const ConstPlane> planes, const vsmlrt_frame_format &format,
                  const vsmlrt_frame &frame) {
    if (planes.size() == 1) {
        write_plane(copy_in(planes.front()), format, frame, 0);
        return;
    }
    std::array<Samples, 3> samples = {copy_in(planes[0]), copy_in(planes[1]), copy_in(planes[2])};
    if (format.family != VSMLRT_RGB)
        multiply(color_matrix(format.matrix)->from_rgb, samples);
    write_plane(samples[0], format, frame, 0);
    if (format.family == VSMLRT_GRAY)
        return;
    for (int number = 1; number < 3; ++number) {
        Samples &plane = samples[static_cast<std::size_t>(number)];
        if (format.family == VSMLRT_YUV)
            plane = resample(plane,
                             shrinking_maps(format, {plane.width(), plane.height()}, frame.interlaced != 0));
        write_plane(plane, format, frame, number);
    }
}

} // namespace vsmlrt::pixel
