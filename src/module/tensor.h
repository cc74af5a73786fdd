// Tensors in host memory as they cross a module's door.
#pragma once

#include "module/shapes.h"
#include "tensor/buffer.h"

namespace vsmlrt {

// Of one element.
[[nodiscard]] std::size_t element_bytes(vsmlrt_type type);

// Of all elements. BadModel if they are more than can be counted.
[[nodiscard]] std::size_t tensor_bytes(vsmlrt_type type, const Dims &dims);

// What `data` holds, which stays the caller's. Unsupported for more than VSMLRT_MAX_RANK dimensions.
[[nodiscard]] vsmlrt_tensor tensor_view(vsmlrt_type type, const Dims &dims, void *data);

// A tensor with memory of its own: 64-byte aligned, not initialised. Throws what tensor_bytes and tensor_view
// throw, and std::bad_alloc if there is not as much memory.
class HostTensor {
public:
    HostTensor(vsmlrt_type type, const Dims &dims)
        : memory_(tensor_bytes(type, dims)), view_(tensor_view(type, dims, memory_.data())) {}

    // Valid while this lives, also after a move.
    [[nodiscard]] const vsmlrt_tensor &view() const { return view_; }
    [[nodiscard]] void *data() const { return view_.data; }

private:
    HostBuffer memory_;
    vsmlrt_tensor view_;
};

} // namespace vsmlrt
