// Every attribute of the operators that move elements, in every opset that has it.
#include "conformance/rules.h"

namespace vsmlrt::test {
namespace {

constexpr std::int64_t far = INT64_MAX;

Case padded(const std::string &name, std::int64_t opset, const char *mode,
            const std::vector<std::int64_t> &amounts, const std::vector<std::int64_t> &axes = {},
            std::optional<float> value = std::nullopt) {
    return rule("Pad_" + name, opset, [&](Builder &b) {
        const Name x = b.input(2);
        Attributes attributes{{"mode", word(mode)}};
        if (opset < 11) {
            attributes["pads"] = ints(amounts);
            if (value)
                attributes["value"] = *value;
            return b.node("Pad", {x}, attributes);
        }
        std::vector<Name> inputs{x, b.integers(amounts)};
        if (value || !axes.empty())
            inputs.push_back(value ? b.real(*value) : Name{});
        if (!axes.empty())
            inputs.push_back(b.integers(axes));
        return b.node("Pad", inputs, attributes);
    });
}

std::vector<Case> pads() {
    std::vector<Case> cases;
    for (const char *mode : {"constant", "reflect", "edge", "wrap"}) {
        const std::string name = mode;
        const bool wraps = name == "wrap";
        cases.push_back(padded(name + "_crop", 19, mode, {0, 0, -1, -2, 0, 0, -2, -1}));
        cases.push_back(padded(name + "_mixed", 19, mode, {0, 0, -1, 3, 0, 0, 2, -1}));
        cases.push_back(padded(name + "_most", 19, mode, {0, 0, 7, 7, 0, 0, 7, 7}));
        cases.push_back(padded(name + "_axes", 19, mode, {1, 2, 3, 4}, {3, -2}));
        cases.push_back(padded(name + "_channels", 19, mode, {0, 1, 0, 0, 0, 1, 2, 0}));
        if (wraps)
            continue;
        for (const std::int64_t opset : {9, 11, 13, 18, 21})
            cases.push_back(
                padded(name + "_" + std::to_string(opset), opset, mode, {0, 0, 1, 2, 0, 0, 3, 4}));
    }
    cases.push_back(padded("value_9", 9, "constant", {0, 0, 1, 2, 0, 0, 3, 4}, {}, 0.5F));
    cases.push_back(padded("value_11", 11, "constant", {0, 0, 1, 2, 0, 0, 3, 4}, {}, -0.5F));
    cases.push_back(padded("value_axes", 18, "constant", {2, 3}, {2}, 0.5F));
    cases.push_back(padded("value_crop", 18, "constant", {-2, 3}, {-1}, 0.5F));
    return cases;
}

Case sliced(const std::string &name, const std::vector<std::int64_t> &starts,
            const std::vector<std::int64_t> &ends, const std::vector<std::int64_t> &axes,
            const std::vector<std::int64_t> &steps, std::int64_t opset = 13) {
    return rule("Slice_" + name, opset, [&](Builder &b) {
        std::vector<Name> inputs{b.input(4), b.integers(starts), b.integers(ends)};
        inputs.push_back(axes.empty() ? Name{} : b.integers(axes));
        inputs.push_back(steps.empty() ? Name{} : b.integers(steps));
        return b.node("Slice", inputs);
    });
}

std::vector<Case> slices() {
    return {sliced("backwards", {-1, far}, {-far, 1}, {2, 3}, {-1, -1}),
            sliced("backwards_step", {-2, 5}, {-far, -far}, {3, 2}, {-3, -2}),
            sliced("from_beyond", {100}, {-100}, {3}, {-2}),
            sliced("to_beyond", {-100, -100}, {100, 100}, {2, 3}, {1, 2}),
            sliced("without_axes", {0, 1, 2, 1}, {1, 3, far, -1}, {}, {}),
            sliced("without_axes_steps", {0, 0, 0, 1}, {far, far, far, far}, {}, {1, 2, 3, 2}),
            sliced("negative_axes", {1, 1}, {-1, -1}, {-1, -2}, {1, 2}),
            sliced("opset_10", {1, 2}, {far, -2}, {3, 2}, {2, 1}, 10),
            sliced("last", {-1}, {far}, {1}, {1}),
            sliced("channels_backwards", {-1}, {-far}, {1}, {-1})};
}

Case split(const std::string &name, std::int64_t opset, int channels, std::int64_t axis,
           const std::vector<std::int64_t> &lengths, std::size_t outputs, bool stated_number = false) {
    return rule("Split_" + name, opset, [&](Builder &b) {
        Attributes attributes{{"axis", axis}};
        std::vector<Name> inputs{b.input(channels)};
        if (!lengths.empty() && opset < 13)
            attributes["split"] = ints(lengths);
        else if (!lengths.empty())
            inputs.push_back(b.integers(lengths));
        if (stated_number)
            attributes["num_outputs"] = static_cast<std::int64_t>(outputs);
        std::vector<Name> parts = b.nodes("Split", inputs, outputs, attributes);
        std::swap(parts.front(), parts.back());
        return b.node("Concat", parts, {{"axis", axis}});
    });
}

std::vector<Case> splits() {
    return {split("num_outputs", 18, 6, 1, {}, 3, true),
            split("num_outputs_uneven", 18, 7, 1, {}, 3, true),
            split("num_outputs_uneven_4", 18, 10, -3, {}, 4, true),
            split("lengths_18", 18, 7, 1, {4, 1, 2}, 3),
            split("lengths_11", 11, 7, 1, {4, 1, 2}, 3),
            split("equal_11", 11, 6, -3, {}, 2),
            split("equal_13", 13, 6, 1, {}, 3)};
}

std::vector<Case> blocks() {
    std::vector<Case> cases;
    const std::vector<vsmlrt_extent> sizes{{24, 16}, {6, 4}};
    cases.push_back(rule("DepthToSpace_9", 9, "DepthToSpace", 12, {{"blocksize", whole(2)}}));
    for (const char *mode : {"DCR", "CRD"})
        for (const std::int64_t opset : {11, 13})
            cases.push_back(rule(std::string("DepthToSpace_") + mode + "_" + std::to_string(opset), opset,
                                 "DepthToSpace", 12, {{"blocksize", whole(2)}, {"mode", word(mode)}}));
    cases.push_back(rule("SpaceToDepth_9", 9, "SpaceToDepth", 3, {{"blocksize", whole(2)}}, sizes));
    return cases;
}

// Channels in an order that is not its own inverse, in front of a convolution: by itself, and with what
// compilers fold into convolutions in between.
std::vector<Case> gathers_before_convolutions() {
    std::vector<Case> cases;
    for (const std::int64_t side : {1, 3, 5})
        for (const char *between : {"", "Mul", "Pad"})
            cases.push_back(rule("Gather_before_" + std::to_string(side) + between, 13, [&](Builder &b) {
                const std::vector<std::int64_t> order{3, 0, -4, 5, 1, -2};
                Name x = b.node("Gather", {b.input(6), b.integers(order)}, {{"axis", whole(1)}});
                if (between == std::string("Mul"))
                    x = b.node("Mul", {x, b.weights({1, 6, 1, 1})});
                if (between == std::string("Pad"))
                    x = b.node("Pad", {x, b.integers({0, 0, 2, 2, 0, 0, 2, 2})});
                return b.node("Conv", {x, b.weights({5, 6, side, side})});
            }));
    return cases;
}

std::vector<Case> gathers_and_shapes() {
    std::vector<Case> cases;
    for (const std::int64_t opset : {9, 11, 13})
        cases.push_back(rule("Gather_negative_" + std::to_string(opset), opset, [&](Builder &b) {
            const Name indices =
                opset < 11 ? b.integers({2, 0, 3, 1}) : b.integers({-1, 0, -4, 2}); // negative from 11 on
            return b.node("Gather", {b.input(4), indices}, {{"axis", whole(-3)}});
        }));
    for (const std::int64_t zero : {0, 1})
        cases.push_back(rule("Reshape_allowzero_" + std::to_string(zero), 14, [&](Builder &b) {
            const std::vector<std::int64_t> shape =
                zero == 0 ? std::vector<std::int64_t>{0, 2, 2, -1} : std::vector<std::int64_t>{1, 2, 2, -1};
            return b.node("Reshape", {b.input(4), b.integers(shape)}, {{"allowzero", zero}});
        }));
    for (const std::int64_t axis : {0, 1, 2, 3, 4, -1, -3})
        cases.push_back(rule("Flatten_" + std::to_string(axis), 13, [&](Builder &b) {
            return b.node("Flatten", {b.input(4)}, {{"axis", axis}});
        }));
    cases.push_back(rule("Shape_start_end", 15, [](Builder &b) {
        const Name x = b.input(3);
        const Name sizes = b.node("Shape", {x}, {{"start", whole(-3)}, {"end", whole(-1)}});
        const Name real = b.node("Cast", {sizes}, {{"to", whole(1)}});
        return b.node("Mul", {x, b.node("ReduceSum", {real, b.integers({0})}, {{"keepdims", whole(0)}})});
    }));
    cases.push_back(rule("Concat_negative", 13, [](Builder &b) {
        const Name x = b.input(3);
        return b.node("Concat", {x, b.node("Neg", {x})}, {{"axis", whole(-3)}});
    }));
    cases.push_back(rule("Transpose_default", 13, "Transpose", 3, {}));
    return cases;
}

} // namespace

std::vector<Case> movement_rules() {
    std::vector<Case> cases = pads();
    for (auto *const part : {slices, splits, blocks, gathers_before_convolutions, gathers_and_shapes})
        for (Case &entry : part())
            cases.push_back(std::move(entry));
    return cases;
}

} // namespace vsmlrt::test
