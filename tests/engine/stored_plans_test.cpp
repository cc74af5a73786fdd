// Which program a stored plan is for, and that it is built once.
#include "stored_plans.h"

#include <csignal>
#include <sys/resource.h>
#include <thread>

namespace vsmlrt::test {
namespace {

namespace fs = std::filesystem;

TEST_F(StoredPlans, TheSecondStartLoadsWhatTheFirstBuilt) {
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), Strings{"built"});
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), Strings{"loaded D1"});
    EXPECT_EQ(lines(), Strings{});
}

TEST_F(StoredPlans, AVendorsLibraryFindsWhatItLeftForTheSameProgramAlone) {
    set("KEEPS", "1");
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), (Strings{"built", "no kernels"}));
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), (Strings{"found kernels", "loaded D1"}));
    set("DRIVER", "D2");
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), (Strings{"built", "no kernels"}));
    EXPECT_EQ(files(".kept").size(), 1U);
}

TEST_F(StoredPlans, ProgramsOfADeviceFindWhatOthersLeftForThem) {
    set("SHARES", "1");
    EXPECT_EQ(picture(options(), 1), "");
    EXPECT_EQ(journal(), (Strings{"built", "no measurements"}));
    EXPECT_EQ(picture(options(), 2), ""); // another network
    EXPECT_EQ(journal(), (Strings{"built", "found measurements"}));
    set("DRIVER", "D2");
    EXPECT_EQ(picture(options(), 3), "");
    EXPECT_EQ(journal(), (Strings{"built", "no measurements"}));
    EXPECT_EQ(files(".kept").size(), 1U);
}

TEST_F(StoredPlans, AStaticProgramIsNamedAfterItsOptAndADynamicOneAfterAllThree) {
    EXPECT_EQ(picture(), "");
    ASSERT_EQ(files().size(), 1U);
    EXPECT_EQ(files().front().rfind("blur_12x8_fp32_fp32_Plan_Abacus_planning_1-", 0), 0U) << files().front();
    engine::SessionOptions dynamic = options();
    dynamic.shapes = {false, engine::PictureSize{4, 4}, engine::PictureSize{16, 16},
                      engine::PictureSize{32, 24}};
    EXPECT_EQ(picture(dynamic), "");
    ASSERT_EQ(files().size(), 2U);
    EXPECT_EQ(files().back().rfind("blur_min4x4_opt16x16_max32x24_fp32_fp32_Plan_Abacus_planning_1-", 0), 0U)
        << files().back();
    dynamic.shapes.opt.reset(); // the tile
    EXPECT_EQ(picture(dynamic), "");
    ASSERT_EQ(files().size(), 3U);
    EXPECT_EQ(files()[1].rfind("blur_min4x4_opt12x8_max32x24_", 0), 0U) << files()[1];
}

TEST_F(StoredPlans, ProgramsOfHalfTensorsHaveAPlaceOfTheirOwn) {
    engine::SessionOptions half = options();
    half.program.half_outputs = true;
    EXPECT_EQ(picture(), "");
    EXPECT_LT(picture(half).find(" and not "), std::string::npos); // rounded to half
    half.program.half_inputs = engine::HalfInputs::always;
    EXPECT_LT(picture(half).find(" and not "), std::string::npos);
    const Strings found = files();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].rfind("blur_12x8_fp32_fp16_", 0), 0U) << found[0];
    EXPECT_EQ(found[1].rfind("blur_12x8_fp32_fp32-fp16_", 0), 0U) << found[1];
    EXPECT_EQ(found[2].rfind("blur_12x8_fp32_fp32_", 0), 0U) << found[2];
}

// What an interpolator asks for, whose timestep is not a sample of a picture.
TEST_F(StoredPlans, InputsBecomeHalfWhereTheNetworkIsComputedSo) {
    engine::SessionOptions asked = options();
    asked.program.half_inputs = engine::HalfInputs::where_computed_in_half;
    EXPECT_EQ(picture(asked), "");
    set("HALF", "1");
    asked.program.precision = VSMLRT_PRECISION_FP32;
    EXPECT_EQ(picture(asked), "");
    ASSERT_EQ(files().size(), 1U);
    EXPECT_EQ(files()[0].rfind("blur_12x8_fp32_fp32_", 0), 0U) << files()[0];
    asked.program.precision = VSMLRT_PRECISION_FP16;
    EXPECT_LT(picture(asked).find(" and not "), std::string::npos); // rounded to half
    ASSERT_EQ(files().size(), 2U);
    EXPECT_EQ(files()[0].rfind("blur_12x8_fp16_fp16-fp32_", 0), 0U) << files()[0];
}

// Where a device converts, what the network rounds to half comes from it as half, and goes to it as half
// where the clip's samples are coarser.
TEST_F(StoredPlans, FramesOfADeviceAreHalfTensorsWhereTheNetworkRounds) {
    set("HALF", "1");
    vsmlrt_frame_format gray = {};
    gray.family = VSMLRT_GRAY;
    gray.sample = VSMLRT_INTEGER;
    const auto begins = [&](vsmlrt_precision precision, int bits) {
        engine::SessionOptions asked = options();
        asked.program.precision = precision;
        gray.bits = bits;
        const engine::Session session(blur(1), asked, {12, 8}, engine::open_devices(asked),
                                      engine::FrameFormats{{{gray, {12, 8}, 1}}, 1, gray, true});
        const Strings found = files();
        for (const std::string &file : found)
            std::filesystem::remove(folder() / file);
        return found.size() == 1 ? found[0].substr(0, found[0].find("_Plan_")) : text(found.size(), " files");
    };
    EXPECT_EQ(begins(VSMLRT_PRECISION_FP16, 8), "blur_12x8_fp16_fp16");
    EXPECT_EQ(begins(VSMLRT_PRECISION_FP16, 10), "blur_12x8_fp16_fp16");
    EXPECT_EQ(begins(VSMLRT_PRECISION_FP16, 16), "blur_12x8_fp16_fp16-fp32");
    EXPECT_EQ(begins(VSMLRT_PRECISION_FP32, 8), "blur_12x8_fp32_fp32");
}

// "auto" is faster there and not as exact, which is said; with another precision there is nothing to say.
TEST_F(StoredPlans, AutoTakesBf16WhereItIsNativeAndSaysSo) {
    engine::SessionOptions asked = options();
    const auto said = [&] {
        const Strings all = lines();
        return std::count_if(all.begin(), all.end(),
                             [](const std::string &line) { return line.find("bf16") != std::string::npos; });
    };
    set("DEVICE", "Plain");
    EXPECT_EQ(picture(asked), "");
    EXPECT_EQ(said(), 0);
    set("DEVICE", "Brain");
    set("BRAIN", "1");
    asked.program.precision = VSMLRT_PRECISION_FP32;
    EXPECT_EQ(picture(asked), "");
    EXPECT_EQ(said(), 0);
    asked.program.precision = VSMLRT_PRECISION_AUTO;
    EXPECT_NE(picture(asked), ""); // rounded to eight bits
    const Strings all = lines();
    EXPECT_EQ(
        std::count(all.begin(), all.end(),
                   "Brain computes in bf16, which \"auto\" takes where it is native; precision=\"fp32\" is "
                   "slower and exact"),
        1);
}

TEST_F(StoredPlans, APlanServesEveryDeviceOfItsGroupAndName) {
    EXPECT_EQ(picture(), "");
    engine::SessionOptions second = options();
    second.device = "Plan.1";
    EXPECT_EQ(picture(second), "");
    EXPECT_EQ(journal(), (Strings{"built", "loaded D1"}));
}

// Its fp32 plan is good for any number of streams; the module says so.
TEST_F(StoredPlans, StreamsThatMakeNoDifferenceBuildNothing) {
    EXPECT_EQ(picture(), "");
    engine::SessionOptions two = options();
    two.program.num_streams = 2;
    EXPECT_EQ(picture(two), "");
    EXPECT_EQ(journal(), (Strings{"built", "loaded D1"}));
}

TEST_F(StoredPlans, ADeviceThatKeepsNoPlansLeavesTheFolderAlone) {
    unset("DRIVER");
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), (Strings{"built", "built"}));
    EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(StoredPlans, OfProcessesThatStartAtOnceOneBuildsAndAllRun) {
    set("SLOW", "300");
    pid_t children[3];
    for (pid_t &child : children)
        child = start_child([&] { return picture(); });
    for (const pid_t child : children)
        EXPECT_EQ(wait_for(child), 0);
    EXPECT_EQ(journal(), (Strings{"built", "loaded D1", "loaded D1"}));
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(StoredPlans, WhoeverWaitsForAKilledBuilderBuilds) {
    set("SLOW", "60000");
    const pid_t first = start_child([&] { return picture(); });
    while (files(".lock").empty())
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    unset("SLOW");
    const pid_t second = start_child([&] { return picture(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::kill(first, SIGKILL);
    EXPECT_EQ(wait_for(first), -1);
    EXPECT_EQ(wait_for(second), 0);
    EXPECT_EQ(journal(), Strings{"built"});
}

// By the system's limit on the size of files, which kills the child in the middle of its plan.
TEST_F(StoredPlans, KilledWhileWritingLeavesNothingThatIsTakenForAPlan) {
    set("PADDING", std::to_string(1 << 20));
    const pid_t child = start_child([&] {
        const rlimit half = {1 << 19, 1 << 19};
        const rlimit none = {0, 0};
        ::setrlimit(RLIMIT_FSIZE, &half);
        ::setrlimit(RLIMIT_CORE, &none);
        ::signal(SIGXFSZ, SIG_DFL);
        return picture();
    });
    EXPECT_EQ(wait_for(child), -1);
    EXPECT_EQ(files(), Strings{});
    EXPECT_EQ(files("").size(), 2U); // the lock, and the temporary file
    static_cast<void>(journal());
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), (Strings{"built", "loaded D1"}));
    EXPECT_EQ(lines(), Strings{});
}

TEST_F(StoredPlans, WhatABackendFoundNoDeviceOfIsToldWithADeviceThatIsNotThere) {
    engine::SessionOptions absent = options();
    absent.device = "Other.0";
    EXPECT_EQ(
        picture(absent),
        "\"device\" must be one of Plan.0, Plan.1 for backend planning; got \"Other.0\" (it is at home)");
    absent.device = "Plan.7";
    EXPECT_EQ(picture(absent), "\"device\" must be one of Plan.0, Plan.1 for backend planning; got "
                               "\"Plan.7\" (Other: it is at home)");
}

} // namespace
} // namespace vsmlrt::test
