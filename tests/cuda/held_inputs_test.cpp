// Frames that come again are not decoded again: by the emulated driver's calls, and by what comes out.
#include "backends/cuda/context.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace vsmlrt::cuda {
namespace {

constexpr vsmlrt_extent extent = {16, 12};
constexpr vsmlrt_extent other_extent = {16, 16};
constexpr std::size_t samples = std::size_t{16} * 16 * 3;

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
        Picture made{test::Random(identity + 1).list(static_cast<std::int64_t>(samples)), {}};
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
    long run(Context &context, Picture &first, Picture &second, vsmlrt_extent size = extent) {
        const std::array frames = {placed(first.values, first.frame, size),
                                   placed(second.values, second.frame, size)};
        std::vector<float> result(samples, -1.0F);
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
    const Plan plan(extent);
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
    const Plan plan(extent);
    const Plan other(other_extent);
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
        EXPECT_EQ(run(context, a_, b_), held + 2 + 1); // the flag of a new plan is cleared
        std::array<vsmlrt_tensor, 2> inputs = {};
        vsmlrt_tensor output = {};
        context.bind(extent, inputs.data(), &output);
        for (const vsmlrt_tensor &input : inputs)
            std::fill_n(static_cast<float *>(input.data), std::size_t{3} * 16 * 12, 7.0F);
        context.run();
        context.bind_frames(plan.plan);
        EXPECT_EQ(run(context, a_, b_), held + 2 + 1);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

TEST_F(HeldFrames, OfOneTileAreNotTakenForAnothers) {
    Program program(list_devices().front(), desc_);
    Context context(program);
    const Plan plan(extent, true);
    context.bind_frames(plan.plan);
    for (int i = 0; i < 4; ++i)
        run(context, a_, b_);
    EXPECT_STREQ(emulated_faults(), "");
}

} // namespace
} // namespace vsmlrt::cuda
