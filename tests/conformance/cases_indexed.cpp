// Operators whose indices are values, and those that give indices.
#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

constexpr std::int64_t channels = 5;

// Half of a feature map replaced by what is made of it, as networks of partial convolutions are exported.
Case replaced_channels(bool elementwise) {
    Builder b;
    const Name features = b.conv(b.input(3), 3, channels);
    const Name part = b.node("Slice", {features, b.integers({0}), b.integers({2}), b.integers({1})});
    const Name made = b.conv(part, 2, 2);
    Name whole;
    if (elementwise) {
        const Name numbers = b.node("Reshape", {b.integers({3, -5}), b.integers({1, 2, 1, 1})});
        whole =
            b.node("ScatterElements", {features, b.node("Expand", {numbers, b.node("Shape", {made})}), made},
                   {{"axis", std::int64_t{1}}});
    } else {
        const auto turned = [&](const Name &x) {
            return b.node("Transpose", {x}, {{"perm", ints({1, 0, 2, 3})}});
        };
        const Name numbers = b.node("Reshape", {b.integers({1, -1}), b.integers({2, 1})});
        whole = turned(b.node("ScatterND", {turned(features), numbers, turned(made)}));
    }
    b.output(b.conv(whole, channels, 3));
    return {elementwise ? "ScatterElements" : "ScatterND", b.network()};
}

// The same with an index for every axis, made from the picture's size.
Case replaced_elements() {
    Builder b;
    const Name x = b.input(3);
    const Name part = b.node("Slice", {x, b.integers({0}), b.integers({2}), b.integers({1})});
    const Name sizes = b.node("Shape", {part});
    std::vector<Name> coordinates;
    for (std::int64_t axis = 0; axis < 4; ++axis) {
        const Name size = b.node("Gather", {sizes, b.integer(axis)});
        std::vector<std::int64_t> dims(4, 1);
        dims[static_cast<std::size_t>(axis)] = -1;
        const Name along =
            b.node("Reshape", {b.node("Range", {b.integer(0), size, b.integer(1)}), b.integers(dims)});
        coordinates.push_back(b.node("Unsqueeze", {b.node("Expand", {along, sizes}), b.integers({-1})}));
    }
    const Name all = b.node("Concat", coordinates, {{"axis", std::int64_t{-1}}});
    b.output(b.node("ScatterND", {x, all, b.node("Tanh", {part})}));
    return {"ScatterND_elements", b.network()};
}

// Indices that the picture itself decides.
Case taken_elements() {
    Builder b;
    const Name x = b.input(channels);
    const Name order = b.nodes("TopK", {x, b.integers({3})}, 2, {{"axis", std::int64_t{1}}})[1];
    b.output(b.node("GatherElements", {x, order}, {{"axis", std::int64_t{1}}}));
    return {"GatherElements", b.network()};
}

Case taken_blocks(std::int64_t batch) {
    Builder b;
    const Name x = b.input(channels);
    if (batch == 0) {
        const Name turned = b.node("Transpose", {x}, {{"perm", ints({1, 0, 2, 3})}});
        const Name numbers = b.node("Reshape", {b.integers({4, 0, -2}), b.integers({3, 1})});
        const Name blocks = b.node("GatherND", {turned, numbers});
        b.output(b.node("Transpose", {blocks}, {{"perm", ints({1, 0, 2, 3})}}));
    } else {
        const Name numbers = b.node("Reshape", {b.integers({4, 0, -2}), b.integers({1, 3, 1})});
        b.output(b.node("GatherND", {x, numbers}, {{"batch_dims", batch}}));
    }
    return {"GatherND_" + std::to_string(batch), b.network()};
}

Case largest(const std::string &op, bool last, bool keep, std::int64_t axis) {
    Builder b;
    const Name x = b.input(channels);
    const Name steps = b.node("Floor", {b.node("Mul", {x, b.real(2)})}); // has equals
    Name place =
        b.node(op, {steps},
               {{"axis", axis}, {"keepdims", std::int64_t{keep}}, {"select_last_index", std::int64_t{last}}});
    if (!keep)
        place = b.node("Unsqueeze", {place, b.integers({axis})});
    const Name real = b.node("Cast", {place}, {{"to", std::int64_t{1}}});
    b.output(b.node("Add", {b.node("Mul", {x, b.real(0.25F)}), real}));
    return {op + "_" + std::to_string(axis) + (last ? "_last" : "") + (keep ? "" : "_dropped"), b.network()};
}

Case top(bool most, std::int64_t axis) {
    Builder b;
    const Name x = b.input(channels);
    const std::vector<Name> both =
        b.nodes("TopK", {x, b.integers({3})}, 2, {{"axis", axis}, {"largest", std::int64_t{most}}});
    const Name places = b.node("Cast", {both[1]}, {{"to", std::int64_t{1}}});
    b.output(b.node("Add", {both[0], places}));
    return {std::string("TopK_") + (most ? "largest" : "smallest") + std::to_string(axis), b.network()};
}

// All pixels in order, and each of them from where it went.
Case sorted_pixels() {
    Builder b;
    const Name x = b.input(2);
    const Name flat = b.node("Reshape", {x, b.integers({1, 2, -1})});
    const Name size = b.node("Gather", {b.node("Shape", {flat}), b.integers({2})});
    const std::vector<Name> both = b.nodes("TopK", {flat, size}, 2, {{"axis", std::int64_t{-1}}});
    const Name back = b.node("ScatterElements", {flat, both[1], both[0]}, {{"axis", std::int64_t{2}}});
    const Name sum = b.node("Add", {back, both[0]});
    b.output(b.node("Reshape", {sum, b.node("Shape", {x})}));
    return {"TopK_all_pixels", b.network()};
}

Case sums(std::int64_t axis, bool exclusive, bool reverse) {
    Builder b;
    b.output(b.node("CumSum", {b.input(3), b.integer(axis)},
                    {{"exclusive", std::int64_t{exclusive}}, {"reverse", std::int64_t{reverse}}}));
    return {"CumSum_" + std::to_string(axis) + (exclusive ? "_exclusive" : "") + (reverse ? "_reverse" : ""),
            b.network()};
}

Case cast_like() {
    Builder b;
    const Name x = b.input(3);
    b.output(b.node("Mul", {x, b.node("CastLike", {b.integer(3), x})}));
    return {"CastLike", b.network()};
}

} // namespace

std::vector<Case> indexed_cases() {
    std::vector<Case> cases;
    cases.push_back(replaced_channels(false));
    cases.push_back(replaced_channels(true));
    cases.push_back(replaced_elements());
    cases.push_back(taken_elements());
    cases.push_back(taken_blocks(0));
    cases.push_back(taken_blocks(1));
    cases.push_back(largest("ArgMax", false, true, 1));
    cases.push_back(largest("ArgMax", true, false, 1));
    cases.push_back(largest("ArgMin", false, true, -1));
    cases.push_back(top(true, 1));
    cases.push_back(top(false, 1));
    cases.push_back(sorted_pixels());
    cases.push_back(sums(2, false, false));
    cases.push_back(sums(-1, true, true));
    cases.push_back(sums(1, false, true));
    cases.push_back(cast_like());
    return cases;
}

} // namespace vsmlrt::test
