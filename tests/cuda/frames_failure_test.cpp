// Frames of a clip when a call of the driver fails, whichever it is: that frame fails with a DeviceError, the
// next one is right, and nothing is left behind.
#include "backends/cuda/context.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

constexpr vsmlrt_extent frame_extent = {16, 12};
constexpr std::size_t frame_samples = std::size_t{16} * 12 * 3;

// RGB frames of 8 bits through a network that changes nothing.
class FramesThatFail : public testing::Test {
protected:
    FramesThatFail() {
        test::Random random(4);
        for (unsigned char &sample : given_)
            sample = static_cast<unsigned char>(127.0F + 127.0F * random.next());
    }

    [[nodiscard]] static vsmlrt_frame frame_of(std::vector<unsigned char> &all) {
        vsmlrt_frame frame = {};
        for (std::size_t plane = 0; plane < 3; ++plane)
            frame.planes[plane] = {all.data() + plane * frame_samples / 3, frame_extent.width};
        return frame;
    }
    [[nodiscard]] std::vector<unsigned char> run(Context &context) {
        std::vector<unsigned char> result(frame_samples, 0);
        const vsmlrt_frame in = frame_of(given_);
        EXPECT_FALSE(context.run_frames(&in, frame_of(result)));
        return result;
    }
    [[nodiscard]] static std::vector<std::byte> nothing() {
        test::Builder b;
        return model::write_onnx(b.output(b.node("Identity", {b.input(3)})).network());
    }

    const vsmlrt_frame_format rgb_ = {VSMLRT_RGB, VSMLRT_INTEGER, 8, 0, 0, 0, 1, 0};
    const vsmlrt_frame_input input_ = {rgb_, frame_extent, 3};
    const test::WholeFrames whole_{std::span(&input_, 1), rgb_, frame_extent};
    std::vector<unsigned char> given_ = std::vector<unsigned char>(frame_samples);
};

TEST_F(FramesThatFail, LeaveTheContextUsableAndNothingBehind) {
    emulated_reset(0);
    {
        const std::vector<std::byte> onnx = nothing();
        const vsmlrt_program_desc desc = test::described(onnx, frame_extent, frame_extent);
        Program program(list_devices().front(), desc);
        Context context(program);
        context.bind_frames(whole_.plan);
        for (int i = 0; i < 12; ++i) // until all is recorded, and no memory is asked for any more
            ASSERT_EQ(run(context), given_);
        emulated_reset(0);
        ASSERT_EQ(run(context), given_);
        const long calls = emulated_calls();
        ASSERT_GT(calls, 5);
        for (long call = 1; call <= calls; ++call) {
            emulated_reset(call);
            EXPECT_THROW(static_cast<void>(run(context)), DeviceError) << "call " << call;
            EXPECT_EQ(run(context), given_) << "after call " << call;
        }
    }
    EXPECT_EQ(emulated_live(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

} // namespace
} // namespace vsmlrt::cuda
