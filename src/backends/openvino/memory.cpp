#include "backends/openvino/memory.h"

#include "backends/openvino/own_operator.h"

#include <algorithm>
#include <openvino/op/constant.hpp>

namespace vsmlrt::openvino {
namespace {

std::int64_t bytes_of(const ov::Output<const ov::Node> &port) {
    const auto &shape = port.get_partial_shape();
    std::int64_t bytes = static_cast<std::int64_t>(port.get_element_type().size());
    for (const auto &dim : shape)
        bytes *= std::max<std::int64_t>(dim.get_max_length(), 1);
    return bytes;
}

} // namespace

std::int64_t bytes_of_ends(const ov::CompiledModel &compiled) {
    std::int64_t total = 0;
    for (const auto &port : compiled.inputs())
        total += bytes_of(port);
    for (const auto &port : compiled.outputs())
        total += bytes_of(port);
    return total;
}

std::int64_t bytes_between(const ov::CompiledModel &compiled) {
    std::int64_t first = 0;
    std::int64_t second = 0;
    const auto runtime = compiled.get_runtime_model();
    for (const auto &node : runtime->get_ops()) {
        for (const auto &port : std::as_const(*node).outputs()) {
            if (port.get_partial_shape().rank().is_dynamic())
                continue;
            const std::int64_t bytes = bytes_of(port);
            if (bytes > first) {
                second = first;
                first = bytes;
            } else if (bytes > second) {
                second = bytes;
            }
        }
    }
    return first + second;
}

std::int64_t bytes_of_weights(const ov::Model &model) {
    std::int64_t total = 0;
    for (const auto &node : model.get_ops())
        if (const auto *const constant = dynamic_cast<const ov::op::v0::Constant *>(node.get()))
            total += static_cast<std::int64_t>(constant->get_byte_size());
    return total;
}

std::int64_t workspace_bytes(const ov::Model &model, int threads) {
    std::int64_t most = 0;
    for (const auto &node : model.get_ops())
        if (const auto *const own = dynamic_cast<const OwnOperator *>(node.get()))
            most = std::max(most, own->workspace_bytes(threads));
    return most;
}

} // namespace vsmlrt::openvino
