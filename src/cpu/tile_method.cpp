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
        : kernels_(kernels), pads_(desc.pads), form_(desc.form), outputs_(desc.outputs) {
        // Of a transposed one each pixel that is made of one is computed as results of its own; of pixels
        // side by side they lie so in the image.
        packed_.inputs = desc.inputs;
        packed_.repeat = form_.transposed ? form_.side : 1;
        packed_.outputs = desc.outputs * packed_.repeat * packed_.repeat;
        packed_.filter_rows = form_.transposed ? 1 : form_.side;
        packed_.stride = form_.transposed ? 1 : form_.stride;
        packed_.row_results = desc.outputs * packed_.repeat;
        packed_.pad_top = desc.pads.top;
        packed_.pad_left = desc.pads.left;
        place_tiles();
        bias_ = repeated(desc.bias);
        packed_.bias = bias_.as<float>();
        if (!desc.slopes.empty()) {
            slopes_ = repeated(desc.slopes);
            packed_.slopes = slopes_.as<float>();
        }
        pack_filters(desc.weights);
        const std::int64_t zeros = (packed_.chunks * packed_.taps + 1) * tile_values;
        zeros_ = HostBuffer(static_cast<std::size_t>(zeros) * 2);
        std::fill_n(zeros_.as<std::uint16_t>(), zeros, std::uint16_t{0});
        packed_.zeros = zeros_.as<std::uint16_t>();
    }

    [[nodiscard]] std::int64_t outputs() const override { return outputs_; }
    [[nodiscard]] Extent result(Extent input) const override { return result_of(form_, pads_, input); }
    [[nodiscard]] RowsRead rows_read() const override {
        return {pads_.top, packed_.filter_rows - 1 - pads_.top, packed_.stride, packed_.repeat};
    }

    [[nodiscard]] std::int64_t pieces(const LayerRows &rows) const override { return task(rows).pieces(); }
    [[nodiscard]] std::int64_t pieces_at_a_time(std::int64_t all, int threads) const override {
        return shared(all, threads);
    }
    [[nodiscard]] std::int64_t pieces_within(const LayerRows &rows, std::int64_t input_columns,
                                             std::int64_t columns) const override {
        const TileTask whole_rows = task(rows);
        std::int64_t places =
            columns < rows.output.extent.width ? columns / packed_.repeat : whole_rows.width();
        if (input_columns < rows.input.extent.width) {
            const std::int64_t room = input_columns + packed_.pad_left - pixels_read();
            places = std::min(places, room < 0 ? 0 : room / packed_.stride + 1);
        }
        return places < whole_rows.width() ? places / tile_rows * whole_rows.pieces_down()
                                           : whole_rows.pieces();
    }
    [[nodiscard]] std::int64_t columns_of(const LayerRows &rows, std::int64_t first_pieces) const override {
        const std::int64_t places = first_pieces / task(rows).pieces_down() * tile_rows;
        return std::min(rows.output.extent.width, places * packed_.repeat);
    }
    [[nodiscard]] std::int64_t pixels_at_a_time() const override {
        // What is read and written shall stay in a core's cache, with room for the filters.
        constexpr std::int64_t cache = 768 * 1024;
        const std::int64_t places = packed_.repeat * packed_.repeat;
        const std::int64_t values = packed_.stride * packed_.stride * packed_.inputs + packed_.outputs;
        return cache * places / (2 * values);
    }
    [[nodiscard]] std::int64_t fewest_pixels() const override {
        // Filters that do not stay in a core's cache from layer to layer come from memory at about ten bytes
        // a cycle, which shall be a tenth of what their products take.
        constexpr std::int64_t most_kept = 512 * 1024;
        return filter_bytes() > most_kept ? 1024 : 0;
    }
    void run(const LayerRows &rows, std::int64_t first, std::int64_t count, std::byte *) const override {
        kernels_.run(task(rows), first, count);
    }

private:
    [[nodiscard]] std::int64_t filter_bytes() const {
        return packed_.filter_elements() * tiles_for(packed_.outputs, tile_results) * 2;
    }

    [[nodiscard]] TileTask task(const LayerRows &rows) const {
        return {packed_,
                rows.input,
                rows.output,
                rows.added_before,
                rows.added_after,
                rows.begin / packed_.repeat,
                rows.end / packed_.repeat,
                kernels_.block_rows,
                rows.sums};
    }

    // Of a row for a place: as far as its tiles reach.
    [[nodiscard]] std::int64_t pixels_read() const {
        return packed_.chunks > 1 || packed_.tap_step == packed_.inputs
                   ? packed_.filter_rows
                   : tiles_for(packed_.taps * tile_values, packed_.inputs);
    }

    // Of all results, from what is the same for the pixels of a place.
    [[nodiscard]] HostBuffer repeated(std::span<const float> values) const {
        std::vector<float> all;
        while (!values.empty() && static_cast<std::int64_t>(all.size()) < packed_.outputs)
            all.insert(all.end(), values.begin(), values.end());
        return padded(all, whole(packed_.outputs, tile_results));
    }

    // Tiles that belong to one pixel are taken together with the same of the pixels around it, which read the
    // same memory again.
    void place_tiles() {
        const bool apart = packed_.inputs % tile_values == 0;
        packed_.chunks = apart ? packed_.inputs / tile_values : 1;
        packed_.taps =
            apart ? packed_.filter_rows : tiles_for(packed_.filter_rows * packed_.inputs, tile_values);
        packed_.tap_step = apart ? packed_.inputs : tile_values;
        constexpr std::int64_t most_bytes = 640 * 1024;
        const std::int64_t bytes = 2 * packed_.filter_elements();
        packed_.results_together = std::max<std::int64_t>(1, most_bytes / bytes) * tile_results;
    }

    // Where the tile of a value of a filter's row lies in that row's filters.
    [[nodiscard]] std::int64_t tile_of(std::int64_t row, std::int64_t value) const {
        const std::int64_t tile = value / tile_values;
        const std::int64_t chunk = tile % packed_.chunks;
        return (chunk * packed_.filter_rows + row) * packed_.taps + tile / packed_.chunks;
    }

    void pack_filters(std::span<const float> weights) {
        const std::int64_t size = packed_.filter_elements() * tiles_for(packed_.outputs, tile_results);
        filters_ = HostBuffer(static_cast<std::size_t>(size) * 2);
        auto *const filters = filters_.as<std::uint16_t>();
        std::fill_n(filters, size, std::uint16_t{0});
        for (std::int64_t o = 0; o < packed_.outputs; ++o) {
            std::uint16_t *const to =
                filters + packed_.filter_elements() * (o / tile_results) + o % tile_results * 2;
            const std::int64_t side = packed_.filter_rows;
            for (std::int64_t i = 0; i < packed_.inputs; ++i)
                for (std::int64_t tap = 0; tap < side * side; ++tap) {
                    const std::int64_t value = tap % side * packed_.inputs + i; // of the filter's row
                    const std::int64_t tile = tile_of(tap / side, value);
                    const std::int64_t pair = value % tile_values / 2;
                    to[tile * tile_elements + pair * 2 * tile_results + value % 2] =
                        float_to_bfloat(weight(weights, o, i, tap));
                }
        }
        packed_.filters = filters;
    }

    // Of one of all results.
    [[nodiscard]] float weight(std::span<const float> weights, std::int64_t result, std::int64_t input,
                               std::int64_t tap) const {
        const std::int64_t pixels = packed_.repeat * packed_.repeat;
        const std::int64_t all = packed_.filter_rows * packed_.filter_rows * pixels;
        const std::int64_t filter = (result % outputs_ * packed_.inputs + input) * all;
        return weights[static_cast<std::size_t>(filter + (pixels > 1 ? result / outputs_ : tap))];
    }

    const TileKernels &kernels_;
    Pads pads_;
    Form form_;
    std::int64_t outputs_;
    PackedTiles packed_;
    HostBuffer filters_;
    HostBuffer bias_;
    HostBuffer slopes_;
    HostBuffer zeros_;
};

// A value as it is, with a halo.
class WithHalo : public Layer {
public:
    WithHalo(std::int64_t channels, const TileKernels &kernels) : kernels_(kernels), channels_(channels) {}

    [[nodiscard]] std::int64_t outputs() const override { return channels_; }
    [[nodiscard]] Extent result(Extent input) const override { return input; }
    [[nodiscard]] RowsRead rows_read() const override { return {}; }
    [[nodiscard]] std::int64_t pieces(const LayerRows &rows) const override { return task(rows).pieces(); }
    [[nodiscard]] std::int64_t pieces_at_a_time(std::int64_t all, int threads) const override {
        return shared(all, threads);
    }
    [[nodiscard]] std::int64_t pieces_within(const LayerRows &rows, std::int64_t input_columns,
                                             std::int64_t columns) const override {
        const std::int64_t there = std::min(input_columns, columns);
        return there < rows.input.extent.width ? there / HaloTask::columns * (rows.end - rows.begin)
                                               : pieces(rows);
    }
    [[nodiscard]] std::int64_t columns_of(const LayerRows &rows, std::int64_t first_pieces) const override {
        return std::min(rows.input.extent.width, first_pieces / (rows.end - rows.begin) * HaloTask::columns);
    }
    [[nodiscard]] std::int64_t pixels_at_a_time() const override {
        return std::numeric_limits<std::int64_t>::max();
    }
    void run(const LayerRows &rows, std::int64_t first, std::int64_t count, std::byte *) const override {
        kernels_.add_halo(task(rows), first, count);
    }

private:
    [[nodiscard]] static HaloTask task(const LayerRows &rows) {
        return {rows.input, rows.output, rows.begin, rows.end};
    }

    const TileKernels &kernels_;
    std::int64_t channels_;
};

class TileMethod : public ConvolutionMethod {
public:
    explicit TileMethod(const TileKernels &kernels) : kernels_(kernels) {}

    [[nodiscard]] bool by_tiles() const override { return true; }
    [[nodiscard]] bool takes(const ConvolutionDesc &desc) const override {
        // A transposed one has no window that lies over another's, and a tile of its results lies in one row
        // of the image.
        const Form &form = desc.form;
        if (form.transposed)
            return form == Form{2, 2, true} && 2 * desc.outputs % tile_results == 0 &&
                   has_pads_up_to(0, desc.pads);
        return form.side <= most_filter_rows && form.stride <= 2 && has_pads_up_to(halo, desc.pads) &&
               form.side >= form.stride;
    }
    [[nodiscard]] bool has_gates_and_means() const override { return true; }
    [[nodiscard]] Storage storage() const override { return Storage::bf16; }
    [[nodiscard]] std::unique_ptr<const Layer> layer(const ConvolutionDesc &desc) const override {
        return std::make_unique<const TileLayer>(desc, kernels_);
    }
    [[nodiscard]] std::unique_ptr<const Layer> taken_in(std::int64_t channels) const override {
        return std::make_unique<const WithHalo>(channels, kernels_);
    }

    [[nodiscard]] std::int64_t row_unit() const override { return kernels_.block_rows; }
    [[nodiscard]] std::int64_t rows_at_a_time(std::span<const LayerPixels> layers, std::int64_t width,
                                              int threads) const override {
        std::int64_t most = std::numeric_limits<std::int64_t>::max();
        std::int64_t height = 1;
        for (const LayerPixels &layer : layers) {
            most = std::min(most, layer.at_a_time);
            height = std::max(height, layer.result.height);
        }
        std::int64_t rows = std::max<std::int64_t>(2, most / width);
        for (const LayerPixels &layer : layers)
            rows = std::max(rows, tiles_for(layer.fewest, std::max<std::int64_t>(1, layer.result.width)) *
                                      height / std::max<std::int64_t>(1, layer.result.height));
        return whole(rows, kernels_.block_rows) * threads;
    }

    [[nodiscard]] Image window(Extent extent, std::int64_t channels, std::int64_t rows) const override {
        Image image = {nullptr, Storage::bf16, extent, channels, channels};
        const std::int64_t width = extent.width * channels;
        image.gap = whole(width + halo_gap(channels), line) - width;
        image.ring = rows;
        return image;
    }
    [[nodiscard]] std::int64_t window_bytes(const Image &window, std::int64_t rows) const override {
        // The last tile of a row may have pixels behind it, two for each of its rows where the stride is 2.
        return bytes_before(window) +
               whole(rows * window.row() + 2 * tile_rows * window.pixel, line) * storage_size(window.storage);
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
