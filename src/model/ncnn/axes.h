// Axes of a blob among those of its ONNX value: a blob of r axes stands behind the batch axis as
// (1, a0, .., 1), its outermost axis first, and what is behind it is of size 1.
#pragma once

#include "model/ncnn/conversion.h"

#include <span>
#include <string>

namespace vsmlrt::model::ncnn {

// The value with the blob's axes, outermost first, at these axes (1 to 3, each once, in any order) of the
// ONNX value; all others are of size 1.
[[nodiscard]] std::string with_axes_at(Conversion &c, const Blob &blob, std::span<const std::size_t> places);

// As above for a blob that stands for a matrix, or several: its last two axes become the last two of the
// value. A vector is one row, or one column where `column` says so.
[[nodiscard]] std::string as_matrices(Conversion &c, const Blob &blob, bool column = false);

// The way back: a value whose axes at `places` are those of a blob, all others of size 1, as the blob's
// value.
[[nodiscard]] std::string from_axes_at(Conversion &c, const std::string &value,
                                       std::span<const std::size_t> places);

// An axis as a parameter states it, counted from the end where it is negative; BadModel if it is not one of
// `rank`.
[[nodiscard]] std::size_t read_axis(std::int32_t stated, std::size_t rank);

} // namespace vsmlrt::model::ncnn
