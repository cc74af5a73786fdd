#include "base/error.h"
#include "model/edit.h"
#include "model/names.h"

#include <algorithm>
#include <map>

namespace vsmlrt::model {
namespace {

constexpr std::size_t image_rank = 4;
constexpr std::size_t batch_axis = 0;
constexpr std::size_t height_axis = 2;
constexpr std::size_t width_axis = 3;

bool is_image(const Value &value) {
    return value.has_shape && value.dims.size() == image_rank;
}

void fix_dim(const Value &input, Dim &dim, std::int64_t size, const char *what) {
    if (dim.size && *dim.size != size)
        throw BadModel("input \"", input.name, "\" has the fixed ", what, " ", *dim.size, ", asked for is ",
                       size);
    dim = {size, {}};
}

} // namespace

Network fix_shape(const Network &network, std::int64_t width, std::int64_t height) {
    Network result = network;
    for (Value &input : result.inputs) {
        if (!is_image(input))
            continue;
        fix_dim(input, input.dims[batch_axis], 1, "batch size");
        fix_dim(input, input.dims[height_axis], height, "height");
        fix_dim(input, input.dims[width_axis], width, "width");
    }
    for (Value &output : result.outputs)
        for (Dim &dim : output.dims)
            dim.symbol.clear();
    return result;
}

Network free_batch(const Network &network) {
    Network result = network;
    for (std::vector<Value> *const ends : {&result.inputs, &result.outputs})
        for (Value &value : *ends)
            if (is_image(value))
                value.dims[batch_axis] = {1, {}};
    return result;
}

Network repeat_batch(const Network &network, std::int64_t batch) {
    constexpr std::int64_t most = 64;
    if (batch > most)
        return network;
    const Names captured = captured_names(network);
    const auto can = [&](const Value &value) {
        return is_image(value) && value.dims[batch_axis].size.value_or(batch) == batch &&
               !captured.contains(value.name);
    };
    if (!std::all_of(network.inputs.begin(), network.inputs.end(), can) ||
        !std::all_of(network.outputs.begin(), network.outputs.end(), can))
        return network;
    FreshNames fresh(network);
    Network result = free_batch(network);
    std::map<std::string, std::string> renamed;
    std::vector<Node> first;
    for (const Value &input : network.inputs) {
        const std::string many = renamed[input.name] = fresh.make(input.name + "_repeated");
        first.push_back({many,
                         "Concat",
                         {},
                         std::vector<std::string>(static_cast<std::size_t>(batch), input.name),
                         {many},
                         {{"axis", std::int64_t{0}}}});
    }
    for (const Value &output : network.outputs)
        renamed.try_emplace(output.name, fresh.make(output.name + "_of_all"));
    for (Node &node : result.nodes)
        for (std::vector<std::string> *const names : {&node.inputs, &node.outputs})
            for (std::string &name : *names)
                if (const auto found = renamed.find(name); found != renamed.end())
                    name = found->second;
    result.nodes.insert(result.nodes.begin(), first.begin(), first.end());
    const auto list = [&](const char *wish, std::int64_t number) {
        std::string name = fresh.make(wish);
        result.initializers.emplace(name, make_tensor(name, {1}, std::span(&number, 1)));
        return name;
    };
    const std::string zero = list("first_of_batch", 0);
    const std::string one = list("end_of_first", 1);
    for (const Value &output : network.outputs) {
        Node slice{fresh.make(output.name + "_first"), "Slice",       {},
                   {renamed.at(output.name)},          {output.name}, {}};
        if (network.opset >= 10)
            slice.inputs.insert(slice.inputs.end(), {zero, one, zero});
        else
            slice.attributes = {{"starts", std::vector<std::int64_t>{0}},
                                {"ends", std::vector<std::int64_t>{1}},
                                {"axes", std::vector<std::int64_t>{0}}};
        result.nodes.push_back(std::move(slice));
    }
    return result;
}

Network free_shape(const Network &network) {
    Network result = network;
    for (Value &input : result.inputs) {
        if (!is_image(input))
            continue;
        input.dims[batch_axis] = {1, {}};
        input.dims[height_axis] = {};
        input.dims[width_axis] = {};
    }
    for (Value &output : result.outputs) {
        for (Dim &dim : output.dims)
            dim.symbol.clear();
        if (is_image(output)) {
            output.dims[height_axis] = {};
            output.dims[width_axis] = {};
        }
    }
    return result;
}

} // namespace vsmlrt::model
