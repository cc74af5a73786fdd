// What the samples of a clip mean, fixed for the whole clip when the filter is made.
#pragma once

#include "vs/handles.h"

#include <optional>

namespace vsmlrt::vs {

// What the way to the network and back depends on; the rest may be odd or change, and comes out as it went
// in.
struct ColorNeeds {
    bool matrix = true;          // YUV becomes RGB
    bool chroma_location = true; // chroma gets another size
};

struct Color {
    ColorNeeds needs;
    std::optional<int> odd_matrix; // of frame 0, that turns no YUV into RGB, where that was not needed
    int matrix = 1;                // as _Matrix (ITU-T H.273)
    int range = 0;                 // as _Range: 1 full, 0 limited
    int chroma_location = 0;
    bool replaces_matrix = false; // frame 0 says another one than the argument
    bool replaces_range = false;
};

// Whether resize must be told matrix and range to read this format (YUV, and integer GRAY).
[[nodiscard]] bool has_color_choice(const VSVideoFormat &format);

// The given argument, else frame 0's property, else by size: 709 above 576 lines, 170m up to it; limited
// range; left chroma. Reads frame 0 only where the format leaves a choice. BadArgument if frame 0 cannot be
// read, or if it or an argument says what no clip of this format can be.
[[nodiscard]] Color fix_color(const Host &host, const Node &clip, std::optional<int> matrix,
                              std::optional<int> range, ColorNeeds needs = {});

// For what turned out to need the matrix after all. BadArgument as by fix_color.
void require_matrix(Color &color);

// Whether reading or writing YUV of this matrix takes the transfer and the primaries as well.
[[nodiscard]] bool needs_transfer(const Color &color);

// BadArgument if frame n of a clip says something else than what was fixed. Unspecified is not a
// contradiction.
void check_color(const Host &host, const VSFrame *frame, int n, const Color &fixed);

} // namespace vsmlrt::vs
