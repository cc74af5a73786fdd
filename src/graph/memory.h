// Where each value lives while a graph runs: one arena, memory reused as soon as its value is read for the
// last time.
#pragma once

#include "graph/infer.h"

namespace vsmlrt::graph {

// A value's place. It is written by node `first` and read for the last time by node `last` (the number of
// nodes for outputs of the graph).
struct Slot {
    ValueId value = no_value;
    std::int64_t offset = 0; // bytes, a multiple of MemoryPlan::alignment
    std::int64_t bytes = 0;  // rounded up to it
    std::size_t first = 0;
    std::size_t last = 0;
};

struct MemoryPlan {
    static constexpr std::int64_t alignment = 64;

    std::vector<Slot> slots; // in the order in which they are written
    std::int64_t total = 0;  // bytes of the arena
};

// Gives each slot an offset where it meets none that lives at the same time; the bytes of the arena. Slots'
// bytes are multiples of the alignment that their offsets shall have.
[[nodiscard]] std::int64_t pack(std::vector<Slot> &slots);

// The graph's inputs, constants and what `infer` folded have their own memory and no slot; everything else
// has one.
[[nodiscard]] MemoryPlan plan_memory(const Graph &graph, const Shapes &shapes);

// One line a value: 'c1: bytes 0..4096, nodes 0..2'.
[[nodiscard]] std::string describe(const MemoryPlan &plan, const Graph &graph);

} // namespace vsmlrt::graph
