#include "model/picture_axes.h"

#include "base/checked.h"
#include "model/ends.h"

#include <numeric>

namespace vsmlrt::model {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::size_t picture_rank = 4;
constexpr std::size_t sequence_rank = 5;

bool is_one(const Dim &dim) {
    return !dim.size || *dim.size == 1;
}

// Of three axes: height, width, channels.
bool has_channels_last(const std::vector<Dim> &dims) {
    return may_be_side(dims[0]) && may_be_side(dims[1]) && are_channels(dims[2]);
}

Integers first_axes(std::size_t count) {
    Integers axes(count);
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
    return axes;
}

Step reshape(const Integers &shape) {
    const auto rank = static_cast<std::int64_t>(shape.size());
    return {"Reshape", {make_tensor({}, {rank}, std::span<const std::int64_t>(shape))}, {}};
}

Step swapped() {
    return {"Transpose", {}, {{"perm", Integers{0, 2, 1, 3, 4}}}};
}

// Whether a sequence's channels stand before its pictures, as a convolution over both takes them.
bool has_channels_before_pictures(const Network &network, const Value &input) {
    for (const Node &node : network.nodes) {
        if (node.op != "Conv" || node.inputs.size() < 2 || node.inputs[0] != input.name)
            continue;
        const auto weights = network.initializers.find(node.inputs[1]);
        if (weights != network.initializers.end() && weights->second.dims.size() == sequence_rank)
            return true;
    }
    return !are_channels(input.dims[2]) && are_channels(input.dims[1]);
}

bool can_be_picture(const Value &value) {
    const std::vector<Dim> &dims = value.dims;
    switch (value.has_shape ? dims.size() : 0) {
    case 2:
        return may_be_side(dims[0]) && may_be_side(dims[1]);
    case 3:
        return has_channels_last(dims) || (dims[0].size && *dims[0].size > 0);
    case sequence_rank:
        return is_one(dims[0]) && dims[1].size && dims[2].size && *dims[1].size > 0 && *dims[2].size > 0;
    default:
        return false;
    }
}

bool may_be_result(const Value &value) {
    const std::vector<Dim> &dims = value.dims;
    switch (value.has_shape ? dims.size() : 0) {
    case 2:
        return may_be_side(dims[0]) && may_be_side(dims[1]);
    case 3:
        return true;
    case sequence_rank:
        return is_one(dims[0]);
    default:
        return false;
    }
}

std::vector<Dim> in_front(std::size_t ones, std::vector<Dim> dims) {
    dims.insert(dims.begin(), ones, Dim{1, {}});
    return dims;
}

class FourAxes {
public:
    explicit FourAxes(Network &network) : network_(network), ends_(network) {}

    void run() {
        for (Value &input : network_.inputs)
            if (can_be_picture(input)) {
                rank_ = input.dims.size();
                take(input);
            }
        for (Value &output : network_.outputs)
            if (!output.has_shape && rank_ != picture_rank) {
                output.has_shape = true;
                output.dims = std::vector<Dim>(rank_);
            }
        for (Value &output : network_.outputs)
            if (may_be_result(output))
                give(output);
    }

private:
    void take(Value &input) {
        if (input.dims.size() == sequence_rank) {
            take_sequence(input);
            return;
        }
        const std::size_t missing = picture_rank - input.dims.size();
        ends_.behind_input(input, {with_axes(network_, "Squeeze", first_axes(missing))});
        input.dims = in_front(missing, input.dims);
    }

    void take_sequence(Value &input) {
        const bool channels_first = has_channels_before_pictures(network_, input);
        const std::int64_t pictures = *input.dims[channels_first ? 2 : 1].size;
        const std::int64_t channels = *input.dims[channels_first ? 1 : 2].size;
        const std::int64_t all = checked_mul(pictures, channels, "channels of an input");
        std::vector<Step> steps{with_axes(network_, "Unsqueeze", {0}),
                                reshape({1, pictures, channels, 0, 0})};
        if (channels_first)
            steps.push_back(swapped());
        channels_first_ = channels_first;
        ends_.behind_input(input, steps);
        input.dims = {Dim{1, {}}, Dim{all, {}}, input.dims[3], input.dims[4]};
    }

    void give(Value &output) {
        if (output.dims.size() == sequence_rank) {
            give_sequence(output);
            return;
        }
        const std::size_t missing = picture_rank - output.dims.size();
        ends_.before_output(output, {with_axes(network_, "Unsqueeze", first_axes(missing))});
        output.dims = in_front(missing, output.dims);
    }

    void give_sequence(Value &output) {
        std::vector<Step> steps;
        if (channels_first_)
            steps.push_back(swapped());
        steps.push_back(reshape({1, 1, -1, 0, 0}));
        steps.push_back(with_axes(network_, "Squeeze", {0}));
        ends_.before_output(output, steps);
        Dim all;
        if (output.dims[1].size && output.dims[2].size)
            all.size = checked_mul(*output.dims[1].size, *output.dims[2].size, "channels of an output");
        output.dims = {Dim{1, {}}, all, output.dims[3], output.dims[4]};
    }

    Network &network_;
    Ends ends_;
    bool channels_first_ = false;     // of sequences
    std::size_t rank_ = picture_rank; // of the inputs, and of results that do not state theirs
};

} // namespace

bool may_be_side(const Dim &dim) {
    return !dim.size || *dim.size > 4;
}

bool are_channels(const Dim &dim) {
    return dim.size && (*dim.size == 1 || *dim.size == 3 || *dim.size == 4);
}

void four_axes(Network &network) {
    FourAxes(network).run();
}

} // namespace vsmlrt::model
