// In which order a chain of convolutions computes the rows of its values.
#pragma once

#include <cstdint>
#include <vector>

namespace vsmlrt::cpu {

// Rounded down, of negative numbers, too.
[[nodiscard]] constexpr std::int64_t floor_divided(std::int64_t number, std::int64_t by) {
    return number >= 0 ? number / by : -((-number + by - 1) / by);
}

// What a step reads: row y of its result needs the input's rows from y * stride / repeat - above to
// y * stride / repeat + below.
struct RowsRead {
    std::int64_t above = 0;
    std::int64_t below = 0;
    std::int64_t stride = 1;
    std::int64_t repeat = 1;

    [[nodiscard]] std::int64_t first(std::int64_t row) const {
        const std::int64_t from = row * stride / repeat - above;
        return from > 0 ? from : 0;
    }
    // Behind the last one that rows up to `end` need, which may be before the first.
    [[nodiscard]] std::int64_t end(std::int64_t end) const {
        return floor_divided((end - 1) * stride, repeat) + below + 1;
    }
};

// Values are numbered as in ConvolutionChainDesc: the inputs, then one result a step.
struct BandsDesc {
    struct Step {
        std::int64_t input = 0;
        std::int64_t added_before = -1;
        std::int64_t added_after = -1;
        RowsRead rows = {};
        bool is_output = false; // lies with the caller, all rows of it
    };
    std::vector<std::int64_t> heights; // of all values
    std::vector<Step> steps;
    std::int64_t rows = 0; // of the outputs and of what no step reads, so many at a time
    std::int64_t unit = 1; // steps compute multiples of so many rows
};

// One step on some rows. Before it the rows of its result that are needed again move to the front of its
// window.
struct Band {
    std::int64_t step = 0;
    std::int64_t begin = 0; // rows of the result that are computed
    std::int64_t end = 0;
    std::int64_t first = 0;      // the first row in the window of the result
    std::int64_t moved_from = 0; // it was at this row of the window before; 0: nothing moves
    std::int64_t moved = 0;      // rows
};

struct Bands {
    std::vector<Band> bands;
    std::vector<std::int64_t> capacities; // of the steps' windows in rows; 0 for outputs
};

// Depth first: as soon as a value has the rows, what reads it is computed, so that of each value only a
// window is held and found in a cache. All rows are computed once, but for those that nothing needs.
[[nodiscard]] Bands plan_bands(const BandsDesc &desc);

} // namespace vsmlrt::cpu
