#include "graph/memory.h"

#include "graph/lower.h"
#include "networks/builder.h"
#include "networks/families.h"

#include <gtest/gtest.h>

namespace vsmlrt::graph {
namespace {

struct Planned {
    Graph graph;
    MemoryPlan plan;
};

Planned plan_of(const model::Network &network, std::int64_t height, std::int64_t width) {
    Graph graph = lower(network);
    const Shape size{1, *graph.inputs[0].dims[1].size, height, width};
    const Shapes shapes = infer(graph, std::span(&size, 1));
    MemoryPlan plan = plan_memory(graph, shapes);
    return {std::move(graph), std::move(plan)};
}

TEST(MemoryPlan, AChainUsesTwoPlacesInTurn) {
    test::Builder b;
    test::Name x = b.input(4);
    for (int i = 0; i < 5; ++i)
        x = b.conv(x, 4, 4);
    b.output(x);
    const Planned planned = plan_of(b.network(), 8, 8);
    const std::int64_t one = 4 * 8 * 8 * 4;
    EXPECT_EQ(planned.plan.slots.size(), 5U);
    EXPECT_EQ(planned.plan.total, 2 * one) << describe(planned.plan, planned.graph);
}

TEST(MemoryPlan, NoTwoValuesThatLiveAtOnceMeet) {
    for (const auto &network : {test::srvgg(), test::cunet(), test::drunet(), test::rrdb()}) {
        const Planned planned = plan_of(network, 64, 96);
        std::int64_t sum = 0;
        for (const Slot &a : planned.plan.slots) {
            sum += a.bytes;
            EXPECT_EQ(a.offset % MemoryPlan::alignment, 0);
            EXPECT_LE(a.offset + a.bytes, planned.plan.total);
            EXPECT_LE(a.first, a.last);
            for (const Slot &b : planned.plan.slots) {
                if (&a != &b && a.first <= b.last && b.first <= a.last) {
                    EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset)
                        << describe(planned.plan, planned.graph);
                }
            }
        }
        EXPECT_LT(planned.plan.total, sum);
    }
}

TEST(MemoryPlan, SaysWhereEachValueLives) {
    test::Builder b;
    b.output(b.conv(b.input(4), 4, 4));
    const Planned planned = plan_of(b.network(), 8, 8);
    EXPECT_NE(describe(planned.plan, planned.graph).find(": bytes 0..1024, nodes 0..1"), std::string::npos)
        << describe(planned.plan, planned.graph);
}

} // namespace
} // namespace vsmlrt::graph
