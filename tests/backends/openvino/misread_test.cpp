// Which nodes OpenVINO does not get to read, on which devices. What they compute is the conformance suite's
// business.
#include "backends/openvino/misread.h"

#include "base/error.h"
#include "base/instruction_sets.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/nested.h"

#include <cstdlib>
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
        EXPECT_EQ(message.find("onnxruntime"), std::string::npos) << message; // which may not have it either
    }
}

// What a processor without AVX2 makes of them is for the emulated one of tools/levels.
TEST(Misread, WithoutAvx2ItsCodeForSoftsignAndGroupNormalizationIsNotUsedOnTheCpu) {
    for (const char *op : {"Softsign", "GroupNormalization"}) {
        Builder b(21);
        std::vector<Name> inputs = {b.input(4)};
        if (std::string(op) == "GroupNormalization")
            inputs.insert(inputs.end(), {b.constant({4}, {1, 2, 3, 4}), b.constant({4}, {0, 0, 1, 1})});
        b.output(b.node(op, inputs,
                        inputs.size() == 1 ? Attributes{} : Attributes{{"num_groups", std::int64_t{2}}}));
        const std::vector<std::byte> onnx = model::write_onnx(b.network());
        EXPECT_EQ(replace_misread(onnx, "CPU").empty(), may_use(InstructionSet::avx2)) << op;
        EXPECT_TRUE(replace_misread(onnx, "GPU").empty()) << op;
        const char *const given = std::getenv("VSMLRT_CPU");
        const std::string before = given ? given : "";
        ::setenv("VSMLRT_CPU", "baseline", 1);
        EXPECT_FALSE(replace_misread(onnx, "CPU").empty()) << op;
        EXPECT_TRUE(replace_misread(onnx, "GPU").empty()) << op;
        ::setenv("VSMLRT_CPU", before.c_str(), 1);
    }
}

TEST(Misread, WhatIsNotANetworkIsLeftToOpenVino) {
    EXPECT_TRUE(replace_misread(std::vector<std::byte>(100), "CPU").empty());
}

} // namespace
} // namespace vsmlrt::openvino
