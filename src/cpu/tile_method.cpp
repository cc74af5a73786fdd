// What the kernels by tiles are told, and the windows that they read: rows with zeros around them, held as
// rings, so that no row moves.
#include "cpu/tile_method.h"

#include "cpu/padded.h"
#include "tensor/half.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace vsmlrt::cpu {
namespace {

std::int64_t tiles_for(std::int64_t values, std::int64_t tile) {
    return (values + tile - 1) / tile;
}

// So many for every thread, so that none waits for the others at the end.
std::int64_t shared(std::int64_t all, int threads) {
    return std::max<std::int64_t>(1, tiles_for(all, threads));
}

class TileLayer : public Layer {
public:
    TileLayer(const ConvolutionDesc &desc, const TileKernels &kernels)
        : kernels_(kernels), pads_(desc.pads), bias_(padded(desc.bias, whole(desc.outputs, tile_results))) {
        packed_.inputs = desc.inputs;
        packed_.outputs = desc.outputs;
        packed_.pad_top = desc.pads.top;
        packed_.pad_left = desc.pads.left;
        packed_.tiles = tiles_for(3 * desc.inputs, tile_values);
        place_tiles();
        packed_.bias = bias_.as<float>();
        if (!desc.slopes.empty()) {
            slopes_ = padded(desc.slopes, whole(desc.outputs, tile_results));
            packed_.slopes = slopes_.as<float>();
        }
        pack_filters(desc.weights);
    }

    [[nodiscard]] std::int64_t outputs() const override { return packed_.outputs; }
    [[nodiscard]] Extent result(Extent input) const override {
        return {input.height + pads_.top + pads_.bottom - 2, input.width + pads_.left + pads_.right - 2};
    }
    [[nodiscard]] std::int64_t rows_above() const override { return pads_.top; }
    [[nodiscard]] std::int64_t rows_below() const override { return 2 - pads_.top; }

    [[nodiscard]] std::int64_t pieces(const LayerRows &rows) const override { return task(rows).pieces(); }
    [[nodiscard]] std::int64_t pieces_at_a_time(std::int64_t all, int threads) const override {
        return shared(all, threads);
    }
    [[nodiscard]] std::int64_t pixels_at_a_time() const override {
        // What is read and written shall stay in a core's cache, with room for the filters.
        constexpr std::int64_t cache = 768 * 1024;
        return cache / (2 * (packed_.inputs + packed_.outputs));
    }
    void run(const LayerRows &rows, std::int64_t first, std::int64_t count, std::byte *) const override {
        kernels_.run(task(rows), first, count);
    }

private:
    [[nodiscard]] TileTask task(const LayerRows &rows) const {
        return {packed_, rows.input, rows.output, rows.added_before, rows.added_after, rows.begin, rows.end};
    }

    // Where the tiles of a filter's row lie in it. Tiles that belong to one pixel are taken together with the
    // same of its neighbours, which read the same memory a pixel later.
    void place_tiles() {
        const bool together = packed_.inputs % tile_values == 0;
        const std::int64_t of_pixel = packed_.inputs / tile_values;
        numbers_.resize(static_cast<std::size_t>(packed_.tiles));
        offsets_.resize(static_cast<std::size_t>(packed_.tiles));
        for (std::int64_t tile = 0; tile < packed_.tiles; ++tile) {
            const std::int64_t number = together ? tile % of_pixel * 3 + tile / of_pixel : tile;
            numbers_[static_cast<std::size_t>(tile)] = number;
            offsets_[static_cast<std::size_t>(number)] = tile * tile_values;
        }
        packed_.offsets = offsets_.data();
    }

    void pack_filters(std::span<const float> weights) {
        const std::int64_t size = packed_.filter_elements(tiles_for(packed_.outputs, tile_results));
        filters_ = HostBuffer(static_cast<std::size_t>(size) * 2);
        auto *const filters = filters_.as<std::uint16_t>();
        std::fill_n(filters, size, std::uint16_t{0});
        for (std::int64_t o = 0; o < packed_.outputs; ++o) {
            const std::int64_t together = most_results * tile_results;
            const std::int64_t first = o / together * together;
            const std::int64_t result_tiles = packed_.result_tiles(first);
            std::uint16_t *const to = filters + packed_.filter_elements(first / tile_results) +
                                      (o - first) / tile_results * tile_elements + o % tile_results * 2;
            for (std::int64_t i = 0; i < packed_.inputs; ++i)
                for (std::int64_t tap = 0; tap < taps; ++tap) {
                    const std::int64_t value = tap % 3 * packed_.inputs + i; // of the filter's row
                    const std::int64_t tile =
                        tap / 3 * packed_.tiles + numbers_[static_cast<std::size_t>(value / tile_values)];
                    const std::int64_t pair = value % tile_values / 2;
                    to[tile * result_tiles * tile_elements + pair * 2 * tile_results + value % 2] =
                        float_to_bfloat(
                            weights[static_cast<std::size_t>((o * packed_.inputs + i) * taps + tap)]);
                }
        }
        packed_.filters = filters;
    }

    const TileKernels &kernels_;
    Pads pads_;
    PackedTiles packed_;
    std::vector<std::int64_t> offsets_;
    std::vector<std::int64_t> numbers_; // of a row's tiles, in the order in which they are multiplied
    HostBuffer filters_;
    HostBuffer bias_;
    HostBuffer slopes_;
};

// A value as it is, with a halo.
class WithHalo : public Layer {
public:
    WithHalo(std::int64_t channels, const TileKernels &kernels) : kernels_(kernels), channels_(channels) {}

    [[nodiscard]] std::int64_t outputs() const override { return channels_; }
    [[nodiscard]] Extent result(Extent input) const override { return input; }
    [[nodiscard]] std::int64_t rows_above() const override { return 0; }
    [[nodiscard]] std::int64_t rows_below() const override { return 0; }
    [[nodiscard]] std::int64_t pieces(const LayerRows &rows) const override { return rows.end - rows.begin; }
    [[nodiscard]] std::int64_t pieces_at_a_time(std::int64_t all, int threads) const override {
        return shared(all, threads);
    }
    [[nodiscard]] std::int64_t pixels_at_a_time() const override {
        return std::numeric_limits<std::int64_t>::max();
    }
    void run(const LayerRows &rows, std::int64_t first, std::int64_t count, std::byte *) const override {
        kernels_.add_halo({rows.input, rows.output, rows.begin, rows.end}, first, count);
    }

private:
    const TileKernels &kernels_;
    std::int64_t channels_;
};

class TileMethod : public ConvolutionMethod {
public:
    explicit TileMethod(const TileKernels &kernels) : kernels_(kernels) {}

    [[nodiscard]] bool by_tiles() const override { return true; }
    [[nodiscard]] Storage storage() const override { return Storage::bf16; }
    [[nodiscard]] std::unique_ptr<const Layer> layer(const ConvolutionDesc &desc) const override {
        return std::make_unique<const TileLayer>(desc, kernels_);
    }
    [[nodiscard]] std::unique_ptr<const Layer> taken_in(std::int64_t channels) const override {
        return std::make_unique<const WithHalo>(channels, kernels_);
    }

    [[nodiscard]] std::int64_t row_unit() const override { return 1; }
    [[nodiscard]] std::int64_t rows_at_a_time(std::span<const std::int64_t> pixels, std::int64_t width,
                                              int threads) const override {
        return std::max<std::int64_t>(2, *std::min_element(pixels.begin(), pixels.end()) / width) * threads;
    }

    [[nodiscard]] Image window(Extent extent, std::int64_t channels, std::int64_t rows) const override {
        Image image = {nullptr, Storage::bf16, extent, channels, channels};
        const std::int64_t width = extent.width * channels;
        image.gap = whole(width + halo_gap(channels), line) - width;
        image.ring = rows;
        return image;
    }
    [[nodiscard]] std::int64_t window_bytes(const Image &window, std::int64_t rows) const override {
        // The last tile of a row may have pixels behind it.
        return bytes_before(window) +
               whole(rows * window.row() + tile_rows * window.pixel, line) * storage_size(window.storage);
    }
    [[nodiscard]] std::int64_t bytes_before(const Image &window) const override {
        return whole(halo * window.pixel, line) * storage_size(window.storage);
    }

    void begin() const override { kernels_.begin(); }
    void end() const override { kernels_.end(); }

private:
    static constexpr std::int64_t line = 32; // elements of a cache's line

    const TileKernels &kernels_;
};

} // namespace

std::shared_ptr<const ConvolutionMethod> tile_method(const TileKernels &kernels) {
    return std::make_shared<const TileMethod>(kernels);
}

} // namespace vsmlrt::cpu
