// Frames through a network on the reference backend, with faults on demand.
#include "networks.h"

#include <atomic>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

namespace vsmlrt {
namespace {

using test::Image;

TEST(Session, ComputesTheNetwork) {
    engine::Session session(test::blur(), test::reference_options(), {7, 5});
    const Image from = Image::noise(7, 5);
    Image to(7, 5);
    test::run(session, 0, from, to);
    const auto at = [&](int x, int y) { return from.pixels[static_cast<std::size_t>(y * 7 + x)]; };
    const float expected = 0.05F * at(2, 1) + 0.1F * at(3, 1) + 0.15F * at(4, 1) + 0.2F * at(2, 2) +
                           0.2F * at(4, 2) + 0.15F * at(2, 3) + 0.1F * at(3, 3) + 0.05F * at(4, 3);
    EXPECT_NEAR(to.pixels[2 * 7 + 3], expected, 1e-6);
}

TEST(Session, TiledEqualsUntiled) {
    const Image from = Image::noise(53, 41);
    engine::Session whole(test::blur(), test::reference_options(), {53, 41});
    Image expected(53, 41);
    test::run(whole, 0, from, expected);
    for (int tile = 3; tile < 60; tile += 5) {
        engine::SessionOptions options = test::reference_options();
        options.tile = engine::PictureSize{tile, tile + 1};
        options.overlap = {1, 1};
        engine::Session tiled(test::blur(), options, {53, 41});
        Image to(53, 41);
        test::run(tiled, 0, from, to);
        for (std::size_t i = 0; i < to.pixels.size(); ++i)
            ASSERT_NEAR(to.pixels[i], expected.pixels[i], 1e-5) << "tile " << tile << " pixel " << i;
    }
}

TEST(Session, TilesOfANetworkThatNeedsWholeFramesAreRefused) {
    engine::SessionOptions options = test::reference_options();
    options.whole_frames = true;
    EXPECT_NO_THROW(engine::Session(test::blur(), options, {53, 41}));
    options.tile = engine::PictureSize{16, 16};
    EXPECT_THROW(engine::Session(test::blur(), options, {53, 41}), BadArgument);
}

TEST(Session, ManyThreadsGetWhatOneGets) {
    engine::SessionOptions options = test::reference_options();
    options.program.num_streams = 3;
    engine::Session session(test::blur(), options, {32, 24});
    const Image from = Image::noise(32, 24);
    Image expected(32, 24);
    test::run(session, 0, from, expected);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t)
        threads.emplace_back([&] {
            for (int k = 0; k < 20; ++k) {
                Image to(32, 24);
                test::run(session, k, from, to);
                wrong += to.pixels != expected.pixels;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(wrong.load(), 0);
}

// For the sanitizers: made, run and destroyed, static ones and ones of a shared dynamic program.
TEST(Session, AThousandComeAndGoFromSeveralThreads) {
    constexpr int at_once = 4;
    constexpr int each = 250;
    const Image from = Image::noise(16, 12);
    Image expected(16, 12);
    engine::Session first(test::blur(), test::reference_options(), {16, 12});
    test::run(first, 0, from, expected);
    engine::SessionOptions dynamic = test::reference_options();
    dynamic.shapes = {false, {}, {}, engine::PictureSize{32, 32}};
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < at_once; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < each; ++i) {
                engine::Session session(test::blur(), i % 2 == 0 ? dynamic : test::reference_options(),
                                        {16, 12});
                Image to(16, 12);
                test::run(session, i, from, to);
                wrong += to.pixels != expected.pixels;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(wrong.load(), 0);
}

TEST(Session, AFailedFrameLeavesItUsable) {
    engine::SessionOptions options = test::reference_options();
    options.program.properties = {{"fault.run", "1"}};
    engine::Session session(test::blur(), options, {8, 8});
    const Image from = Image::noise(8, 8);
    Image to(8, 8);
    EXPECT_THROW(test::run(session, 0, from, to), DeviceError);
    EXPECT_NO_THROW(test::run(session, 0, from, to));
}

TEST(Session, OneDynamicProgramServesEverySizeOfItsRange) {
    engine::SessionOptions dynamic = test::reference_options();
    dynamic.shapes = {false, {}, {}, engine::PictureSize{60, 60}};
    for (int size = 8; size < 48; ++size) {
        engine::Session fixed(test::blur(), test::reference_options(), {size, 55 - size});
        engine::Session session(test::blur(), dynamic, {size, 55 - size});
        const Image from = Image::noise(size, 55 - size);
        Image expected(size, 55 - size);
        Image to(size, 55 - size);
        test::run(fixed, 0, from, expected);
        test::run(session, 0, from, to);
        EXPECT_EQ(to.pixels, expected.pixels) << size;
    }
}

TEST(Session, NanInTheInputIsNamed) {
    engine::Session session(test::blur(), test::reference_options(), {8, 8});
    Image from = Image::noise(8, 8);
    from.pixels[20] = std::numeric_limits<float>::quiet_NaN();
    Image to(8, 8);
    try {
        test::run(session, 12, from, to);
        FAIL() << "accepted";
    } catch (const Error &error) {
        EXPECT_EQ(std::string(error.what()).find("frame 12 holds NaN"), 0U) << error.what();
    }
}

TEST(Session, NanInFp32IsAnErrorThatNamesTheFrame) {
    engine::SessionOptions options = test::reference_options();
    options.program.properties = {{"fault.nan", "1"}};
    engine::Session session(test::blur(), options, {8, 8});
    const Image from = Image::noise(8, 8);
    Image to(8, 8);
    try {
        test::run(session, 3, from, to);
        FAIL() << "accepted";
    } catch (const Error &error) {
        EXPECT_NE(std::string(error.what()).find("for frame 3"), std::string::npos) << error.what();
    }
    EXPECT_NO_THROW(test::run(session, 4, from, to));
}

TEST(Session, ADeviceThatFailsToStartIsReported) {
    for (const char *fault : {"fault.build", "fault.memory"}) {
        engine::SessionOptions options = test::reference_options();
        options.program.properties = {{fault, "1"}};
        EXPECT_THROW(engine::Session(test::blur(), options, {8, 8}), Error) << fault;
    }
}

} // namespace
} // namespace vsmlrt
