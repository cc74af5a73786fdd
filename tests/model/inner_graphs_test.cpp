#include "model/inner_graphs.h"

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
using test::graph_attribute;

Network branch(const std::string &op, const Attributes &attributes = {}) {
    Builder b;
    b.output(b.node(op, {b.input(3), b.constant({1}, {0.5F})}, attributes));
    return b.network();
}

Node if_node(const std::string &name, const Network &first, const Network &second) {
    return {name,
            "If",
            "",
            {"condition"},
            {name + "_output"},
            {{"then_branch", graph_attribute("then_branch", first)},
             {"else_branch", graph_attribute("else_branch", second)}}};
}

std::vector<std::string> seen(const Network &network) {
    std::vector<std::string> found;
    for (const InnerGraph &inner : inner_graphs(network))
        for (const Node &node : inner.graph.nodes)
            found.push_back(node.op + " " + inner.where);
    return found;
}

TEST(InnerGraphs, OfBothBranchesAtAnyDepth) {
    Network inner = branch("Mul");
    inner.nodes.push_back(if_node("deep", branch("Div"), branch("Sub")));
    Network network = branch("Add");
    network.nodes.push_back(if_node("choose", inner, branch("Max")));
    // Attributes are in the order of their names: else before then.
    EXPECT_EQ(seen(network),
              (std::vector<std::string>{"Max in If \"choose\"", "Mul in If \"choose\"", "If in If \"choose\"",
                                        "Sub in If \"deep\"", "Div in If \"deep\""}));
    EXPECT_TRUE(inner_graphs(branch("Add")).empty());
}

TEST(InnerGraphs, KnowTheInitializersAroundThemAndTheirOwn) {
    Network network = branch("Add");
    network.initializers = {{"outer", make_tensor("outer", {1}, std::vector<float>{7})}};
    network.nodes.push_back(if_node("choose", branch("Mul"), branch("Max")));
    const std::vector<InnerGraph> found = inner_graphs(network);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].graph.initializers.at("outer").as<float>()[0], 7.F);
    EXPECT_EQ(found[0].graph.initializers.size(), 2U);
    EXPECT_EQ(found[0].graph.opset, network.opset);
}

TEST(InnerGraphs, AFunctionHasWhatEachCallGivesIt) {
    Network network = branch("Add");
    const Network body = branch("ReduceSum", {{"keepdims", std::int64_t{0}}});
    network.domains["mine"] = 1;
    network.functions.push_back(function_of("mine", "Sum", body, {{"noop_with_empty_axes", "noop"}}));
    const std::string initializer = network.initializers.begin()->first;
    network.nodes.push_back({"one", "Sum", "mine", {initializer}, {"a"}, {{"noop", std::int64_t{1}}}});
    network.nodes.push_back({"two", "Sum", "mine", {"other"}, {"b"}, {}});
    network.nodes.push_back({"three", "Sum", "theirs", {"other"}, {"c"}, {}});
    const std::vector<InnerGraph> found = inner_graphs(network);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].where, "in the function of Sum \"one\"");
    EXPECT_EQ(found[0].graph.nodes.at(0).integer("noop_with_empty_axes", 0), 1);
    EXPECT_EQ(found[0].graph.nodes.at(0).integer("keepdims", 1), 0);
    EXPECT_TRUE(found[0].graph.initializers.contains(body.inputs[0].name));
    EXPECT_FALSE(found[1].graph.nodes.at(0).attributes.contains("noop_with_empty_axes"));
    EXPECT_TRUE(found[1].graph.initializers.empty());
}

TEST(InnerGraphs, FunctionsThatCallEachOtherAreRefused) {
    Network network = branch("Add");
    Network body = branch("Mul");
    body.nodes.push_back({"again", "Loop", "mine", {"x"}, {"y"}, {}});
    network.functions.push_back(function_of("mine", "Loop", body));
    network.nodes.push_back({"first", "Loop", "mine", {"x"}, {"y"}, {}});
    EXPECT_THROW((void)inner_graphs(network), Unsupported);
}

TEST(InnerGraphs, WhatIsBrokenIsLeftOut) {
    Network network = branch("Add");
    Node node = if_node("choose", branch("Mul"), branch("Max"));
    auto &message = std::get<RawAttribute>(node.attributes.at("then_branch")).message;
    for (std::size_t size = message.size(); size-- > 0;) {
        message.resize(size);
        network.nodes = {node};
        EXPECT_NO_THROW((void)inner_graphs(network));
    }
    network.functions.push_back(std::vector<std::byte>(5, std::byte{0xFF}));
    EXPECT_NO_THROW((void)inner_graphs(network));
}

} // namespace
} // namespace vsmlrt::model
