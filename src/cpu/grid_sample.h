// Pictures read at places between their pixels.
#pragma once

#include "cpu/image.h"
#include "cpu/workspace.h"

namespace vsmlrt::cpu {

// ONNX's GridSample of one picture, mode linear, padding border (ONNX Operators, GridSample-20): each pixel
// of the result is interpolated from the four around the place that the grid names, places outside moved to
// the edge.
struct GridSample {
    const float *picture = nullptr; // [channels, extent.height, extent.width]
    std::int64_t channels = 0;
    Extent extent = {};
    const float *grid = nullptr; // [result.height, result.width, 2]: x and y, -1 to 1 over the picture
    Extent result = {};
    float *output = nullptr;    // [channels, result.height, result.width]
    bool align_corners = false; // -1 and 1 are the centres of the outermost pixels, not their edges

    // Of a workspace, for pictures of this size.
    [[nodiscard]] static std::int64_t workspace_bytes(Extent extent) {
        return extent.height * extent.width * 4 * static_cast<std::int64_t>(sizeof(float));
    }
};

// A place that is NaN reads the picture's first column or row.
void run(const GridSample &task, Workspace &workspace);

} // namespace vsmlrt::cpu
