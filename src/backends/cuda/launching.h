// What the files that emit steps share: arguments and launches of kernels.
#pragma once

#include "backends/cuda/plan.h"

#include <span>

namespace vsmlrt::cuda {

// A kernel's arguments, of which some are the addresses of tensors: what it reads and what it writes.
class KernelArguments {
public:
    // A field of `args`; a tensor without a buffer leaves it as it is.
    struct Field {
        Field(const unsigned long long &address, Tensor of) : place(&address), tensor(std::move(of)) {}

        const unsigned long long *place;
        Tensor tensor;
    };
    template <typename Args>
    KernelArguments(const Args &args, const std::vector<Field> &reads, const std::vector<Field> &writes)
        : bytes_(argument(args)), reads_(take(&args, reads)), writes_(take(&args, writes)) {}

    [[nodiscard]] std::vector<std::byte> at(const Addresses &addresses) const;
    // The buffers.
    [[nodiscard]] const std::vector<int> &reads() const { return reads_; }
    [[nodiscard]] const std::vector<int> &writes() const { return writes_; }

private:
    struct Place {
        std::size_t byte = 0;
        Tensor tensor;
    };
    std::vector<int> take(const void *args, const std::vector<Field> &fields);

    std::vector<std::byte> bytes_;
    std::vector<Place> places_;
    std::vector<int> reads_;
    std::vector<int> writes_;
};

// A size as kernels take it; Unsupported beyond 2^31 - 1.
[[nodiscard]] int size_argument(std::int64_t size);

// One thread for each of `threads`.
[[nodiscard]] Launch plain_launch(std::int64_t threads, std::vector<Argument> arguments);

// Blocks of threads that share so much memory.
struct Blocks {
    std::int64_t number = 1;
    int threads = 1;
    std::int64_t shared_bytes = 0;
};
[[nodiscard]] Launch block_launch(const Blocks &blocks, std::vector<Argument> arguments);

// The same as ways to compute a step, and a step that has none yet.
[[nodiscard]] Alternative by_threads(std::string name, std::string source, std::int64_t threads,
                                     KernelArguments arguments);
[[nodiscard]] Alternative by_blocks(std::string name, std::string source, const Blocks &blocks,
                                    KernelArguments arguments);
[[nodiscard]] Step step_of(std::string label, const KernelArguments &arguments);

[[nodiscard]] std::vector<std::byte> bytes_of_floats(std::span<const float> values);

// A row-major tensor under other sizes.
[[nodiscard]] Tensor dense_as(const Tensor &tensor, const Shape &dims);

// Axes in the order of the output's memory, the outermost first.
[[nodiscard]] std::vector<std::size_t> memory_order(const Tensor &output);

} // namespace vsmlrt::cuda
