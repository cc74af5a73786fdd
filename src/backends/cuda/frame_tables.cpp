#include "backends/cuda/frame_tables.h"

#include "base/error.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace vsmlrt::cuda {
namespace {

// The least and the largest source of results [first, end).
std::ranges::minmax_result<int> sources_of(const pixel::Resampling &map, int first, int end) {
    const auto taps = static_cast<std::size_t>(map.taps);
    return std::ranges::minmax(
        std::span(map.sources)
            .subspan(static_cast<std::size_t>(first) * taps, static_cast<std::size_t>(end - first) * taps));
}

// Of tiles of `size` results each, by what a map reads for them and what they stand for.
std::vector<FrameSpan> spans_of(const pixel::Resampling &map, int size, int step) {
    std::vector<FrameSpan> spans;
    for (int first = 0; first < map.size(); first += size) {
        const int end = std::min(first + size, map.size());
        const auto [least, most] = sources_of(map, first, end);
        const int begin = std::min(least, first * step);
        spans.push_back({begin, std::max(most + 1, end * step) - begin});
    }
    return spans;
}

int longest(const std::vector<FrameSpan> &spans) {
    return std::ranges::max(spans, {}, &FrameSpan::count).count;
}

} // namespace

int encode_columns(int step) {
    return step == 1   ? FRAME_TILE_COLUMNS_OF_1
           : step == 2 ? FRAME_TILE_COLUMNS_OF_2
                       : FRAME_TILE_COLUMNS_OF_4;
}

int encode_line(int step) {
    constexpr int piece = 64;
    return step == 1 ? piece : 2 * piece;
}

EncodeTiles encode_tiles(const pixel::ChromaMaps &maps, int step_x, int step_y) {
    constexpr int warps = FRAME_THREADS / 32;
    constexpr int pair = 2 * sizeof(float); // both colour differences; also a tap's source and weight
    constexpr int most_rows = 32;
    constexpr int fewer_rows = 4;
    constexpr std::int64_t enough = 1000; // tiles, so that all of a GPU has some
    constexpr int least_of_few = 16;
    const int columns = encode_columns(step_x);
    EncodeTiles tiles;
    tiles.across = (maps.across.size() + columns - 1) / columns;
    tiles.first_tap = maps.across.first;
    tiles.across_weights.assign(maps.across.weights.begin(), maps.across.weights.begin() + maps.across.taps);
    for (tiles.rows = most_rows; tiles.rows > 0; tiles.rows -= fewer_rows) {
        tiles.row_spans = spans_of(maps.down, tiles.rows, step_y);
        const int numbers =
            maps.down.taps * tiles.rows + warps * encode_line(step_x) + longest(tiles.row_spans) * columns;
        tiles.shared_bytes = static_cast<unsigned>(numbers * pair);
        if (tiles.shared_bytes <= FRAME_TILE_BYTES && (tiles.count() >= enough || tiles.rows <= least_of_few))
            return tiles;
    }
    throw InternalError("cuda: four rows of subsampled chroma do not fit into shared memory");
}

FrameTables::FrameTables(const nvidia::SharedContext &device, nvidia::StreamHandle *stream,
                         const pixel::ChromaMaps &maps, EncodeTiles tiles)
    : tiles_(std::move(tiles)) {
    std::vector<std::byte> bytes;
    const auto add = [&](const auto &values) {
        const std::size_t place = bytes.size();
        bytes.resize(place + values.size() * sizeof values[0]);
        if (!values.empty())
            std::memcpy(bytes.data() + place, values.data(), values.size() * sizeof values[0]);
        return place;
    };
    const auto add_map = [&](const pixel::Resampling &map) {
        return ResamplingTable{add(map.sources), add(map.weights), map.taps};
    };
    across_ = add_map(maps.across);
    down_ = add_map(maps.down);
    row_spans_ = add(tiles_.row_spans);
    memory_ = nvidia::DeviceMemory(device, bytes.size(), "the frames of a clip");
    // On the stream that reads them: a copy on another may still be under way when it returns.
    nvidia::check(
        nvidia::driver().copy_to_device_async(memory_.address(), bytes.data(), bytes.size(), stream),
        "copying to the GPU");
    nvidia::check(nvidia::driver().stream_synchronize(stream), "copying to the GPU");
    for (ResamplingTable *table : {&across_, &down_}) {
        table->sources += memory_.address();
        table->weights += memory_.address();
    }
    row_spans_ += memory_.address();
}

void FrameTables::fill(FrameEncodeArgs &args) const {
    args.down = down_;
    args.row_spans = row_spans_;
    args.tiles_x = tiles_.across;
    args.tile_rows = tiles_.rows;
    args.first_tap = tiles_.first_tap;
    std::ranges::copy(tiles_.across_weights, args.across_weights);
}

} // namespace vsmlrt::cuda
