#include "base/environment.h"

#include "base/set_variable.h"

#include <gtest/gtest.h>

namespace vsmlrt {
namespace {

TEST(Environment, UnsetAndEmptyAreTheSame) {
    EXPECT_EQ(environment("VSMLRT_NOT_SET_BY_ANYBODY"), "");
    EXPECT_NE(environment("PATH"), "");
}

TEST(Environment, DefaultsLeaveWhatIsSet) {
    constexpr const char *name = "VSMLRT_SET_BY_THIS_TEST";
    set_environment_default(name, "default");
    EXPECT_EQ(environment(name), "default");
    set_environment_default(name, "another");
    EXPECT_EQ(environment(name), "default");
    ASSERT_TRUE(test::set_variable(name, ""));
    set_environment_default(name, "instead of nothing");
    EXPECT_EQ(environment(name), "instead of nothing");
}

} // namespace
} // namespace vsmlrt
