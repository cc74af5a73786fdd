#include "backends/cuda/tensor.h"

#include "base/checked.h"

#include <algorithm>

namespace vsmlrt::cuda {

Tensor channels_last(int buffer, Element type, const Shape &dims, std::int64_t pitch) {
    Tensor tensor{buffer, 0, type, dims, {dims[2] * dims[3] * pitch, 1, dims[3] * pitch, pitch}, 0};
    tensor.lanes = pitch - dims[1];
    return tensor;
}

Tensor dense(int buffer, Element type, const Shape &dims) {
    return {buffer, 0, type, dims, graph::strides_of(dims), 0};
}

std::int64_t bytes_of(const Tensor &tensor) {
    std::int64_t last = tensor.offset + tensor.lanes;
    for (std::size_t axis = 0; axis < tensor.dims.size(); ++axis)
        if (tensor.strides[axis] > 0)
            last = checked_add(last,
                               checked_mul(std::max<std::int64_t>(tensor.dims[axis] - 1, 0),
                                           tensor.strides[axis], "bytes of a tensor"),
                               "bytes of a tensor");
    return checked_mul(last + 1, static_cast<std::int64_t>(element_size(tensor.type)), "bytes of a tensor");
}

Tensor part(const Tensor &tensor, std::size_t axis, std::int64_t start, std::int64_t length) {
    Tensor view = tensor;
    view.offset += start * tensor.strides[axis];
    view.lanes = start + length == tensor.dims[axis] ? tensor.lanes : 0;
    view.dims[axis] = length;
    return view;
}

Tensor stepped(const Tensor &tensor, const Shape &starts, const Shape &steps, const Shape &dims) {
    Tensor view = tensor;
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        view.offset += starts[axis] * tensor.strides[axis];
        view.strides[axis] *= steps[axis];
    }
    view.dims = dims;
    view.lanes = 0;
    return view;
}

Tensor transposed(const Tensor &tensor, const std::vector<std::int64_t> &order) {
    Tensor view = tensor;
    for (std::size_t axis = 0; axis < view.dims.size(); ++axis) {
        const std::size_t from =
            order.empty() ? view.dims.size() - 1 - axis : static_cast<std::size_t>(order[axis]);
        view.dims[axis] = tensor.dims[from];
        view.strides[axis] = tensor.strides[from];
    }
    view.lanes = 0;
    return view;
}

Tensor broadcast(const Tensor &tensor, const Shape &dims) {
    Tensor view = tensor;
    view.dims = dims;
    view.strides.assign(dims.size(), 0);
    const std::size_t missing = dims.size() - tensor.dims.size();
    for (std::size_t axis = 0; axis < tensor.dims.size(); ++axis)
        if (tensor.dims[axis] != 1)
            view.strides[axis + missing] = tensor.strides[axis];
    view.lanes = 0;
    return view;
}

std::optional<Tensor> reshaped(const Tensor &tensor, const Shape &dims) {
    Tensor view = tensor;
    view.dims = dims;
    view.strides.assign(dims.size(), 0);
    view.lanes = 0;
    // Runs of axes with equal products on both sides; within a run the old axes must lie one in the other.
    std::size_t from = 0;
    std::size_t to = 0;
    while (from < tensor.dims.size() || to < dims.size()) {
        std::int64_t old_size = 1;
        std::int64_t new_size = 1;
        const std::size_t first_from = from;
        const std::size_t first_to = to;
        if (from < tensor.dims.size())
            old_size = tensor.dims[from++];
        if (to < dims.size())
            new_size = dims[to++];
        while (old_size != new_size) {
            if (old_size < new_size && from < tensor.dims.size())
                old_size *= tensor.dims[from++];
            else if (to < dims.size())
                new_size *= dims[to++];
            else
                return std::nullopt;
        }
        // Sizes of one are nowhere; the others must be one run in memory.
        std::int64_t inner = 0;
        std::int64_t expected = 0;
        for (std::size_t axis = from; axis-- > first_from;) {
            if (tensor.dims[axis] == 1)
                continue;
            if (expected != 0 && tensor.strides[axis] != expected)
                return std::nullopt;
            if (expected == 0)
                inner = tensor.strides[axis];
            expected = tensor.strides[axis] * tensor.dims[axis];
            if (expected == 0 && tensor.strides[axis] == 0) // spread: only alone
                expected = -1;
        }
        for (std::size_t axis = to; axis-- > first_to;) {
            view.strides[axis] = inner;
            inner *= dims[axis];
        }
    }
    return view;
}

bool has_vectors(const Tensor &tensor, std::size_t bytes) {
    const auto per_vector = static_cast<std::int64_t>(16 / element_size(tensor.type));
    return tensor.dims.size() == 4 && tensor.dims[0] == 1 && element_size(tensor.type) == bytes &&
           tensor.strides[1] == 1 && tensor.offset % per_vector == 0 && tensor.strides[3] % per_vector == 0 &&
           tensor.strides[2] % per_vector == 0 && tensor.strides[3] > 0;
}

} // namespace vsmlrt::cuda
