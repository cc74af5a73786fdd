#include "backends/cuda/launching.h"

#include "base/error.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace vsmlrt::cuda {

Argument::Argument(const Argument &) = default;
Argument::Argument(Argument &&) noexcept = default;
Argument &Argument::operator=(const Argument &) = default;
Argument &Argument::operator=(Argument &&) noexcept = default;
Argument::~Argument() = default;

int size_argument(std::int64_t size) {
    if (size < 0 || size > std::numeric_limits<int>::max())
        throw Unsupported("cuda: a size of ", size, " elements; at most 2147483647 are accepted");
    return static_cast<int>(size);
}

Launch plain_launch(std::int64_t threads, std::vector<Argument> arguments) {
    constexpr std::int64_t block = 256;
    Launch launch;
    launch.block = {block, 1, 1};
    launch.grid = {static_cast<unsigned>(size_argument((threads + block - 1) / block)), 1, 1};
    launch.arguments = std::move(arguments);
    return launch;
}

std::vector<std::byte> bytes_of_floats(std::span<const float> values) {
    std::vector<std::byte> bytes(values.size_bytes());
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

Tensor dense_as(const Tensor &tensor, const Shape &dims) {
    Tensor view = tensor;
    view.dims = dims;
    view.strides = graph::strides_of(dims);
    view.lanes = 0;
    return view;
}

std::vector<std::size_t> memory_order(const Tensor &output) {
    std::vector<std::size_t> order(output.dims.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return output.strides[a] > output.strides[b]; });
    return order;
}

} // namespace vsmlrt::cuda
