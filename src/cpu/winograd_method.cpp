#include "cpu/winograd_method.h"

#include "cpu/padded.h"

#include <algorithm>

namespace vsmlrt::cpu {
namespace {

constexpr std::int64_t tile_pixels = tile_size * tile_size;

class WinogradLayer : public Layer {
public:
    WinogradLayer(const ConvolutionDesc &desc, const Kernels &kernels, Storage storage)
        : kernels_(kernels), layer_(desc, kernels, storage) {}

    [[nodiscard]] std::int64_t outputs() const override { return layer_.outputs(); }
    [[nodiscard]] Extent result(Extent input) const override { return layer_.result(input); }
    [[nodiscard]] RowsRead rows_read() const override {
        const std::int64_t above = layer_.packed().pad_top;
        return {above, window - tile_size - above};
    }

    [[nodiscard]] std::int64_t pieces(const LayerRows &rows) const override { return task(rows).tiles(); }
    [[nodiscard]] std::int64_t pieces_at_a_time(std::int64_t all, int threads) const override {
        return layer_.tiles_at_a_time(all, threads);
    }
    [[nodiscard]] std::int64_t pixels_at_a_time() const override {
        return layer_.most_tiles_at_a_time() * tile_pixels;
    }
    void run(const LayerRows &rows, std::int64_t first, std::int64_t count,
             std::byte *scratch) const override {
        kernels_.run(task(rows), first, count, reinterpret_cast<float *>(scratch));
    }
    [[nodiscard]] std::int64_t scratch_bytes() const override {
        const std::int64_t tiles = layer_.most_tiles_at_a_time() + kernels_.rows;
        return kernels_.scratch_floats(layer_.packed(), tiles) * static_cast<std::int64_t>(sizeof(float));
    }

private:
    [[nodiscard]] Task task(const LayerRows &rows) const {
        return {layer_.packed(),  rows.input, rows.output, rows.added_before,
                rows.added_after, rows.begin, rows.end};
    }

    const Kernels &kernels_;
    Convolution layer_;
};

class WinogradMethod : public ConvolutionMethod {
public:
    WinogradMethod(const Kernels &kernels, Storage storage)
        : kernels_(kernels), storage_(kernels.bf16 ? storage : Storage::fp32) {}

    [[nodiscard]] bool by_tiles() const override { return false; }
    [[nodiscard]] bool takes(const ConvolutionDesc &desc) const override {
        return desc.form == Form() && has_pads_up_to(2, desc.pads);
    }
    [[nodiscard]] Storage storage() const override { return storage_; }
    [[nodiscard]] std::unique_ptr<const Layer> layer(const ConvolutionDesc &desc) const override {
        return std::make_unique<const WinogradLayer>(desc, kernels_, storage_);
    }
    [[nodiscard]] std::unique_ptr<const Layer> taken_in(std::int64_t) const override { return nullptr; }

    [[nodiscard]] std::int64_t row_unit() const override { return tile_size; }
    [[nodiscard]] std::int64_t rows_at_a_time(std::span<const LayerPixels> layers, std::int64_t width,
                                              int threads) const override {
        std::int64_t most = 0;
        for (const LayerPixels &layer : layers)
            most = std::max(most, layer.at_a_time);
        const std::int64_t tiles = threads * most / tile_pixels;
        const std::int64_t across = (width + tile_size - 1) / tile_size;
        return std::max<std::int64_t>(4, (tiles + across - 1) / across) * tile_size;
    }

    [[nodiscard]] Image window(Extent extent, std::int64_t channels, std::int64_t) const override {
        return {nullptr, storage_, extent, channels, kernels_.whole(channels)};
    }
    [[nodiscard]] std::int64_t window_bytes(const Image &window, std::int64_t rows) const override {
        return whole(rows * window.row() * storage_size(storage_), 64);
    }

private:
    const Kernels &kernels_;
    Storage storage_;
};

} // namespace

std::shared_ptr<const ConvolutionMethod> winograd_method(const Kernels &kernels, Storage storage) {
    return std::make_shared<const WinogradMethod>(kernels, storage);
}

} // namespace vsmlrt::cpu
