// How many frames are computed side by side, on parts of a Hopper card or all of another, and the parts.
#include "backends/cuda/card_parts.h"
#include "backends/cuda/planner.h"
#include "cuda/card_facts.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "graph/lower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace vsmlrt::cuda {
namespace {

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

model::Network half_rife() {
    return model::to_half(test::rife_v4({}));
}

model::Network upscaler() {
    return model::to_half(test::srvgg(64, 18));
}

int parts_of(const Planned &planned, int number, bool apart, const DeviceFacts &facts = hopper_facts) {
    return share_of_card(planned.plan, facts, {number}, apart).parts;
}

TEST(CardParts, AreMoreThanStreamsWhereOneFrameLeavesMultiprocessorsIdle) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[extent, wanted] : {std::pair<vsmlrt_extent, int>{{192, 128}, 11},
                                         {{736, 480}, 11},
                                         {{1280, 736}, 6},
                                         {{1920, 1088}, 4},
                                         {{2560, 1472}, 2},
                                         {{3840, 2176}, 1}})
        EXPECT_EQ(parts_of(Planned(half_rife(), extent, hopper_facts), 1, true), wanted) << extent.width;
    const auto upscaled = [](vsmlrt_extent extent) { return Planned(upscaler(), extent, hopper_facts); };
    for (const auto &[extent, wanted] :
         {std::pair<vsmlrt_extent, int>{{320, 240}, 4}, {{720, 480}, 2}, {{1280, 720}, 1}, {{1920, 1080}, 1}})
        EXPECT_EQ(parts_of(upscaled(extent), 1, true), wanted) << extent.width;
    EXPECT_EQ(parts_of(upscaled({320, 240}), 6, true), 6);
    EXPECT_EQ(parts_of(upscaled({320, 240}), 64, true), 8);
    EXPECT_EQ(parts_of(upscaled({1920, 1080}), 4, true), 1);
    EXPECT_EQ(parts_of(upscaled({320, 240}), 4, false), 1);
}

TEST(CardParts, GrowWithStreamsOfAnInterpolator) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned planned(half_rife(), {1920, 1088}, hopper_facts);
    for (const auto &[number, wanted] : {std::pair{1, 4}, {2, 4}, {4, 4}, {5, 5}, {11, 11}, {64, 11}})
        EXPECT_EQ(parts_of(planned, number, true), wanted) << number;
    for (const auto &[number, wanted] : {std::pair{1, 1}, {2, 2}, {3, 3}, {6, 6}, {64, 6}})
        EXPECT_EQ(parts_of(planned, number, false), wanted) << number;
    const Planned large(half_rife(), {3840, 2176}, hopper_facts);
    EXPECT_EQ(parts_of(large, 4, true), 4);
    EXPECT_EQ(parts_of(large, 4, false), 1);
    EXPECT_EQ(parts_of(Planned(half_rife(), {192, 128}, hopper_facts), 4, false), 1);
}

// Whether or not the driver could keep them apart.
TEST(CardParts, AreNotTakenByFramesThatOverlapOnOtherCards) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    struct Case {
        model::Network network;
        vsmlrt_extent extent;
        DeviceFacts facts;
        FramesAtOnce at_once;
        int wanted;
    };
    for (const Case &each : std::vector<Case>{{half_rife(), {3840, 2176}, geforce_facts, {1}, 1},
                                              {half_rife(), {1920, 1088}, geforce_facts, {1}, 2},
                                              {half_rife(), {1920, 1088}, geforce_facts, {4}, 4},
                                              {half_rife(), {1280, 736}, geforce_facts, {1}, 4},
                                              {half_rife(), {736, 480}, geforce_facts, {1}, 8},
                                              {half_rife(), {736, 576}, geforce_facts, {1}, 8},
                                              {half_rife(), {736, 480}, a100_facts, {1}, 8},
                                              {half_rife(), {736, 480}, geforce_facts, {1, 16}, 8},
                                              {half_rife(), {736, 480}, geforce_facts, {1, 8}, 6},
                                              {half_rife(), {736, 480}, geforce_facts, {1, 4}, 3},
                                              {half_rife(), {736, 480}, geforce_facts, {1, 2}, 1},
                                              {half_rife(), {1920, 1088}, small_geforce_facts, {1}, 2},
                                              {half_rife(), {736, 480}, small_geforce_facts, {1}, 3},
                                              {upscaler(), {1920, 1080}, geforce_facts, {1}, 1},
                                              {upscaler(), {1920, 1080}, geforce_facts, {2}, 2},
                                              {upscaler(), {1280, 720}, geforce_facts, {1}, 2},
                                              {upscaler(), {720, 480}, geforce_facts, {1}, 2},
                                              {upscaler(), {720, 480}, geforce_facts, {1, 4}, 2},
                                              {upscaler(), {720, 480}, geforce_facts, {1, 2}, 1},
                                              {upscaler(), {720, 480}, small_geforce_facts, {1}, 1},
                                              {upscaler(), {320, 240}, geforce_facts, {1}, 2},
                                              {upscaler(), {320, 240}, small_geforce_facts, {1}, 2}}) {
        const Planned planned(each.network, each.extent, each.facts);
        for (const bool apart : {false, true}) {
            const CardShare share = share_of_card(planned.plan, each.facts, each.at_once, apart);
            EXPECT_EQ(share.parts, 1);
            EXPECT_EQ(share.frames, each.wanted)
                << each.extent.width << ", " << each.facts.multiprocessors << " multiprocessors, streams "
                << each.at_once.streams << ", in flight " << each.at_once.in_flight;
        }
    }
}

TEST(CardParts, LeaveFewMultiprocessorsOver) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[multiprocessors, wanted] : {std::pair{132, 11}, {114, 11}, {78, 6}, {60, 6}, {32, 4}}) {
        DeviceFacts facts = hopper_facts;
        facts.multiprocessors = multiprocessors;
        EXPECT_EQ(parts_of(Planned(half_rife(), {352, 224}, facts), 1, true, facts), wanted)
            << multiprocessors;
    }
}

TEST(CardParts, HaveWorkWaitingOfWhatTheHostAsksFor) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned planned(half_rife(), {736, 480}, hopper_facts);
    for (const auto &[in_flight, wanted] :
         {std::pair{0, 11}, {1, 1}, {2, 1}, {4, 2}, {8, 4}, {12, 8}, {15, 8}, {16, 11}, {32, 11}})
        EXPECT_EQ(share_of_card(planned.plan, hopper_facts, {1, in_flight}, true).parts, wanted) << in_flight;
    EXPECT_EQ(share_of_card(planned.plan, hopper_facts, {6, 8}, true).parts, 6);
    const Planned other(upscaler(), {320, 240}, hopper_facts);
    for (const auto &[in_flight, wanted] : {std::pair{0, 4}, {1, 1}, {2, 1}, {4, 2}, {6, 3}, {8, 4}, {32, 4}})
        EXPECT_EQ(share_of_card(other.plan, hopper_facts, {1, in_flight}, true).parts, wanted) << in_flight;
}

// Eleven of them would take 1.6 GiB.
TEST(CardParts, TakeLittleMemory) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Planned planned(half_rife(), {736, 480}, hopper_facts);
    for (const auto &[mebibytes, wanted] :
         {std::pair{81, 11}, {100, 8}, {150, 6}, {200, 4}, {300, 3}, {450, 2}, {451, 1}}) {
        planned.plan.arena_bytes = std::int64_t{mebibytes} << 20;
        EXPECT_EQ(parts_of(planned, 1, true), wanted) << mebibytes;
    }
    // Of a small card less.
    constexpr std::int64_t gibibyte = 1 << 30;
    planned.plan.arena_bytes = std::int64_t{120} << 20;
    for (const DeviceFacts &facts : {hopper_facts, geforce_facts})
        for (const auto &[gibibytes, wanted] :
             {std::pair{0, 6}, {2, 1}, {4, 2}, {6, 3}, {8, 4}, {12, 6}, {80, 6}})
            EXPECT_EQ(share_of_card(planned.plan, facts, {1, 0, gibibytes * gibibyte}, true).frames, wanted)
                << gibibytes;
    EXPECT_EQ(share_of_card(planned.plan, geforce_facts, {3, 0, 2 * gibibyte}, true).frames, 3);
}

constexpr int streams = 4;

std::ptrdiff_t count_dependent(const std::vector<Launch> &launches) {
    return std::count_if(launches.begin(), launches.end(),
                         [](const Launch &launch) { return launch.dependent; });
}

TEST(CardParts, LaunchesStayWithinAPartAndOverlapThereAlone) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned whole(half_rife(), {1920, 1088}, hopper_facts);
    EXPECT_GT(count_dependent(whole.launches()), 20);
    const DeviceFacts part = part_of(hopper_facts, streams);
    for (const bool apart : {false, true}) {
        Planned shared(half_rife(), {1920, 1088}, part);
        share_card(shared.plan, streams, part, apart);
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
    const Planned whole(half_rife(), {1920, 1088}, hopper_facts);
    std::set<StepKey> keys;
    for (const Step &step : whole.plan.steps) {
        keys.insert(step.key);
        EXPECT_EQ(step.key.on_whole_card(), step.key);
    }
    const DeviceFacts part = part_of(hopper_facts, streams);
    Planned shared(half_rife(), {1920, 1088}, part);
    share_card(shared.plan, streams, part, true);
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
        CardParts parts(device, hopper_facts);
        EXPECT_EQ(emulated_live(), before); // none wants them yet
        EXPECT_TRUE(parts.are_apart(2));
        // That there are any is tried once. Sizes whose frames do not come make none.
        EXPECT_EQ(emulated_live(), before + 1);
        EXPECT_TRUE(parts.are_apart(4));
        EXPECT_EQ(parts.part(4).multiprocessors, 1);
        EXPECT_EQ(emulated_live(), before + 1);
        EXPECT_EQ(parts.part(2).multiprocessors, 2);
        EXPECT_EQ(parts.part(2).architecture, hopper_facts.architecture);
        const nvidia::Stream first = parts.stream(2, 0);
        const nvidia::Stream second = parts.stream(2, 1);
        const nvidia::Stream third = parts.stream(2, 2);
        EXPECT_EQ(emulated_streams_of_parts(), 3U);
        EXPECT_EQ(emulated_shares_of_parts(), 2U);
    }
    EXPECT_EQ(emulated_live(), before);
    EXPECT_STREQ(emulated_faults(), "");
}

// What made one may lack the memory for another.
TEST(CardParts, ThatCannotBeMadeLeaveTheCardToWhatWouldRunThere) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    CardParts parts(device, hopper_facts);
    const nvidia::Stream first = parts.stream(2, 0);
    emulated_reset(1); // the part, of what comes
    const nvidia::Stream second = parts.stream(2, 1);
    EXPECT_EQ(emulated_streams_of_parts(), 1U);
    emulated_reset(0);
    const nvidia::Stream again = parts.stream(2, 1); // there is memory again
    EXPECT_EQ(emulated_streams_of_parts(), 2U);
}

TEST(CardParts, AreSizesOfLaunchesAloneByOlderDrivers) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    emulated_parts(0);
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    CardParts parts(device, hopper_facts);
    EXPECT_FALSE(parts.are_apart(2));
    EXPECT_EQ(parts.part(2).multiprocessors, 66);
    const nvidia::Stream stream = parts.stream(2, 1);
    EXPECT_EQ(emulated_streams_of_parts(), 0U);
    emulated_parts(64);
}

TEST(CardParts, ThatCannotBeMadeLeaveNothingBehind) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    const std::size_t before = emulated_live();
    constexpr long calls = 8; // more than it takes
    for (long failing = 1; failing <= calls; ++failing) {
        emulated_reset(failing);
        CardParts parts(device, hopper_facts);
        try {
            const nvidia::Stream stream = parts.stream(2, 0);
        } catch (const DeviceError &) { // what is not made by the driver fails alone
        }
    }
    EXPECT_EQ(emulated_live(), before);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(CardParts, AreOfEightMultiprocessorsAtLeast) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[multiprocessors, wanted] : {std::pair{2, 1}, {16, 2}, {26, 3}, {70, 8}, {132, 11}}) {
        DeviceFacts facts = hopper_facts;
        facts.multiprocessors = multiprocessors;
        const Planned planned(half_rife(), {192, 128}, facts);
        EXPECT_EQ(parts_of(planned, 1, true, facts), wanted);
        EXPECT_EQ(parts_of(planned, 64, true, facts), wanted);
    }
}

} // namespace
} // namespace vsmlrt::cuda
