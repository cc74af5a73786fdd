// Frames that a program computes side by side, on a card that the emulated driver stands in for: their
// arenas, memory and failures.
#include "backends/cuda/context.h"
#include "backends/cuda/program.h"
#include "base/log.h"
#include "cuda/card_facts.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace vsmlrt::cuda {
namespace {

// A card of which an emulated driver runs nothing, whatever its own multiprocessors.
Device stand_in(const DeviceFacts &facts = hopper_facts) {
    emulated_stand_in();
    Device device = list_devices().front();
    device.facts = facts;
    device.memory_bytes = std::int64_t{80} << 30;
    device.architecture = facts.is_hopper() ? "sm_90a" : "sm_" + std::to_string(facts.architecture);
    return device;
}

constexpr vsmlrt_extent small = {736, 480};
constexpr vsmlrt_extent middle = {1920, 1088};
constexpr vsmlrt_extent large = {3840, 2176};

std::vector<std::byte> rife_bytes() {
    return test::HalfNetwork(test::rife_v4({}), small).onnx;
}

// What the device has is what the program is made for.
TEST(FramesSideBySide, OfASmallCardAreFewer) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Device device = stand_in(geforce_facts);
    const std::vector<std::byte> onnx = rife_bytes();
    vsmlrt_program_desc desc = test::described(onnx, small, small, VSMLRT_PRECISION_FP16);
    desc.num_streams = 1;
    for (const auto &[gibibytes, wanted] : {std::pair{1, 3}, {80, 8}}) {
        device.memory_bytes = std::int64_t{gibibytes} << 30;
        EXPECT_EQ(Program(device, desc).plan(small).side_by_side, wanted) << gibibytes;
    }
}

// Where the driver makes fewer parts than are wanted.
TEST(FramesSideBySide, AreInAsManyPartsAsTheDriverMakes) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Device device = stand_in();
    const std::vector<std::byte> onnx = rife_bytes();
    vsmlrt_program_desc desc = test::described(onnx, small, small, VSMLRT_PRECISION_FP16);
    desc.num_streams = 1;
    for (const auto &[made, wanted] : {std::pair{0U, 1}, {1U, 1}, {3U, 3}, {7U, 6}, {10U, 8}, {64U, 11}}) {
        emulated_parts(made);
        const Plan plan = Program(device, desc).plan(small);
        EXPECT_EQ(plan.parts, wanted) << made;
        EXPECT_EQ(plan.side_by_side, wanted) << made;
    }
}

// Whatever size the program is best at.
TEST(FramesSideBySide, AreThoseOfEachSize) {
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
        EXPECT_EQ(program.plan(small).parts, 11);
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

constexpr std::size_t capacity = std::size_t{80} << 30; // of a device that lacks nothing

struct Running {
    explicit Running(vsmlrt_extent best, vsmlrt_extent least = small, vsmlrt_extent most = middle,
                     const DeviceFacts &facts = hopper_facts)
        : onnx(rife_bytes()), program(stand_in(facts), description(best, least, most)) {}
    [[nodiscard]] vsmlrt_program_desc description(vsmlrt_extent best, vsmlrt_extent least,
                                                  vsmlrt_extent most) const {
        vsmlrt_program_desc desc = test::described(onnx, least, most, VSMLRT_PRECISION_FP16);
        desc.opt_extent = best;
        desc.num_streams = 1;
        return desc;
    }
    // As many as the program wants, and fewer with fewer frames side by side.
    [[nodiscard]] int all_contexts() const { return 1 + program.info().spare_contexts; }
    void add_contexts(int count) {
        for (int i = 0; i < count; ++i)
            program.arenas().add_context();
    }
    void remove_contexts(int count) {
        for (int i = 0; i < count; ++i)
            program.arenas().remove_context();
    }
    // What frames of the small size take in as many contexts.
    [[nodiscard]] static std::int64_t of_frames(int contexts) {
        return std::int64_t{contexts} * (7 + 3) * small.width * small.height * 2;
    }
    // Of the device's memory as much is free from then on as so many arenas of the small size take, and
    // `more`.
    void leave(int arenas, std::int64_t more = 0) {
        const std::int64_t each = program.plan(small).arena_bytes;
        const nvidia::MemoryState memory = nvidia::memory_state();
        emulated_capacity(memory.total - memory.free + static_cast<std::size_t>(each * arenas + more));
    }
    // Puts a frame on the stream: it is under way as long as the result lives.
    [[nodiscard]] Counted run(vsmlrt_extent extent) {
        program.serve(extent); // as a context does
        ArenaPool::Lease lease(program.arenas(), stream.get(), extent);
        static_cast<void>(lease.launches([&](vsmlrt_extent size) { return program.plan(size); }));
        last_arena = lease.arena().number();
        return lease.release();
    }
    // Frames of a size that run side by side, with what is found out by the first one.
    [[nodiscard]] std::vector<std::unique_ptr<ArenaPool::Lease>> start(vsmlrt_extent extent) {
        const auto plan = [&](vsmlrt_extent size) { return program.plan(size); };
        program.serve(extent); // as a context does
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

TEST(FramesSideBySide, AreAsManyAsMemoryIsClaimedFor) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Running running(small);
    const vsmlrt_program_info info = running.program.info();
    EXPECT_EQ(info.spare_contexts, 5 + 10);
    int made = 0;
    for (const auto &[contexts, wanted] :
         {std::pair{1, 1U}, {2, 1U}, {3, 2U}, {7, 5U}, {12, 8U}, {16, 11U}}) {
        running.add_contexts(contexts - std::exchange(made, contexts));
        const auto leases = running.start(small);
        EXPECT_EQ(leases.size(), wanted) << contexts;
        std::set<std::size_t> numbers;
        for (const auto &lease : leases)
            numbers.insert(lease->arena().number());
        EXPECT_EQ(numbers.size(), leases.size());
    }
    EXPECT_EQ(emulated_streams_of_parts(), 11U);
    // Of a larger size fewer, whatever arenas there are.
    EXPECT_EQ(running.start(middle).size(), 4U);
    EXPECT_EQ(running.start(small).size(), 11U);
    EXPECT_STREQ(emulated_faults(), "");
}

// A range costs a size of it nothing, whichever it is best at.
TEST(FramesSideBySide, OfASizeOfARangeTakeWhatTheyTakeAlone) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const DeviceFacts &facts : {hopper_facts, geforce_facts})
        for (const vsmlrt_extent size : {small, middle}) {
            Running alone(size, size, size, facts);
            const vsmlrt_program_info wanted = alone.program.info();
            EXPECT_EQ(alone.program.info(size).spare_contexts, wanted.spare_contexts);
            for (const vsmlrt_extent best : {small, middle}) {
                Running running(best, small, middle, facts);
                const vsmlrt_program_info info = running.program.info(size);
                EXPECT_EQ(info.context_bytes, wanted.context_bytes);
                EXPECT_EQ(info.spare_contexts, wanted.spare_contexts);
                EXPECT_EQ(info.spare_context_bytes, wanted.spare_context_bytes);
                const auto taken = [&](Running &each) { // arenas
                    const std::size_t before = emulated_live_bytes();
                    each.add_contexts(1 + info.spare_contexts);
                    const auto leases = each.start(size);
                    EXPECT_EQ(leases.size(), static_cast<std::size_t>(each.program.plan(size).side_by_side));
                    return emulated_live_bytes() - before;
                };
                EXPECT_EQ(taken(running), taken(alone));
                alone.remove_contexts(1 + info.spare_contexts);
            }
        }
    EXPECT_STREQ(emulated_faults(), "");
}

// Frames stay on the device for the pairs of sizes that were asked for, and for no others.
TEST(FramesSideBySide, HaveTheirPicturesKept) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Running running(small, small, large);
    constexpr std::size_t frame_bytes = 1000;
    const auto kept = [&] {
        const std::size_t before = emulated_live_bytes();
        for (std::uint64_t number = 1; number <= 64; ++number)
            static_cast<void>(running.program.frames().find(number, frame_bytes));
        return (emulated_live_bytes() - before) / frame_bytes;
    };
    constexpr std::size_t timesteps = 1; // which come as pictures do
    const auto for_pairs = [](std::size_t pairs) { return 2 * pairs + 4 + timesteps; };
    static_cast<void>(running.program.info(large));
    EXPECT_EQ(kept(), for_pairs(1));
    static_cast<void>(running.program.info(small));
    EXPECT_EQ(kept(), for_pairs(11) - for_pairs(1));
    static_cast<void>(running.program.info(large));
    EXPECT_EQ(kept(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

// More where the host asks for more than are computed.
TEST(FramesSideBySide, HaveContextsToSpareForWhatTheHostAsksFor) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Device device = stand_in();
    const std::vector<std::byte> onnx = rife_bytes();
    struct Case {
        vsmlrt_extent size;
        int in_flight, side_by_side, spare;
    };
    for (const Case &each : {Case{small, 0, 11, 5},
                             {small, 16, 11, 5},
                             {small, 20, 11, 9},
                             {small, 32, 11, 10},
                             {small, 4, 2, 5},
                             {middle, 32, 4, 5}}) {
        vsmlrt_program_desc desc = test::described(onnx, each.size, each.size, VSMLRT_PRECISION_FP16);
        desc.num_streams = 1;
        desc.frames_in_flight = each.in_flight;
        Program program(device, desc);
        EXPECT_EQ(program.plan(each.size).side_by_side, each.side_by_side) << each.in_flight;
        EXPECT_EQ(program.info().spare_contexts, each.spare + each.side_by_side - 1) << each.in_flight;
    }
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(FramesSideBySide, OverlapWithoutPartsOfTheCard) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Running running(small, small, middle, geforce_facts);
    EXPECT_EQ(running.program.info().spare_contexts, 5 + 7);
    running.add_contexts(running.all_contexts());
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
TEST(FramesSideBySide, TakeArenasWhenUnderWayAtOnce) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Running running(small);
    running.add_contexts(running.all_contexts());
    for (int i = 0; i < running.all_contexts(); ++i) {
        static_cast<void>(running.run(small));
        EXPECT_EQ(running.last_arena, 0U);
    }
    constexpr int parts = 11;
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
TEST(FramesSideBySide, ServeThreads) {
    ASSERT_TRUE(test::named);
    constexpr vsmlrt_extent least = {192, 128}; // little memory for all of them
    constexpr vsmlrt_extent most = {352, 224};
    for (const DeviceFacts &facts : {hopper_facts, geforce_facts}) {
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

// All that the device is given is within what was said of it, however many contexts there is memory for.
TEST(FramesSideBySide, TakeTheMemoryThatWasSaid) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[best, facts] : {std::pair{small, hopper_facts},
                                      {middle, hopper_facts},
                                      {small, geforce_facts},
                                      {middle, geforce_facts}}) {
        Running running(best, small, middle, facts);
        const vsmlrt_program_info info = running.program.info();
        const int all_contexts = running.all_contexts();
        for (const vsmlrt_extent extent : {small, middle}) // their weights
            static_cast<void>(running.program.plan(extent));
        for (const int contexts : {1, 2, 5, 7, 10, all_contexts}) {
            const std::size_t before = emulated_live_bytes();
            running.add_contexts(contexts);
            static_cast<void>(running.start(small));
            static_cast<void>(running.start(middle));
            static_cast<void>(running.start(small));
            constexpr std::int64_t of_plane = std::int64_t{middle.width} * middle.height * 2;
            constexpr std::int64_t of_result = 3 * of_plane;
            const auto results = static_cast<int>(running.program.arenas().results_wanted(middle, of_result));
            EXPECT_LT(results, all_contexts);
            const std::int64_t taken = static_cast<std::int64_t>(emulated_live_bytes() - before) +
                                       std::min(results, contexts) * of_result;
            constexpr std::int64_t of_inputs = 7 * of_plane;
            const std::int64_t said =
                info.context_bytes - of_inputs + (contexts - 1) * (info.spare_context_bytes - of_inputs);
            constexpr std::int64_t constants = 64 << 10; // of the sizes alone
            EXPECT_LE(taken, said + constants) << contexts;
            EXPECT_TRUE(taken > said / 2 || contexts < all_contexts) << taken << " of " << said;
            running.remove_contexts(contexts);
        }
    }
}

// Frames have memory of their own when they come, without which they fail: what they will still want is left.
TEST(FramesSideBySide, ForWhichThereIsNoMemoryLeaveTheOthersRunning) {
    ASSERT_TRUE(test::named);
    for (const DeviceFacts &facts : {hopper_facts, geforce_facts})
        for (const bool all : {false, true})
            for (const bool have_come : {false, true}) {
                emulated_reset(0);
                emulated_capacity(capacity);
                Running running(small, small, middle, facts);
                const int contexts = all ? running.all_contexts() : 12;
                running.add_contexts(contexts);
                constexpr std::size_t frame_bytes = std::size_t{4} * 3 * small.width * small.height;
                std::vector<std::shared_ptr<StoredFrame>> frames;
                const auto let_them_come = [&] {
                    for (int number = 1; number <= contexts; ++number)
                        frames.push_back(
                            running.program.frames().find(static_cast<std::uint64_t>(number), frame_bytes));
                };
                if (have_come)
                    let_them_come();
                running.leave(1 + 3, Running::of_frames(contexts) - running.program.frames().bytes());
                EXPECT_EQ(running.start(small).size(), 1U + 3U);
                EXPECT_EQ(running.start(small).size(), 1U + 3U);
                if (!have_come)
                    let_them_come();
                emulated_capacity(capacity);
                EXPECT_STREQ(emulated_faults(), "");
            }
}

// Results of one size are not what the frames of another will want.
TEST(FramesSideBySide, LeaveWhatFramesOfAnotherSizeWant) {
    ASSERT_TRUE(test::named);
    for (const bool has_results : {false, true}) {
        emulated_reset(0);
        emulated_capacity(capacity);
        Running running(small);
        constexpr int contexts = 12;
        running.add_contexts(contexts);
        // Inputs of the larger ones take more, and results of these.
        constexpr std::int64_t of_result = std::int64_t{20} << 20;
        constexpr std::int64_t of_inputs = std::int64_t{10} << 20;
        const BytesOfFrames frames = {0, of_result, 0};
        running.program.serve(small, &frames);
        const BytesOfFrames larger = {of_inputs, 0, 0};
        running.program.serve(middle, &larger);
        const std::size_t results = running.program.arenas().results_wanted(small, of_result);
        std::vector<ResultStore::Share> shares;
        if (has_results)
            for (int i = 0; i < contexts; ++i)
                shares.emplace_back(running.program.results(), of_result, results, running.stream.get());
        running.leave(1 + 3, contexts * of_inputs +
                                 static_cast<std::int64_t>(has_results ? 0 : results) * of_result);
        EXPECT_EQ(running.start(small).size(), 1U + 3U) << has_results;
        emulated_capacity(capacity);
        EXPECT_STREQ(emulated_faults(), "");
    }
}

// A filter that was only asked about has no part in what is left.
TEST(FramesSideBySide, AreNoFewerForWhatIsNotBound) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    emulated_capacity(capacity);
    Running running(small);
    constexpr int contexts = 12;
    running.add_contexts(contexts);
    running.program.serve(small);
    static_cast<void>(running.program.info(middle)); // four times as large
    running.leave(1 + 3, Running::of_frames(contexts));
    EXPECT_EQ(running.start(small).size(), 1U + 3U);
    emulated_capacity(capacity);
    EXPECT_STREQ(emulated_faults(), "");
}

// What is told of a lack may wait for a thread that wants the pool itself.
TEST(FramesSideBySide, TellOfWhatIsLackingBehindTheirLock) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    emulated_capacity(capacity);
    Running running(small);
    running.add_contexts(12);
    running.leave(2);
    int told = 0;
    std::vector<std::future<std::size_t>> others;
    set_log_sink([&](LogLevel, const std::string &line) {
        if (!line.starts_with("fewer frames are computed side by side"))
            return;
        ++told;
        others.push_back(std::async(std::launch::async,
                                    [&] { return running.program.arenas().results_wanted(small, 1); }));
        EXPECT_EQ(others.back().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    });
    static_cast<void>(running.start(small));
    set_log_sink(nullptr);
    EXPECT_GT(told, 0);
    emulated_capacity(capacity);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(FramesSideBySide, AreMoreAgainOnceThereIsMemory) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    emulated_capacity(capacity);
    Running running(small);
    const int contexts = running.all_contexts();
    running.add_contexts(contexts);
    running.leave(1 + 3, Running::of_frames(contexts));
    constexpr int until_more = 256;
    const auto run = [&](int frames) {
        for (int i = 0; i < frames; ++i)
            static_cast<void>(running.run(small));
    };
    EXPECT_EQ(running.start(small).size(), 1U + 3U);
    run(until_more);
    EXPECT_EQ(running.start(small).size(), 1U + 3U); // tried again in vain
    emulated_capacity(capacity);
    EXPECT_EQ(running.start(small).size(), 1U + 3U);
    run(2 * until_more);
    EXPECT_EQ(running.start(small).size(), 11U);
    EXPECT_STREQ(emulated_faults(), "");
}

// Whatever call of the driver it is that fails: an arena's memory, its part's stream, a kernel's texture.
// What orders the frame among the others is not the arena's.
TEST(FramesSideBySide, OfWhichOneCannotBeHadLeaveTheOthersRunning) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    constexpr vsmlrt_extent tiny = {192, 128};
    Running running(tiny, tiny, tiny);
    const auto run_three = [&](long failing) { // the calls of the second, and whether it failed
        running.add_contexts(running.all_contexts());
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
        running.remove_contexts(running.all_contexts());
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
