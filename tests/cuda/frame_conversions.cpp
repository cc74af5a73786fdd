#include "cuda/frame_conversions.h"

#include "backends/cuda/frames.h"
#include "networks/builder.h"
#include "pixel/border.h"
#include "pixel/frame_codec.h"
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

namespace vsmlrt::test {
namespace {

struct OwnedFrame {
    vsmlrt_extent extent = {};
    std::vector<std::vector<std::byte>> planes;
    vsmlrt_frame frame = {};
};

bool subsampled(const vsmlrt_frame_format &format, int plane) {
    return format.family == VSMLRT_YUV && plane > 0;
}

std::size_t sample_bytes(const vsmlrt_frame_format &format) {
    return format.bits > 16 ? 4 : format.bits > 8 ? 2 : 1;
}

OwnedFrame make_frame(const vsmlrt_frame_format &format, vsmlrt_extent extent) {
    OwnedFrame owned;
    owned.extent = extent;
    const int planes = format.family == VSMLRT_GRAY ? 1 : 3;
    owned.planes.resize(static_cast<std::size_t>(planes));
    for (int plane = 0; plane < planes; ++plane) {
        const int width = extent.width >> (subsampled(format, plane) ? format.subsampling_w : 0);
        const int height = extent.height >> (subsampled(format, plane) ? format.subsampling_h : 0);
        constexpr std::size_t behind = 32; // rows are not dense
        const std::size_t stride = static_cast<std::size_t>(width) * sample_bytes(format) + behind;
        auto &bytes = owned.planes[static_cast<std::size_t>(plane)];
        bytes.assign(stride * static_cast<std::size_t>(height), std::byte{0xff});
        owned.frame.planes[plane] = {bytes.data(), static_cast<std::ptrdiff_t>(stride)};
    }
    return owned;
}

// Calls `visit` with the bytes of each sample and whether it is a difference of colour.
template <typename Visit>
void each_sample(OwnedFrame &owned, const vsmlrt_frame_format &format, Visit &&visit) {
    for (std::size_t plane = 0; plane < owned.planes.size(); ++plane) {
        const bool chroma = subsampled(format, static_cast<int>(plane));
        const int width = owned.extent.width >> (chroma ? format.subsampling_w : 0);
        const int height = owned.extent.height >> (chroma ? format.subsampling_h : 0);
        const vsmlrt_plane &at = owned.frame.planes[plane];
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                visit(static_cast<std::byte *>(at.data) + y * at.stride +
                          static_cast<std::ptrdiff_t>(x) * static_cast<std::ptrdiff_t>(sample_bytes(format)),
                      chroma);
    }
}

OwnedFrame random_frame(const vsmlrt_frame_format &format, vsmlrt_extent extent, std::uint64_t seed) {
    OwnedFrame owned = make_frame(format, extent);
    Random random(seed);
    each_sample(owned, format, [&](std::byte *sample, bool chroma) {
        const float value = chroma ? 0.5F * random.next() : 0.5F + 0.5F * random.next();
        if (format.sample == VSMLRT_INTEGER) {
            const auto code = static_cast<std::uint32_t>((0.5F + 0.5F * random.next()) *
                                                         static_cast<float>((1 << format.bits) - 1));
            std::memcpy(sample, &code, sample_bytes(format));
        } else if (format.bits == 16) {
            const std::uint16_t half = float_to_half(value);
            std::memcpy(sample, &half, sizeof half);
        } else {
            std::memcpy(sample, &value, sizeof value);
        }
    });
    return owned;
}

double value_of(const std::byte *sample, const vsmlrt_frame_format &format) {
    if (format.sample == VSMLRT_INTEGER) {
        std::uint32_t code = 0;
        std::memcpy(&code, sample, sample_bytes(format));
        return code;
    }
    if (format.bits == 16) {
        std::uint16_t half = 0;
        std::memcpy(&half, sample, sizeof half);
        return static_cast<double>(half_to_float(half));
    }
    float value = 0;
    std::memcpy(&value, sample, sizeof value);
    return static_cast<double>(value);
}

double allowed(const vsmlrt_frame_format &format) {
    if (format.sample == VSMLRT_INTEGER)
        return format.bits == 8 ? 1 : 2;
    return format.bits == 16 ? 1e-3 : 1e-5;
}

struct Spans {
    std::vector<std::vector<float>> weights;
    std::vector<vsmlrt_tile_span> spans;
};
// Of `count` tiles of `tile` side by side that overlap by what is too much, blended by halves.
Spans spans_of(int count, int tile, int whole) {
    Spans found;
    const int step = count == 1 ? 0 : (whole - tile) / (count - 1);
    for (int i = 0; i < count; ++i) {
        const int begin = i * step;
        std::vector<float> weights(static_cast<std::size_t>(tile), 1.0F);
        for (int x = 0; x < tile; ++x) {
            int covering = 0;
            for (int other = 0; other < count; ++other)
                covering += begin + x >= other * step && begin + x < other * step + tile ? 1 : 0;
            weights[static_cast<std::size_t>(x)] = 1.0F / static_cast<float>(covering);
        }
        found.weights.push_back(std::move(weights));
        found.spans.push_back({begin, begin, 0, tile, found.weights.back().data()});
    }
    return found;
}

// Of three channels, float32, one behind the other.
struct Planes {
    Planes(std::vector<float> &values, vsmlrt_extent extent) {
        const std::size_t pixels = static_cast<std::size_t>(extent.width) * extent.height;
        values.resize(3 * pixels);
        const std::ptrdiff_t stride = extent.width * static_cast<std::ptrdiff_t>(sizeof(float));
        for (std::size_t channel = 0; channel < 3; ++channel) {
            float *const at = values.data() + channel * pixels;
            planes.push_back({VSMLRT_FLOAT32, at, stride, extent.width, extent.height});
            results.push_back({VSMLRT_FLOAT32, at, stride, extent.width, extent.height});
        }
    }
    std::vector<pixel::Plane> planes;
    std::vector<pixel::ConstPlane> results;
};

// Frames to one of their size, in `tiles` along each axis; valid while this and the inputs live.
struct TiledPlan {
    TiledPlan(std::span<const vsmlrt_frame_input> inputs, const vsmlrt_frame_format &to, int tiles)
        : extent(inputs.front().extent), tile(tiles == 1 ? extent : vsmlrt_extent{160, 84}),
          columns(spans_of(tiles, tile.width, extent.width)),
          rows(spans_of(tiles, tile.height, extent.height)) {
        plan.inputs = inputs.data();
        plan.num_inputs = static_cast<decltype(plan.num_inputs)>(inputs.size());
        plan.output = to;
        plan.output_extent = extent;
        plan.tile = tile;
        plan.columns = columns.spans.data();
        plan.rows = rows.spans.data();
        plan.num_columns = plan.num_rows = tiles;
    }
    TiledPlan(const TiledPlan &) = delete;
    TiledPlan &operator=(const TiledPlan &) = delete;

    vsmlrt_extent extent;
    vsmlrt_extent tile;
    Spans columns;
    Spans rows;
    vsmlrt_frame_plan plan = {};
};

} // namespace

void check_conversion(cuda::Context &context, const vsmlrt_frame_format &from, const vsmlrt_frame_format &to,
                      int tiles, int interlaced, std::uint64_t seed, vsmlrt_extent extent) {
    const vsmlrt_frame_input input = {from, extent, 3};
    const TiledPlan tiled(std::span(&input, 1), to, tiles);
    OwnedFrame source = random_frame(from, extent, seed + static_cast<std::uint64_t>(from.bits));
    source.frame.interlaced = interlaced;
    OwnedFrame given = make_frame(to, extent);
    OwnedFrame wanted = make_frame(to, extent);
    given.frame.interlaced = wanted.frame.interlaced = interlaced;
    context.bind_frames(tiled.plan);
    EXPECT_FALSE(context.run_frames(&source.frame, given.frame));

    std::vector<float> values;
    const Planes decoded(values, extent);
    pixel::decode_frame(input, source.frame, decoded.planes);
    pixel::encode_frame(decoded.results, to, wanted.frame);
    std::vector<double> expected;
    each_sample(wanted, to, [&](std::byte *sample, bool) { expected.push_back(value_of(sample, to)); });
    std::size_t next = 0;
    double worst = 0;
    each_sample(given, to, [&](std::byte *sample, bool) {
        const double apart = std::abs(value_of(sample, to) - expected[next++]);
        worst = std::isnan(apart) ? INFINITY : std::max(worst, apart);
    });
    EXPECT_LE(worst, allowed(to)) << "family " << from.family << " bits " << from.bits << " to " << to.family
                                  << " bits " << to.bits << ", subsampled " << to.subsampling_w << " "
                                  << to.subsampling_h << ", tiles " << tiles << ", " << extent.width << " x "
                                  << extent.height << ", seed " << seed;
}

void check_two_frames(cuda::Context &context, const vsmlrt_frame_format &from, int tiles,
                      std::uint64_t seed) {
    constexpr vsmlrt_extent extent = conversion_extent;
    const vsmlrt_frame_format floats = {VSMLRT_RGB, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
    const std::array<vsmlrt_frame_input, 2> inputs = {{{from, extent, 3}, {from, extent, 3}}};
    const TiledPlan tiled(inputs, floats, tiles);
    const OwnedFrame first = random_frame(from, extent, seed);
    const OwnedFrame second = random_frame(from, extent, seed + 1);
    const std::array frames = {first.frame, second.frame};
    OwnedFrame given = make_frame(floats, extent);
    context.bind_frames(tiled.plan);
    EXPECT_FALSE(context.run_frames(frames.data(), given.frame));
    std::vector<float> minuend;
    std::vector<float> subtrahend;
    pixel::decode_frame(inputs[0], first.frame, Planes(minuend, extent).planes);
    pixel::decode_frame(inputs[1], second.frame, Planes(subtrahend, extent).planes);
    std::size_t next = 0;
    double worst = 0;
    each_sample(given, floats, [&](std::byte *sample, bool) {
        const double wanted = static_cast<double>(minuend[next]) - static_cast<double>(subtrahend[next]);
        const double apart = std::abs(value_of(sample, floats) - wanted);
        worst = std::isnan(apart) ? INFINITY : std::max(worst, apart);
        ++next;
    });
    EXPECT_LE(worst, 2 * allowed(floats)) << "bits " << from.bits << ", tiles " << tiles << ", seed " << seed;
}

void check_border(cuda::Context &context, const vsmlrt_frame_format &from, vsmlrt_border border, int origin_x,
                  int origin_y, int interlaced) {
    constexpr vsmlrt_extent extent = conversion_extent;
    constexpr vsmlrt_frame_format floats = {VSMLRT_RGB, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
    const vsmlrt_frame_input input = {from, extent, 3};
    TiledPlan tiled(std::span(&input, 1), floats, 1);
    tiled.plan.border = border;
    tiled.columns.spans[0].origin = origin_x;
    tiled.rows.spans[0].origin = origin_y;
    OwnedFrame source = random_frame(from, extent, 11);
    source.frame.interlaced = interlaced;
    OwnedFrame given = make_frame(floats, extent);
    context.bind_frames(tiled.plan);
    EXPECT_FALSE(context.run_frames(&source.frame, given.frame));
    std::vector<float> values;
    pixel::decode_frame(input, source.frame, Planes(values, extent).planes);
    const pixel::Border rule = border == VSMLRT_BORDER_ZERO     ? pixel::Border::zero
                               : border == VSMLRT_BORDER_MIRROR ? pixel::Border::mirror
                                                                : pixel::Border::edge;
    std::vector<double> wanted;
    for (int channel = 0; channel < 3; ++channel)
        for (int row = 0; row < extent.height; ++row)
            for (int column = 0; column < extent.width; ++column) {
                const int y = pixel::inside_index(row + origin_y, extent.height, rule);
                const int x = pixel::inside_index(column + origin_x, extent.width, rule);
                const auto at = static_cast<std::size_t>(
                    x < 0 || y < 0 ? 0 : (channel * extent.height + y) * extent.width + x);
                wanted.push_back(x < 0 || y < 0 ? 0 : static_cast<double>(values.at(at)));
            }
    std::size_t next = 0;
    double worst = 0;
    each_sample(given, floats, [&](std::byte *sample, bool) {
        const double apart = std::abs(value_of(sample, floats) - wanted[next++]);
        worst = std::isnan(apart) ? INFINITY : std::max(worst, apart);
    });
    EXPECT_LE(worst, allowed(floats))
        << "border " << border << " from " << origin_x << ", " << origin_y << ", interlaced " << interlaced;
}

void check_part(const cuda::Device &device, const vsmlrt_frame_format &from, int interlaced) {
    constexpr vsmlrt_extent extent = conversion_extent;
    constexpr vsmlrt_extent tile = {extent.width + 20, extent.height + 12};
    constexpr vsmlrt_frame_format floats = {VSMLRT_RGB, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
    const vsmlrt_frame_input input = {from, extent, 3};
    TiledPlan tiled(std::span(&input, 1), floats, 1);
    const std::vector<float> ones(tile.width, 1.0F);
    const vsmlrt_tile_span columns = {-4, 0, 0, tile.width, ones.data()};
    const vsmlrt_tile_span rows = {-6, 0, 0, tile.height, ones.data()};
    tiled.plan.tile = tiled.plan.output_extent = tile;
    tiled.plan.columns = &columns;
    tiled.plan.rows = &rows;

    const auto context = std::make_shared<const nvidia::DeviceContext>(device.number);
    cuda::KernelCache kernels(context, device, cuda::KeptFolder({}));
    cuda::FrameStore store(context);
    const nvidia::Stream stream = nvidia::make_stream(context);
    const nvidia::Sleeper sleeper(context);
    const cuda::Frames::End tensor = {Element::f32, {1, 3, tile.height, tile.width}};
    const nvidia::DeviceMemory memory(
        context, sizeof(float) * 3 * static_cast<std::size_t>(tile.width) * tile.height, "a tensor");
    cuda::Frames frames(tiled.plan, {{tensor}, tensor}, kernels, store, context, stream.get(), sleeper);
    cuda::ResultStore results_of_frames(context);
    const cuda::ResultStore::Share share(results_of_frames, static_cast<std::size_t>(frames.bytes().result),
                                         1, stream.get());
    OwnedFrame source = random_frame(from, extent, 13);
    source.frame.interlaced = interlaced;
    constexpr int many = 1000; // of so many a part takes the highest strips that there are
    std::vector<std::vector<std::vector<std::byte>>> results;
    for (const int parts : {1, many}) {
        cuda::HeldInputs held;
        OwnedFrame given = make_frame(floats, tile);
        nvidia::check(nvidia::driver().fill_async(memory.address(), 0, memory.bytes(), stream.get()),
                      "clearing");
        frames.upload(&source.frame);
        const cuda::Frames::Network network{
            {memory.address()}, memory.address(), 0, held, stream.get(), parts, [](cuda::EvenChannels) {}};
        frames.compute(&source.frame, network);
        cuda::ResultStore::Result result(share, stream.get());
        frames.encode(given.frame, network, result);
        EXPECT_FALSE(frames.download(given.frame, result));
        results.push_back(std::move(given.planes));
    }
    EXPECT_EQ(results.front(), results.back())
        << "bits " << from.bits << ", subsampled " << from.subsampling_w << " " << from.subsampling_h
        << ", interlaced " << interlaced;
}

model::Network that_subtracts() {
    Builder b;
    const Name first = b.input(3);
    return b.output(b.node("Sub", {first, b.input(3)})).network();
}

std::vector<vsmlrt_frame_format> all_frame_formats() {
    std::vector<vsmlrt_frame_format> formats;
    for (const int bits : {8, 10, 16}) {
        formats.push_back({VSMLRT_RGB, VSMLRT_INTEGER, bits, 0, 0, 0, 1, 0});
        for (const int full : {0, 1}) {
            formats.push_back({VSMLRT_GRAY, VSMLRT_INTEGER, bits, 0, 0, 1, full, 0});
            for (const auto &[w, h] : {std::pair(0, 0), std::pair(1, 0), std::pair(1, 1), std::pair(2, 0)})
                formats.push_back({VSMLRT_YUV, VSMLRT_INTEGER, bits, w, h, 1, full, 0});
        }
    }
    for (const int bits : {16, 32}) {
        formats.push_back({VSMLRT_RGB, VSMLRT_FLOAT, bits, 0, 0, 0, 1, 0});
        formats.push_back({VSMLRT_GRAY, VSMLRT_FLOAT, bits, 0, 0, 1, 1, 0});
        for (const auto &[w, h] : {std::pair(0, 0), std::pair(1, 1)})
            formats.push_back({VSMLRT_YUV, VSMLRT_FLOAT, bits, w, h, 6, 1, 0});
    }
    for (int location = 1; location < 6; ++location)
        formats.push_back({VSMLRT_YUV, VSMLRT_INTEGER, 8, 1, 1, 9, 0, location});
    return formats;
}

model::Network that_changes_nothing() {
    Builder b;
    return b.output(b.node("Identity", {b.input(3)})).network();
}

} // namespace vsmlrt::test
