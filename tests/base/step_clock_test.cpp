// What a StepClock says; how long the steps took is not looked at.
#include "base/step_clock.h"

#include "base/log.h"

#include <gtest/gtest.h>
#include <regex>

namespace vsmlrt {
namespace {

TEST(StepClock, NamesEachStepOnceInTheOrderOfTheirBeginning) {
    std::string said;
    LogLevel level = LogLevel::warning;
    set_log_sink([&](LogLevel of, const std::string &line) {
        level = of;
        said = line;
    });
    StepClock clock("making tea");
    clock.begin("water");
    EXPECT_EQ(clock.time("leaves", [] { return 3; }), 3);
    clock.begin("water");
    clock.report();
    set_log_sink(nullptr);
    EXPECT_EQ(level, LogLevel::debug);
    EXPECT_TRUE(std::regex_match(
        said, std::regex(R"(making tea took \d+\.\d{3} s: water \d+\.\d{3}, leaves \d+\.\d{3})")))
        << said;
}

} // namespace
} // namespace vsmlrt
