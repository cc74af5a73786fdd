#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

Case joined(std::int64_t along) {
    Builder b;
    const Name x = b.input(2);
    b.output(b.node("Concat", {x, b.node("Neg", {x}), x}, axis(along)));
    return {"Concat_" + std::to_string(along), b.network()};
}

Case split(const std::string &name, std::int64_t opset, bool stated) {
    Builder b(opset);
    const Name x = b.input(6);
    Attributes attributes = axis(1);
    std::vector<Name> inputs{x};
    if (stated && opset < 13)
        attributes["split"] = ints({1, 2, 3});
    else if (stated)
        inputs.push_back(b.integers({1, 2, 3}));
    const std::vector<Name> parts = b.nodes("Split", inputs, 3, attributes);
    b.output(b.node("Concat", {parts[2], parts[0], parts[1]}, axis(1)));
    return {"Split_" + name, b.network()};
}

Case slice(const std::string &name, std::vector<std::int64_t> starts, std::vector<std::int64_t> ends,
           std::vector<std::int64_t> axes, std::vector<std::int64_t> steps) {
    Builder b;
    std::vector<Name> inputs{b.input(4), b.integers(starts), b.integers(ends), b.integers(axes)};
    if (!steps.empty())
        inputs.push_back(b.integers(steps));
    b.output(b.node("Slice", inputs));
    return {"Slice_" + name, b.network()};
}

Case slice_attributes() {
    Builder b(9);
    b.output(b.node("Slice", {b.input(4)},
                    {{"starts", ints({1, 2})}, {"ends", ints({3, -2})}, {"axes", ints({1, 3})}}));
    return {"Slice_attributes", b.network()};
}

Case pad(const std::string &mode, std::vector<std::int64_t> amounts) {
    Builder b(19);
    std::vector<Name> inputs{b.input(2), b.integers(amounts)};
    if (mode == "constant")
        inputs.push_back(b.real(0.5F));
    b.output(b.node("Pad", inputs, {{"mode", mode}}));
    return {"Pad_" + mode, b.network()};
}

Case pad_attributes() {
    Builder b(10);
    b.output(b.node("Pad", {b.input(2)},
                    {{"mode", std::string("reflect")}, {"pads", ints({0, 0, 1, 2, 0, 0, 3, 4})}}));
    return {"Pad_attributes", b.network()};
}

Case single(const std::string &name, const std::string &op, int channels, const Attributes &attributes,
            std::vector<vsmlrt_extent> extents = {{24, 16}, {4, 8}}) {
    Builder b(17);
    b.output(b.node(op, {b.input(channels)}, attributes));
    return {name, b.network(), std::move(extents)};
}

// PyTorch's pixel_unshuffle as its exporter writes it.
Case pixel_unshuffle() {
    Builder b;
    const Name x = b.input(3);
    const Name shape = b.node("Shape", {x});
    const auto size = [&](std::int64_t of) {
        const Name one = b.node("Gather", {shape, b.integers({of})}, axis(0));
        return b.node("Div", {one, b.integers({2})});
    };
    const Name two = b.integers({2});
    const Name split_dims = b.node("Concat", {b.integers({1, 3}), size(2), two, size(3), two}, axis(0));
    const Name blocks = b.node("Reshape", {x, split_dims});
    const Name moved = b.node("Transpose", {blocks}, {{"perm", ints({0, 1, 3, 5, 2, 4})}});
    const Name dims = b.node("Concat", {b.integers({1, 12}), size(2), size(3)}, axis(0));
    b.output(b.conv(b.node("Reshape", {moved, dims}), 12, 4));
    return {"pixel_unshuffle", b.network(), {{24, 16}, {6, 8}}};
}

Case squeeze(std::int64_t opset) {
    Builder b(opset);
    const Name x = b.input(1);
    const bool old = opset < 13;
    const Attributes first{{"axes", ints({1})}};
    const Attributes second{{"axes", ints({0, 2})}};
    const Name flat = old ? b.node("Squeeze", {x}, first) : b.node("Squeeze", {x, b.integers({1})});
    const Name deep =
        old ? b.node("Unsqueeze", {flat}, second) : b.node("Unsqueeze", {flat, b.integers({0, 2})});
    b.output(b.node("Squeeze", old ? std::vector<Name>{deep} : std::vector<Name>{deep, b.integers({0})},
                    old ? Attributes{{"axes", ints({0})}} : Attributes{}));
    return {"Squeeze_" + std::to_string(opset), b.network()};
}

Case flatten() {
    Builder b;
    b.output(b.node("Flatten", {b.input(2)}, axis(2)));
    return {"Flatten", b.network()};
}

Case expand_and_tile() {
    Builder b;
    const Name x = b.input(1);
    const Name wide = b.node("Expand", {x, b.integers({1, 3, 1, 1})});
    b.output(b.node("Tile", {wide, b.integers({1, 2, 1, 3})}));
    return {"Expand_Tile", b.network()};
}

Case gather(std::int64_t along) {
    Builder b;
    b.output(b.node("Gather", {b.input(4), b.integers({2, 0, -1, 2})}, axis(along)));
    return {"Gather_" + std::to_string(along), b.network()};
}

} // namespace

std::vector<Case> movement_cases() {
    std::vector<Case> cases{joined(1),
                            joined(-2),
                            joined(3),
                            split("equal", 17, false),
                            split("stated", 17, true),
                            split("attribute", 11, true),
                            slice("crop", {2, 1}, {-3, INT64_MAX}, {2, 3}, {}),
                            slice("steps", {0, 1}, {INT64_MAX, -1}, {2, 3}, {2, 3}),
                            slice("backwards", {-1}, {INT64_MIN + 1}, {3}, {-1}),
                            slice("channels", {-2}, {4}, {1}, {}),
                            slice_attributes(),
                            pad("constant", {0, 1, 2, 3, 0, 0, 1, 2}),
                            pad("reflect", {0, 0, 3, 2, 0, 0, 4, 5}),
                            pad("edge", {0, 0, 3, 2, 0, 0, 4, 5}),
                            pad("wrap", {0, 0, 3, 2, 0, 0, 4, 5}),
                            pad_attributes()};
    cases.push_back(single("DepthToSpace_DCR", "DepthToSpace", 12, {{"blocksize", std::int64_t{2}}}));
    cases.push_back(single("DepthToSpace_CRD", "DepthToSpace", 18,
                           {{"blocksize", std::int64_t{3}}, {"mode", std::string("CRD")}}));
    cases.push_back(single("SpaceToDepth", "SpaceToDepth", 3, {{"blocksize", std::int64_t{2}}}));
    cases.push_back(single("Transpose", "Transpose", 3, {{"perm", ints({0, 3, 1, 2})}}));
    cases.push_back(single("Transpose_reversed", "Transpose", 3, {}));
    cases.push_back(pixel_unshuffle());
    cases.push_back(squeeze(11));
    cases.push_back(squeeze(17));
    cases.push_back(flatten());
    cases.push_back(expand_and_tile());
    cases.push_back(gather(1));
    cases.push_back(gather(3));
    return cases;
}

} // namespace vsmlrt::test
