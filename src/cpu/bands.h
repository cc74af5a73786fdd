// In which order a chain of convolutions computes the rows of its values.
#pragma once

#include <cstdint>
#include <vector>

namespace vsmlrt::cpu {

// Values are numbered as in ConvolutionChainDesc: the inputs, then one result a step.
struct BandsDesc {
    struct Step {
        std::int64_t input = 0;
        std::int64_t added_before = -1;
        std::int64_t added_after = -1;
        std::int64_t rows_above = 0; // row y of the result needs the input's from y - rows_above ...
        std::int64_t rows_below = 0; // ... to y + rows_below
        bool is_output = false;      // lies with the caller, all rows of it
    };
    std::vector<std::int64_t> heights; // of all values
    std::vector<Step> steps;
    std::int64_t rows = 0; // of the results that no step reads, so many at a time
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
// window is held and found in a cache. All rows are computed once.
[[nodiscard]] Bands plan_bands(const BandsDesc &desc);

} // namespace vsmlrt::cpu
