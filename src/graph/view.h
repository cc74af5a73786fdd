// Dense row-major tensors in memory that somebody else owns.
#pragma once

#include "graph/shape.h"
#include "model/network.h"
#include "tensor/element.h"

#include <cstring>
#include <span>
#include <vector>

namespace vsmlrt::graph {

struct ConstView {
    Element type = Element::f32;
    Shape dims;
    const std::byte *data = nullptr; // null where an optional operand is absent

    template <typename T>
    [[nodiscard]] const T *as() const {
        return reinterpret_cast<const T *>(data);
    }
};

struct View {
    Element type = Element::f32;
    Shape dims;
    std::byte *data = nullptr;

    template <typename T>
    [[nodiscard]] T *as() const {
        return reinterpret_cast<T *>(data);
    }
};

using Inputs = std::span<const ConstView>;
using Outputs = std::span<const View>;

[[nodiscard]] inline ConstView view_of(const model::Tensor &tensor) {
    // An empty tensor is present all the same.
    static constexpr std::byte nothing{};
    return {tensor.type, tensor.dims, tensor.bytes->empty() ? &nothing : tensor.bytes->data()};
}

[[nodiscard]] inline bool has(Inputs inputs, std::size_t index) {
    return index < inputs.size() && inputs[index].data != nullptr;
}

} // namespace vsmlrt::graph
