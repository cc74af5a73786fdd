#include "base/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace vsmlrt {
namespace {

TEST(Environment, UnsetAndEmptyAreTheSame) {
    EXPECT_EQ(environment("VSMLRT_NOT_SET_BY_ANYBODY"), "");
    EXPECT_NE(environment("PATH"), "");
}

} // namespace
} // namespace vsmlrt
