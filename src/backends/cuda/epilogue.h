// What a kernel for pictures does with a sum before it is stored, from the members of its group.
#pragma once

#include "backends/cuda/plan.h"
#include "model/network.h"

namespace vsmlrt::cuda {

// Where an operand of the chain is read: at the place of the sum, at the place that the shuffle gives it, or
// where the sum lies in what the shuffle enlarges.
enum class OperandPlace { sum, shuffled, enlarged };

// A float a channel, with at least 255 more behind the last that may be read: weights, or what the plan
// computes.
struct ChannelOperand {
    std::uint64_t address = 0;
    Tensor computed; // where its buffer is not negative
};

class EpilogueBuilder {
public:
    std::vector<ChannelOperand> channels;
    std::vector<Tensor> tensors; // of the result's shape, N = 1
    Tensor sums;                 // rows of sums that the kernel writes, where its buffer is not negative

    void add_bias(std::uint64_t address);
    // An operand of the chain, under its name there.
    void add_channel(const std::string &name, std::uint64_t address);
    void add_channel(const std::string &name, const Tensor &computed);
    void add_tensor(const std::string &name, const Tensor &tensor, OperandPlace place);

    [[nodiscard]] Epilogue finish(const std::string &chain, const std::string &result, const Tensor &output,
                                  int shuffle) const;
    // EpilogueArgs; `result`: the shape before the shuffle.
    [[nodiscard]] std::vector<std::byte> arguments(const Addresses &addresses, const Tensor &output,
                                                   const Shape &result, int shuffle) const;

private:
    std::string before_;
    std::string lines_;
    std::string loads_;
    bool broadcast_ = false;
    bool enlarged_ = true;
};

// The text in a namespace, without its macros behind it: another's may follow.
[[nodiscard]] std::string in_namespace(const char *name, const Epilogue &epilogue);

// Picture `batch` of a tensor of rank 4.
[[nodiscard]] Tensor picture_of_batch(const Tensor &tensor, std::int64_t batch);

// A float a channel, padded with zeros to a multiple of 256; fewer values than channels are repeated in
// blocks.
[[nodiscard]] std::vector<std::byte> channel_bytes(const std::vector<float> &values, std::int64_t channels);

// True for constants of one value a channel, the same in all places.
[[nodiscard]] bool is_channel_constant(const model::Tensor *known, std::int64_t channels);

} // namespace vsmlrt::cuda
