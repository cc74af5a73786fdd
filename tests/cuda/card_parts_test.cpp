// Streams of an interpolator take parts of a Hopper card, and those of other networks do not.
#include "backends/cuda/card_parts.h"
#include "backends/cuda/planner.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "graph/lower.h"
#include "model/edit.h"
#include "networks/families.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace vsmlrt::cuda {
namespace {

constexpr DeviceFacts hopper{90, 132, 227 << 10, true};

struct Planned {
    Planned(const model::Network &network, vsmlrt_extent extent, const DeviceFacts &facts)
        : graph(graph::lower(network)) {
        const graph::Shape shape{1, network.inputs[0].dims[1].size.value_or(0), extent.height, extent.width};
        plan = make_plan(graph, graph::infer(graph, std::span(&shape, 1)), weights, device, facts, {});
    }
    [[nodiscard]] std::vector<Launch> launches() const {
        std::vector<Launch> all;
        for (const Step &step : plan.steps)
            all.push_back(step.alternatives.front().launch(Addresses(plan.buffers, 1 << 20)));
        return all;
    }
    std::shared_ptr<const nvidia::DeviceContext> device = std::make_shared<const nvidia::DeviceContext>(0);
    graph::Graph graph;
    Constants weights{device};
    Plan plan;
};

model::Network rife() {
    return model::to_half(test::rife_v4({}));
}

TEST(CardParts, AreAsManyAsStreamsOfAnInterpolator) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned planned(rife(), {1920, 1088}, hopper);
    for (const auto &[streams, parts] : {std::pair{1, 1}, {2, 2}, {3, 3}, {6, 6}, {9, 6}})
        EXPECT_EQ(parts_of_card(planned.plan.steps, hopper, streams), parts) << streams;
    DeviceFacts other = hopper;
    other.architecture = 89;
    EXPECT_EQ(parts_of_card(planned.plan.steps, other, 4), 1);
    const Planned small(rife(), {192, 128}, hopper);
    EXPECT_EQ(parts_of_card(small.plan.steps, hopper, 4), 1);
    for (const vsmlrt_extent extent : {vsmlrt_extent{1920, 1080}, {320, 240}}) {
        const Planned chain(model::to_half(test::srvgg(64, 18)), extent, hopper);
        EXPECT_EQ(parts_of_card(chain.plan.steps, hopper, 4), 1);
    }
}

TEST(CardParts, LaunchesStayWithinAPartAndDoNotOverlap) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned whole(rife(), {1920, 1088}, hopper);
    const DeviceFacts part = part_of(hopper, 4);
    Planned shared(rife(), {1920, 1088}, part);
    share_card(shared.plan, part, 4);
    const auto dependent = [](const Launch &launch) { return launch.dependent; };
    const std::vector<Launch> before = whole.launches();
    const std::vector<Launch> after = shared.launches();
    EXPECT_GT(std::count_if(before.begin(), before.end(), dependent), 20);
    EXPECT_EQ(std::count_if(after.begin(), after.end(), dependent), 0);
    // Those that take multiprocessors whole: by their shared memory.
    constexpr unsigned whole_multiprocessor = 150 << 10;
    for (const Launch &launch : after)
        EXPECT_TRUE(launch.shared_bytes <= whole_multiprocessor || launch.grid[0] <= 33) << launch.grid[0];
    std::set<std::string> problems;
    for (const Step &step : whole.plan.steps)
        problems.insert(step.problem);
    problems.erase("");
    for (const Step &step : shared.plan.steps)
        EXPECT_FALSE(problems.contains(step.problem)) << step.problem;
}

} // namespace
} // namespace vsmlrt::cuda
