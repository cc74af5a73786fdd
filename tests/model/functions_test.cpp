// Functions that stand inside of a network are written out at each call, with what the call gives them.
#include "model/functions.h"
#include "model/subgraph.h"

#include "base/error.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/nested.h"

#include <gtest/gtest.h>

namespace vsmlrt::model {
namespace {

using test::Attributes;
using test::Builder;
using test::function_of;

Network body(const std::string &op, const Attributes &attributes = {}, const std::string &domain = {}) {
    Builder b;
    const test::Name x = b.input(3);
    b.output(b.node("Add", {b.node(op, {x}, attributes), x}));
    Network network = b.network();
    for (Node &node : network.nodes)
        if (node.op == op)
            node.domain = domain;
    return network;
}

// x -> first -> second, each a call of a function.
Network calling(const Node &first, const Node &second) {
    Network network;
    network.domains["mine"] = 1;
    network.inputs = {{"x", Element::f32, false, {}}};
    network.outputs = {{"y", Element::f32, false, {}}};
    network.nodes = {first, second};
    network.nodes[0].inputs = {"x"};
    network.nodes[0].outputs = {"between"};
    network.nodes[1].inputs = {"between"};
    network.nodes[1].outputs = {"y"};
    return network;
}

Node call(const std::string &name, const std::string &op, const Attributes &attributes = {}) {
    return {name, op, "mine", {}, {}, attributes};
}

// Operators in their order; each node's inputs have to be there already.
std::vector<std::string> checked_operators(const Network &network) {
    std::set<std::string> known;
    for (const Value &input : network.inputs)
        known.insert(input.name);
    std::vector<std::string> found;
    for (const Node &node : network.nodes) {
        for (const std::string &input : node.inputs)
            EXPECT_TRUE(known.contains(input)) << node.label() << " takes " << input;
        for (const std::string &output : node.outputs)
            EXPECT_TRUE(known.insert(output).second) << output << " is made twice";
        found.push_back(node.op);
    }
    EXPECT_TRUE(known.contains("y"));
    return found;
}

TEST(InlineFunctions, EachCallHasNodesOfItsOwn) {
    Network network = calling(call("a", "Half"), call("b", "Half"));
    network.functions = {function_of("mine", "Half", body("Relu"))};
    const Network inlined = inline_functions(network);
    EXPECT_EQ(checked_operators(inlined), (std::vector<std::string>{"Relu", "Add", "Relu", "Add"}));
    EXPECT_TRUE(inlined.functions.empty());
    EXPECT_EQ(inlined.nodes[0].name.rfind("a/", 0), 0U);
}

TEST(InlineFunctions, FunctionsInsideOfFunctions) {
    Network network = calling(call("a", "Outer"), call("b", "Inner"));
    network.functions = {function_of("mine", "Outer", body("Inner", {}, "mine")),
                         function_of("mine", "Inner", body("Sigmoid"))};
    EXPECT_EQ(checked_operators(inline_functions(network)),
              (std::vector<std::string>{"Sigmoid", "Add", "Add", "Sigmoid", "Add"}));
}

TEST(InlineFunctions, AttributesAreThoseOfTheCall) {
    Network network = calling(call("a", "Sum", {{"keep", std::int64_t{0}}}), call("b", "Sum"));
    network.functions = {function_of("mine", "Sum", body("ReduceSum"), {{"keepdims", "keep"}})};
    const Network inlined = inline_functions(network);
    EXPECT_EQ(inlined.nodes.at(0).integer("keepdims", 7), 0);
    EXPECT_EQ(inlined.nodes.at(2).integer("keepdims", 7), 7);
}

TEST(InlineFunctions, AFunctionThatGivesItsInput) {
    Network network = calling(call("a", "Same"), call("b", "Same"));
    Network same;
    same.inputs = {{"v", Element::f32, false, {}}};
    same.outputs = same.inputs;
    network.functions = {function_of("mine", "Same", same)};
    EXPECT_EQ(checked_operators(inline_functions(network)),
              (std::vector<std::string>{"Identity", "Identity"}));
}

TEST(InlineFunctions, OperatorsOfAnotherVersionThatAreTheSame) {
    Network network = calling(call("a", "Half"), call("b", "Half"));
    Network other = body("Relu");
    for (const std::int64_t opset : {network.opset - 3, network.opset + 1, std::int64_t{20}}) {
        other.opset = opset;
        network.functions = {function_of("mine", "Half", other)};
        EXPECT_EQ(checked_operators(inline_functions(network)),
                  (std::vector<std::string>{"Relu", "Add", "Relu", "Add"}))
            << opset;
    }
}

// It is not written out: what it would give could not be read again.
TEST(InlineFunctions, AFunctionOfAnImpossibleVersionStaysACall) {
    Network network = calling(call("a", "Half"), call("b", "Half"));
    for (const bool own : {true, false}) {
        Network other = body("Relu");
        (own ? other.opset : other.domains["elsewhere"]) = 0;
        network.functions = {function_of("mine", "Half", other)};
        const Network inlined = inline_functions(network);
        EXPECT_EQ(checked_operators(inlined), (std::vector<std::string>{"Half", "Half"}));
        EXPECT_EQ(write_onnx(read_onnx(write_onnx(inlined))), write_onnx(inlined));
    }
}

// What a branch takes from the function is what the call gave it, and its own values are new at each call.
TEST(InlineFunctions, BranchesGoWithTheirNode) {
    Network network = calling(call("a", "Choose"), call("b", "Choose"));
    Builder b;
    const test::Name x = b.input(3);
    b.output(b.node("Tanh", {x}));
    Network choosing = b.network();
    Network branch = body("Relu");
    branch.inputs.clear(); // it takes the function's
    for (Node &node : branch.nodes)
        for (std::string &input : node.inputs)
            if (input == body("Relu").inputs[0].name)
                input = choosing.inputs[0].name;
    choosing.nodes[0].attributes["then_branch"] = test::graph_attribute("then_branch", branch);
    network.functions = {function_of("mine", "Choose", choosing)};
    const Network inlined = inline_functions(network);
    EXPECT_EQ(checked_operators(inlined), (std::vector<std::string>{"Tanh", "Tanh"}));
    EXPECT_TRUE(inlined.functions.empty());
    const auto first = names_in_subgraphs(inlined.nodes[0]);
    const auto second = names_in_subgraphs(inlined.nodes[1]);
    EXPECT_TRUE(first.contains("x"));
    EXPECT_FALSE(first.contains("between"));
    EXPECT_TRUE(second.contains("between"));
    EXPECT_FALSE(second.contains("x"));
    for (const std::string &name : first)
        EXPECT_FALSE(second.contains(name)) << name;
}

TEST(InlineFunctions, WhatCannotStandInTheCallsPlaceStays) {
    Network network = calling(call("a", "Half"), call("b", "Choose"));
    Network branch = body("Half", {}, "mine");
    Network other = body("ReduceMean");
    other.opset = 18;
    ASSERT_LT(network.opset, 18);
    Network choosing = body("Tanh");
    choosing.nodes[0].attributes["then_branch"] = test::graph_attribute("then_branch", branch);
    network.functions = {function_of("mine", "Half", other), function_of("mine", "Choose", choosing)};
    const Network inlined = inline_functions(network);
    EXPECT_EQ(checked_operators(inlined), (std::vector<std::string>{"Half", "Choose"}));
    EXPECT_EQ(inlined.functions, network.functions);
}

TEST(InlineFunctions, CirclesAndFloodsEnd) {
    Network circle = calling(call("a", "One"), call("b", "Two"));
    circle.functions = {function_of("mine", "One", body("Two", {}, "mine")),
                        function_of("mine", "Two", body("One", {}, "mine"))};
    EXPECT_THROW(static_cast<void>(inline_functions(circle)), Unsupported);

    // Each calls the next twice, and the last does nothing.
    Network flood = calling(call("a", "F0"), call("b", "F0"));
    for (int i = 0; i < 64; ++i) {
        Network twice = calling(call("c", text("F", i + 1)), call("d", text("F", i + 1)));
        flood.functions.push_back(function_of("mine", text("F", i), twice));
    }
    flood.functions.push_back(function_of("mine", "F64", Network{}));
    EXPECT_THROW(static_cast<void>(inline_functions(flood)), Unsupported);
}

} // namespace
} // namespace vsmlrt::model
