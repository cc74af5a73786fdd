#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

Case resize(const std::string &name, float vertical, float horizontal, const Attributes &attributes,
            std::int64_t opset = 17) {
    Builder b(opset);
    const Name x = b.input(2);
    const Name scales = b.constant({4}, {1, 1, vertical, horizontal});
    const std::vector<Name> inputs =
        opset < 11 ? std::vector<Name>{x, scales} : std::vector<Name>{x, "", scales};
    b.output(b.node(opset == 9 ? "Upsample" : "Resize", inputs, attributes));
    return {"Resize_" + name, b.network()};
}

Attributes modes(const std::string &mode, const std::string &coordinates, const std::string &nearest = "") {
    Attributes attributes{{"mode", mode}, {"coordinate_transformation_mode", coordinates}};
    if (!nearest.empty())
        attributes["nearest_mode"] = nearest;
    return attributes;
}

Case to_size() {
    Builder b;
    b.output(b.node("Resize", {b.input(2), "", "", b.integers({1, 2, 13, 50})},
                    {{"mode", std::string("linear")}}));
    return {"Resize_to_size", b.network()};
}

Case stated_axes() {
    Builder b(18);
    b.output(b.node("Resize", {b.input(2), "", b.constant({2}, {3, 2})},
                    {{"mode", std::string("linear")}, {"axes", ints({3, 2})}}));
    return {"Resize_axes", b.network()};
}

// The end of compact upscalers: what the network adds, shuffled, to the repeated pixels of its input.
Case shuffled_sum(const std::string &name, std::int64_t factor, const Attributes &attributes,
                  const char *mode) {
    Builder b;
    const Name x = b.input(2);
    const Name more = b.node("Conv", {x, b.weights({2 * factor * factor, 2, 1, 1})}, {});
    const Name shuffled =
        b.node("DepthToSpace", {more}, {{"blocksize", factor}, {"mode", std::string(mode)}});
    const auto scale = static_cast<float>(factor);
    const Name grown = b.node("Resize", {x, "", b.constant({4}, {1, 1, scale, scale})}, attributes);
    b.output(b.node("Add", {shuffled, grown}, {}));
    return {"Resize_added_to_shuffled_" + name, b.network()};
}

// What libraries are known to leave out, where networks have it: between convolutions.
Case between_convolutions(const std::string &name, Attributes attributes, float scale) {
    Builder b(18);
    const Name x = b.node("Relu", {b.conv(b.input(3), 3, 8)});
    const Name small = b.node("Resize", {x, "", b.constant({2}, {scale, scale})}, [&] {
        attributes["axes"] = ints({2, 3});
        return attributes;
    }());
    b.output(b.conv(small, 8, 3));
    return {"Resize_between_" + name, b.network(), {{24, 16}, {8, 12}}};
}

} // namespace

std::vector<Case> resize_cases() {
    std::vector<Case> cases;
    for (const char *nearest : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
        for (const char *coordinates : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"}) {
            const std::string name = std::string("nearest_") + coordinates + "_" + nearest;
            cases.push_back(resize(name, 2, 3, modes("nearest", coordinates, nearest)));
            cases.push_back(resize(name + "_smaller", 0.5F, 0.6F, modes("nearest", coordinates, nearest)));
        }
    for (const char *mode : {"linear", "cubic"})
        for (const char *coordinates : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"}) {
            const std::string name = std::string(mode) + "_" + coordinates;
            cases.push_back(resize(name, 2, 3, modes(mode, coordinates)));
            cases.push_back(resize(name + "_smaller", 0.5F, 0.6F, modes(mode, coordinates)));
        }
    Attributes catmull_rom = modes("cubic", "half_pixel");
    catmull_rom["cubic_coeff_a"] = -0.5F;
    cases.push_back(resize("cubic_a", 2, 1.5F, catmull_rom));
    cases.push_back(resize("nearest_10", 2, 2, {{"mode", std::string("nearest")}}, 10));
    cases.push_back(resize("linear_10", 2, 2, {{"mode", std::string("linear")}}, 10));
    cases.push_back(resize("nearest_9", 2, 3, {{"mode", std::string("nearest")}}, 9));
    cases.push_back(to_size());
    for (const char *coordinates : {"half_pixel", "asymmetric"})
        for (const char *nearest : {"floor", "round_prefer_floor"})
            cases.push_back(shuffled_sum(std::string(coordinates) + "_" + nearest, 4,
                                         modes("nearest", coordinates, nearest), "CRD"));
    cases.push_back(shuffled_sum("linear", 2, modes("linear", "half_pixel"), "CRD"));
    cases.push_back(shuffled_sum("blocks_first", 3, modes("nearest", "asymmetric", "floor"), "DCR"));
    for (const char *mode : {"nearest", "linear", "cubic"})
        for (const char *coordinates : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"})
            cases.push_back(resize(std::string(mode) + "_" + coordinates + "_same_size", 1, 1,
                                   modes(mode, coordinates, mode == std::string("nearest") ? "floor" : "")));
    cases.push_back(stated_axes());
    cases.push_back(between_convolutions(
        "antialias", {{"mode", std::string("cubic")}, {"antialias", std::int64_t{1}}}, 0.5F));
    cases.push_back(between_convolutions("antialias_excluding",
                                         {{"mode", std::string("linear")},
                                          {"antialias", std::int64_t{1}},
                                          {"exclude_outside", std::int64_t{1}}},
                                         0.25F));
    cases.push_back(between_convolutions(
        "excluding", {{"mode", std::string("cubic")}, {"exclude_outside", std::int64_t{1}}}, 2));
    return cases;
}

} // namespace vsmlrt::test
