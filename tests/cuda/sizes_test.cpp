// One program serves every size of its range from the same memory: what changing sizes allocates, what
// several contexts share, and that results are those of the reference whatever ran before.
#include "backends/cuda/context.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

namespace vsmlrt::cuda {
namespace {

using test::Random;

constexpr vsmlrt_extent smallest = {8, 8};
constexpr vsmlrt_extent largest = {24, 20};

class Sizes : public testing::Test {
protected:
    void SetUp() override { emulated_reset(0); }

    [[nodiscard]] vsmlrt_program_desc describe(int num_streams) const {
        vsmlrt_program_desc desc = {};
        desc.network = onnx.data();
        desc.network_size = onnx.size();
        desc.precision = VSMLRT_PRECISION_FP32;
        desc.min_extent = smallest;
        desc.opt_extent = {16, 16};
        desc.max_extent = largest;
        desc.num_streams = num_streams;
        return desc;
    }

    // One frame of that size; its result.
    static std::vector<float> run(Context &context, vsmlrt_extent extent, const std::vector<float> &input) {
        vsmlrt_tensor in = {};
        vsmlrt_tensor out = {};
        context.bind(extent, &in, &out);
        std::copy(input.begin(), input.end(), static_cast<float *>(in.data));
        context.run();
        const auto *values = static_cast<const float *>(out.data);
        return {values, values + out.dims[1] * out.dims[2] * out.dims[3]};
    }

    [[nodiscard]] static std::vector<float> picture(vsmlrt_extent extent, std::uint64_t seed) {
        return Random(seed).list(std::int64_t{3} * extent.width * extent.height);
    }

    // Contexts in threads, each of whose frames has another size than the one before; what they give.
    void expect_right_side_by_side(const Device &device, int streams, int contexts) const {
        constexpr int frames = 48;
        Program program(device, describe(streams));
        std::vector<std::vector<float>> given(frames);
        const auto size = [](int frame) { return vsmlrt_extent{8 + frame % 5 * 4, 8 + frame % 4 * 4}; };
        std::vector<std::thread> threads;
        for (int thread = 0; thread < contexts; ++thread)
            threads.emplace_back([&, thread] {
                Context context(program);
                for (int frame = thread; frame < frames; frame += contexts)
                    given[static_cast<std::size_t>(frame)] =
                        run(context, size(frame), picture(size(frame), static_cast<std::uint64_t>(frame)));
            });
        for (std::thread &thread : threads)
            thread.join();
        for (int frame = 0; frame < frames; ++frame)
            expect_reference(given[static_cast<std::size_t>(frame)], size(frame),
                             picture(size(frame), static_cast<std::uint64_t>(frame)));
    }

    // Whatever a device does first.
    void expect_right_in_every_order(const Device &device, int contexts) const {
        for (const unsigned order : {0U, 1U, 2U, 3U}) {
            emulated_late(order);
            for (const int streams : {1, 3})
                expect_right_side_by_side(device, streams, contexts);
            emulated_late(0);
        }
    }

    void expect_reference(const std::vector<float> &given, vsmlrt_extent extent,
                          const std::vector<float> &input) const {
        const std::vector<float> wanted = test::reference_result(network, extent, input);
        ASSERT_EQ(given.size(), wanted.size());
        for (std::size_t i = 0; i < given.size(); ++i)
            ASSERT_NEAR(given[i], wanted[i], 1e-5F) << extent.width << "x" << extent.height << " at " << i;
    }

    const model::Network network = test::srvgg(8, 3);
    const std::vector<std::byte> onnx = model::write_onnx(network);
};

TEST_F(Sizes, AThousandFramesAtChangingSizesTakeNoMoreMemoryThanTheLargest) {
    {
        Program program(list_devices().front(), describe(1));
        Context context(program);
        static_cast<void>(run(context, largest, picture(largest, 1)));
        const std::size_t bytes = emulated_live_bytes();
        const std::size_t live = emulated_live();
        emulated_reset(0);
        std::size_t most_live = live;
        for (int frame = 0; frame < 1000; ++frame) {
            const vsmlrt_extent extent = {8 + frame * 7 % 17, 8 + frame * 5 % 13};
            const std::vector<float> input = picture(extent, static_cast<std::uint64_t>(frame));
            const std::vector<float> given = run(context, extent, input);
            if (frame % 50 == 0)
                expect_reference(given, extent, input);
            most_live = std::max(most_live, emulated_live());
        }
        EXPECT_EQ(emulated_live_bytes(), bytes);
        EXPECT_EQ(emulated_allocations(), 0);
        // Graphs and recordings of the sizes that are kept.
        EXPECT_LE(most_live, live + 8);
    }
    EXPECT_EQ(emulated_live(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST_F(Sizes, SizesThatComeAgainArePlannedOnce) {
    Program program(list_devices().front(), describe(1));
    Context context(program);
    const std::vector<vsmlrt_extent> extents = {{8, 8}, {12, 10}, {16, 16}, {24, 20}};
    const auto run_all = [&] {
        for (const vsmlrt_extent extent : extents)
            static_cast<void>(run(context, extent, picture(extent, 5)));
    };
    run_all(); // the arena grows, and the launches of smaller sizes go with its memory
    run_all();
    run_all(); // the recordings
    const long before = emulated_calls();
    run_all();
    const long of_all = emulated_calls() - before;
    // Two copies up, two down, the graph, two events that another stream waits for, and one that the host
    // does for each frame, and no more.
    EXPECT_LE(of_all, static_cast<long>(extents.size()) * 11);
}

// A clip has one size: a range costs it nothing.
TEST_F(Sizes, OfARangeOneTakesTheMemoryThatItTakesAlone) {
    const auto bytes_of = [&](const vsmlrt_program_desc &desc, vsmlrt_extent extent) {
        const std::size_t before = emulated_live_bytes();
        Program program(list_devices().front(), desc);
        Context context(program);
        static_cast<void>(run(context, extent, picture(extent, 1)));
        return emulated_live_bytes() - before;
    };
    for (const vsmlrt_extent extent : {smallest, vsmlrt_extent{12, 10}, vsmlrt_extent{16, 16}, largest}) {
        vsmlrt_program_desc alone = describe(1);
        alone.min_extent = alone.opt_extent = alone.max_extent = extent;
        EXPECT_EQ(bytes_of(describe(1), extent), bytes_of(alone, extent)) << extent.width;
    }
}

// The memory of a size is there when it is bound, and no size that is only asked for takes any; two filters
// of one program take what the larger one needs.
TEST_F(Sizes, HaveTheirMemoryWhenTheyAreBound) {
    constexpr vsmlrt_extent first = {12, 10};
    constexpr vsmlrt_extent second = {16, 16};
    Program same(list_devices().front(), describe(1));
    const std::int64_t of_first = same.plan(first).arena_bytes;
    const std::int64_t of_second = same.plan(second).arena_bytes;
    ASSERT_LT(of_first, of_second);

    Program program(list_devices().front(), describe(1));
    const auto taken = [](const std::function<void()> &work) {
        const std::size_t before = emulated_live_bytes();
        work();
        return static_cast<std::int64_t>(emulated_live_bytes() - before);
    };
    const auto ask = [&](vsmlrt_extent extent) { static_cast<void>(program.info(extent)); };
    const auto add = [&](vsmlrt_extent extent) {
        program.arenas().add_context();
        program.serve(extent);
        program.arenas().prepare(extent, 0);
    };
    const auto run_one = [&](vsmlrt_extent extent) {
        const nvidia::Stream stream = nvidia::make_stream(program.device());
        ArenaPool::Lease lease(program.arenas(), stream.get(), extent);
        static_cast<void>(lease.launches([&](vsmlrt_extent size) { return program.plan(size); }));
        static_cast<void>(lease.release());
    };
    EXPECT_GT(taken([&] { ask(first); }), 0); // weights
    EXPECT_EQ(taken([&] { add(first); }), of_first);
    EXPECT_EQ(taken([&] { run_one(first); }), 0);
    EXPECT_EQ(taken([&] { add(first); }), 0);
    ask(second); // by a filter that is refused
    EXPECT_EQ(taken([&] { add(first); }), 0);
    EXPECT_EQ(taken([&] { add(second); }), of_second - of_first);
    EXPECT_EQ(taken([&] {
                  run_one(second);
                  run_one(first);
              }),
              0);
    for (int context = 0; context < 4; ++context)
        program.arenas().remove_context();
    ask(first); // by a filter that comes later
    EXPECT_EQ(taken([&] { add(first); }), of_first);
    program.arenas().remove_context();
    EXPECT_STREQ(emulated_faults(), "");
}

// Said before any of them comes.
TEST_F(Sizes, WeightsOfARangeAreEstimated) {
    Program program(list_devices().front(), describe(1));
    const std::size_t before = emulated_live_bytes();
    static_cast<void>(program.plan(largest));
    const auto taken = static_cast<std::int64_t>(emulated_live_bytes() - before);
    EXPECT_GT(taken, 0);
    EXPECT_GE(2 * program.info().program_bytes, taken);
    EXPECT_LE(program.info().program_bytes, 2 * taken);
    static_cast<void>(program.plan(largest));
    EXPECT_EQ(static_cast<std::int64_t>(emulated_live_bytes() - before), taken);
}

TEST_F(Sizes, AContextMoreThanStreamsHasNoArenaOfItsOwn) {
    Program program(list_devices().front(), describe(1));
    Context first(program);
    static_cast<void>(run(first, largest, picture(largest, 1)));
    const std::size_t one = emulated_live_bytes();
    Context spare(program);
    static_cast<void>(run(spare, largest, picture(largest, 1)));
    const vsmlrt_program_info info = program.info(largest);
    EXPECT_EQ(info.spare_contexts, 5);
    // Both on the device and page-locked.
    EXPECT_EQ(static_cast<std::int64_t>(emulated_live_bytes() - one), 2 * info.spare_context_bytes);
    EXPECT_GT(info.context_bytes, 2 * info.spare_context_bytes);
}

TEST_F(Sizes, ContextsSideBySideGiveWhatOneGives) {
    constexpr int contexts = 3;
    for (const int streams : {1, 2})
        expect_right_side_by_side(list_devices().front(), streams, contexts);
    EXPECT_STREQ(emulated_faults(), "");
}

// Of a card of which a stream computes four of these frames side by side.
TEST_F(Sizes, FramesInPartsOfACardGiveWhatOneGives) {
    Device device = list_devices().front();
    device.facts.architecture = 90;
    device.facts.multiprocessors = 132;
    {
        Program program(device, describe(1));
        for (const vsmlrt_extent extent : {smallest, largest})
            ASSERT_EQ(program.plan(extent).parts, 4);
    }
    constexpr int contexts = 9;
    expect_right_in_every_order(device, contexts);
    EXPECT_STREQ(emulated_faults(), "");
}

// On all of a card of other kinds.
TEST_F(Sizes, FramesThatOverlapGiveWhatOneGives) {
    Device device = list_devices().front();
    device.facts.multiprocessors = 128;
    {
        Program program(device, describe(1));
        for (const vsmlrt_extent extent : {smallest, largest}) {
            ASSERT_EQ(program.plan(extent).parts, 1);
            ASSERT_EQ(program.plan(extent).side_by_side, 2);
        }
        EXPECT_EQ(program.info().spare_contexts, 5 + 1);
    }
    constexpr int contexts = 7;
    expect_right_in_every_order(device, contexts);
    EXPECT_EQ(emulated_streams_of_parts(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

// In one arena sizes take turns whose networks run on streams of their own: on the card, and in a part of it.
TEST_F(Sizes, FramesOfOneArenaFollowEachOtherOnEveryStream) {
    constexpr int frames = 12;
    struct Frame {
        vsmlrt_extent extent = {};
        std::vector<float> input;
        std::vector<float> output;
        nvidia::Stream stream;
    };
    Program program(list_devices().front(), describe(1));
    CardParts parts(program.device(), list_devices().front().facts);
    const std::int64_t bytes = program.plan(largest).arena_bytes;
    for (const unsigned order : {0U, 1U, 2U, 3U, 4U}) {
        emulated_late(order);
        ArenaPool pool(program.device(), program.kernels(), 1, parts, program.frames(), program.results());
        pool.serve({.extent = largest, .arena_bytes = bytes});
        pool.add_context();
        pool.prepare(largest, 0);
        std::vector<Frame> all(frames);
        std::vector<Counted> under_way;
        for (int number = 0; number < frames; ++number) {
            Frame &frame = all[static_cast<std::size_t>(number)];
            const bool in_part = number % 2 == 0;
            frame.extent = in_part ? smallest : largest;
            frame.input = picture(frame.extent, static_cast<std::uint64_t>(number));
            frame.output.resize(test::reference_result(network, frame.extent, frame.input).size());
            frame.stream = nvidia::make_stream(program.device());
            ArenaPool::Lease lease(pool, frame.stream.get(), frame.extent);
            Launches &launches = lease.launches([&](vsmlrt_extent extent) {
                Plan plan = program.plan(extent);
                plan.parts = in_part ? 2 : 1;
                return plan;
            });
            nvidia::StreamHandle *const stream = lease.arena().stream();
            nvidia::check(nvidia::driver().copy_to_device_async(
                              launches.address(launches.plan().inputs.front()), frame.input.data(),
                              frame.input.size() * sizeof(float), stream),
                          "copying a frame");
            launches.enqueue(stream, true);
            nvidia::check(nvidia::driver().copy_to_host_async(
                              frame.output.data(), launches.address(launches.plan().outputs.front()),
                              frame.output.size() * sizeof(float), stream),
                          "copying a frame");
            under_way.push_back(lease.release());
        }
        EXPECT_EQ(emulated_streams_of_parts(), 1U);
        for (const Frame &frame : all) {
            nvidia::check(nvidia::driver().stream_synchronize(frame.stream.get()), "waiting for a frame");
            expect_reference(frame.output, frame.extent, frame.input);
        }
        under_way.clear();
        emulated_late(0);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

TEST_F(Sizes, AFrameThatFailsLeavesTheContextUsable) {
    Program program(list_devices().front(), describe(1));
    Context context(program);
    const std::vector<float> input = picture(largest, 3);
    for (int i = 0; i < 2; ++i) // the second one records
        static_cast<void>(run(context, largest, input));
    emulated_reset(0);
    static_cast<void>(run(context, largest, input));
    const long calls = emulated_calls();
    for (long call = 1; call <= calls; ++call) {
        emulated_reset(call);
        EXPECT_THROW(static_cast<void>(run(context, largest, input)), DeviceError) << "call " << call;
        expect_reference(run(context, largest, input), largest, input);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

} // namespace
} // namespace vsmlrt::cuda
