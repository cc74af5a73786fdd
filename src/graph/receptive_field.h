// Which pixels of the input an output pixel depends on, by walking the graph at one size.
#pragma once

#include "graph/infer.h"

#include <optional>

namespace vsmlrt::graph {

struct Dependence {
    // Pixels of input on each side of an output pixel's place; absent where it cannot be told.
    std::optional<int> receptive_field;
    // Something depends on the whole picture, on the position in it, or on what cannot be told.
    // receptive_field then is about the rest.
    bool global = false;
};

[[nodiscard]] Dependence find_dependence(const Graph &graph, const Shapes &shapes);

} // namespace vsmlrt::graph
