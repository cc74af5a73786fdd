// The convolution by tiles. Included by one file for each way of computing with tiles; everything is that
// file's own, as in vector_convolution.h. Needs AVX512_BF16 for what is done to the sums.
//
// A filter's row over pixels that lie without room between them is one stretch of values. So a tile of pixels
// is loaded from where it lies, 16 rows a pixel apart, whatever the number of channels.
#pragma once

#include "cpu/tile_ahead.h"

namespace vsmlrt::cpu {
namespace {

// Tiles has eight numbered tiles: configure, release, load<T>(from, bytes from row to row),
// store<T>, multiply<sums, pixels, filters>. Of the result so many rows of 16 pixels are computed together.
template <typename Tiles, int BlockRows = 4>
struct TileConvolution : TileResults {
    using NextBlock = Ahead<BlockRows>;
    static constexpr std::int64_t most_rows_read = NextBlock::most_rows_read; // of the input

    // Calls with 0 to Count - 1, as numbers that name tiles.
    template <int Value>
    struct Number {
        constexpr operator int() const { return Value; }
    };
    template <int Count, int At = 0, typename Call>
    [[gnu::always_inline]] static void unroll(const Call &call) {
        if constexpr (At < Count) {
            call(Number<At>());
            unroll<Count, At + 1>(call);
        }
    }

    // Of a block of the result: where the rows of the input that its filters cover begin, and how far it is
    // from a pixel to the next there. A row outside of the image is one zero pixel again and again.
    struct Rows {
        const std::uint16_t *data[most_rows_read] = {};
        std::int64_t pixel[most_rows_read] = {}; // bytes
    };

    // Sums that wait for what follows them. It is done while the tiles of the next place are multiplied.
    struct Pending {
        const TileTask *task = nullptr;
        Place place = {};
        float *sums = nullptr;
        std::int64_t row = 0; // the next of them
        __m512 all = _mm512_setzero_ps();

        void finish_row() {
            all += TileResults::finish(*task, place, row, sums);
            if (++row < place.rows)
                return;
            if (task->sums)
                add(all, task->sums + place.channel);
            task = nullptr;
        }
        void finish() {
            while (task)
                finish_row();
        }
        // Before a row of a filter that is not the first. What pictures take is long enough to be spread.
        void go_on() {
            if (task && task->output.shuffle > 0)
                finish_row();
            else
                finish();
        }
    };

    // The sums of Count rows of 16 pixels for 16 results each. A tile of filters is loaded once for all rows,
    // and they come in the order in which they lie: of what reads the same part of the same pixels one after
    // another.
    template <int Count>
    static void multiply(const PackedTiles &layer, const Rows &rows, const std::uint16_t *filters,
                         const float *bias, float *sums, Pending &pending, NextBlock &next) {
        constexpr int pixels = Count;
        constexpr int filter = Count + 1;
        static_assert(filter < 8);
        unroll<Count>([&](auto r) { Tiles::template load<r>(bias, 0); });
        for (std::int64_t chunk = 0; chunk < layer.chunks; ++chunk)
            for (std::int64_t row = 0; row < layer.filter_rows; ++row) {
                if (chunk + row > 0)
                    pending.go_on();
                for (std::int64_t tap = 0; tap < layer.taps; ++tap, filters += tile_elements) {
                    const std::int64_t offset = chunk * tile_values + tap * layer.tap_step;
                    Tiles::template load<filter>(filters, 64);
                    next.fetch_some();
                    unroll<Count>([&](auto r) {
                        const std::int64_t from = r * layer.stride + row;
                        Tiles::template load<pixels>(rows.data[from] + offset, rows.pixel[from]);
                        Tiles::template multiply<r, pixels, filter>();
                    });
                }
            }
        unroll<Count>(
            [&](auto r) { Tiles::template store<r>(sums + r * tile_rows * tile_results, tile_results * 4); });
    }

    static void zero(std::uint16_t *from, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i)
            from[i] = 0;
    }

    // The zeros around a row, as far as they are at its begin or its end.
    static void write_halo(const Image &image, std::int64_t y, bool begin, bool end) {
        auto *const row = static_cast<std::uint16_t *>(image.data) + image.row_begin(y);
        if (begin)
            zero(row - halo * image.pixel, halo * image.pixel);
        if (end)
            zero(row + image.extent.width * image.pixel, halo * image.pixel + tile_values);
    }

    static std::int64_t rows_read(const PackedTiles &layer, const Place &place) {
        return (place.rows - 1) * layer.stride + layer.filter_rows;
    }

    static Rows rows_for(const TileTask &task, const Place &place) {
        const PackedTiles &layer = task.layer;
        const Image &input = task.input;
        Rows rows;
        const std::int64_t count = rows_read(layer, place);
        for (std::int64_t row = 0; row < count; ++row) {
            const std::int64_t from = place.y * layer.stride + row - layer.pad_top;
            const bool inside = from >= 0 && from < input.extent.height;
            const std::int64_t x = place.x * layer.stride - layer.pad_left;
            rows.data[row] = inside ? static_cast<const std::uint16_t *>(input.data) + input.row_begin(from) +
                                          x * layer.inputs
                                    : layer.zeros;
            rows.pixel[row] = inside ? layer.stride * layer.inputs * 2 : 0;
        }
        return rows;
    }

    struct Buffers {
        alignas(64) float sums[2][BlockRows * tile_rows * tile_results] = {};
        int next = 0;
        Pending pending;
        NextBlock ahead;
    };

    // As many tiles of sums as there are rows.
    template <int Count = 1>
    static void compute(const TileTask &task, const Rows &rows, const Place &place,
                        const std::uint16_t *filters, Buffers &buffers) {
        if constexpr (Count < BlockRows)
            if (place.rows > Count)
                return compute<Count + 1>(task, rows, place, filters, buffers);
        float *const sums = buffers.sums[buffers.next];
        multiply<Count>(task.layer, rows, filters, task.layer.bias + place.channel, sums, buffers.pending,
                        buffers.ahead);
        buffers.pending.finish();
        buffers.pending = {&task, place, sums, 0, _mm512_setzero_ps()};
        buffers.next = 1 - buffers.next;
    }

    static Place block(const TileTask &task, std::int64_t number) {
        const std::int64_t down = task.pieces_down();
        const std::int64_t y = task.begin + number % down * BlockRows;
        const std::int64_t x = number / down * tile_rows;
        return {y, smaller(BlockRows, task.end - y), x, smaller(tile_rows, task.width() - x), 0};
    }

    // Of some pieces the results from a channel on, as many as are computed together.
    static void compute_results(const TileTask &task, std::int64_t first, std::int64_t count,
                                std::int64_t channel, Buffers &buffers) {
        const PackedTiles &layer = task.layer;
        const std::int64_t end = smaller(layer.outputs, channel + layer.results_together);
        Place next = block(task, first);
        Rows next_rows = rows_for(task, next);
        for (std::int64_t piece = first; piece < first + count; ++piece) {
            Place place = next;
            const Rows rows = next_rows;
            buffers.ahead = {};
            if (piece + 1 < first + count) {
                next = block(task, piece + 1);
                next_rows = rows_for(task, next);
                buffers.ahead.add_pixels(task, next_rows.data, rows_read(layer, next));
                buffers.ahead.add_callers(task, next);
            }
            for (place.channel = channel; place.channel < end; place.channel += tile_results)
                compute(task, rows, place, layer.filters_for(place.channel), buffers);
            if (task.output.gap > 0 && channel == 0)
                for (std::int64_t row = 0; row < place.rows * layer.repeat; ++row)
                    write_halo(task.output, place.y * layer.repeat + row, place.x == 0,
                               place.x + tile_rows >= task.width());
        }
    }

    // A block's pixels stay in the first cache while the filters of all results pass by; of more filters than
    // stay in the second, those of some results do while all pixels pass by.
    static void run(const TileTask &task, std::int64_t first, std::int64_t count) {
        Buffers buffers;
        const PackedTiles &layer = task.layer;
        for (std::int64_t channel = 0; channel < layer.outputs; channel += layer.results_together)
            compute_results(task, first, count, channel, buffers);
        buffers.pending.finish();
    }

    // One pixel times what each channel is multiplied by.
    static void copy_gated(Storage storage, const void *from, std::int64_t channels, const float *gates,
                           std::uint16_t *to) {
        const auto *const bytes = static_cast<const std::byte *>(from);
        for (std::int64_t channel = 0; channel < channels; channel += lanes) {
            const __mmask16 taken = some(channels, channel);
            const __m512 value = load(storage, bytes + channel * storage_size(storage), taken);
            store(Storage::bf16, to + channel, taken, value * _mm512_maskz_loadu_ps(taken, gates + channel));
        }
    }

    // Pixels that lie without room between them.
    static void copy_row(Storage storage, const void *from, std::int64_t count, void *to) {
        if (storage == Storage::bf16) {
            __builtin_memcpy(to, from, static_cast<std::size_t>(count) * 2);
            return;
        }
        for (std::int64_t i = 0; i < count; i += lanes)
            store(Storage::bf16, static_cast<std::uint16_t *>(to) + i, some(count, i),
                  load(storage, static_cast<const float *>(from) + i, some(count, i)));
    }

    static void add_halo(const HaloTask &task, std::int64_t first, std::int64_t count) {
        const Image &input = task.input;
        const Image &output = task.output;
        const std::int64_t down = task.end - task.begin;
        for (std::int64_t piece = first; piece < first + count; ++piece) {
            const std::int64_t y = task.begin + piece % down;
            const std::int64_t begin = piece / down * HaloTask::columns;
            const std::int64_t end = smaller(input.extent.width, begin + HaloTask::columns);
            if (input.gates)
                for (std::int64_t x = begin; x < end; ++x)
                    copy_gated(input.storage, at(input, y, x, 0), input.channels, input.gates,
                               static_cast<std::uint16_t *>(at(output, y, x, 0)));
            else if (input.pixel == input.channels)
                copy_row(input.storage, at(input, y, begin, 0), (end - begin) * input.channels,
                         at(output, y, begin, 0));
            else
                for (std::int64_t x = begin; x < end; ++x)
                    copy_row(input.storage, at(input, y, x, 0), input.channels, at(output, y, x, 0));
            write_halo(output, y, begin == 0, end == input.extent.width);
        }
    }

    static constexpr TileKernels kernels(const char *name) {
        return {name, BlockRows, &Tiles::configure, &Tiles::release, &run, &add_halo};
    }
};

} // namespace
} // namespace vsmlrt::cpu
