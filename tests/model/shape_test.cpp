#include "base/error.h"
#include "model/edit.h"
#include "networks.h"

#include <gtest/gtest.h>

namespace vsmlrt::model {
namespace {

using namespace test;

std::vector<std::int64_t> sizes(const Value &value) {
    std::vector<std::int64_t> result;
    for (const Dim &dim : value.dims)
        result.push_back(dim.size.value_or(-1));
    return result;
}

TEST(Shape, FixingGivesEveryPictureTheSize) {
    Network network = conv_relu();
    network.inputs.push_back({"strength", Element::f32, true, {{1, {}}}});
    const Network fixed = fix_shape(network, 640, 360);
    EXPECT_EQ(sizes(fixed.inputs[0]), (std::vector<std::int64_t>{1, 2, 360, 640}));
    EXPECT_EQ(sizes(fixed.inputs[1]), (std::vector<std::int64_t>{1}));
    EXPECT_EQ(sizes(fixed.outputs[0]), (std::vector<std::int64_t>{-1, 2, -1, -1}));
    EXPECT_TRUE(fixed.outputs[0].dims[2].symbol.empty());
}

TEST(Shape, FixingAgainstAnotherFixedSizeIsRefused) {
    const Network fixed = fix_shape(conv_relu(), 640, 360);
    EXPECT_NO_THROW((void)fix_shape(fixed, 640, 360));
    try {
        (void)fix_shape(fixed, 640, 362);
        FAIL();
    } catch (const BadModel &error) {
        EXPECT_STREQ(error.what(), "input \"x\" has the fixed height 360, asked for is 362");
    }
}

TEST(Shape, FreeingForgetsSizes) {
    const Network free = free_shape(fix_shape(conv_relu(), 640, 360));
    EXPECT_EQ(sizes(free.inputs[0]), (std::vector<std::int64_t>{1, 2, -1, -1}));
    EXPECT_EQ(sizes(free.outputs[0]), (std::vector<std::int64_t>{-1, 2, -1, -1}));
    EXPECT_NO_THROW((void)fix_shape(free, 1280, 720));
}

TEST(Shape, WeightsAreShared) {
    const Network network = conv_relu();
    EXPECT_EQ(fix_shape(network, 8, 8).initializers.at("weight").bytes,
              network.initializers.at("weight").bytes);
}

} // namespace
} // namespace vsmlrt::model
