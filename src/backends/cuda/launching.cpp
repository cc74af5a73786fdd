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

std::vector<int> KernelArguments::take(const void *args, const std::vector<Field> &fields) {
    std::vector<int> buffers;
    for (const auto &[place, tensor] : fields)
        if (tensor.buffer >= 0) {
            const auto *const field = reinterpret_cast<const std::byte *>(place);
            places_.push_back(
                {static_cast<std::size_t>(field - static_cast<const std::byte *>(args)), tensor});
            buffers.push_back(tensor.buffer);
        }
    return buffers;
}

std::vector<std::byte> KernelArguments::at(const Addresses &addresses) const {
    std::vector<std::byte> filled = bytes_;
    for (const auto &[byte, tensor] : places_) {
        const std::uint64_t address = addresses.of(tensor);
        std::memcpy(&filled[byte], &address, sizeof address);
    }
    return filled;
}

int size_argument(std::int64_t size) {
    if (size < 0 || size > std::numeric_limits<int>::max())
        throw Unsupported("cuda: a size of ", size, " elements; at most 2147483647 are accepted");
    return static_cast<int>(size);
}

Launch plain_launch(std::int64_t threads, std::vector<Argument> arguments) {
    constexpr int block = 256;
    return block_launch({(threads + block - 1) / block, block, 0}, std::move(arguments));
}

Launch block_launch(const Blocks &blocks, std::vector<Argument> arguments) {
    Launch launch;
    launch.grid = {static_cast<unsigned>(size_argument(blocks.number)), 1, 1};
    launch.block = {static_cast<unsigned>(blocks.threads), 1, 1};
    launch.shared_bytes = static_cast<unsigned>(blocks.shared_bytes);
    launch.arguments = std::move(arguments);
    return launch;
}

Alternative by_threads(std::string name, std::string source, std::int64_t threads,
                       KernelArguments arguments) {
    return {std::move(name), std::move(source),
            [threads, arguments = std::move(arguments)](const Addresses &addresses) {
                return plain_launch(threads, {arguments.at(addresses)});
            }};
}

Alternative by_blocks(std::string name, std::string source, const Blocks &blocks, KernelArguments arguments) {
    return {std::move(name), std::move(source),
            [blocks, arguments = std::move(arguments)](const Addresses &addresses) {
                return block_launch(blocks, {arguments.at(addresses)});
            }};
}

Step step_of(std::string label, const KernelArguments &arguments) {
    return {std::move(label), arguments.reads(), arguments.writes(), {}};
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
