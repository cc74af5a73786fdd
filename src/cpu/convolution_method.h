// How the layers of a chain are computed: what differs between Winograd's products and those by tiles.
#pragma once

#include "cpu/bands.h"
#include "cpu/convolution.h"

#include <cstddef>
#include <memory>
#include <span>

namespace vsmlrt::cpu {

// A layer's images, and the rows of its result that are computed.
struct LayerRows {
    Image input;
    Image output;
    Image added_before; // as in Task
    Image added_after;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    double *sums = nullptr; // as in TileTask
};

// One layer with its constants. Immutable, so that any number of threads may run it at once.
class Layer {
public:
    virtual ~Layer() = default;

    [[nodiscard]] virtual std::int64_t outputs() const = 0;
    [[nodiscard]] virtual Extent result(Extent input) const = 0;
    [[nodiscard]] virtual RowsRead rows_read() const = 0;

    // The pieces that threads share, and how many of them each takes at a time.
    [[nodiscard]] virtual std::int64_t pieces(const LayerRows &rows) const = 0;
    [[nodiscard]] virtual std::int64_t pieces_at_a_time(std::int64_t all, int threads) const = 0;
    // The first pieces that read no more than so many columns of the input and lie within so many of the
    // result, and the columns of the result that the first pieces are.
    [[nodiscard]] virtual std::int64_t pieces_within(const LayerRows &rows, std::int64_t input_columns,
                                                     std::int64_t columns) const {
        const bool all = input_columns >= rows.input.extent.width && columns >= rows.output.extent.width;
        return all ? pieces(rows) : 0;
    }
    [[nodiscard]] virtual std::int64_t columns_of(const LayerRows &rows, std::int64_t first_pieces) const {
        return first_pieces >= pieces(rows) ? rows.output.extent.width : 0;
    }
    // Pixels of the result that a thread best computes before it goes on to the next layer.
    [[nodiscard]] virtual std::int64_t pixels_at_a_time() const = 0;
    // Pixels for which its constants are worth fetching from memory.
    [[nodiscard]] virtual std::int64_t fewest_pixels() const { return 0; }
    // `scratch`: scratch_bytes(), a thread's own, aligned to 64 bytes.
    virtual void run(const LayerRows &rows, std::int64_t first, std::int64_t count,
                     std::byte *scratch) const = 0;
    [[nodiscard]] virtual std::int64_t scratch_bytes() const { return 0; }
};

struct LayerPixels {
    std::int64_t at_a_time = 0; // pixels_at_a_time() and fewest_pixels() of it
    std::int64_t fewest = 0;
    Extent result = {};
};

class ConvolutionMethod {
public:
    virtual ~ConvolutionMethod() = default;

    // Whether products are taken by tiles, or Winograd's.
    [[nodiscard]] virtual bool by_tiles() const = 0;
    // Whether it has layers of the form with so many channels and such pads.
    [[nodiscard]] virtual bool takes(const ConvolutionDesc &desc) const = 0;
    // Whether it multiplies what it reads by Image::gates and adds the pixels of results up.
    [[nodiscard]] virtual bool has_gates_and_means() const { return false; }
    // In which values between layers are stored.
    [[nodiscard]] virtual Storage storage() const = 0;
    [[nodiscard]] virtual std::unique_ptr<const Layer> layer(const ConvolutionDesc &desc) const = 0;
    // Brings a value that lies with the caller into the form that layers read; null where they read it as it
    // is.
    [[nodiscard]] virtual std::unique_ptr<const Layer> taken_in(std::int64_t channels) const = 0;

    // Layers compute whole multiples of so many rows.
    [[nodiscard]] virtual std::int64_t row_unit() const = 0;
    // Rows of a chain's results that are computed at a time: enough for all threads, few enough for a cache.
    // `width`: the greatest of all values.
    [[nodiscard]] virtual std::int64_t rows_at_a_time(std::span<const LayerPixels> layers, std::int64_t width,
                                                      int threads) const = 0;

    // A value between layers, of which so many rows are held: without memory yet, ...
    [[nodiscard]] virtual Image window(Extent extent, std::int64_t channels, std::int64_t rows) const = 0;
    // ... the bytes it takes, a multiple of 64, and those of them before its first pixel, too.
    [[nodiscard]] virtual std::int64_t window_bytes(const Image &window, std::int64_t rows) const = 0;
    [[nodiscard]] virtual std::int64_t bytes_before(const Image &) const { return 0; }

    // Each thread calls them before its first piece of a call, and after its last.
    virtual void begin() const {}
    virtual void end() const {}
};

} // namespace vsmlrt::cpu
