// What a context does for a frame of one size: kernels in order, on buffers in one arena.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/tensor.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vsmlrt::cuda {

// Inputs and outputs lie behind the buffers that share memory, each for itself.
enum class BufferKind { arena, input, output, constant };

struct Buffer {
    BufferKind kind = BufferKind::arena;
    std::size_t index = 0; // of the network's input or output
    std::int64_t bytes = 0;
    std::int64_t offset = 0;   // from the arena's start
    std::uint64_t address = 0; // constant
};

// The address of each buffer, by number.
class Addresses {
public:
    explicit Addresses(std::vector<std::uint64_t> of_buffers) : of_buffers_(std::move(of_buffers)) {}
    // Of a tensor's first element.
    [[nodiscard]] std::uint64_t of(const Tensor &tensor) const {
        return of_buffers_[static_cast<std::size_t>(tensor.buffer)] +
               static_cast<std::uint64_t>(tensor.offset) * element_size(tensor.type);
    }

private:
    std::vector<std::uint64_t> of_buffers_;
};

// One way to compute a step.
struct Alternative {
    std::string name;   // "plain", "mma 64x128"
    std::string source; // the whole text of the kernel
    std::function<Launch(const Addresses &)> launch;
};

struct Step {
    std::string label; // the layers served: 'Conv "c1" + Relu "r1"'
    std::vector<int> reads;
    std::vector<int> writes;
    std::vector<Alternative> alternatives; // at least one
    std::string problem;                   // what the choice among them depends on; empty: the first is taken
};

struct Plan {
    std::vector<Buffer> buffers;
    std::vector<Step> steps;
    std::vector<Tensor> inputs; // dense, in buffers of their own
    std::vector<Tensor> outputs;
    std::int64_t arena_bytes = 0;
    // Constants of this size alone, which the steps read.
    std::shared_ptr<void> keep;
};

// Gives each buffer its place: arena buffers that never live at the same time share memory.
void pack_arena(Plan &plan);

// One line a step and a buffer: what runs, where it reads and writes.
[[nodiscard]] std::string describe(const Plan &plan);

} // namespace vsmlrt::cuda
