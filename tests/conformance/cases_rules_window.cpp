// Every attribute of the operators with a sliding window, in every opset that has it.
#include "conformance/rules.h"

namespace vsmlrt::test {
namespace {

const model::Attribute one = ints({1, 1, 1, 1});
const model::Attribute two = ints({2, 2});
const model::Attribute three = ints({3, 3});

Case pool(const std::string &op, const std::string &name, std::int64_t opset, Attributes attributes) {
    attributes.add("kernel_shape", three);
    return rule(op + "_" + name, opset, op, 2, attributes, {{23, 17}, {8, 9}, {10, 7}});
}

// The last window of a pool that rounds up begins inside of the picture or its padding before, and what of it
// lies beyond the padding behind never counts.
std::vector<Case> pools_rounding_up(const std::string &op) {
    const bool average = op == "AveragePool";
    std::vector<Case> cases;
    for (const std::int64_t opset : {10, 12, 19, 22}) {
        for (const std::int64_t counted : {0, 1}) {
            if (!average && counted == 1)
                continue;
            const std::string name =
                std::string("ceil_") + std::to_string(opset) + (counted == 1 ? "_counting" : "");
            const auto add = [&](const char *what, Attributes attributes) {
                attributes["ceil_mode"] = whole(1);
                if (average)
                    attributes["count_include_pad"] = whole(counted);
                cases.push_back(pool(op, name + "_" + what, opset, attributes));
            };
            add("bare", {{"strides", two}});
            add("padded", {{"strides", two}, {"pads", one}});
            add("stride_3", {{"strides", three}, {"pads", one}});
            add("beyond_kernel", {{"kernel_shape", two}, {"strides", three}});
            add("uneven", {{"strides", two}, {"pads", ints({0, 1, 2, 0})}});
        }
    }
    return cases;
}

std::vector<Case> pools(const std::string &op) {
    std::vector<Case> cases = pools_rounding_up(op);
    for (const char *side : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
        const std::string name = side;
        cases.push_back(pool(op, name, 11, {{"auto_pad", word(side)}, {"strides", two}}));
        cases.push_back(
            pool(op, name + "_even", 12, {{"auto_pad", word(side)}, {"kernel_shape", ints({4, 2})}}));
        cases.push_back(pool(op, name + "_ceil", 19,
                             {{"auto_pad", word(side)}, {"strides", two}, {"ceil_mode", whole(1)}}));
        if (op == "AveragePool")
            cases.push_back(
                pool(op, name + "_counting", 19,
                     {{"auto_pad", word(side)}, {"strides", two}, {"count_include_pad", whole(1)}}));
    }
    const std::int64_t dilating = op == "AveragePool" ? 19 : 10;
    cases.push_back(pool(op, "dilated", dilating, {{"dilations", two}}));
    cases.push_back(pool(op, "dilated_padded", dilating, {{"dilations", ints({2, 1})}, {"pads", one}}));
    cases.push_back(
        pool(op, "dilated_strides", dilating, {{"dilations", two}, {"strides", two}, {"pads", one}}));
    cases.push_back(pool(op, "dilated_ceil", dilating,
                         {{"dilations", two}, {"strides", two}, {"pads", one}, {"ceil_mode", whole(1)}}));
    cases.push_back(
        pool(op, "dilated_same", dilating, {{"dilations", two}, {"auto_pad", word("SAME_UPPER")}}));
    cases.push_back(pool(op, "dilated_same_strides", dilating,
                         {{"dilations", two}, {"strides", two}, {"auto_pad", word("SAME_LOWER")}}));
    cases.back().skipped = {{"onnxruntime", "it leaves dilations out there, and is refused"}};
    cases.push_back(pool(op, "uneven_pads", 9, {{"pads", ints({0, 1, 2, 0})}}));
    return cases;
}

std::vector<Case> pools_of_one_kind() {
    const auto counting = [](const char *name, Attributes attributes) {
        attributes["count_include_pad"] = whole(1);
        return pool("AveragePool", name, 19, std::move(attributes));
    };
    return {counting("counting_uneven", {{"pads", ints({0, 1, 2, 0})}}),
            counting("counting_strides", {{"pads", one}, {"strides", two}}),
            counting("counting_dilated", {{"pads", one}, {"dilations", two}}),
            pool("MaxPool", "column_major", 8 + 2, {{"storage_order", whole(1)}}),
            pool("MaxPool", "padded_negative", 12, {{"pads", one}})};
}

struct Filter {
    std::string name;
    std::int64_t height = 3;
    std::int64_t width = 3;
    Attributes attributes;
    std::int64_t groups = 1;
    std::int64_t opset = 17;
};

Case convolution(const std::string &op, Filter filter) {
    if (filter.groups != 1)
        filter.attributes["group"] = filter.groups;
    return rule(op + "_" + filter.name, filter.opset,
                [&](Builder &b) {
                    const Name weights = op == "Conv"
                                             ? b.weights({8, 4 / filter.groups, filter.height, filter.width})
                                             : b.weights({4, 8 / filter.groups, filter.height, filter.width});
                    return b.node(op, {b.input(4), weights, b.random({8}, -0.5F, 0.5F)}, filter.attributes);
                },
                {{23, 17}, {8, 9}});
}

std::vector<Case> convolution_rules() {
    std::vector<Case> cases;
    for (const char *op : {"Conv", "ConvTranspose"}) {
        for (const char *side : {"SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"}) {
            const Attributes padded{{"auto_pad", word(side)}};
            const auto with = [&](const char *name, const model::Attribute &value) {
                Attributes attributes = padded;
                attributes[name] = value;
                return attributes;
            };
            const std::string name = side;
            cases.push_back(convolution(op, {name, 3, 3, padded}));
            cases.push_back(convolution(op, {name + "_even", 4, 2, padded}));
            cases.push_back(convolution(op, {name + "_strides", 3, 3, with("strides", ints({2, 3}))}));
            cases.push_back(convolution(op, {name + "_strides_even", 4, 4, with("strides", two)}));
            cases.push_back(convolution(op, {name + "_dilated", 3, 3, with("dilations", ints({2, 1}))}));
            cases.push_back(convolution(op, {name + "_groups", 3, 3, padded, 2}));
        }
        cases.push_back(convolution(op, {"kernel_shape_9", 2, 3, {{"kernel_shape", ints({2, 3})}}, 1, 9}));
        cases.push_back(convolution(
            op, {"dilated_strides_groups", 3, 2, {{"dilations", two}, {"strides", two}, {"pads", one}}, 4}));
        cases.push_back(convolution(
            op, {"uneven_all", 3, 4, {{"pads", ints({0, 2, 1, 3})}, {"strides", ints({3, 2})}}, 2}));
    }
    return cases;
}

std::vector<Case> enlargements() {
    std::vector<Case> cases;
    const auto add = [&](Filter filter) { cases.push_back(convolution("ConvTranspose", std::move(filter))); };
    const model::Attribute four = ints({4, 4});
    add({"output_padding", 3, 3, {{"strides", three}, {"output_padding", ints({2, 1})}}});
    add({"output_padding_pads", 3, 3, {{"strides", two}, {"output_padding", ints({1, 0})}, {"pads", one}}});
    add({"output_padding_dilated",
         3,
         3,
         {{"strides", two}, {"output_padding", ints({1, 1})}, {"dilations", two}, {"pads", one}}});
    add({"output_padding_groups", 3, 3, {{"strides", two}, {"output_padding", ints({1, 1})}}, 2});
    add({"output_padding_same",
         3,
         3,
         {{"strides", three}, {"output_padding", ints({1, 1})}, {"auto_pad", word("SAME_UPPER")}}});
    add({"negative_crop", 4, 4, {{"strides", two}, {"pads", ints({3, 3, 3, 3})}}});
    add({"strides_beyond_kernel", 2, 2, {{"strides", four}}});
    return cases;
}

// The size is stated; the padding follows from it. Only of one size of the picture.
Case sized_enlargement(const std::string &name, std::vector<std::int64_t> size, Attributes attributes) {
    attributes["output_shape"] = ints(std::move(size));
    Case entry = convolution("ConvTranspose", {name, 3, 3, std::move(attributes)});
    entry.extents = {{8, 9}};
    return entry;
}

std::vector<Case> sized_enlargements() {
    std::vector<Case> cases;
    const Attributes twice{{"strides", two}};
    cases.push_back(sized_enlargement("output_shape", {18, 16}, twice));
    cases.push_back(sized_enlargement("output_shape_odd", {17, 15}, twice));
    cases.push_back(sized_enlargement("output_shape_full", {19, 17}, twice));
    cases.push_back(sized_enlargement("output_shape_padding", {19, 17},
                                      {{"strides", two}, {"output_padding", ints({1, 1})}}));
    for (const char *side : {"SAME_UPPER", "SAME_LOWER"})
        cases.push_back(sized_enlargement(std::string("output_shape_") + side, {18, 16},
                                          {{"strides", two}, {"auto_pad", word(side)}}));
    return cases;
}

} // namespace

std::vector<Case> window_rules() {
    std::vector<Case> cases = pools("MaxPool");
    for (Case &entry : pools("AveragePool"))
        cases.push_back(std::move(entry));
    for (auto *const part : {pools_of_one_kind, convolution_rules, enlargements, sized_enlargements})
        for (Case &entry : part())
            cases.push_back(std::move(entry));
    return cases;
}

} // namespace vsmlrt::test
