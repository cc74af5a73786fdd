// The convolution over vectors of channels. Included by one file for each set of instructions, which defines
// the vectors; everything is that file's own, so that no other takes code that its processor may not have.
//
// Between the three steps values lie as [tile][vector of channels][point][lane]: both transforms read and
// write whole stretches of memory, and the products take a line of it at a time.
#pragma once

#include "cpu/convolution_kernels.h"

namespace vsmlrt::cpu {
namespace {

// Set has: Vector (arithmetic by operators), lanes, vectors, rows, bf16; load and store of a whole vector of
// float or of bf16 (std::uint16_t); all(float).
template <typename Set>
struct VectorConvolution {
    using Vector = typename Set::Vector;
    static constexpr std::int64_t lanes = Set::lanes;
    static constexpr std::int64_t group = Set::lanes * Set::vectors;
    static constexpr auto root_two = static_cast<float>(cpu::root_two);
    static constexpr auto root_half = static_cast<float>(cpu::root_two / 2);

    static std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
    static std::int64_t vectors_in(std::int64_t channels) { return (channels + lanes - 1) / lanes; }

    // B transposed, along one axis.
    static void transform_input(const Vector (&d)[window], Vector (&out)[window]) {
        const Vector a = d[4] - Set::all(2.F) * d[2];
        const Vector b = Set::all(root_half) * d[3] - Set::all(root_two) * d[1];
        const Vector c = d[4] - Set::all(0.5F) * d[2];
        const Vector e = Set::all(root_two) * d[3] - Set::all(root_half) * d[1];
        out[0] = (d[0] + d[4]) - Set::all(2.5F) * d[2];
        out[1] = a + b;
        out[2] = a - b;
        out[3] = c + e;
        out[4] = c - e;
        out[5] = (d[1] + d[5]) - Set::all(2.5F) * d[3];
    }

    // A transposed, along one axis.
    static void transform_output(const Vector (&m)[window], Vector (&out)[tile_size]) {
        const Vector a = m[1] + m[2];
        const Vector b = m[1] - m[2];
        const Vector c = m[3] + m[4];
        const Vector d = m[3] - m[4];
        out[0] = m[0] + a + c;
        out[1] = Set::all(root_half) * b + Set::all(root_two) * d;
        out[2] = Set::all(0.5F) * a + Set::all(2.F) * c;
        out[3] = Set::all(root_half / 2) * b + (Set::all(root_two * 2) * d + m[5]);
    }

    // G, along one axis.
    static void transform_filter(const Vector (&g)[3], Vector (&out)[window]) {
        const Vector a = g[0] * Set::all(-2.F / 3) - g[2] * Set::all(1.F / 3);
        const Vector b = g[1] * Set::all(root_half * 2 / 3);
        const Vector c = g[0] * Set::all(1.F / 6) + g[2] * Set::all(1.F / 3);
        const Vector d = g[1] * Set::all(root_two / 6);
        out[0] = g[0];
        out[1] = a - b;
        out[2] = a + b;
        out[3] = c + d;
        out[4] = c - d;
        out[5] = g[2];
    }

    // One of the transforms above along both axes: of In x In values that `load` gives by row and column the
    // first `rows` rows of the result, each handed to `use`. Inlined, so that all of it stays in registers.
    template <int In, int Out, typename Load, typename Use>
    [[gnu::always_inline]] static inline void
    transform_both_axes(void (&transform)(const Vector (&)[In], Vector (&)[Out]), std::int64_t rows,
                        const Load &load, const Use &use) {
        Vector columns[In][Out];
#pragma GCC unroll 6
        for (int x = 0; x < In; ++x) {
            Vector column[In];
#pragma GCC unroll 6
            for (int y = 0; y < In; ++y)
                column[y] = load(y, x);
            transform(column, columns[x]);
        }
#pragma GCC unroll 6
        for (int y = 0; y < Out; ++y) {
            if (y >= rows)
                break;
            Vector line[In];
            Vector out[Out];
#pragma GCC unroll 6
            for (int x = 0; x < In; ++x)
                line[x] = columns[x][y];
            transform(line, out);
            use(y, out);
        }
    }

    // Calls with a value of the type that elements are stored in.
    template <typename Call>
    static auto by_storage(Storage storage, Call call) {
        if constexpr (Set::bf16)
            if (storage == Storage::bf16)
                return call(std::uint16_t{});
        return call(float{});
    }

    template <typename Element>
    static Element *at(const Image &image, std::int64_t y, std::int64_t x) {
        return static_cast<Element *>(image.data) + image.row_begin(y) + x * image.pixel;
    }

    static float widened(float value) {
        return value;
    }
    static float widened(std::uint16_t bits) {
        return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
    }

    // Of one pixel the channels from `from`, at most a vector of them, zero behind the last.
    template <typename Element>
    static void copy_channels(const Image &image, std::int64_t y, std::int64_t x, std::int64_t from,
                              float *to) {
        const Element *pixel = at<const Element>(image, y, x) + from;
        const std::int64_t count = smaller(lanes, image.channels - from);
        for (std::int64_t i = 0; i < lanes; ++i)
            to[i] = i < count ? widened(pixel[i]) : 0.F;
    }

    // The windows of `count` tiles. Windows that reach over the image's edge are copied with zeros around it.
    template <typename Element>
    static void transform_inputs(const Task &task, std::int64_t first, std::int64_t count, float *to) {
        const Image &image = task.input;
        const std::int64_t vectors = vectors_in(image.channels);
        const std::int64_t across = task.tiles_across();
        const bool whole_vectors = image.pixel >= vectors * lanes;
        for (std::int64_t tile = first; tile < first + count; ++tile) {
            const std::int64_t top = task.begin + tile / across * tile_size - task.layer.pad_top;
            const std::int64_t left = tile % across * tile_size - task.layer.pad_left;
            const bool inside = top >= 0 && left >= 0 && top + window <= image.extent.height &&
                                left + window <= image.extent.width && whole_vectors;
            for (std::int64_t v = 0; v < vectors; ++v, to += points * lanes) {
                if (inside) {
                    const Element *from = at<const Element>(image, top, left) + v * lanes;
                    transform_window(from, image.row(), image.pixel, to);
                    continue;
                }
                alignas(64) float copied[points * lanes];
                for (std::int64_t i = 0; i < points; ++i) {
                    const std::int64_t y = top + i / window;
                    const std::int64_t x = left + i % window;
                    if (y >= 0 && x >= 0 && y < image.extent.height && x < image.extent.width)
                        copy_channels<Element>(image, y, x, v * lanes, copied + i * lanes);
                    else
                        Set::store(copied + i * lanes, Vector{});
                }
                transform_window(static_cast<const float *>(copied), window * lanes, lanes, to);
            }
        }
    }

    template <typename Element>
    static void transform_window(const Element *from, std::int64_t row, std::int64_t pixel, float *to) {
        transform_both_axes(
            transform_input, window, [&](int y, int x) { return Set::load(from + y * row + x * pixel); },
            [&](int y, const Vector(&line)[window]) {
#pragma GCC unroll 6
                for (int x = 0; x < window; ++x)
                    Set::store(to + (y * window + x) * lanes, line[x]);
            });
    }

    // Filters of one group from their taps: [point][input][channel].
    template <typename Element>
    static void transform_filters(const Element *from, std::int64_t inputs, std::int64_t vectors, float *to) {
        const std::int64_t width = vectors * lanes;
        for (std::int64_t i = 0; i < inputs; ++i)
            for (std::int64_t v = 0; v < vectors; ++v) {
                const Element *g = from + i * taps * width + v * lanes;
                float *out = to + i * width + v * lanes;
                transform_both_axes(
                    transform_filter, window,
                    [&](int y, int x) { return Set::load(g + (3 * y + x) * width); },
                    [&](int y, const Vector(&line)[window]) {
#pragma GCC unroll 6
                        for (int x = 0; x < window; ++x)
                            Set::store(out + (y * window + x) * inputs * width, line[x]);
                    });
            }
    }

    // One point of Rows tiles and of all channels of a group: the sum over the inputs.
    template <int Rows, int Vectors>
    static void multiply(const float *values, const float *filters, std::int64_t inputs, float *to) {
        const std::int64_t tile = points * vectors_in(inputs) * lanes;
        Vector sums[Rows][Vectors];
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; ++v)
                sums[r][v] = Vector{};
        for (std::int64_t from = 0; from < inputs; from += lanes, values += points * lanes) {
            const std::int64_t count = smaller(lanes, inputs - from);
#pragma GCC unroll 8
            for (int r = 0; r < Rows; ++r)
                __builtin_prefetch(values + (Rows + r) * tile);
            for (std::int64_t i = 0; i < count; ++i, filters += Vectors * lanes) {
                Vector filter[Vectors];
#pragma GCC unroll 4
                for (int v = 0; v < Vectors; ++v)
                    filter[v] = Set::load(filters + v * lanes);
#pragma GCC unroll 8
                for (int r = 0; r < Rows; ++r) {
                    const Vector value = Set::all(values[r * tile + i]);
#pragma GCC unroll 4
                    for (int v = 0; v < Vectors; ++v)
                        sums[r][v] += value * filter[v];
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; ++v)
                Set::store(to + (r * Vectors + v) * points * lanes, sums[r][v]);
    }

    template <int Vectors>
    static void multiply_rows(std::int64_t rows, const float *values, const float *filters,
                              std::int64_t inputs, float *to) {
        static_assert(Set::rows == 6);
        switch (rows) {
        case 1:
            return multiply<1, Vectors>(values, filters, inputs, to);
        case 2:
            return multiply<2, Vectors>(values, filters, inputs, to);
        case 3:
            return multiply<3, Vectors>(values, filters, inputs, to);
        case 4:
            return multiply<4, Vectors>(values, filters, inputs, to);
        case 5:
            return multiply<5, Vectors>(values, filters, inputs, to);
        default:
            return multiply<6, Vectors>(values, filters, inputs, to);
        }
    }

    template <int Vectors>
    static void multiply_group(std::int64_t tiles, const float *values, const float *filters,
                               std::int64_t inputs, float *to) {
        const std::int64_t tile = points * vectors_in(inputs) * lanes;
        for (std::int64_t point = 0; point < points; ++point)
            for (std::int64_t first = 0; first < tiles; first += Set::rows)
                multiply_rows<Vectors>(smaller(tiles - first, Set::rows),
                                       values + first * tile + point * lanes,
                                       filters + point * inputs * Vectors * lanes, inputs,
                                       to + (first * Vectors * points + point) * lanes);
    }

    static void multiply_group(std::int64_t vectors, std::int64_t tiles, const float *values,
                               const float *filters, std::int64_t inputs, float *to) {
        static_assert(Set::vectors <= 4);
        if constexpr (Set::vectors > 3)
            if (vectors == 4)
                return multiply_group<4>(tiles, values, filters, inputs, to);
        if constexpr (Set::vectors > 2)
            if (vectors == 3)
                return multiply_group<3>(tiles, values, filters, inputs, to);
        if (vectors == 2)
            return multiply_group<2>(tiles, values, filters, inputs, to);
        return multiply_group<1>(tiles, values, filters, inputs, to);
    }

    // A vector of a picture that is added; it has the result's size.
    static Vector added(const Image &image, std::int64_t y, std::int64_t x, std::int64_t channel,
                        bool whole) {
        return by_storage(image.storage, [&](auto element) {
            using Element = decltype(element);
            if (whole && image.pixel >= channel + lanes)
                return Set::load(at<const Element>(image, y, x) + channel);
            alignas(64) float copied[lanes];
            copy_channels<Element>(image, y, x, channel, copied);
            return Set::load(static_cast<const float *>(copied));
        });
    }

    static void shuffle(const Task &task, std::int64_t y, std::int64_t x, std::int64_t channel,
                        Vector value) {
        const Image &output = task.output;
        const std::int64_t factor = output.shuffle;
        const std::int64_t width = output.extent.width * factor;
        alignas(64) float values[lanes];
        Set::store(values, value);
        const std::int64_t count = smaller(lanes, output.channels - channel);
        for (std::int64_t i = 0; i < count;) {
            const std::int64_t row = (channel + i) / factor; // of a block, counted over all of them
            const std::int64_t color = row / factor;
            const std::int64_t line = (color * output.extent.height + y) * factor + row % factor;
            float *const to = static_cast<float *>(output.data) + line * width + x * factor - row * factor;
            const float base = task.added_after.data ? element(task.added_after, y, x, color) : 0.F;
            for (const std::int64_t end = smaller(count, (row + 1) * factor - channel); i < end; ++i)
                to[channel + i] = values[i] + base;
        }
    }

    static float element(const Image &image, std::int64_t y, std::int64_t x, std::int64_t channel) {
        return by_storage(image.storage,
                          [&](auto type) { return widened(at<const decltype(type)>(image, y, x)[channel]); });
    }

    // What follows the sum of one pixel, and its place in the result.
    template <typename Element>
    static void finish(const Task &task, std::int64_t y, std::int64_t x, std::int64_t channel, bool whole,
                       Vector value) {
        value += Set::load(task.layer.bias + channel);
        if (task.added_before.data)
            value += added(task.added_before, y, x, channel, whole);
        if (task.layer.slopes)
            value = Set::sloped(value, Set::load(task.layer.slopes + channel));
        if (task.output.shuffle > 0) {
            shuffle(task, y, x, channel, value);
            return;
        }
        if (task.added_after.data)
            value += added(task.added_after, y, x, channel, whole);
        Element *to = at<Element>(task.output, y, x) + channel;
        if (whole) {
            Set::store(to, value);
            return;
        }
        alignas(64) Element elements[lanes];
        Set::store(elements, value);
        const std::int64_t count = smaller(lanes, task.output.channels - channel);
        for (std::int64_t i = 0; i < count; ++i)
            to[i] = elements[i];
    }

    template <typename Element>
    static void transform_outputs(const Task &task, std::int64_t first, std::int64_t count,
                                  std::int64_t channel, std::int64_t vectors, const float *from) {
        const std::int64_t across = task.tiles_across();
        for (std::int64_t tile = first; tile < first + count; ++tile) {
            const std::int64_t top = task.begin + tile / across * tile_size;
            const std::int64_t left = tile % across * tile_size;
            const std::int64_t height = smaller(tile_size, task.end - top);
            const std::int64_t width = smaller(tile_size, task.output.extent.width - left);
            for (std::int64_t v = 0; v < vectors; ++v, from += points * lanes) {
                const std::int64_t c = channel + v * lanes;
                const bool whole = task.output.pixel >= c + lanes;
                transform_both_axes(
                    transform_output, height,
                    [&](int y, int x) { return Set::load(from + (y * window + x) * lanes); },
                    [&](int y, const Vector(&line)[tile_size]) {
#pragma GCC unroll 4
                        for (int x = 0; x < tile_size; ++x) {
                            if (x >= width)
                                break;
                            finish<Element>(task, top + y, left + x, c, whole, line[x]);
                        }
                    });
            }
        }
    }

    static void run(const Task &task, std::int64_t first, std::int64_t count, float *scratch) {
        const Packed &layer = task.layer;
        float *const values = scratch;
        float *const products = values + count * points * vectors_in(layer.inputs) * lanes;
        float *const filters = products + count * points * group;
        by_storage(task.input.storage,
                   [&](auto element) { transform_inputs<decltype(element)>(task, first, count, values); });
        for (std::int64_t channel = 0; channel < layer.outputs; channel += group) {
            const std::int64_t vectors = vectors_in(smaller(group, layer.outputs - channel));
            const float *used = filters;
            if (layer.transformed) {
                used = layer.transformed + points * layer.inputs * channel;
            } else {
                const std::int64_t begin = taps * layer.inputs * channel;
                by_storage(layer.filters_storage, [&](auto element) {
                    transform_filters(static_cast<const decltype(element) *>(layer.filters) + begin,
                                      layer.inputs, vectors, filters);
                });
            }
            multiply_group(vectors, count, values, used, layer.inputs, products);
            by_storage(task.output.storage, [&](auto element) {
                transform_outputs<decltype(element)>(task, first, count, channel, vectors, products);
            });
        }
    }

    static constexpr Kernels kernels(const char *name) {
        return {name, lanes, Set::vectors, Set::rows, Set::bf16, &run};
    }
};

} // namespace
} // namespace vsmlrt::cpu
