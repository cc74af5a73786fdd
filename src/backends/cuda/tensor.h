// Where a value lives on the device: a buffer, and the strides with which it lies in it.
#pragma once

#include "graph/shape.h"
#include "tensor/element.h"

#include <optional>
#include <vector>

namespace vsmlrt::cuda {

using graph::Shape;

// Elements are read and written by buffer address + (offset + sum of index * stride) * element size.
struct Tensor {
    int buffer = -1;
    std::int64_t offset = 0; // elements
    Element type = Element::f32;
    Shape dims;
    Shape strides;
    std::int64_t lanes = 0; // elements behind the last channel that its writer sets to 0
};

// Channels (axis 1) innermost, `pitch` elements from pixel to pixel; of rank 4 with N = 1.
[[nodiscard]] Tensor channels_last(int buffer, Element type, const Shape &dims, std::int64_t pitch);
// Row-major.
[[nodiscard]] Tensor dense(int buffer, Element type, const Shape &dims);

// From a first to behind a last element of the buffer, in bytes.
[[nodiscard]] std::int64_t bytes_of(const Tensor &tensor);

// The part [start, start + length) of an axis.
[[nodiscard]] Tensor part(const Tensor &tensor, std::size_t axis, std::int64_t start, std::int64_t length);
// Every `steps`-th element from `starts` on, `dims` of them.
[[nodiscard]] Tensor stepped(const Tensor &tensor, const Shape &starts, const Shape &steps,
                             const Shape &dims);
[[nodiscard]] Tensor transposed(const Tensor &tensor, const std::vector<std::int64_t> &order);
// As if it had `dims`, NumPy's broadcasting.
[[nodiscard]] Tensor broadcast(const Tensor &tensor, const Shape &dims);
// The same elements in row-major order under other sizes; nothing where strides cannot say that.
[[nodiscard]] std::optional<Tensor> reshaped(const Tensor &tensor, const Shape &dims);

// True if a kernel may read and write 16 bytes of channels at a time: channels innermost, aligned pixels.
// `bytes`: of an element, as the kernel wants it.
[[nodiscard]] bool has_vectors(const Tensor &tensor, std::size_t bytes = 2);

} // namespace vsmlrt::cuda
