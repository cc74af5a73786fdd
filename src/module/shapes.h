// The shapes of a program's inputs and outputs at each extent.
#pragma once

#include "vsmlrt/backend.h"

#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace vsmlrt {

using Dims = std::vector<std::int64_t>;

// Of all inputs and of all outputs, in the network's order.
struct IoShapes {
    std::vector<Dims> inputs;
    std::vector<Dims> outputs;
};

[[nodiscard]] constexpr bool same_extent(vsmlrt_extent a, vsmlrt_extent b) {
    return a.width == b.width && a.height == b.height;
}

// The program is for one extent and no other.
[[nodiscard]] constexpr bool is_static(const vsmlrt_program_desc &desc) {
    return same_extent(desc.min_extent, desc.max_extent);
}

// A picture's sizes at an extent where `dims`, as a network states them, leaves them open (a negative
// number): 1 for the batch and the channels of N x C x H x W, the extent's for height and width. Open sizes
// of another rank are 1.
[[nodiscard]] Dims sized(const Dims &dims, vsmlrt_extent extent);

// The shapes that were worked out before, by extent. Thread-safe.
class KnownShapes {
public:
    // What `work_out` gave for the extent when it was first asked for. It is called while others wait, and
    // what it throws is thrown on, with nothing kept.
    [[nodiscard]] IoShapes at(vsmlrt_extent extent, const std::function<IoShapes()> &work_out);

private:
    std::mutex mutex_;
    std::map<std::pair<std::int32_t, std::int32_t>, IoShapes> known_;
};

} // namespace vsmlrt
