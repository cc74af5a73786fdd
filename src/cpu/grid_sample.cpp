// Each pixel of the result reads four others at places of its own, so that loads are what it
// costs: channels are brought together first, and a place's neighbours are two loads a row.
#include "cpu/grid_sample.h"

#include <algorithm>

namespace vsmlrt::cpu {
namespace {

// Four channels of a pixel, or one of four pixels. The compilers' own vectors: every processor has these.
using Floats = float __attribute__((vector_size(16)));
using Integers = std::int32_t __attribute__((vector_size(16)));

constexpr std::int64_t lanes = 4;

Floats load(const float *from) {
    Floats value;
    __builtin_memcpy(&value, from, sizeof(value));
    return value;
}

void store(float *to, Floats value) {
    __builtin_memcpy(to, &value, sizeof(value));
}

void transpose(Floats (&rows)[4]) {
    const Floats a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
    const Floats b = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
    const Floats c = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
    const Floats d = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
    rows[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    rows[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    rows[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    rows[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

// Up to four channels of the picture, one pixel after another, so that a place's neighbours are two loads a
// row.
struct PackedPicture {
    const GridSample &task;
    std::int64_t first; // channel
    float *pixels;

    [[nodiscard]] std::int64_t channels() const { return std::min(lanes, task.channels - first); }

    // Pixels of the picture, counted row by row.
    void pack(std::int64_t begin, std::int64_t end) const {
        const std::int64_t plane = task.extent.height * task.extent.width;
        const float *const from = task.picture + first * plane;
        std::int64_t i = begin;
        for (; i + lanes <= end; i += lanes) {
            Floats rows[4] = {};
            for (std::int64_t c = 0; c < channels(); ++c)
                rows[c] = load(from + c * plane + i);
            transpose(rows);
            for (std::int64_t pixel = 0; pixel < lanes; ++pixel)
                store(pixels + (i + pixel) * lanes, rows[pixel]);
        }
        for (; i < end; ++i)
            for (std::int64_t c = 0; c < lanes; ++c)
                pixels[i * lanes + c] = c < channels() ? from[c * plane + i] : 0.F;
    }

    // Pixels of the result.
    void sample(std::int64_t begin, std::int64_t end) const {
        const std::int64_t plane = task.result.height * task.result.width;
        float *const to = task.output + first * plane;
        std::int64_t i = begin;
        for (; i + lanes <= end; i += lanes) {
            Floats values[4];
            four(task.grid + i * 2, values);
            for (std::int64_t c = 0; c < channels(); ++c)
                store(to + c * plane + i, values[c]);
        }
        if (i == end)
            return;
        float places[2 * lanes] = {};
        std::copy_n(task.grid + i * 2, (end - i) * 2, places);
        Floats values[4];
        four(places, values);
        for (std::int64_t c = 0; c < channels(); ++c)
            for (std::int64_t pixel = 0; pixel < end - i; ++pixel)
                to[c * plane + i + pixel] = values[c][pixel];
    }

private:
    struct Axis {
        Integers low;
        Integers high;
        Floats part; // of the higher
    };

    [[nodiscard]] Axis axis(Floats place, std::int64_t size) const {
        const auto length = static_cast<float>(size);
        const Floats at = task.align_corners ? (place + 1.F) * ((length - 1.F) * 0.5F)
                                             : ((place + 1.F) * length - 1.F) * 0.5F;
        const Floats last = Floats{} + (length - 1.F);
        const Floats above = at > 0.F ? at : Floats{}; // NaN is not above 0.
        const Floats inside = above < last ? above : last;
        const Integers low = __builtin_convertvector(inside, Integers);
        const Integers end = Integers{} + static_cast<std::int32_t>(size - 1);
        return {low, low < end ? low + 1 : end, inside - __builtin_convertvector(low, Floats)};
    }

    // By channels, from four places.
    void four(const float *places, Floats (&values)[4]) const {
        const Floats a = load(places);
        const Floats b = load(places + lanes);
        const Axis x = axis(__builtin_shufflevector(a, b, 0, 2, 4, 6), task.extent.width);
        const Axis y = axis(__builtin_shufflevector(a, b, 1, 3, 5, 7), task.extent.height);
        for (int i = 0; i < lanes; ++i) {
            const float *const upper = pixels + y.low[i] * task.extent.width * lanes;
            const float *const lower = pixels + y.high[i] * task.extent.width * lanes;
            const std::int64_t left = x.low[i] * lanes;
            const std::int64_t right = x.high[i] * lanes;
            const Floats top = load(upper + left) + x.part[i] * (load(upper + right) - load(upper + left));
            const Floats bottom = load(lower + left) + x.part[i] * (load(lower + right) - load(lower + left));
            values[i] = top + y.part[i] * (bottom - top);
        }
        transpose(values);
    }
};

constexpr std::int64_t at_a_time = 8192; // pixels

} // namespace

void run(const GridSample &task, Workspace &workspace) {
    const std::int64_t pixels = task.extent.height * task.extent.width;
    auto *const memory = reinterpret_cast<float *>(
        workspace.memory(static_cast<std::size_t>(GridSample::workspace_bytes(task.extent))));
    for (std::int64_t first = 0; first < task.channels; first += lanes) {
        const PackedPicture packed = {task, first, memory};
        Shares packing(pixels, at_a_time);
        Shares sampling(task.result.height * task.result.width, at_a_time);
        workspace.crew().run([&](int /*thread*/) {
            packing.work([&](std::int64_t begin, std::int64_t count) { packed.pack(begin, begin + count); });
            sampling.work(
                [&](std::int64_t begin, std::int64_t count) { packed.sample(begin, begin + count); });
        });
    }
}

} // namespace vsmlrt::cpu
