// Every attribute of Resize, in every opset that has it, as the ONNX specification and onnx.reference state
// it.
#include "conformance/rules.h"

namespace vsmlrt::test {
namespace {

struct Wanted {
    std::string name;
    Attributes attributes;
    std::vector<float> scales = {};       // vertical and horizontal
    std::vector<std::int64_t> sizes = {}; // the same; either of them
    std::int64_t opset = 19;
    std::vector<float> roi = {}; // of all four axes
};

Case resize(const Wanted &wanted) {
    return rule("Resize_" + wanted.name, wanted.opset, [&](Builder &b) {
        const Name x = b.input(2);
        const bool axes = wanted.attributes.contains("axes");
        const Name roi = wanted.roi.empty()
                             ? Name{}
                             : b.constant({static_cast<std::int64_t>(wanted.roi.size())}, wanted.roi);
        if (!wanted.sizes.empty()) {
            std::vector<std::int64_t> sizes = wanted.sizes;
            if (!axes)
                sizes.insert(sizes.begin(), {1, 2});
            // Opset 11 has no Resize without scales.
            const Name scales = wanted.opset < 13 ? b.constant({0}, {}) : Name{};
            const Name region = wanted.opset < 13 && roi.empty() ? b.constant({0}, {}) : roi;
            return b.node("Resize", {x, region, scales, b.integers(sizes)}, wanted.attributes);
        }
        std::vector<float> scales = wanted.scales;
        if (!axes)
            scales.insert(scales.begin(), {1, 1});
        const Name factors = b.constant({static_cast<std::int64_t>(scales.size())}, scales);
        if (wanted.opset < 11)
            return b.node(wanted.opset < 10 ? "Upsample" : "Resize", {x, factors}, wanted.attributes);
        const Name region = wanted.opset < 13 && roi.empty() ? b.constant({0}, {}) : roi;
        return b.node("Resize", {x, region, factors}, wanted.attributes);
    });
}

Attributes with(Attributes attributes, const char *name, const model::Attribute &value) {
    attributes[name] = value;
    return attributes;
}

Attributes mode(const char *interpolation, const char *coordinates = "half_pixel") {
    return {{"mode", word(interpolation)}, {"coordinate_transformation_mode", word(coordinates)}};
}

std::vector<Case> kernels() {
    std::vector<Case> cases;
    for (const char *interpolation : {"linear", "cubic"}) {
        const std::string name = interpolation;
        for (const char *coordinates :
             {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"}) {
            const std::string form = name + "_" + coordinates;
            const Attributes plain = mode(interpolation, coordinates);
            const Attributes antialias = with(plain, "antialias", whole(1));
            cases.push_back(resize({form + "_antialias", antialias, {0.5F, 0.4F}}));
            // The middle of the picture stays a pixel's centre in odd sizes, but for rounding.
            if (coordinates == std::string("half_pixel_symmetric"))
                cases.back().extents = {{23, 17}, {10, 12}};
            cases.push_back(resize({form + "_antialias_larger", antialias, {2, 1.5F}}));
        }
        const Attributes plain = mode(interpolation);
        const Attributes excluding = with(plain, "exclude_outside", whole(1));
        const Attributes antialias = with(plain, "antialias", whole(1));
        cases.push_back(resize({name + "_antialias_18", antialias, {0.5F, 0.25F}, {}, 18}));
        cases.push_back(resize({name + "_antialias_one_axis", antialias, {1, 0.3F}}));
        cases.push_back(resize({name + "_antialias_mixed", antialias, {0.4F, 1.7F}}));
        cases.push_back(resize({name + "_antialias_sizes", antialias, {}, {5, 4}}));
        cases.push_back(resize(
            {name + "_antialias_excluding", with(antialias, "exclude_outside", whole(1)), {0.5F, 0.4F}}));
        for (const std::int64_t opset : {11, 13, 18, 19})
            if (name == "cubic" || opset == 19)
                cases.push_back(resize(
                    {name + "_excluding_" + std::to_string(opset), excluding, {0.6F, 2.5F}, {}, opset}));
        if (name == "linear")
            cases.back().skipped = {{"onnxruntime", "it has exclude_outside for cubic alone, and says so"}};
        cases.push_back(resize(
            {name + "_half_pixel_symmetric", mode(interpolation, "half_pixel_symmetric"), {1.7F, 0.45F}}));
        cases.push_back(
            resize({name + "_pytorch_to_one", mode(interpolation, "pytorch_half_pixel"), {}, {1, 1}}));
        cases.push_back(
            resize({name + "_align_corners_to_one", mode(interpolation, "align_corners"), {}, {1, 3}}));
        for (const std::int64_t opset : {11, 13, 18, 19})
            cases.push_back(
                resize({name + "_sizes_" + std::to_string(opset), mode(interpolation), {}, {11, 20}, opset}));
    }
    Attributes sharp = mode("cubic");
    sharp["cubic_coeff_a"] = -0.5F;
    cases.push_back(resize({"cubic_a_excluding", with(sharp, "exclude_outside", whole(1)), {1.5F, 0.7F}}));
    cases.push_back(resize({"cubic_a_antialias", with(sharp, "antialias", whole(1)), {0.3F, 0.7F}}));
    cases.push_back(resize({"cubic_a_11", sharp, {2, 3}, {}, 11}));
    return cases;
}

std::vector<Case> nearest() {
    std::vector<Case> cases;
    for (const char *round : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) {
        const std::string name = std::string("nearest_") + round;
        const auto how = [&](const char *coordinates) {
            return with(mode("nearest", coordinates), "nearest_mode", word(round));
        };
        cases.push_back(resize({name + "_symmetric", how("half_pixel_symmetric"), {1.7F, 0.45F}}));
        // The middle stays the middle: where that is as far from two pixels, rounding decides.
        if (name.find("round") == std::string::npos)
            cases.back().extents = {{24, 18}, {8, 10}};
        cases.push_back(resize({name + "_for_nn", how("tf_half_pixel_for_nn"), {2, 0.5F}, {}, 11}));
        cases.push_back(resize({name + "_sizes_11", how("half_pixel"), {}, {9, 30}, 11}));
        cases.push_back(resize({name + "_to_one", how("pytorch_half_pixel"), {}, {1, 1}}));
        cases.push_back(resize({name + "_corner_to_one", how("align_corners"), {}, {1, 1}}));
    }
    cases.push_back(resize({"nearest_default", {}, {2, 1.5F}}));
    for (const std::int64_t opset : {9, 10}) {
        const std::string name = std::to_string(opset);
        cases.push_back(resize({"nearest_larger_" + name, {}, {1.5F, 2.6F}, {}, opset}));
        cases.push_back(
            resize({"linear_larger_" + name, {{"mode", word("linear")}}, {1.5F, 2.6F}, {}, opset}));
    }
    cases.push_back(resize({"nearest_smaller_10", {}, {0.6F, 0.45F}, {}, 10}));
    cases.push_back(resize({"linear_smaller_10", {{"mode", word("linear")}}, {0.6F, 0.45F}, {}, 10}));
    return cases;
}

std::vector<Case> aspects() {
    std::vector<Case> cases;
    for (const char *policy : {"not_larger", "not_smaller"})
        for (const char *interpolation : {"nearest", "linear", "cubic"}) {
            const std::string name = std::string(policy) + "_" + interpolation;
            const Attributes kept = with(mode(interpolation), "keep_aspect_ratio_policy", word(policy));
            const Attributes two = with(kept, "axes", ints({2, 3}));
            cases.push_back(resize({name, two, {}, {12, 30}}));
            cases.push_back(resize({name + "_smaller", two, {}, {7, 5}, 18}));
            if (interpolation != std::string("nearest"))
                cases.push_back(resize({name + "_antialias", with(two, "antialias", whole(1)), {}, {7, 5}}));
        }
    Attributes swapped = with(mode("linear"), "keep_aspect_ratio_policy", word("not_larger"));
    // The box follows from the picture's size.
    cases.push_back(rule("Resize_not_larger_computed", 19, [](Builder &b) {
        const Name x = b.input(2);
        const Name sizes = b.node("Shape", {x}, {{"start", whole(2)}});
        const Name box = b.node("Add", {b.node("Mul", {sizes, b.integers({2, 1})}), b.integers({3, 5})});
        Attributes kept = with(mode("linear"), "keep_aspect_ratio_policy", word("not_larger"));
        kept["axes"] = ints({2, 3});
        return b.node("Relu", {b.node("Resize", {x, "", "", box}, kept)});
    }));
    cases.push_back(resize({"not_larger_axes", with(swapped, "axes", ints({3, 2})), {}, {12, 30}}));
    cases.push_back(resize({"negative_axes", with(mode("linear"), "axes", ints({-1, -2})), {}, {12, 30}}));
    cases.back().skipped = {{"onnxruntime", "it reads negative axes as others, and is refused"}};
    return cases;
}

std::vector<Case> regions() {
    std::vector<Case> cases;
    const std::vector<float> inner{0, 0, 0.1F, 0.2F, 1, 1, 0.7F, 0.9F};
    const std::vector<float> beyond{0, 0, -0.2F, 0.3F, 1, 1, 0.8F, 1.4F};
    for (const char *interpolation : {"nearest", "linear", "cubic"}) {
        const std::string name = interpolation;
        const Attributes crop = mode(interpolation, "tf_crop_and_resize");
        cases.push_back(resize({name + "_region", crop, {}, {12, 30}, 19, inner}));
        cases.push_back(resize({name + "_region_scales", crop, {0.7F, 1.5F}, {}, 13, inner}));
        cases.push_back(resize({name + "_region_11", crop, {}, {6, 7}, 11, inner}));
        cases.push_back(resize(
            {name + "_region_beyond", with(crop, "extrapolation_value", 0.25F), {}, {12, 30}, 19, beyond}));
        cases.push_back(resize({name + "_region_one", crop, {}, {1, 9}, 19, inner}));
        cases.push_back(resize({name + "_region_axes",
                                with(crop, "axes", ints({3, 2})),
                                {},
                                {12, 30},
                                18,
                                {0.1F, 0.2F, 0.7F, 0.9F}}));
    }
    return cases;
}

} // namespace

std::vector<Case> resize_rules() {
    std::vector<Case> cases = kernels();
    for (auto *const part : {nearest, aspects, regions})
        for (Case &entry : part())
            cases.push_back(std::move(entry));
    return cases;
}

} // namespace vsmlrt::test
