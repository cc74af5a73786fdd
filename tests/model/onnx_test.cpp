#include "base/error.h"
#include "model/load.h"
#include "model/onnx.h"
#include "networks.h"

#include <gtest/gtest.h>

namespace vsmlrt::model {
namespace {

using namespace test;

bool same(const Tensor &a, const Tensor &b) {
    return a.name == b.name && a.type == b.type && a.dims == b.dims && *a.bytes == *b.bytes;
}

bool same(const Attribute &a, const Attribute &b) {
    if (std::holds_alternative<Tensor>(a) && std::holds_alternative<Tensor>(b))
        return same(std::get<Tensor>(a), std::get<Tensor>(b));
    return a.index() == b.index() && std::visit(
                                         [&]<typename T>(const T &left) {
                                             if constexpr (std::is_same_v<T, Tensor>)
                                                 return false;
                                             else
                                                 return left == std::get<T>(b);
                                         },
                                         a);
}

void expect_same(const std::vector<Value> &a, const std::vector<Value> &b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].name, b[i].name);
        EXPECT_EQ(a[i].type, b[i].type);
        EXPECT_EQ(a[i].has_shape, b[i].has_shape);
        ASSERT_EQ(a[i].dims.size(), b[i].dims.size());
        for (std::size_t j = 0; j < a[i].dims.size(); ++j) {
            EXPECT_EQ(a[i].dims[j].size, b[i].dims[j].size);
            EXPECT_EQ(a[i].dims[j].symbol, b[i].dims[j].symbol);
        }
    }
}

void expect_same(const Node &a, const Node &b) {
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.op, b.op);
    EXPECT_EQ(a.domain, b.domain);
    EXPECT_EQ(a.inputs, b.inputs);
    EXPECT_EQ(a.outputs, b.outputs);
    ASSERT_EQ(a.attributes.size(), b.attributes.size());
    for (const auto &[name, value] : a.attributes)
        EXPECT_TRUE(same(value, b.attributes.at(name))) << name;
}

void expect_same(const Network &a, const Network &b) {
    EXPECT_EQ(a.ir_version, b.ir_version);
    EXPECT_EQ(a.opset, b.opset);
    EXPECT_EQ(a.domains, b.domains);
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.producer, b.producer);
    EXPECT_EQ(a.metadata, b.metadata);
    EXPECT_EQ(a.functions, b.functions);
    expect_same(a.inputs, b.inputs);
    expect_same(a.outputs, b.outputs);
    ASSERT_EQ(a.nodes.size(), b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i)
        expect_same(a.nodes[i], b.nodes[i]);
    ASSERT_EQ(a.initializers.size(), b.initializers.size());
    for (const auto &[name, tensor] : a.initializers)
        EXPECT_TRUE(same(tensor, b.initializers.at(name))) << name;
}

std::vector<std::byte> raw(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

// A network with one of everything that Network can hold.
Network everything() {
    Network network = conv_relu();
    network.ir_version = 9;
    network.opset = 18;
    network.domains = {{"com.example", 2}};
    network.name = "everything";
    network.metadata = {{"vsmlrt.multiple", "8"}, {"empty", ""}};
    network.functions = {raw("\x0a\x01"
                             "f")};
    Node custom = node("Custom", {"c", "", "bias"}, {"unused", "", "z"});
    custom.domain = "com.example";
    custom.attributes["integer"] = std::int64_t{-3};
    custom.attributes["real"] = 0.0F;
    custom.attributes["string"] = std::string("a\0b", 3);
    custom.attributes["integers"] = std::vector<std::int64_t>{1, -1, INT64_MIN};
    custom.attributes["reals"] = std::vector<float>{0.5F, 1e30F};
    custom.attributes["strings"] = std::vector<std::string>{"", "s"};
    custom.attributes["no_integers"] = std::vector<std::int64_t>{};
    custom.attributes["tensor"] = network.initializers.at("weight");
    // name "raw", type TYPE_PROTO (13), an empty tp
    custom.attributes["raw"] = RawAttribute{raw(std::string_view("\x0a\x03raw\xa0\x01\x0d\x72\x00", 10))};
    network.nodes.push_back(custom);
    network.outputs.push_back({"z", Element::i64, false, {}});
    network.inputs.push_back({"scalar", Element::f16, true, {}});
    network.inputs.push_back({"unknown", Element::f32, true, {{}, {}, {0, {}}}});
    return network;
}

TEST(Onnx, WritingThenReadingGivesTheSameNetwork) {
    const Network network = everything();
    expect_same(read_onnx(write_onnx(network)), network);
}

TEST(Onnx, WritingIsDeterministic) {
    EXPECT_EQ(write_onnx(everything()), write_onnx(everything()));
}

TEST(Onnx, NodesInAValidOrderKeepIt) {
    Network network = conv_relu();
    network.nodes.insert(network.nodes.begin(), node("Neg", {"x"}, {"unused"}));
    EXPECT_EQ(operators(read_onnx(write_onnx(network))), (std::vector<std::string>{"Neg", "Conv", "Relu"}));
}

TEST(Onnx, NodesAreBroughtIntoTopologicalOrder) {
    Network network = conv_relu();
    std::reverse(network.nodes.begin(), network.nodes.end());
    EXPECT_EQ(operators(read_onnx(write_onnx(network))), (std::vector<std::string>{"Conv", "Relu"}));
}

TEST(Onnx, AVeryDeepGraphInReverseIsSortedWithoutRecursion) {
    Network network = conv_relu();
    std::vector<Node> chain;
    std::string last = "y";
    for (int i = 0; i < 20000; ++i) {
        std::string before = "v" + std::to_string(i);
        chain.push_back(node("Neg", {before}, {last}));
        last = before;
    }
    chain.front().inputs.front() = "v0";
    network.nodes.back().outputs = {last};
    network.nodes.insert(network.nodes.begin(), chain.begin(), chain.end());
    const Network sorted = read_onnx(write_onnx(network));
    EXPECT_EQ(sorted.nodes.front().op, "Conv");
    EXPECT_EQ(sorted.nodes.back().outputs.front(), "y");
}

// As some tools write them; ONNX Runtime refuses such a network.
TEST(Onnx, OfNodesThatShareANameTheFirstKeepsIt) {
    Network network;
    network.domains[""] = 17;
    network.inputs = {{"x", Element::f32, false, {}}};
    network.outputs = {{"y", Element::f32, false, {}}};
    network.nodes = {
        {"same", "Neg", "", {"x"}, {"a"}, {}}, {"same", "Relu", "", {"a"}, {"b"}, {}},
        {"", "Neg", "", {"b"}, {"c"}, {}},     {"other", "Relu", "", {"c"}, {"d"}, {}},
        {"same", "Neg", "", {"d"}, {"y"}, {}},
    };
    std::vector<std::string> names;
    std::vector<std::string> labels;
    for (const Node &node : read_network(write_onnx(network)).nodes) {
        names.push_back(node.name);
        labels.push_back(node.label());
    }
    EXPECT_EQ(names, (std::vector<std::string>{"same", "", "", "other", ""}));
    EXPECT_EQ(labels, (std::vector<std::string>{"Neg \"same\"", "Relu \"b\"", "Neg \"c\"", "Relu \"other\"",
                                                "Neg \"y\""}));
}

TEST(Onnx, InitializersAreNoInputs) {
    Network network = conv_relu();
    network.inputs.push_back({"weight", Element::f32, true, {{2, {}}, {2, {}}, {1, {}}, {1, {}}}});
    const Network read = read_onnx(write_onnx(network));
    ASSERT_EQ(read.inputs.size(), 1U);
    EXPECT_EQ(read.inputs.front().name, "x");
}

TEST(Onnx, ANegativeInputSizeMeansUnknown) {
    Network network = conv_relu();
    network.inputs.front().dims[2].size = -1;
    EXPECT_FALSE(read_onnx(write_onnx(network)).inputs.front().dims[2].size);
}

TEST(Node, AnAttributeOfAnotherKindIsNamed) {
    Node conv = node("Conv", {"x"}, {"y"});
    conv.attributes["group"] = 1.0F;
    EXPECT_EQ(conv.integer("missing", 7), 7);
    try {
        (void)conv.integer("group", 1);
        FAIL();
    } catch (const BadModel &error) {
        EXPECT_STREQ(error.what(), "Conv \"Conv_y\": attribute \"group\" is not an integer");
    }
}

} // namespace
} // namespace vsmlrt::model
