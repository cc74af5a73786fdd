#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

struct Window {
    std::string name;
    std::int64_t height = 3;
    std::int64_t width = 3;
    Attributes attributes;
    std::int64_t groups = 1;
    bool bias = true;
    std::int64_t channels = 8; // of the result
};

Case conv(Window w) {
    Builder b;
    w.attributes["group"] = w.groups;
    std::vector<Name> inputs{b.input(4), b.weights({w.channels, 4 / w.groups, w.height, w.width})};
    if (w.bias)
        inputs.push_back(b.random({w.channels}, -0.5F, 0.5F));
    b.output(b.node("Conv", inputs, w.attributes));
    return {"Conv_" + w.name, b.network()};
}

Case conv_transpose(Window w) {
    Builder b;
    w.attributes["group"] = w.groups;
    std::vector<Name> inputs{b.input(4), b.weights({4, w.channels / w.groups, w.height, w.width})};
    if (w.bias)
        inputs.push_back(b.random({w.channels}, -0.5F, 0.5F));
    b.output(b.node("ConvTranspose", inputs, w.attributes));
    return {"ConvTranspose_" + w.name, b.network()};
}

Case pool(const std::string &op, const std::string &name, Attributes attributes, std::int64_t opset = 17) {
    Builder b(opset);
    b.output(b.node(op, {b.input(3)}, std::move(attributes)));
    return {op + "_" + name, b.network()};
}

const model::Attribute same_upper = std::string("SAME_UPPER");
const model::Attribute same_lower = std::string("SAME_LOWER");

std::vector<Case> convolutions() {
    return {conv({"3x3", 3, 3, {{"pads", ints({1, 1, 1, 1})}}}),
            conv({"valid", 3, 5, {}}),
            conv({"1x1_without_bias", 1, 1, {}, 1, false}),
            conv({"stride2", 3, 3, {{"pads", ints({1, 1, 1, 1})}, {"strides", ints({2, 2})}}}),
            conv({"stride_3_1", 4, 2, {{"strides", ints({3, 1})}}}),
            conv({"dilated", 3, 3, {{"pads", ints({2, 3, 2, 3})}, {"dilations", ints({2, 3})}}}),
            conv({"uneven_pads", 3, 4, {{"pads", ints({2, 0, 1, 3})}}}),
            conv({"pads_beyond_kernel", 1, 2, {{"pads", ints({2, 3, 2, 3})}}}),
            conv({"groups", 3, 3, {{"pads", ints({1, 1, 1, 1})}}, 2}),
            conv({"depthwise", 3, 3, {{"pads", ints({1, 1, 1, 1})}}, 4, true, 8}),
            conv({"same_upper", 4, 3, {{"auto_pad", same_upper}, {"strides", ints({2, 2})}}}),
            conv({"same_lower", 4, 3, {{"auto_pad", same_lower}, {"strides", ints({2, 2})}}})};
}

// Layers whose results have few channels, which backends are free to compute a block of pixels at a time.
std::vector<Case> layers_of_few_channels() {
    const model::Attribute one = ints({1, 1, 1, 1});
    const model::Attribute two = ints({2, 2});
    std::vector<Case> cases = {
        conv({"to_3", 3, 3, {{"pads", one}}, 1, true, 3}),
        conv({"to_3_without_bias", 3, 3, {{"pads", one}}, 1, false, 3}),
        conv({"to_1_valid", 5, 3, {}, 1, true, 1}),
        conv({"to_4_uneven_pads", 3, 4, {{"pads", ints({2, 0, 1, 3})}}, 1, true, 4}),
        conv_transpose({"to_3_k4s2p1", 4, 4, {{"strides", two}, {"pads", one}}, 1, true, 3}),
        conv_transpose({"to_3_k4s2p3", 4, 4, {{"strides", two}, {"pads", ints({3, 3, 3, 3})}}, 1, true, 3}),
        conv_transpose({"to_3_k2s2", 2, 2, {{"strides", two}}, 1, false, 3}),
        conv_transpose(
            {"to_1_k9s3p4", 9, 9, {{"strides", ints({3, 3})}, {"pads", ints({4, 4, 4, 4})}}, 1, true, 1}),
        conv_transpose({"to_2_uneven", 5, 4, {{"strides", two}, {"pads", ints({0, 1, 2, 0})}}, 1, true, 2}),
        conv_transpose({"to_3_output_padding",
                        3,
                        3,
                        {{"strides", two}, {"pads", one}, {"output_padding", ints({1, 1})}},
                        1,
                        true,
                        3}),
        conv_transpose({"to_3_more_output_padding_than_pads",
                        4,
                        4,
                        {{"strides", two}, {"output_padding", ints({1, 0})}},
                        1,
                        true,
                        3})};
    for (Case &entry : cases)
        entry.extents.push_back({24, 18});
    return cases;
}

std::vector<Case> transposed_convolutions() {
    return {
        conv_transpose({"k4s2p1", 4, 4, {{"strides", ints({2, 2})}, {"pads", ints({1, 1, 1, 1})}}}),
        conv_transpose({"k4s2p3", 4, 4, {{"strides", ints({2, 2})}, {"pads", ints({3, 3, 3, 3})}}}),
        conv_transpose({"k2s2", 2, 2, {{"strides", ints({2, 2})}}, 1, false}),
        conv_transpose({"k3s1", 3, 3, {}}),
        conv_transpose(
            {"output_padding",
             3,
             3,
             {{"strides", ints({2, 3})}, {"pads", ints({1, 1, 1, 1})}, {"output_padding", ints({1, 2})}}}),
        conv_transpose({"groups", 4, 4, {{"strides", ints({2, 2})}, {"pads", ints({1, 1, 1, 1})}}, 2}),
        conv_transpose({"dilated", 3, 2, {{"strides", ints({2, 1})}, {"dilations", ints({2, 3})}}}),
        conv_transpose({"uneven_pads", 5, 4, {{"strides", ints({2, 2})}, {"pads", ints({0, 1, 2, 0})}}})};
}

} // namespace

std::vector<Case> window_cases() {
    std::vector<Case> cases = convolutions();
    for (Case &entry : transposed_convolutions())
        cases.push_back(std::move(entry));
    for (Case &entry : layers_of_few_channels())
        cases.push_back(std::move(entry));
    const model::Attribute two = ints({2, 2});
    const model::Attribute three = ints({3, 3});
    const model::Attribute border = ints({1, 1, 1, 1});
    const std::int64_t yes = 1;
    for (const char *op : {"MaxPool", "AveragePool"}) {
        cases.push_back(pool(op, "2x2", {{"kernel_shape", two}, {"strides", two}}));
        cases.push_back(pool(op, "3x3", {{"kernel_shape", three}, {"pads", border}}));
        cases.push_back(
            pool(op, "ceil",
                 {{"kernel_shape", three}, {"strides", two}, {"pads", border}, {"ceil_mode", yes}}, 19));
        cases.push_back(
            pool(op, "same", {{"kernel_shape", three}, {"strides", two}, {"auto_pad", same_upper}}));
    }
    cases.push_back(pool("MaxPool", "dilated", {{"kernel_shape", three}, {"dilations", two}}));
    cases.push_back(pool("AveragePool", "counting_pads",
                         {{"kernel_shape", three}, {"pads", border}, {"count_include_pad", yes}}));
    return cases;
}

} // namespace vsmlrt::test
