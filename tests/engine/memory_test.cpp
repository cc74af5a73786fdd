// What is counted before contexts are made, and how many streams there are where nobody says.
#include "stored_plans.h"

namespace vsmlrt::test {
namespace {

constexpr std::int64_t mib = 1 << 20;

// A processor, unless told otherwise, of the given memory.
class Memory : public StoredPlans {
protected:
    Memory() { unset("DRIVER"); }

    struct Figures {
        std::int64_t memory = 0;
        std::int64_t context = 0;
        std::int64_t weights = 0;
        std::int64_t spare = 0;
    };
    static void set(const Figures &figures) {
        StoredPlans::set("MEMORY", std::to_string(figures.memory));
        StoredPlans::set("CONTEXT", std::to_string(figures.context));
        StoredPlans::set("WEIGHTS", std::to_string(figures.weights));
        StoredPlans::set("SPARE", std::to_string(figures.spare));
    }
    static void set(const char *name, const std::string &value) { StoredPlans::set(name, value); }

    [[nodiscard]] engine::SessionOptions streams(int count) const {
        engine::SessionOptions asked = options();
        asked.program.num_streams = count;
        return asked;
    }
    [[nodiscard]] int automatic(int frames_in_flight, int num_threads = 0) const {
        engine::SessionOptions asked = streams(0);
        asked.program.frames_in_flight = frames_in_flight;
        asked.program.num_threads = num_threads;
        return engine::Session(blur(), asked, {12, 8}).num_streams();
    }
};

TEST_F(Memory, ContextsSpareOnesAndWeightsCountTogether) {
    set({.memory = 1000 * mib, .context = 200 * mib, .weights = 100 * mib, .spare = 100 * mib});
    EXPECT_EQ(picture(streams(4)), "");
    set({.memory = 1000 * mib, .context = 200 * mib, .weights = 100 * mib, .spare = 101 * mib});
    EXPECT_EQ(picture(streams(4)),
              "the network needs about 200 MiB for each of 4 streams, 101 MiB for frames on their way in and "
              "out and 100 MiB for its weights, and of the 1000 MiB of Abacus other programs take 0 MiB; use "
              "fewer streams (num_streams) or smaller tiles (tilesize)");
    set({.memory = 1000 * mib, .context = 200 * mib, .weights = 101 * mib, .spare = 100 * mib});
    EXPECT_NE(picture(streams(4)), "");
    EXPECT_EQ(picture(streams(3)), "");
}

TEST_F(Memory, AsManySpareContextsAreMadeAsThereIsMemoryFor) {
    set("SPARES", "3");
    for (const auto &[spare, taken] : {std::pair{30, 990}, {50, 1000}, {60, 960}, {100, 1000}}) {
        set({.memory = 1000 * mib, .context = 200 * mib, .weights = 100 * mib, .spare = spare * mib});
        const engine::Session first(blur(), streams(4), {12, 8});
        const std::string others = "other programs take " + std::to_string(taken) + " MiB";
        EXPECT_NE(picture().find(others), std::string::npos) << picture();
    }
}

TEST_F(Memory, WhatOtherProcessesTakeIsNotThere) {
    set({.memory = 1000 * mib, .context = 200 * mib, .weights = 100 * mib, .spare = 100 * mib});
    set("FREE", std::to_string(500 * mib));
    EXPECT_EQ(picture(streams(2)), "");
    EXPECT_EQ(
        picture(streams(3)),
        "the network needs about 200 MiB for each of 3 streams, 100 MiB for frames on their way in and "
        "out and 100 MiB for its weights, and of the 1000 MiB of Abacus 500 MiB are free now that it has "
        "its weights; use fewer streams (num_streams) or smaller tiles (tilesize)");
    set("STREAMS", "4");
    EXPECT_EQ(automatic(8), 1);
    set("SPARES", "3");
    EXPECT_EQ(picture(streams(2)), ""); // with one spare context
}

TEST_F(Memory, LiveProgramsCountUntilTheyAreGone) {
    set({.memory = 1000 * mib, .context = 500 * mib, .weights = 100 * mib});
    {
        const engine::Session first(blur(), options(), {12, 8});
        EXPECT_NE(picture().find("of the 1000 MiB of Abacus other programs take 600 MiB"), std::string::npos)
            << picture();
    }
    EXPECT_EQ(picture(), "");
}

TEST_F(Memory, AFailedSessionLeavesNothingClaimed) {
    set({.memory = 1000 * mib, .context = 600 * mib, .weights = 100 * mib});
    for (int i = 0; i < 3; ++i)
        EXPECT_NE(picture(streams(2)), "");
    EXPECT_EQ(picture(streams(1)), "");
}

TEST_F(Memory, WeightsOfASharedProgramCountOnce) {
    set({.memory = 1000 * mib, .context = 100 * mib, .weights = 700 * mib});
    engine::SessionOptions dynamic = options();
    dynamic.shapes = {false, engine::PictureSize{4, 4}, engine::PictureSize{16, 16},
                      engine::PictureSize{32, 24}};
    const engine::Session first(blur(), dynamic, {12, 8});
    EXPECT_EQ(picture(dynamic), "");
}

// What its largest would take is nobody's.
TEST_F(Memory, OfARangeTheSizeThatComesCounts) {
    set({.memory = 1000 * mib, .context = 2000 * mib, .weights = 100 * mib, .spare = 4 * mib});
    engine::SessionOptions dynamic = streams(2);
    dynamic.shapes = {false, engine::PictureSize{4, 4}, engine::PictureSize{16, 16},
                      engine::PictureSize{32, 24}};
    set("OF_PIXEL", "0");
    EXPECT_NE(picture(dynamic), "");
    set("OF_PIXEL", std::to_string(4 * mib)); // 384 MiB of 12x8
    {
        const engine::Session first(blur(), dynamic, {12, 8});
        EXPECT_NE(picture(dynamic).find("the network needs about 384 MiB for each of 2 streams"),
                  std::string::npos)
            << picture(dynamic);
        EXPECT_NE(picture(dynamic).find("other programs take 772 MiB"), std::string::npos)
            << picture(dynamic);
    }
    set("OF_PIXEL", std::to_string(5 * mib));
    EXPECT_NE(picture(dynamic), "");
    set("OF_PIXEL", std::to_string(4 * mib));
    set("STREAMS", "4");
    set({.memory = 2000 * mib, .context = 2000 * mib, .weights = 100 * mib, .spare = 4 * mib});
    dynamic.program.num_streams = 0;
    dynamic.program.frames_in_flight = 8;
    EXPECT_EQ(engine::Session(blur(), dynamic, {12, 8}).num_streams(), 2); // in half of 1896 MiB
}

TEST_F(Memory, ProgramsOnProcessorsShareTheHostsMemoryAndGpusHaveTheirOwn) {
    set({.memory = 1000 * mib, .context = 600 * mib});
    const engine::Session first(blur(), options(), {12, 8});
    set("GPU", "1");
    EXPECT_EQ(picture(), "");
    engine::SessionOptions second = options();
    second.device = "Plan.1";
    const engine::Session there(blur(), second, {12, 8});
    EXPECT_NE(picture(second), "");
    EXPECT_EQ(picture(), "");
}

// Tiles are blended in float32: each frame in flight of half planes has a picture for that.
TEST_F(Memory, TilesOfHalfFramesAreBlendedInMemoryThatCounts) {
    constexpr std::int64_t picture_bytes = 12 * 8 * sizeof(float);
    engine::SessionOptions tiled = streams(2);
    tiled.tile = engine::PictureSize{8, 8};
    tiled.overlap = {1, 1};
    const Figures figures = {
        .memory = 2000 + 100 + 10 + 3 * picture_bytes, .context = 1000, .weights = 100, .spare = 10};
    set(figures);
    const auto refused = [&](const engine::SessionOptions &asked) {
        try {
            static_cast<void>(engine::Session(blur(), asked, {12, 8}));
            return std::string();
        } catch (const Error &failure) {
            return std::string(failure.what());
        }
    };
    tiled.program.half_outputs = true;
    EXPECT_EQ(refused(tiled), "");
    set({.memory = figures.memory - 1, .context = 1000, .weights = 100, .spare = 10});
    EXPECT_NE(refused(tiled).find("for each of 3 frames in flight"), std::string::npos) << refused(tiled);
    tiled.program.half_outputs = false;
    EXPECT_EQ(refused(tiled), "");
}

TEST_F(Memory, StreamsAreWhatTheDeviceComputesBest) {
    EXPECT_EQ(automatic(0), 1);
    set("STREAMS", "8");
    EXPECT_EQ(automatic(0), 8);
    EXPECT_EQ(automatic(32), 8);
    EXPECT_EQ(engine::Session(blur(), streams(1), {12, 8}).num_streams(), 1);
}

TEST_F(Memory, StreamsShareThreadsEvenlyWhereThereAreFewerFramesOrThreads) {
    set("STREAMS", "8");
    EXPECT_EQ(automatic(6), 4); // of two threads each; six would leave two idle
    EXPECT_EQ(automatic(3), 2);
    EXPECT_EQ(automatic(1), 1);
    EXPECT_EQ(automatic(0, 2), 2);
    EXPECT_EQ(automatic(0, 12), 8);
    set("STREAMS", "96");
    EXPECT_EQ(automatic(0), 48);
}

TEST_F(Memory, EachOfSeveralDevicesHasItsShareOfTheFrames) {
    set("STREAMS", "8");
    engine::SessionOptions both = streams(0);
    both.device_ids = {0, 1};
    for (const auto &[in_flight, wanted] : {std::pair{0, 8}, {16, 8}, {8, 4}, {7, 4}, {1, 1}}) {
        both.program.frames_in_flight = in_flight;
        EXPECT_EQ(engine::Session(blur(), both, {12, 8}).num_streams(), wanted) << in_flight;
    }
}

TEST_F(Memory, StreamsLeaveHalfOfTheMemoryThatIsFree) {
    set("STREAMS", "8");
    set({.memory = 1000 * mib, .context = 200 * mib, .weights = 100 * mib});
    EXPECT_EQ(automatic(0), 2);
    EXPECT_EQ(journal(), (Strings{"built", "built"}));
    const engine::Session other(blur(), streams(1), {12, 8});
    EXPECT_EQ(automatic(0), 1);
    set({.memory = 1000 * mib, .context = 800 * mib, .weights = 100 * mib});
    EXPECT_NE(picture(streams(0)), ""); // not even one
}

// What whole frames take on a device that converts them is told by the plan that they go through by.
TEST_F(Memory, FramesThatTheDeviceConvertsCount) {
    set({.memory = 1000 * mib, .context = 100 * mib, .weights = 100 * mib});
    set("OF_FRAMES", std::to_string(200 * mib));
    const vsmlrt_frame_format gray = {VSMLRT_GRAY, VSMLRT_INTEGER, 8, 0, 0, 0, 0, 0};
    const engine::FrameFormats frames = {{{gray, {12, 8}, 1}}, 1, gray, true};
    const auto made = [&](int count, bool converted) {
        const engine::SessionOptions asked = streams(count);
        try {
            return text(engine::Session(blur(), asked, {12, 8}, engine::open_devices(asked),
                                        converted ? std::optional(frames) : std::nullopt)
                            .num_streams());
        } catch (const DeviceError &failure) {
            return std::string(failure.what());
        }
    };
    EXPECT_EQ(made(9, false), "9");
    EXPECT_EQ(made(3, true), "3");
    EXPECT_EQ(made(4, true).find("the network needs about 300 MiB for each of 4 streams"), 0U)
        << made(4, true);
    set("STREAMS", "4");
    set({.memory = 1900 * mib, .context = 100 * mib, .weights = 100 * mib});
    EXPECT_EQ(made(0, false), "4");
    EXPECT_EQ(made(0, true), "2"); // in half of 1800 MiB
}

} // namespace
} // namespace vsmlrt::test
