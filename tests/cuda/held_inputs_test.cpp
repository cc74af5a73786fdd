// Frames that come again are not decoded again: by the emulated driver's calls, and by what comes out.
#include "backends/cuda/context.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

namespace vsmlrt::cuda {
namespace {

constexpr vsmlrt_extent held_extent = {16, 12};
constexpr vsmlrt_extent other_extent = {16, 16};
constexpr std::size_t held_samples = std::size_t{16} * 16 * 3;

// The difference of two frames of RGB, float samples.
class HeldFrames : public testing::Test {
protected:
    struct Picture {
        std::vector<float> values;
        vsmlrt_frame frame = {};
    };
    // A plan of `tiles` halves of the extent, or the whole.
    struct Plan {
        explicit Plan(vsmlrt_extent size, bool in_halves = false) {
            const int width = in_halves ? size.width / 2 : size.width;
            for (int first = 0; first < size.width; first += width)
                columns.push_back({first, first, 0, width, ones.data()});
            rows.push_back({0, 0, 0, size.height, ones.data()});
            inputs.fill({format, size, 3});
            plan.inputs = inputs.data();
            plan.num_inputs = 2;
            plan.output = format;
            plan.output_extent = size;
            plan.tile = {width, size.height};
            plan.columns = columns.data();
            plan.num_columns = static_cast<std::int32_t>(columns.size());
            plan.rows = rows.data();
            plan.num_rows = 1;
        }
        const vsmlrt_frame_format format = {VSMLRT_RGB, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
        const std::vector<float> ones = std::vector<float>(16, 1.0F);
        std::array<vsmlrt_frame_input, 2> inputs = {};
        std::vector<vsmlrt_tile_span> columns;
        std::vector<vsmlrt_tile_span> rows;
        vsmlrt_frame_plan plan = {};
    };

    HeldFrames() {
        test::Builder b;
        const test::Name first = b.input(3);
        onnx_ = model::write_onnx(b.output(b.node("Sub", {first, b.input(3)})).network());
        desc_ = test::described(onnx_, {8, 8}, other_extent);
        emulated_reset(0);
    }
    static Picture picture(std::uint64_t identity) {
        Picture made{test::Random(identity + 1).list(static_cast<std::int64_t>(held_samples)), {}};
        made.frame.identity = identity;
        return made;
    }
    static vsmlrt_frame placed(std::vector<float> &values, vsmlrt_frame frame, vsmlrt_extent size) {
        const std::ptrdiff_t row = size.width * static_cast<std::ptrdiff_t>(sizeof(float));
        for (int plane = 0; plane < 3; ++plane)
            frame.planes[plane] = {values.data() + plane * size.width * size.height, row};
        return frame;
    }
    // The driver's calls that it takes.
    long run(Context &context, Picture &first, Picture &second, vsmlrt_extent size = held_extent) {
        const std::array frames = {placed(first.values, first.frame, size),
                                   placed(second.values, second.frame, size)};
        std::vector<float> result(held_samples, -1.0F);
        const long before = emulated_calls();
        EXPECT_FALSE(context.run_frames(frames.data(), placed(result, {}, size)));
        const long calls = emulated_calls() - before;
        for (std::size_t i = 0; i < std::size_t{3} * size.width * size.height; ++i)
            if (result[i] != first.values[i] - second.values[i]) {
                ADD_FAILURE() << "sample " << i << " of frames " << first.frame.identity << " and "
                              << second.frame.identity;
                break;
            }
        return calls;
    }

    std::vector<std::byte> onnx_;
    vsmlrt_program_desc desc_ = {};
    Picture a_ = picture(1), b_ = picture(2), c_ = picture(3), unknown_ = picture(0);
};

TEST_F(HeldFrames, AreNotDecodedAgain) {
    Program program(list_devices().front(), desc_);
    Context context(program);
    const Plan plan(held_extent);
    context.bind_frames(plan.plan);
    for (Picture *second : {&b_, &c_, &b_, &c_}) // until all is recorded and stored
        run(context, a_, *second);
    const long held = run(context, a_, c_);
    EXPECT_EQ(run(context, a_, b_), held + 1);
    EXPECT_EQ(run(context, a_, b_), held);
    EXPECT_EQ(run(context, b_, a_), held + 2);
    EXPECT_GT(run(context, b_, unknown_), held + 1);
    unknown_ = picture(0);
    unknown_.values[5] = 0.25F;
    EXPECT_GT(run(context, b_, unknown_), held + 1);
    Context another(program); // in the same memory
    another.bind_frames(plan.plan);
    run(another, a_, c_);
    EXPECT_EQ(run(context, a_, c_), held);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST_F(HeldFrames, AreForgottenWhereSomethingElseWasWritten) {
    Program program(list_devices().front(), desc_);
    Context context(program);
    const Plan plan(held_extent);
    const Plan other(other_extent);
    for (const Plan *each : {&plan, &other}) { // the arena has its memory from then on
        context.bind_frames(each->plan);
        run(context, a_, b_, each == &plan ? held_extent : other_extent);
    }
    for (int i = 0; i < 3; ++i) {
        context.bind_frames(plan.plan);
        run(context, a_, b_);
        run(context, a_, b_);
        const long held = run(context, a_, b_);
        context.bind_frames(other.plan);
        run(context, a_, b_, other_extent);
        context.bind_frames(plan.plan);
        run(context, a_, b_); // memory is taken
        context.bind_frames(other.plan);
        run(context, a_, b_, other_extent);
        context.bind_frames(plan.plan);
        EXPECT_EQ(run(context, a_, b_), held + 2);
        std::array<vsmlrt_tensor, 2> inputs = {};
        vsmlrt_tensor output = {};
        context.bind(held_extent, inputs.data(), &output);
        for (const vsmlrt_tensor &input : inputs)
            std::fill_n(static_cast<float *>(input.data), std::size_t{3} * 16 * 12, 7.0F);
        context.run();
        context.bind_frames(plan.plan);
        EXPECT_EQ(run(context, a_, b_), held + 2);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

TEST_F(HeldFrames, OfOneTileAreNotTakenForAnothers) {
    Program program(list_devices().front(), desc_);
    Context context(program);
    const Plan plan(held_extent, true);
    context.bind_frames(plan.plan);
    for (int i = 0; i < 4; ++i)
        run(context, a_, b_);
    EXPECT_STREQ(emulated_faults(), "");
}

// As an interpolator's pairs, one behind the other, several times each; whatever a device does first.
TEST_F(HeldFrames, OfPairsAreRightInThreads) {
    constexpr std::size_t pictures = 30; // more than are kept on the device
    std::vector<Picture> clip;
    for (std::size_t i = 0; i < pictures; ++i)
        clip.push_back(picture(1 + i));
    desc_.num_streams = 3;
    const Plan whole(held_extent);
    const Plan other(other_extent);
    for (const unsigned order : {0U, 1U, 2U, 3U}) {
        emulated_late(order);
        {
            Program program(list_devices().front(), desc_);
            std::atomic<std::size_t> next = 0;
            std::vector<std::thread> threads;
            constexpr int contexts = 7;
            for (int thread = 0; thread < contexts; ++thread)
                threads.emplace_back([&, thread] {
                    Context context(program);
                    const bool large = thread == 0; // of another filter
                    context.bind_frames(large ? other.plan : whole.plan);
                    constexpr std::size_t frames = 400;
                    constexpr std::size_t of_pair = 3;
                    for (std::size_t n = next++; n < frames; n = next++) {
                        const std::size_t first = n / of_pair % (pictures - 1);
                        run(context, clip[first], clip[first + 1], large ? other_extent : held_extent);
                    }
                });
            for (std::thread &thread : threads)
                thread.join();
        }
        emulated_late(0);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

// Planes that do not change along an axis are read along it by a stride of 0: which ones is known by the
// frames, each of its own kind, in every order.
TEST(EvenChannels, AreReadAsWhatTheFramesHold) {
    constexpr vsmlrt_extent extent = {16, 12};
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    test::Builder b;
    const test::Name picture = b.input(3);
    const test::Name small = b.node("AveragePool", {picture},
                                    {{"kernel_shape", test::ints({2, 2})}, {"strides", test::ints({2, 2})}});
    const test::Name large =
        b.node("Resize", {small, "", b.constant({4}, {1, 1, 2, 2})}, {{"mode", std::string("linear")}});
    const test::Name grid = b.input(1);
    const test::Name planes = b.node("Concat", {grid, grid, grid}, {{"axis", std::int64_t{1}}});
    const std::vector<std::byte> onnx = model::write_onnx(b.output(b.node("Add", {large, planes})).network());
    const vsmlrt_program_desc desc = test::described(onnx, extent, extent);
    Program program(list_devices().front(), desc);
    const Plan plan = program.plan(extent);
    std::size_t even = 0;
    for (const Step &step : plan.steps)
        for (const Argument &each : step.alternatives.front().launch(Addresses(plan.buffers, 0)).arguments)
            if (const auto *found = std::get_if<WithTextures>(&each))
                even += found->strides.size();
    EXPECT_EQ(even, 1U);

    const vsmlrt_frame_format rgb = {VSMLRT_RGB, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
    const vsmlrt_frame_format gray = {VSMLRT_GRAY, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
    const std::array<vsmlrt_frame_input, 2> inputs = {{{rgb, extent, 3}, {gray, extent, 1}}};
    const test::WholeFrames whole(inputs, rgb, extent);
    Context context(program);
    context.bind_frames(whole.plan);

    const auto placed = [&](std::vector<float> &values, std::uint64_t identity) {
        vsmlrt_frame frame = {};
        const std::ptrdiff_t line = extent.width * static_cast<std::ptrdiff_t>(sizeof(float));
        const std::size_t plane = values.size() / 3;
        for (std::size_t i = 0; i < 3; ++i)
            frame.planes[i] = {values.data() + i * plane, line};
        frame.identity = identity;
        return frame;
    };
    constexpr int width = extent.width;
    constexpr std::size_t pixels = std::size_t{width} * extent.height;
    std::vector<float> black(3 * pixels, 0.0F);
    const std::vector<float> random = test::Random(5).list(pixels);
    for (const int kind : {0, 1, 2, 3, 0, 2, 1, 3, 3, 1}) { // bit 0: rows are equal, bit 1: columns are
        std::vector<float> values(3 * pixels);
        for (std::size_t i = 0; i < pixels; ++i)
            values[i] = random[(kind & 1 ? 0 : i / width * width) + (kind & 2 ? 0 : i % width)];
        std::vector<float> result(3 * pixels, -1.0F);
        for (int again = 0; again < 3; ++again) { // launched, recorded, by the recording
            const std::array given = {placed(black, 1), placed(values, 2 + static_cast<std::uint64_t>(kind))};
            EXPECT_FALSE(context.run_frames(given.data(), placed(result, 0)));
            for (std::size_t i = 0; i < result.size(); ++i)
                ASSERT_EQ(result[i], values[i % pixels]) << "sample " << i << " of kind " << kind;
        }
    }
    EXPECT_STREQ(emulated_faults(), "");
}

// What comes with every frame takes little: a row where all are alike, and of the host what uploads it once.
TEST(PlanesBesidesAPicture, TakeWhatTheyHold) {
    constexpr vsmlrt_extent extent = {64, 48};
    constexpr std::size_t pixels = std::size_t{64} * 48;
    constexpr std::size_t of_plane = pixels * sizeof(float);
    constexpr std::size_t of_row = 64 * sizeof(float);
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    test::Builder b;
    const test::Name picture = b.input(1);
    const std::vector<std::byte> onnx =
        model::write_onnx(b.output(b.node("Add", {picture, b.input(1)})).network());
    Program program(list_devices().front(), test::described(onnx, extent, extent));
    constexpr vsmlrt_frame_format gray = {VSMLRT_GRAY, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
    const std::array<vsmlrt_frame_input, 2> inputs = {{{gray, extent, 1}, {gray, extent, 1}}};
    const test::WholeFrames whole(inputs, gray, extent);

    const auto frame_of = [&](std::vector<float> &values, std::uint64_t identity, bool is_one_row) {
        vsmlrt_frame frame = {};
        const std::ptrdiff_t row = extent.width * static_cast<std::ptrdiff_t>(sizeof(float));
        frame.planes[0] = {values.data(), is_one_row ? 0 : row};
        frame.identity = identity;
        return frame;
    };
    std::vector<float> values = test::Random(6).list(pixels);
    std::vector<float> plane = test::Random(7).list(pixels);
    const auto taken = [&](Context &context, std::uint64_t identity, bool is_one_row) {
        const std::size_t before = emulated_live_bytes();
        std::vector<float> result(pixels, -1.0F);
        const std::array given = {frame_of(values, 1, false), frame_of(plane, identity, is_one_row)};
        EXPECT_FALSE(context.run_frames(given.data(), frame_of(result, 0, false)));
        for (std::size_t i = 0; i < pixels; ++i)
            if (result[i] != values[i] + plane[is_one_row ? i % 64 : i]) {
                ADD_FAILURE() << "sample " << i << " with plane " << identity;
                break;
            }
        return emulated_live_bytes() - before;
    };
    const auto bound = [&](Context &context) {
        const std::size_t before = emulated_live_bytes();
        context.bind_frames(whole.plan);
        return emulated_live_bytes() - before;
    };
    {
        Context context(program);
        static_cast<void>(bound(context));
        static_cast<void>(taken(context, 2, true));
        EXPECT_EQ(taken(context, 3, true), of_row);
        EXPECT_EQ(taken(context, 4, false), 2 * of_plane - of_row); // the page-locked row goes
        EXPECT_EQ(taken(context, 5, true), of_row);
        Context another(program);
        EXPECT_LT(bound(another), 3 * of_plane + 1024); // the picture and the result, and where it is made
        EXPECT_EQ(taken(another, 5, true), 0U);
        EXPECT_EQ(taken(another, 4, false), 0U);
        EXPECT_EQ(taken(another, 6, true), 2 * of_row);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

} // namespace
} // namespace vsmlrt::cuda
