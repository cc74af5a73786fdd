// How many frames are computed side by side, on parts of a Hopper card or all of another, and what they
// share.
#include "backends/cuda/card_parts.h"
#include "backends/cuda/context.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/program.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "graph/lower.h"
#include "model/edit.h"
#include "networks/families.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <thread>

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

constexpr DeviceFacts geforce{89, 128, 99 << 10, true};
constexpr DeviceFacts small_geforce{86, 28, 99 << 10, true};

model::Network upscaler() {
    return model::to_half(test::srvgg(64, 18));
}

int parts_of(const Planned &planned, int number, bool apart, const DeviceFacts &facts = hopper) {
    return share_of_card(planned.plan, facts, {number}, apart).parts;
}

TEST(CardParts, AreMoreThanStreamsWhereOneFrameLeavesMultiprocessorsIdle) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[extent, wanted] : {std::pair<vsmlrt_extent, int>{{192, 128}, 8},
                                         {{736, 480}, 8},
                                         {{1280, 736}, 4},
                                         {{1920, 1088}, 2},
                                         {{3840, 2176}, 1}})
        EXPECT_EQ(parts_of(Planned(rife(), extent, hopper), 1, true), wanted) << extent.width;
    const auto upscaled = [](vsmlrt_extent extent) { return Planned(upscaler(), extent, hopper); };
    for (const auto &[extent, wanted] :
         {std::pair<vsmlrt_extent, int>{{320, 240}, 4}, {{720, 480}, 2}, {{1280, 720}, 1}, {{1920, 1080}, 1}})
        EXPECT_EQ(parts_of(upscaled(extent), 1, true), wanted) << extent.width;
    EXPECT_EQ(parts_of(upscaled({320, 240}), 6, true), 6);
    EXPECT_EQ(parts_of(upscaled({1920, 1080}), 4, true), 1);
    EXPECT_EQ(parts_of(upscaled({320, 240}), 4, false), 1);
}

TEST(CardParts, GrowWithStreamsOfAnInterpolator) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned planned(rife(), {1920, 1088}, hopper);
    for (const auto &[number, wanted] : {std::pair{1, 2}, {2, 2}, {3, 3}, {8, 8}, {64, 8}})
        EXPECT_EQ(parts_of(planned, number, true), wanted) << number;
    for (const auto &[number, wanted] : {std::pair{1, 1}, {2, 2}, {3, 3}, {6, 6}, {64, 6}})
        EXPECT_EQ(parts_of(planned, number, false), wanted) << number;
    const Planned large(rife(), {3840, 2176}, hopper);
    EXPECT_EQ(parts_of(large, 4, true), 4);
    EXPECT_EQ(parts_of(large, 4, false), 1);
    EXPECT_EQ(parts_of(Planned(rife(), {192, 128}, hopper), 4, false), 1);
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
    for (const Case &each : std::vector<Case>{{rife(), {3840, 2176}, geforce, {1}, 1},
                                              {rife(), {1920, 1088}, geforce, {1}, 2},
                                              {rife(), {1920, 1088}, geforce, {4}, 4},
                                              {rife(), {1280, 736}, geforce, {1}, 4},
                                              {rife(), {736, 480}, geforce, {1}, 8},
                                              {rife(), {736, 480}, geforce, {1, 16}, 6},
                                              {rife(), {736, 480}, geforce, {1, 4}, 1},
                                              {rife(), {1920, 1088}, small_geforce, {1}, 2},
                                              {rife(), {736, 480}, small_geforce, {1}, 3},
                                              {upscaler(), {1920, 1080}, geforce, {1}, 1},
                                              {upscaler(), {1920, 1080}, geforce, {2}, 2},
                                              {upscaler(), {1280, 720}, geforce, {1}, 2},
                                              {upscaler(), {720, 480}, geforce, {1}, 2},
                                              {upscaler(), {720, 480}, geforce, {1, 4}, 2},
                                              {upscaler(), {720, 480}, geforce, {1, 2}, 1},
                                              {upscaler(), {720, 480}, small_geforce, {1}, 1},
                                              {upscaler(), {320, 240}, geforce, {1}, 2},
                                              {upscaler(), {320, 240}, small_geforce, {1}, 2}}) {
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

TEST(CardParts, HaveWorkWaitingOfWhatTheHostAsksFor) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Planned planned(rife(), {736, 480}, hopper);
    for (const auto &[in_flight, wanted] :
         {std::pair{0, 8}, {1, 1}, {4, 1}, {8, 3}, {12, 4}, {16, 6}, {20, 6}, {32, 8}})
        EXPECT_EQ(share_of_card(planned.plan, hopper, {1, in_flight}, true).parts, wanted) << in_flight;
    EXPECT_EQ(share_of_card(planned.plan, hopper, {6, 8}, true).parts, 6);
    const Planned other(upscaler(), {320, 240}, hopper);
    for (const auto &[in_flight, wanted] : {std::pair{0, 4}, {1, 1}, {2, 1}, {4, 2}, {6, 3}, {8, 4}, {32, 4}})
        EXPECT_EQ(share_of_card(other.plan, hopper, {1, in_flight}, true).parts, wanted) << in_flight;
}

// Eight of them would take 1.2 GiB.
TEST(CardParts, TakeLittleMemory) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Planned planned(rife(), {736, 480}, hopper);
    for (const auto &[mebibytes, wanted] :
         {std::pair{100, 8}, {150, 6}, {200, 4}, {300, 3}, {450, 2}, {451, 1}}) {
        planned.plan.arena_bytes = std::int64_t{mebibytes} << 20;
        EXPECT_EQ(parts_of(planned, 1, true), wanted) << mebibytes;
    }
    // Of a small card less.
    constexpr std::int64_t gibibyte = 1 << 30;
    planned.plan.arena_bytes = std::int64_t{120} << 20;
    for (const DeviceFacts &facts : {hopper, geforce})
        for (const auto &[gibibytes, wanted] :
             {std::pair{0, 6}, {2, 1}, {4, 2}, {6, 3}, {8, 4}, {12, 6}, {80, 6}})
            EXPECT_EQ(share_of_card(planned.plan, facts, {1, 0, gibibytes * gibibyte}, true).frames, wanted)
                << gibibytes;
    EXPECT_EQ(share_of_card(planned.plan, geforce, {3, 0, 2 * gibibyte}, true).frames, 3);
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
    const Planned whole(rife(), {1920, 1088}, hopper);
    std::set<StepKey> keys;
    for (const Step &step : whole.plan.steps) {
        keys.insert(step.key);
        EXPECT_EQ(step.key.on_whole_card(), step.key);
    }
    const DeviceFacts part = part_of(hopper, streams);
    Planned shared(rife(), {1920, 1088}, part);
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
        CardParts parts(device, hopper);
        EXPECT_EQ(emulated_live(), before); // none wants them yet
        EXPECT_TRUE(parts.are_apart(2));
        EXPECT_EQ(parts.part(2).multiprocessors, 2);
        EXPECT_EQ(parts.part(2).architecture, hopper.architecture);
        const nvidia::Stream first = parts.stream(2, 0);
        const nvidia::Stream second = parts.stream(2, 1);
        const nvidia::Stream third = parts.stream(2, 2);
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
    CardParts parts(device, hopper);
    EXPECT_FALSE(parts.are_apart(2));
    EXPECT_EQ(parts.part(2).multiprocessors, 66);
    const nvidia::Stream stream = parts.stream(2, 1);
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
        CardParts parts(device, hopper);
        try {
            const nvidia::Stream stream = parts.stream(2, 0);
        } catch (const DeviceError &) { // what is not made by the driver fails alone
        }
    }
    EXPECT_EQ(emulated_live(), before);
    EXPECT_STREQ(emulated_faults(), "");
}

// A card of which an emulated driver runs nothing, whatever its own multiprocessors.
Device stand_in(const DeviceFacts &facts = hopper) {
    emulated_stand_in();
    Device device = list_devices().front();
    device.facts = facts;
    device.architecture = facts.is_hopper() ? "sm_90a" : "sm_" + std::to_string(facts.architecture);
    return device;
}

std::vector<std::byte> rife_bytes() {
    return model::write_onnx(
        model::set_io_type(model::to_half(test::rife_v4({})), Element::f16, Element::f16));
}

constexpr vsmlrt_extent small = {736, 480};
constexpr vsmlrt_extent middle = {1920, 1088};
constexpr vsmlrt_extent large = {3840, 2176};

// What the device has is what the program is made for.
TEST(CardParts, OfASmallCardAreFewer) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Device device = stand_in(geforce);
    const std::vector<std::byte> onnx = rife_bytes();
    vsmlrt_program_desc desc = test::described(onnx, small, small, VSMLRT_PRECISION_FP16);
    desc.num_streams = 1;
    for (const auto &[gibibytes, wanted] : {std::pair{1, 3}, {80, 8}}) {
        device.memory_bytes = std::int64_t{gibibytes} << 30;
        EXPECT_EQ(Program(device, desc).plan(small).side_by_side, wanted) << gibibytes;
    }
}

// Whatever size the program is best at.
TEST(CardParts, AreTakenByEachSizeForItself) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Device device = stand_in();
    const std::vector<std::byte> onnx = rife_bytes();
    for (const vsmlrt_extent best : {small, large}) {
        vsmlrt_program_desc desc = test::described(onnx, small, large, VSMLRT_PRECISION_FP16);
        desc.opt_extent = best;
        desc.num_streams = 1;
        Program program(device, desc);
        EXPECT_EQ(program.plan(large).parts, 1);
        EXPECT_EQ(program.plan(small).parts, 8);
        // Each on a stream of its own.
        program.arenas().add_context();
        const nvidia::Stream stream = nvidia::make_stream(program.device());
        const auto run = [&](vsmlrt_extent extent, nvidia::StreamHandle *&on) {
            ArenaPool::Lease lease(program.arenas(), stream.get(), extent);
            const int parts =
                lease.launches([&](vsmlrt_extent size) { return program.plan(size); }).plan().parts;
            on = lease.arena().stream();
            static_cast<void>(lease.release());
            return parts;
        };
        nvidia::StreamHandle *of_card = nullptr;
        nvidia::StreamHandle *of_part = nullptr;
        nvidia::StreamHandle *again = nullptr;
        EXPECT_EQ(run(large, of_card), 1);
        EXPECT_EQ(emulated_streams_of_parts(), 0U);
        EXPECT_GT(run(small, of_part), 1);
        EXPECT_EQ(emulated_streams_of_parts(), 1U);
        EXPECT_NE(of_part, of_card);
        EXPECT_EQ(run(large, again), 1);
        EXPECT_EQ(again, of_card);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

struct Running {
    explicit Running(vsmlrt_extent best, vsmlrt_extent least = small, vsmlrt_extent most = middle,
                     const DeviceFacts &facts = hopper)
        : onnx(rife_bytes()), program(stand_in(facts), description(best, least, most)) {}
    [[nodiscard]] vsmlrt_program_desc description(vsmlrt_extent best, vsmlrt_extent least,
                                                  vsmlrt_extent most) const {
        vsmlrt_program_desc desc = test::described(onnx, least, most, VSMLRT_PRECISION_FP16);
        desc.opt_extent = best;
        desc.num_streams = 1;
        return desc;
    }
    void add_contexts(int count) {
        for (int i = 0; i < count; ++i)
            program.arenas().add_context();
    }
    void remove_contexts(int count) {
        for (int i = 0; i < count; ++i)
            program.arenas().remove_context();
    }
    // Puts a frame on the stream: it is under way as long as the result lives.
    [[nodiscard]] Counted run(vsmlrt_extent extent) {
        ArenaPool::Lease lease(program.arenas(), stream.get(), extent);
        static_cast<void>(lease.launches([&](vsmlrt_extent size) { return program.plan(size); }));
        last_arena = lease.arena().number();
        return lease.release();
    }
    // Frames of a size that run side by side, with what is found out by the first one.
    [[nodiscard]] std::vector<std::unique_ptr<ArenaPool::Lease>> start(vsmlrt_extent extent) {
        const auto plan = [&](vsmlrt_extent size) { return program.plan(size); };
        {
            ArenaPool::Lease first(program.arenas(), stream.get(), extent);
            static_cast<void>(first.launches(plan));
        }
        std::vector<std::unique_ptr<ArenaPool::Lease>> all;
        while (auto lease = ArenaPool::Lease::of_idle(program.arenas(), stream.get(), extent)) {
            static_cast<void>(lease->launches(plan));
            all.push_back(std::move(lease));
        }
        return all;
    }
    std::vector<std::byte> onnx;
    Program program;
    nvidia::Stream stream = nvidia::make_stream(program.device());
    std::size_t last_arena = 0; // of run()
};

// As many contexts as a program wants of which each part computes one frame, and fewer with fewer.
constexpr int all_contexts = 13;

TEST(CardParts, RunAsManyFramesAsMemoryIsClaimedFor) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Running running(small);
    const vsmlrt_program_info info = running.program.info();
    EXPECT_EQ(info.spare_contexts, 5 + 7);
    int made = 0;
    for (const auto &[contexts, wanted] :
         {std::pair{1, 1U}, {3, 1U}, {7, 2U}, {10, 5U}, {all_contexts, 8U}}) {
        running.add_contexts(contexts - std::exchange(made, contexts));
        const auto leases = running.start(small);
        EXPECT_EQ(leases.size(), wanted) << contexts;
        std::set<std::size_t> numbers;
        for (const auto &lease : leases)
            numbers.insert(lease->arena().number());
        EXPECT_EQ(numbers.size(), leases.size());
    }
    EXPECT_EQ(emulated_streams_of_parts(), 8U);
    // Of a larger size fewer, whatever arenas there are.
    EXPECT_EQ(running.start(middle).size(), 2U);
    EXPECT_EQ(running.start(small).size(), 8U);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(CardParts, AreNotMadeForFramesThatOverlap) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Running running(small, small, middle, geforce);
    EXPECT_EQ(running.program.info().spare_contexts, 5 + 7);
    running.add_contexts(all_contexts);
    const auto arenas = [&](vsmlrt_extent extent) {
        std::set<nvidia::StreamHandle *> taken;
        for (const auto &lease : running.start(extent))
            taken.insert(lease->arena().stream());
        return taken.size();
    };
    EXPECT_EQ(arenas(small), 8U);
    EXPECT_EQ(arenas(middle), 2U);
    EXPECT_EQ(arenas(small), 8U);
    EXPECT_EQ(emulated_streams_of_parts(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

// A host that asks for one frame at a time has one arena.
TEST(CardParts, AreTakenByFramesThatAreUnderWayAtOnce) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Running running(small);
    running.add_contexts(all_contexts);
    for (int i = 0; i < all_contexts; ++i) {
        static_cast<void>(running.run(small));
        EXPECT_EQ(running.last_arena, 0U);
    }
    constexpr int parts = 8;
    std::vector<Counted> under_way;
    std::vector<int> of_arena(parts);
    for (int i = 0; i < 2 * parts; ++i) {
        under_way.push_back(running.run(small));
        ++of_arena.at(running.last_arena);
    }
    EXPECT_EQ(of_arena, std::vector<int>(parts, 2));
    EXPECT_STREQ(emulated_faults(), "");
}

// Of two sizes: the thread sanitizer sees what contexts share.
TEST(CardParts, ServeThreads) {
    ASSERT_TRUE(test::named);
    constexpr vsmlrt_extent least = {192, 128}; // little memory for all of them
    constexpr vsmlrt_extent most = {352, 224};
    for (const DeviceFacts &facts : {hopper, geforce}) {
        emulated_reset(0);
        Running running(least, least, most, facts);
        constexpr int contexts = 10;
        constexpr int frames = 4;
        std::vector<std::thread> threads;
        for (int i = 0; i < contexts; ++i)
            threads.emplace_back([&, i] {
                Context context(running.program);
                for (int frame = 0; frame < frames; ++frame) {
                    vsmlrt_tensor input = {};
                    vsmlrt_tensor output = {};
                    context.bind(i == 0 && frame % 2 == 0 ? most : least, &input, &output);
                    context.run();
                }
            });
        for (std::thread &thread : threads)
            thread.join();
        EXPECT_STREQ(emulated_faults(), "");
    }
}

TEST(CardParts, AreOfEightMultiprocessorsAtLeast) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[multiprocessors, wanted] : {std::pair{2, 1}, {16, 2}, {26, 3}, {132, 8}}) {
        DeviceFacts facts = hopper;
        facts.multiprocessors = multiprocessors;
        const Planned planned(rife(), {192, 128}, facts);
        EXPECT_EQ(parts_of(planned, 1, true, facts), wanted);
        EXPECT_EQ(parts_of(planned, 64, true, facts), wanted);
    }
}

// All that the device is given is within what was said of it, however many contexts there is memory for.
TEST(CardParts, TakeTheMemoryThatWasSaid) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[best, facts] :
         {std::pair{small, hopper}, {middle, hopper}, {small, geforce}, {middle, geforce}}) {
        Running running(best, small, middle, facts);
        const vsmlrt_program_info info = running.program.info();
        ASSERT_EQ(1 + info.spare_contexts, all_contexts);
        for (const int contexts : {1, 2, 5, 7, 10, all_contexts}) {
            const std::size_t before = emulated_live_bytes();
            running.add_contexts(contexts);
            static_cast<void>(running.start(small));
            static_cast<void>(running.start(middle));
            static_cast<void>(running.start(small));
            const auto taken = static_cast<std::int64_t>(emulated_live_bytes() - before);
            constexpr std::int64_t of_ends = std::int64_t{7 + 3} * middle.width * middle.height * 2;
            const std::int64_t said =
                info.context_bytes - of_ends + (contexts - 1) * (info.spare_context_bytes - of_ends);
            constexpr std::int64_t constants = 64 << 10; // of the sizes alone
            EXPECT_LE(taken, said + constants) << contexts;
            EXPECT_TRUE(taken > said / 2 || contexts < all_contexts) << taken << " of " << said;
            running.remove_contexts(contexts);
        }
    }
}

TEST(CardParts, ForWhichThereIsNoMemoryLeaveTheOthersRunning) {
    ASSERT_TRUE(test::named);
    for (const DeviceFacts &facts : {hopper, geforce})
        for (const int contexts : {10, all_contexts}) {
            emulated_reset(0);
            constexpr std::size_t capacity = std::size_t{80} << 30;
            emulated_capacity(capacity);
            Running running(small, small, middle, facts);
            running.add_contexts(contexts);
            // Frames have memory of their own when they come, without which they fail.
            const std::int64_t of_frames =
                std::int64_t{contexts} * (7 + 3) * middle.width * middle.height * 2;
            const std::size_t taken = capacity - nvidia::memory_state().free;
            const std::int64_t each = running.program.plan(small).arena_bytes;
            emulated_capacity(taken + static_cast<std::size_t>(each * 3 + of_frames));
            EXPECT_EQ(running.start(small).size(), 1U + 3U);
            EXPECT_EQ(running.start(small).size(), 1U + 3U);
            std::vector<std::shared_ptr<StoredFrame>> frames;
            constexpr std::size_t frame_bytes = std::size_t{4} * 3 * middle.width * middle.height;
            for (int number = 1; number <= contexts; ++number)
                frames.push_back(
                    running.program.frames().find(static_cast<std::uint64_t>(number), frame_bytes));
            emulated_capacity(capacity);
            EXPECT_STREQ(emulated_faults(), "");
        }
}

// Whatever call of the driver it is that fails: an arena's memory, its part's stream, a kernel's texture.
// What orders the frame among the others is not the arena's.
TEST(CardParts, OfWhichOneCannotBeHadLeaveTheOthersRunning) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    constexpr vsmlrt_extent tiny = {192, 128};
    Running running(tiny, tiny, tiny);
    const auto run_three = [&](long failing) { // the calls of the second, and whether it failed
        running.add_contexts(all_contexts);
        std::pair<long, bool> result = {};
        {
            const Counted first = running.run(tiny);
            emulated_reset(failing);
            std::optional<Counted> second;
            try {
                second.emplace(running.run(tiny));
            } catch (const DeviceError &) {
                result.second = true;
            }
            result.first = emulated_calls();
            EXPECT_STREQ(emulated_faults(), "") << failing;
            emulated_reset(0);
            const Counted third = running.run(tiny);
        }
        running.remove_contexts(all_contexts);
        return result;
    };
    const long calls = run_three(0).first;
    const std::size_t live = emulated_live();
    EXPECT_GT(calls, 10);
    int failed = 0;
    for (long failing = 1; failing <= calls; ++failing) {
        failed += run_three(failing).second ? 1 : 0;
        EXPECT_EQ(emulated_live(), live) << failing;
    }
    constexpr int events_of_frame = 4; // recorded and waited for, before and behind it
    EXPECT_EQ(failed, events_of_frame);
}

} // namespace
} // namespace vsmlrt::cuda
