#include "backends/openvino/channel_orders.h"

#include "backends/openvino/graph_nodes.h"

#include <openvino/core/graph_util.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/util/gather_base.hpp>

#include <optional>

namespace vsmlrt::openvino {
namespace {

// The numbers that the network states, be it as another type of integer.
std::optional<std::vector<std::int64_t>> constant(const Output &output) {
    NodePtr node = output.get_node_shared_ptr();
    if (ov::is_type<ov::op::v0::Convert>(node))
        node = node->get_input_node_shared_ptr(0);
    const auto found = ov::as_type_ptr<ov::op::v0::Constant>(node);
    return found ? std::optional(found->cast_vector<std::int64_t>()) : std::nullopt;
}

// Whether `order` takes each of its entries once and, taken twice, does not give them back as they were.
bool differs_from_inverse(std::vector<std::int64_t> order) {
    const auto size = static_cast<std::int64_t>(order.size());
    std::vector<bool> taken(order.size());
    for (std::int64_t &from : order) {
        from = from < 0 ? from + size : from;
        if (from < 0 || from >= size || taken[static_cast<std::size_t>(from)])
            return false;
        taken[static_cast<std::size_t>(from)] = true;
    }
    for (std::int64_t to = 0; to < size; ++to)
        if (order[static_cast<std::size_t>(order[static_cast<std::size_t>(to)])] != to)
            return true;
    return false;
}

// The order in which `gather` takes all channels; nothing where it is another kind of choice.
std::optional<std::vector<std::int64_t>> channel_order(const ov::op::util::GatherBase &gather) {
    const ov::PartialShape &shape = gather.get_input_partial_shape(0);
    const auto axis = constant(gather.input_value(2));
    if (shape.rank().is_dynamic() || shape.size() < 3 || !axis || axis->size() != 1)
        return {};
    if ((axis->front() < 0 ? axis->front() + static_cast<std::int64_t>(shape.size()) : axis->front()) != 1)
        return {};
    auto order = constant(gather.input_value(1));
    if (!order || gather.get_input_partial_shape(1).rank() != 1 || !differs_from_inverse(*order))
        return {};
    return order;
}

} // namespace

void keep_channel_orders(ov::Model &model) {
    for (const NodePtr &node : model.get_ordered_ops()) {
        const auto gather = ov::as_type_ptr<ov::op::util::GatherBase>(node);
        const auto order = gather ? channel_order(*gather) : std::nullopt;
        if (!order)
            continue;
        const auto row = ov::op::v0::Constant::create(ov::element::i64, {1, order->size()}, *order);
        const auto chosen = std::make_shared<ov::op::v8::Gather>(gather->input_value(0), row, integers({1}));
        const auto flat = std::make_shared<ov::op::v0::Squeeze>(chosen, integers({1}));
        flat->set_friendly_name(gather->get_friendly_name());
        ov::replace_node(gather, flat);
    }
}

} // namespace vsmlrt::openvino
