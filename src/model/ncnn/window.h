// The window that slides in convolutions and poolings: its parameters, and the sizes that follow.
#pragma once

#include "model/ncnn/conversion.h"

#include <array>

namespace vsmlrt::model::ncnn {

enum class Pads { stated, same_upper, same_lower };

struct Window {
    // Rows first, as ONNX has it.
    std::array<std::int64_t, 2> kernel{1, 1};
    std::array<std::int64_t, 2> dilation{1, 1};
    std::array<std::int64_t, 2> stride{1, 1};
    std::array<std::int64_t, 4> pads{}; // top, left, bottom, right
    Pads mode = Pads::stated;

    [[nodiscard]] std::int64_t extent(std::size_t axis) const {
        return dilation[axis] * (kernel[axis] - 1) + 1;
    }
    [[nodiscard]] bool padded() const { return pads != std::array<std::int64_t, 4>{}; }
    [[nodiscard]] Attributes
    attributes() const; // kernel_shape, strides, pads or auto_pad; dilations unless 1
};

// Where a layer type keeps the parameters; -1: it has none. Each "_h" falls back to its "_w".
struct WindowKeys {
    int dilation_w = 2, stride_w = 3, pad_left = 4;
    int kernel_h = 11, dilation_h = 12, stride_h = 13, pad_top = 14, pad_right = 15, pad_bottom = 16;
};

// BadModel for values that no picture could meet. Pads of -233 and -234 ask for SAME.
[[nodiscard]] Window read_window(const Parameters &parameters, const WindowKeys &keys = {});

// Of layers that slide along the rows of a blob of two axes, whose window was read as a square one: such a
// blob is a picture of its rows as channels, one pixel wide.
[[nodiscard]] Window along_rows(const Window &square);
// The input of such a layer as that picture; BadModel for a blob of other axes.
[[nodiscard]] Shape rows_as_picture(Conversion &c);

// With SAME and a stride of 1 the padding does not depend on the picture: stated then.
void state_same_pads(Window &window);

// The number of positions on each axis; `up`: a last position that the picture only begins to fill counts.
[[nodiscard]] std::array<SymbolicSize, 2> positions(Conversion &c, const Window &window, const Shape &picture,
                                                    bool up = false);

} // namespace vsmlrt::model::ncnn
