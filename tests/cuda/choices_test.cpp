// Which kernels are chosen at which size: what is the fastest depends on it, so every size that a program
// names is timed for itself, and others take what the nearest one has.
#include "backends/cuda/program.h"
#include "backends/cuda/tuning.h"
#include "base/error.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

std::string chosen(const Choices &choices, const StepKey &key) {
    const std::string *choice = choice_for(choices, key);
    return choice ? *choice : "none";
}

TEST(Choices, AreThoseOfTheNearestSize) {
    const Choices choices = {{{"conv 64", 0, 64, 64}, "small"},
                             {{"conv 64", 0, 1920, 1080}, "large"},
                             {{"conv 64", 66, 480, 270}, "in a part"},
                             {{"conv 64 to 3", 0, 480, 270}, "of another one"}};
    EXPECT_EQ(chosen(choices, {"conv 64", 0, 64, 64}), "small");
    EXPECT_EQ(chosen(choices, {"conv 64", 0, 128, 64}), "small");
    EXPECT_EQ(chosen(choices, {"conv 64", 0, 1280, 720}), "large");
    EXPECT_EQ(chosen(choices, {"conv 64", 0, 7680, 4320}), "large");
    EXPECT_EQ(chosen(choices, {"conv 64", 66, 7680, 4320}), "in a part");
    EXPECT_EQ(chosen(choices, {"conv 64", 33, 480, 270}), "none");
    EXPECT_EQ(chosen(choices, {"conv 32", 0, 64, 64}), "none");
    EXPECT_EQ(chosen(choices, {"conv 64"}), "none");
}

TEST(Choices, AreStoredWithTheirKeys) {
    const Choices choices = {{{"conv 64", 66, 480, 270}, "in a part"}, {{"conv, at 3x3"}, "without a size"}};
    std::vector<std::byte> blob = encode_blob("sm_90a", {choices, {}});
    EXPECT_EQ(decode_blob(blob, "sm_90a").choices, choices);
    for (std::byte &each : blob)
        if (each == std::byte{'8'}) // of 480
            each = std::byte{'x'};
    EXPECT_THROW(static_cast<void>(decode_blob(blob, "sm_90a")), BadArgument);
}

struct Ranged {
    Ranged() : onnx(model::write_onnx(model::to_half(test::srvgg(64, 3)))) {
        emulated_stand_in();
        emulated_reset(0);
    }
    [[nodiscard]] vsmlrt_program_desc desc(vsmlrt_extent from, vsmlrt_extent best, vsmlrt_extent to) const {
        vsmlrt_program_desc desc = test::described(onnx, from, to, VSMLRT_PRECISION_FP16);
        desc.opt_extent = best;
        return desc;
    }
    std::vector<std::byte> onnx;
};

constexpr vsmlrt_extent small = {64, 48};
constexpr vsmlrt_extent middle = {320, 240};
constexpr vsmlrt_extent large = {1280, 720};

TEST(Choices, AreTimedAtEverySizeThatAProgramNames) {
    ASSERT_TRUE(test::named);
    const Ranged ranged;
    Program program(list_devices().front(), ranged.desc(small, middle, large));
    const Choices timed = decode_blob(program.blob(), list_devices().front().architecture).choices;
    for (const vsmlrt_extent extent : {small, middle, large})
        for (const Step &step : program.plan(extent).steps) {
            EXPECT_FALSE(is_undecided(step, timed)) << step.key.work;
            if (timed.contains(step.key)) {
                EXPECT_EQ(step.alternatives.front().name, timed.at(step.key)) << step.key.work;
            }
        }
}

TEST(Choices, OfOtherSizesAreTimedWhenTheyCome) {
    ASSERT_TRUE(test::named);
    const Ranged ranged;
    Program program(list_devices().front(), ranged.desc(small, small, large));
    const long before = emulated_timings();
    const auto undecided = [&] {
        const Choices timed = decode_blob(program.blob(), list_devices().front().architecture).choices;
        const Plan plan = program.plan(middle);
        return std::any_of(plan.steps.begin(), plan.steps.end(),
                           [&](const Step &step) { return is_undecided(step, timed); });
    };
    EXPECT_TRUE(undecided());
    EXPECT_GT(emulated_timings(), before);
    const long once = emulated_timings();
    EXPECT_FALSE(undecided());
    EXPECT_EQ(emulated_timings(), once);
}

TEST(Choices, AreThoseOfOtherSizesWhereThereIsNoMemoryToTimeIn) {
    ASSERT_TRUE(test::named);
    const Ranged ranged;
    Program program(list_devices().front(), ranged.desc(small, small, small));
    const Choices timed = decode_blob(program.blob(), list_devices().front().architecture).choices;
    constexpr std::size_t little = 1 << 20;
    emulated_capacity(emulated_live_bytes() + little);
    for (const Step &step : program.plan(large).steps) {
        const std::string *choice = choice_for(timed, step.key);
        if (choice && std::any_of(step.alternatives.begin(), step.alternatives.end(),
                                  [&](const Alternative &each) { return each.name == *choice; })) {
            EXPECT_EQ(step.alternatives.front().name, *choice) << step.key.work;
        }
    }
    emulated_capacity(std::size_t{4} << 30);
}

// A program made after one of another size is as fast as if it had been the first.
TEST(Choices, OfAnotherSizeAreNotTaken) {
    ASSERT_TRUE(test::named);
    const Ranged ranged;
    const Program before(list_devices().front(), ranged.desc(small, small, small));
    const long timings = emulated_timings();
    const Program other(list_devices().front(), ranged.desc(large, large, large));
    EXPECT_GT(emulated_timings(), timings);
    const long both = emulated_timings();
    const Program again(list_devices().front(), ranged.desc(large, large, large));
    EXPECT_EQ(emulated_timings(), both);
}

} // namespace
} // namespace vsmlrt::cuda
