// What a context does for a frame of one size: kernels in order, on buffers in one arena.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/choices.h"
#include "backends/cuda/tensor.h"
#include "backends/cuda/work.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vsmlrt::cuda {

// Inputs and outputs lie behind the buffers that share memory, each for itself.
enum class BufferKind { arena, input, output, constant };

struct Buffer {
    BufferKind kind = BufferKind::arena;
    std::size_t index = 0; // of the network's input or output
    std::int64_t bytes = 0;
    std::int64_t offset = 0; // from the arena's start
    // constant: its address. Uploaded when first asked for: kernels that are not chosen need none of theirs.
    std::function<std::uint64_t()> address;
};

// Where buffers are while the arena is at `memory`. Valid as long as the buffers.
class Addresses {
public:
    Addresses(const std::vector<Buffer> &buffers, std::uint64_t memory)
        : buffers_(&buffers), memory_(memory) {}
    // Of a tensor's first element.
    [[nodiscard]] std::uint64_t of(const Tensor &tensor) const {
        const Buffer &buffer = (*buffers_)[static_cast<std::size_t>(tensor.buffer)];
        return (buffer.address ? buffer.address() : memory_ + static_cast<std::uint64_t>(buffer.offset)) +
               static_cast<std::uint64_t>(tensor.offset) * element_size(tensor.type);
    }

private:
    const std::vector<Buffer> *buffers_;
    std::uint64_t memory_;
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
    StepKey key = {};                      // what the choice among them depends on
    bool ends_plain = true;                // of several, the last is right everywhere and fast nowhere
    std::optional<std::size_t> leader =
        std::nullopt; // the step whose choice this one follows, by the alternatives' names

    bool is_expression = false; // of pictures, also one that a convolution reads in the same kernel

    // Of the layers served; nothing where a step prepares what others read.
    std::optional<Work> work = std::nullopt;

    // How many are worth timing: all that are fast, or none where there is no choice.
    [[nodiscard]] std::size_t rivals() const;
};

struct Plan {
    std::vector<Buffer> buffers;
    std::vector<Step> steps;
    std::vector<Tensor> inputs; // dense, in buffers of their own
    std::vector<Tensor> outputs;
    std::int64_t arena_bytes = 0;
    int side_by_side = 1;   // frames of this size, each by a plan of its own (card_parts.h)
    int parts = 1;          // of the card, of which it runs in one
    int spare_contexts = 0; // beyond the streams, that keep those frames busy
    // Constants of this size alone, which the steps read.
    std::shared_ptr<void> keep;
};

// Takes the alternative of that name, if there is one, for the first.
void choose(Step &step, const std::string &name);
// Steps that follow others take what those have taken.
void follow_leaders(Plan &plan);

// Gives each buffer its place: arena buffers that never live at the same time share memory.
void pack_arena(Plan &plan);

// Of all of them together.
[[nodiscard]] std::int64_t bytes_of(std::span<const Tensor> tensors);

// One line a step and a buffer: what runs, where it reads and writes.
[[nodiscard]] std::string describe(const Plan &plan);

} // namespace vsmlrt::cuda
