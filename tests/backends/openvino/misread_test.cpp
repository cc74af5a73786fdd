// Which nodes OpenVINO does not get to read, on which devices. What they compute is the conformance suite's
// business.
#include "backends/openvino/misread.h"

#include "base/error.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/nested.h"

#include <gtest/gtest.h>
#include <memory>

namespace vsmlrt::openvino {
namespace {

using test::Attributes;
using test::Builder;
using test::Name;

std::vector<std::byte> resized(const Attributes &attributes) {
    Builder b(19);
    b.output(b.node("Resize", {b.input(3), "", b.constant({4}, {1, 1, 0.5F, 0.5F})}, attributes));
    return model::write_onnx(b.network());
}

const Attributes plain{{"mode", std::string("linear")}};
const Attributes antialias{{"mode", std::string("linear")}, {"antialias", std::int64_t{1}}};

TEST(Misread, NetworksThatAreReadRightStayAsTheyAre) {
    EXPECT_TRUE(replace_misread(resized(plain), "CPU").empty());
    EXPECT_TRUE(replace_misread(resized(plain), "GPU").empty());
}

TEST(Misread, ANodeIsReplacedUnderItsName) {
    const std::vector<std::byte> bytes = replace_misread(resized(antialias), "CPU");
    ASSERT_FALSE(bytes.empty());
    const model::Network network = model::read_onnx(bytes);
    ASSERT_EQ(network.nodes.size(), 1U);
    EXPECT_EQ(network.nodes[0].domain, "vsmlrt");
    EXPECT_EQ(network.nodes[0].name, "Resize_0");
}

template <typename Exception>
std::string refusal(const std::vector<std::byte> &onnx, const char *device) {
    try {
        static_cast<void>(replace_misread(onnx, device));
    } catch (const Exception &error) {
        return error.what();
    }
    return "(accepted)";
}

TEST(Misread, DevicesThatCannotRunOurOperatorsAreNamed) {
    const std::string message = refusal<Unsupported>(resized(antialias), "GPU");
    EXPECT_NE(message.find("Resize \"Resize_0\""), std::string::npos) << message;
    EXPECT_NE(message.find("antialias"), std::string::npos) << message;
    EXPECT_NE(message.find("GPU"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(Misread, AnAttributeThatTheOperatorDoesNotHaveIsNamed) {
    Attributes attributes = plain;
    attributes["sharpness"] = std::int64_t{2};
    const std::string message = refusal<BadModel>(resized(attributes), "CPU");
    EXPECT_NE(message.find("\"sharpness\""), std::string::npos) << message;
    EXPECT_NE(message.find("Resize \"Resize_0\""), std::string::npos) << message;
}

// A network that is `outside`, and inside of an If the other.
std::vector<std::byte> with_branch(const std::vector<std::byte> &outside,
                                   const std::vector<std::byte> &inside) {
    model::Network network = model::read_onnx(outside);
    const model::Network branch = model::read_onnx(inside);
    network.initializers["condition"] = {
        "condition", Element::boolean, {}, std::make_shared<std::vector<std::byte>>(1)};
    network.nodes.push_back({"choose",
                             "If",
                             "",
                             {"condition"},
                             {"chosen"},
                             {{"then_branch", test::graph_attribute("then_branch", branch)},
                              {"else_branch", test::graph_attribute("else_branch", branch)}}});
    network.outputs.push_back({"chosen", Element::f32, false, {}});
    return model::write_onnx(network);
}

TEST(Misread, InsideOfControlFlowItIsNamed) {
    EXPECT_TRUE(replace_misread(with_branch(resized(plain), resized(plain)), "CPU").empty());
    for (const char *device : {"CPU", "GPU"}) {
        const std::string message =
            refusal<Unsupported>(with_branch(resized(plain), resized(antialias)), device);
        EXPECT_NE(message.find("Resize \"Resize_0\" in If \"choose\""), std::string::npos) << message;
        EXPECT_NE(message.find("antialias"), std::string::npos) << message;
        EXPECT_NE(message.find("use the onnxruntime backend"), std::string::npos) << message;
    }
}

TEST(Misread, WhatIsNotANetworkIsLeftToOpenVino) {
    EXPECT_TRUE(replace_misread(std::vector<std::byte>(100), "CPU").empty());
}

} // namespace
} // namespace vsmlrt::openvino
