// What the next block of a convolution by tiles needs of memory, brought nearer while this one is multiplied.
// Included as tile_convolution.h is.
#pragma once

#include "cpu/tile_results.h"

namespace vsmlrt::cpu {
namespace {

enum class Into : std::uint8_t { first_cache, second_cache, first_cache_to_write };

// Rows of equal length, some lines of which are fetched at a time.
template <Into Target, std::int64_t MostRows>
struct LinesAhead {
    static constexpr std::int64_t line = 64; // bytes

    void add(const void *row, std::int64_t row_bytes) {
        rows[rows_left++] = static_cast<const std::byte *>(row);
        bytes = row_bytes;
    }

    // After all rows: in so many steps.
    void share(std::int64_t steps) {
        const std::int64_t lines = rows_left * ((bytes + line - 1) / line);
        at_a_time = (lines + steps - 1) / steps;
    }

    void fetch_some() {
        for (std::int64_t i = 0; i < at_a_time && rows_left > 0; ++i) {
            const std::byte *const from = rows[rows_left - 1] + next;
            if constexpr (Target == Into::first_cache_to_write)
                asm volatile("prefetchw %0" ::"m"(*from));
            else
                __builtin_prefetch(from, 0, Target == Into::first_cache ? 3 : 2);
            next += line;
            if (next >= bytes) {
                next = 0;
                --rows_left;
            }
        }
    }

    const std::byte *rows[MostRows] = {};
    std::int64_t rows_left = 0;
    std::int64_t bytes = 0; // of a row
    std::int64_t at_a_time = 0;
    std::int64_t next = 0;
};

// Of the next block. `BlockRows`: TileKernels::block_rows.
template <std::int64_t BlockRows>
struct Ahead {
    using Place = TileResults::Place;
    static constexpr std::int64_t most_rows_read = 2 * (BlockRows - 1) + most_filter_rows;

    void fetch_some() {
        pixels.fetch_some();
        added.fetch_some();
        results.fetch_some();
    }

    // Pixels from rows that are too long to be near. Of many channels there are enough products for each
    // pixel without it.
    void add_pixels(const TileTask &task, const std::uint16_t *const *rows, std::int64_t count) {
        constexpr std::int64_t most_inputs = 64;
        constexpr std::int64_t most_near = 256 * 1024; // bytes that a block's rows may have over all of them
        const PackedTiles &layer = task.layer;
        if (layer.inputs > most_inputs || count * task.input.row() * 2 <= most_near)
            return;
        for (std::int64_t row = 0; row < count; ++row)
            pixels.add(rows[row], tile_rows * layer.stride * layer.inputs * 2);
        pixels.share(steps(layer));
    }

    // What lies with the caller is in memory, and a block of it no stretch that the processor sees coming:
    // what is added, and where results go that are computed by few products.
    void add_callers(const TileTask &task, const Place &block) {
        constexpr std::int64_t most_steps = 18;
        const auto is_callers = [](const Image &image) { return image.data && image.ring == 0; };
        if (task.output.shuffle > 0)
            return;
        if (is_callers(task.added_before))
            add_rows(task.layer, task.added_before, block, added);
        else if (is_callers(task.added_after))
            add_rows(task.layer, task.added_after, block, added);
        if (is_callers(task.output) && task.layer.steps() <= most_steps)
            add_rows(task.layer, task.output, block, results);
    }

    LinesAhead<Into::first_cache, most_rows_read> pixels;
    LinesAhead<Into::second_cache, 2 * BlockRows> added;
    LinesAhead<Into::first_cache_to_write, 2 * BlockRows> results;

private:
    // All tiles of filters that a block is multiplied with.
    static std::int64_t steps(const PackedTiles &layer) {
        return layer.steps() * ((layer.outputs + tile_results - 1) / tile_results);
    }

    template <typename Lines>
    static void add_rows(const PackedTiles &layer, const Image &image, const Place &block, Lines &lines) {
        const std::int64_t bytes = block.pixels * layer.repeat * image.pixel * storage_size(image.storage);
        for (std::int64_t row = 0; row < block.rows * layer.repeat; ++row)
            lines.add(TileResults::at(image, block.y * layer.repeat + row, block.x * layer.repeat, 0), bytes);
        lines.share(steps(layer));
    }
};

} // namespace
} // namespace vsmlrt::cpu
