#include "graph/memory.h"

#include "base/checked.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::graph {
namespace {

std::int64_t bytes_of(const Graph &graph, const Shapes &shapes, ValueId value) {
    const auto place = static_cast<std::size_t>(value);
    const std::int64_t bytes =
        checked_mul(count(shapes.dims[place]),
                    static_cast<std::int64_t>(element_size(graph.values[place].type)), "bytes of a tensor");
    const std::int64_t units = checked_add(bytes, MemoryPlan::alignment - 1, "bytes") / MemoryPlan::alignment;
    return std::max<std::int64_t>(units, 1) * MemoryPlan::alignment;
}

// The last node that reads each value.
std::vector<std::size_t> last_readers(const Graph &graph) {
    std::vector<std::size_t> last(graph.values.size(), 0);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        for (const ValueId value : graph.nodes[i].inputs)
            if (value != no_value)
                last[static_cast<std::size_t>(value)] = i;
    for (const ValueId value : graph.outputs)
        last[static_cast<std::size_t>(value)] = graph.nodes.size();
    return last;
}

std::vector<Slot> slots_of(const Graph &graph, const Shapes &shapes) {
    const std::vector<std::size_t> last = last_readers(graph);
    std::vector<Slot> slots;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (is_folded(graph, shapes, graph.nodes[i]))
            continue;
        for (const ValueId value : graph.nodes[i].outputs)
            slots.push_back({value, 0, bytes_of(graph, shapes, value), i,
                             std::max(last[static_cast<std::size_t>(value)], i)});
    }
    return slots;
}

// The lowest offset where `slot` meets none of `placed` (ascending by offset) that live at the same time.
std::int64_t lowest_gap(const Slot &slot, const std::vector<const Slot *> &placed) {
    std::int64_t offset = 0;
    for (const Slot *other : placed) {
        if (other->last < slot.first || slot.last < other->first)
            continue;
        if (offset + slot.bytes <= other->offset)
            break;
        offset = std::max(offset, other->offset + other->bytes);
    }
    return offset;
}

} // namespace

std::int64_t pack(std::vector<Slot> &slots) {
    std::int64_t total = 0;
    // Big ones first: small ones then fill the gaps between them.
    std::vector<std::size_t> order(slots.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return slots[a].bytes > slots[b].bytes; });
    std::vector<const Slot *> placed;
    for (const std::size_t index : order) {
        Slot &slot = slots[index];
        slot.offset = lowest_gap(slot, placed);
        total = std::max(total, checked_add(slot.offset, slot.bytes, "bytes of the arena"));
        const auto behind =
            std::upper_bound(placed.begin(), placed.end(), &slot,
                             [](const Slot *a, const Slot *b) { return a->offset < b->offset; });
        placed.insert(behind, &slot);
    }
    return total;
}

MemoryPlan plan_memory(const Graph &graph, const Shapes &shapes) {
    MemoryPlan plan{slots_of(graph, shapes), 0};
    plan.total = pack(plan.slots);
    return plan;
}

std::string describe(const MemoryPlan &plan, const Graph &graph) {
    std::string lines;
    for (const Slot &slot : plan.slots)
        lines += text(graph.values[static_cast<std::size_t>(slot.value)].name, ": bytes ", slot.offset, "..",
                      slot.offset + slot.bytes, ", nodes ", slot.first, "..", slot.last, "\n");
    return lines;
}

} // namespace vsmlrt::graph
