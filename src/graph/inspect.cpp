// Most files say nothing about scale, multiple and receptive field. Rather than guess from operators,
// the network is tried at sizes chosen so that only the right answer works at all of them.
#include "graph/inspect.h"

#include "base/checked.h"
#include "graph/infer.h"
#include "graph/lower.h"
#include "graph/receptive_field.h"

#include <algorithm>

namespace vsmlrt::graph {
namespace {

// Trial sizes start here: large enough that borders do not touch, small enough to be quick. Later ones are
// for networks that cannot do with less.
constexpr int bases[] = {128, 256, 512};
constexpr int largest_multiple = 128;

struct Outcome {
    int scale = 0; // 0: not a whole number, or not the same in both directions
    int channels = 0;
};

// A network on trial: what it gives at a size.
class Trial {
public:
    explicit Trial(const Graph &graph) : graph_(graph) {}

    [[nodiscard]] std::vector<Shape> inputs(int width, int height) const {
        std::vector<Shape> shapes;
        for (const Input &input : graph_.inputs)
            shapes.push_back({1, input.dims.at(1).size.value_or(1), height, width});
        return shapes;
    }

    // Nothing where the network does not work at that size.
    [[nodiscard]] std::optional<Outcome> at(int width, int height) const {
        try {
            const Shapes shapes = infer(graph_, inputs(width, height));
            const Shape &output = shapes.dims[static_cast<std::size_t>(graph_.outputs.at(0))];
            if (output.size() != 4)
                return Outcome{};
            const auto scale = static_cast<int>(std::min<std::int64_t>(output[2] / height, 1 << 16));
            const bool whole =
                output[2] == std::int64_t{scale} * height && output[3] == std::int64_t{scale} * width;
            return Outcome{whole ? scale : 0, static_cast<int>(std::min<std::int64_t>(output[1], 1 << 16))};
        } catch (const Error &) {
            return std::nullopt;
        }
    }

    [[nodiscard]] bool fits(int width, int height, const Outcome &expected) const {
        const std::optional<Outcome> outcome = at(width, height);
        return outcome && outcome->scale == expected.scale;
    }

private:
    const Graph &graph_;
};

// Neighbouring multiples of m, in both directions and mixed: a size that the network needs a multiple of
// cannot divide two neighbours unless it divides m.
bool works_in_steps_of(const Trial &trial, int m, int base, const Outcome &expected) {
    const int start = (base + m - 1) / m * m;
    for (int k = 0; k < 3; ++k)
        if (!trial.fits(start + k * m, start + (k + 1) * m, expected) ||
            !trial.fits(start + (k + 1) * m, start + k * m, expected))
            return false;
    return true;
}

// The smallest multiple of m from which on the network works, below `base`, where it is known to. Networks
// fail below some size and work above it, so that bisection finds it.
int smallest_size(const Trial &trial, int m, int base, const Outcome &expected) {
    int fails = 0;
    int works = (base + m - 1) / m;
    while (works - fails > 1) {
        const int middle = (works + fails) / 2;
        (trial.fits(middle * m, middle * m, expected) ? works : fails) = middle;
    }
    return works * m;
}

struct Sizes {
    int base = 0; // a size that works
    int multiple = 1;
    Outcome outcome;
};

std::optional<Sizes> find_sizes(const Trial &trial) {
    for (const int base : bases) {
        const std::optional<Outcome> outcome = trial.at(base, base);
        if (!outcome)
            continue;
        for (int m = 1; m <= largest_multiple; ++m)
            if (works_in_steps_of(trial, m, base, *outcome))
                return Sizes{base, m, *outcome};
    }
    return std::nullopt;
}

// The size that the network states, where all of its inputs are pictures of one fixed size.
std::optional<Shape> stated_size(const Graph &graph) {
    const Input &input = graph.inputs.at(0);
    if (input.dims.size() != 4 || !input.dims[2].size || !input.dims[3].size)
        return std::nullopt;
    return Shape{*input.dims[2].size, *input.dims[3].size};
}

void fill(model::Card &card, const model::Network &network, const Trial &trial, const Graph &graph, int width,
          int height, const Outcome &outcome) {
    const auto stated = [&](const char *key) { return network.metadata.count(key) != 0; };
    if (!card.scale && outcome.scale > 0)
        card.scale = outcome.scale;
    if (card.output_channels == 0)
        card.output_channels = outcome.channels;
    const Dependence dependence = find_dependence(graph, infer(graph, trial.inputs(width, height)));
    if (!card.receptive_field)
        card.receptive_field = dependence.receptive_field;
    if (!stated("vsmlrt.global"))
        card.global = card.global || dependence.global;
}

void fill(model::Card &card, const model::Network &network, const Graph &graph) {
    const Trial trial(graph);
    if (const std::optional<Shape> size = stated_size(graph)) {
        const int height = static_cast<int>(std::min<std::int64_t>((*size)[0], 1 << 16));
        const int width = static_cast<int>(std::min<std::int64_t>((*size)[1], 1 << 16));
        if (const std::optional<Outcome> outcome = trial.at(width, height))
            fill(card, network, trial, graph, width, height, *outcome);
        return;
    }
    const std::optional<Sizes> sizes = find_sizes(trial);
    if (!sizes)
        return;
    const auto stated = [&](const char *key) { return network.metadata.count(key) != 0; };
    if (!stated("vsmlrt.multiple") && card.multiple == 1)
        card.multiple = sizes->multiple;
    if (!stated("vsmlrt.minimum") && card.minimum == 1)
        card.minimum = smallest_size(trial, card.multiple, sizes->base, sizes->outcome);
    // Not square, so that the walk cannot mistake one axis for the other.
    const int height = round_up(sizes->base, sizes->multiple);
    fill(card, network, trial, graph, height + sizes->multiple, height, sizes->outcome);
}

} // namespace

model::Card inspect(const model::Network &network, model::Card known) {
    try {
        const Graph graph = lower(network);
        const bool pictures = !graph.inputs.empty() && !graph.outputs.empty() &&
                              std::all_of(graph.inputs.begin(), graph.inputs.end(),
                                          [](const Input &input) { return input.dims.size() == 4; });
        if (pictures)
            fill(known, network, graph);
    } catch (const Unsupported &) {
        // Another backend may run it; its card has to be stated.
    }
    return known;
}

} // namespace vsmlrt::graph
