// A number between two codes goes to the nearest, as from one depth of a clip to another. Bounds are Max and
// Min, which every operator set has, unlike Clip's operands.
#include "model/picture_samples.h"

#include "model/ends.h"

#include <optional>

namespace vsmlrt::model {
namespace {

struct Codes {
    float highest; // of as many codes from 0 on
    float first;   // what stands for 0
};

std::optional<Codes> codes_of(Element type) {
    switch (type) {
    case Element::u8:
        return Codes{255, 0};
    case Element::i8:
        return Codes{255, -128};
    case Element::u16:
        return Codes{65535, 0};
    default:
        return {};
    }
}

bool is_other_real(Element type) {
    return type == Element::f64 || type == Element::bf16;
}

Step with(const char *op, float number) {
    return {op, {make_tensor({}, {}, std::span<const float>(&number, 1))}, {}};
}

Step cast(Element type) {
    return {"Cast", {}, {{"to", static_cast<std::int64_t>(type)}}};
}

std::vector<Step> to_samples(Element type) {
    const auto codes = codes_of(type);
    if (!codes)
        return {cast(type)};
    std::vector<Step> steps{with("Mul", codes->highest),
                            with("Add", 0.5F),
                            {"Floor", {}, {}},
                            with("Max", 0),
                            with("Min", codes->highest)};
    if (codes->first != 0)
        steps.push_back(with("Add", codes->first));
    steps.push_back(cast(type));
    return steps;
}

std::vector<Step> from_samples(Element type) {
    std::vector<Step> steps{cast(Element::f32)};
    if (const auto codes = codes_of(type)) {
        if (codes->first != 0)
            steps.push_back(with("Sub", codes->first));
        steps.push_back(with("Div", codes->highest));
    }
    return steps;
}

} // namespace

void float_pictures(Network &network) {
    Ends ends(network);
    const auto is_other = [](Element type) { return codes_of(type) || is_other_real(type); };
    for (Value &input : network.inputs)
        if (is_other(input.type)) {
            ends.behind_input(input, to_samples(input.type));
            input.type = Element::f32;
        }
    for (Value &output : network.outputs)
        if (is_other(output.type) || output.type == Element::boolean) {
            ends.before_output(output, from_samples(output.type));
            output.type = Element::f32;
        }
}

} // namespace vsmlrt::model
