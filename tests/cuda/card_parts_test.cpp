// Streams of an interpolator take parts of a Hopper card, and those of other networks do not.
#include "backends/cuda/card_parts.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/program.h"
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
    for (const bool apart : {false, true}) {
        const Planned planned(rife(), {1920, 1088}, hopper);
        const auto parts = [&](const Planned &of, const DeviceFacts &facts, int number) {
            return parts_of_card(of.plan.steps, facts, number, apart);
        };
        for (const auto &[number, wanted] : {std::pair{1, 1}, {2, 2}, {3, 3}, {6, 6}, {9, 6}})
            EXPECT_EQ(parts(planned, hopper, number), wanted) << number;
        DeviceFacts other = hopper;
        other.architecture = 89;
        EXPECT_EQ(parts(planned, other, 4), 1);
        EXPECT_EQ(parts(Planned(rife(), {192, 128}, hopper), hopper, 4), 1);
        for (const vsmlrt_extent extent : {vsmlrt_extent{736, 480}, {3840, 2176}})
            EXPECT_EQ(parts(Planned(rife(), extent, hopper), hopper, 4), apart ? 4 : 1) << extent.width;
        for (const vsmlrt_extent extent : {vsmlrt_extent{1920, 1080}, {320, 240}})
            EXPECT_EQ(parts(Planned(model::to_half(test::srvgg(64, 18)), extent, hopper), hopper, 4), 1);
    }
}

constexpr int streams = 4;

std::ptrdiff_t count_dependent(const std::vector<Launch> &launches) {
    return std::count_if(launches.begin(), launches.end(),
                         [](const Launch &launch) { return launch.dependent; });
}

TEST(CardParts, LaunchesStayWithinAPartAndOverlapThereAlone) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned whole(rife(), {1920, 1088}, hopper);
    EXPECT_GT(count_dependent(whole.launches()), 20);
    const DeviceFacts part = part_of(hopper, streams);
    for (const bool apart : {false, true}) {
        Planned shared(rife(), {1920, 1088}, part);
        share_card(shared.plan, part, apart);
        const std::vector<Launch> launches = shared.launches();
        EXPECT_EQ(count_dependent(launches), apart ? count_dependent(whole.launches()) : 0);
        // Those that take multiprocessors whole: by their shared memory.
        constexpr unsigned whole_multiprocessor = 150 << 10;
        for (const Launch &launch : launches)
            EXPECT_TRUE(launch.shared_bytes <= whole_multiprocessor || launch.grid[0] <= 33)
                << launch.grid[0];
    }
}

TEST(CardParts, ChooseKernelsApartFromAWholeCard) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned whole(rife(), {1920, 1088}, hopper);
    std::set<StepKey> keys;
    for (const Step &step : whole.plan.steps) {
        keys.insert(step.key);
        EXPECT_EQ(step.key.on_whole_card(), step.key);
    }
    const DeviceFacts part = part_of(hopper, streams);
    Planned shared(rife(), {1920, 1088}, part);
    share_card(shared.plan, part, true);
    for (const Step &step : shared.plan.steps) {
        EXPECT_FALSE(keys.contains(step.key)) << step.key.work;
        EXPECT_TRUE(keys.contains(step.key.on_whole_card())) << step.key.work;
    }
}

// Of the emulated driver's four multiprocessors.
TEST(CardParts, AreMadeByTheDriverForEachStream) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    const std::size_t before = emulated_live();
    {
        CardParts parts(device, hopper, 2);
        EXPECT_EQ(emulated_live(), before); // none wants them yet
        EXPECT_TRUE(parts.are_apart());
        EXPECT_EQ(parts.part().multiprocessors, 2);
        EXPECT_EQ(parts.part().architecture, hopper.architecture);
        const nvidia::Stream first = parts.stream(0);
        const nvidia::Stream second = parts.stream(1);
        const nvidia::Stream third = parts.stream(2);
        EXPECT_EQ(emulated_streams_of_parts(), 3U);
    }
    EXPECT_EQ(emulated_live(), before);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(CardParts, AreSizesOfLaunchesAloneByOlderDrivers) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    emulated_parts(false);
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    CardParts parts(device, hopper, 2);
    EXPECT_FALSE(parts.are_apart());
    EXPECT_EQ(parts.part().multiprocessors, 66);
    const nvidia::Stream stream = parts.stream(1);
    EXPECT_EQ(emulated_streams_of_parts(), 0U);
    emulated_parts(true);
}

TEST(CardParts, ThatCannotBeMadeLeaveNothingBehind) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    const std::size_t before = emulated_live();
    constexpr long calls = 8; // more than it takes
    for (long failing = 1; failing <= calls; ++failing) {
        emulated_reset(failing);
        CardParts parts(device, hopper, 2);
        try {
            const nvidia::Stream stream = parts.stream(0);
        } catch (const DeviceError &) { // what is not made by the driver fails alone
        }
    }
    EXPECT_EQ(emulated_live(), before);
    EXPECT_STREQ(emulated_faults(), "");
}

// Whatever size the program is best at.
TEST(CardParts, AreTakenByEachSizeForItself) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    emulated_stand_in();
    Device device = list_devices().front();
    device.facts = hopper;
    device.architecture = "sm_90a";
    const std::vector<std::byte> onnx =
        model::write_onnx(model::set_io_type(model::to_half(test::rife_v4({})), Element::f16, Element::f16));
    constexpr vsmlrt_extent small = {192, 128};
    constexpr vsmlrt_extent large = {1920, 1088};
    for (const vsmlrt_extent best : {small, large}) {
        vsmlrt_program_desc desc = test::described(onnx, small, large, VSMLRT_PRECISION_FP16);
        desc.opt_extent = best;
        desc.num_streams = 2;
        Program program(device, desc);
        EXPECT_TRUE(program.plan(large).in_part);
        EXPECT_FALSE(program.plan(small).in_part);
        // Each on a stream of its own.
        const auto run = [&](ArenaPool::Lease &lease, vsmlrt_extent extent) {
            return lease.at(extent, [&](vsmlrt_extent size) { return program.plan(size); }).plan().in_part;
        };
        program.arenas().add_context();
        const nvidia::Stream stream = nvidia::make_stream(program.device());
        ArenaPool::Lease lease(program.arenas(), stream.get());
        EXPECT_FALSE(run(lease, small));
        nvidia::StreamHandle *const of_card = lease.arena().stream();
        EXPECT_EQ(emulated_streams_of_parts(), 0U);
        EXPECT_TRUE(run(lease, large));
        EXPECT_EQ(emulated_streams_of_parts(), 1U);
        EXPECT_NE(lease.arena().stream(), of_card);
        EXPECT_FALSE(run(lease, small));
        EXPECT_EQ(lease.arena().stream(), of_card);
        lease.release();
    }
    EXPECT_STREQ(emulated_faults(), "");
}

} // namespace
} // namespace vsmlrt::cuda
