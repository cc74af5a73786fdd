#include "module/graph_ends.h"

#include "base/error.h"

namespace vsmlrt {
namespace {

void check_type(const char *direction, const graph::Value &value) {
    if (value.type != Element::f32 && value.type != Element::f16)
        throw Unsupported(direction, " \"", value.name, "\" of the network is ", element_name(value.type),
                          "; float32 and float16 are accepted");
}

} // namespace

void check_ends(const graph::Graph &graph) {
    for (const graph::Input &input : graph.inputs) {
        const graph::Value &value = graph.values[static_cast<std::size_t>(input.value)];
        check_type("input", value);
        if (!input.has_shape || input.dims.size() != 4 || !input.dims[1].size)
            throw BadModel(
                "input \"", value.name,
                "\" of the network is not a picture (1, C, H, W) with a fixed number of channels C");
    }
    for (const graph::ValueId id : graph.outputs)
        check_type("output", graph.values[static_cast<std::size_t>(id)]);
}

} // namespace vsmlrt
