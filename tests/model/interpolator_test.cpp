// Which channel of an interpolator holds what, and its flow scale.
#include "model/interpolator.h"

#include "base/error.h"
#include "model/flow_scale.h"
#include "networks.h"

#include <gtest/gtest.h>

namespace vsmlrt::model {
namespace {

using test::image;
using Role = InterpolatorRole;

std::string roles_of(const std::vector<int> &channels) {
    Network network;
    for (const int count : channels)
        network.inputs.push_back(image("input", count));
    std::string letters;
    for (const Role role : interpolator_channels(network))
        letters += "abtscrCR"[static_cast<std::size_t>(role)];
    return letters;
}

TEST(Interpolator, OneInput) {
    EXPECT_EQ(roles_of({7}), "aaabbbt");
    EXPECT_EQ(roles_of({8}), "aaabbbts");
    EXPECT_EQ(roles_of({11}), "aaabbbtcrCR");
}

TEST(Interpolator, SeparateInputs) {
    EXPECT_EQ(roles_of({3, 3, 1}), "aaabbbt");
    EXPECT_EQ(roles_of({1, 3, 3}), "taaabbb");
    EXPECT_EQ(roles_of({6, 1, 1}), "aaabbbts");
    EXPECT_EQ(roles_of({3, 3, 1, 2, 2}), "aaabbbtcrCR");
    EXPECT_EQ(roles_of({3, 3, 1, 1, 1, 1, 1}), "aaabbbtcrCR");
}

TEST(Interpolator, OthersAreRefused) {
    for (const std::vector<int> &channels : std::vector<std::vector<int>>{{},
                                                                          {1},
                                                                          {3},
                                                                          {6},
                                                                          {9},
                                                                          {10},
                                                                          {12},
                                                                          {4, 3},
                                                                          {5, 2},
                                                                          {3, 3},
                                                                          {3, 3, 3},
                                                                          {6, 3},
                                                                          {6, 6, 1},
                                                                          {3, 4}})
        EXPECT_THROW(static_cast<void>(roles_of(channels)), BadModel);
}

TEST(FlowScale, OfAnotherNetworkIsRefused) {
    Network network = test::conv_relu();
    EXPECT_THROW(scale_flow(network, 0.5), BadModel);
}

} // namespace
} // namespace vsmlrt::model
