#include "backends/cuda/network.h"

#include "base/error.h"
#include "graph/lower.h"
#include "graph/storage.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "module/graph_ends.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

bool has_half(const graph::Graph &graph) {
    return std::any_of(graph.values.begin(), graph.values.end(),
                       [](const graph::Value &value) { return value.type == Element::f16; });
}

// Everything that the fp16 rewrite stores as float16, but for the ends, becomes bfloat16.
void to_bfloat(graph::Graph &graph) {
    std::vector<bool> ends(graph.values.size(), false);
    for (const graph::Input &input : graph.inputs)
        ends[static_cast<std::size_t>(input.value)] = true;
    for (const graph::ValueId output : graph.outputs)
        ends[static_cast<std::size_t>(output)] = true;
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        graph::Value &value = graph.values[i];
        if (value.type != Element::f16 || ends[i])
            continue;
        value.type = Element::bf16;
        if (!value.constant)
            continue;
        const std::vector<float> values = graph::widen<float>(graph::view_of(*value.constant));
        std::vector<std::byte> bytes(values.size() * 2);
        graph::narrow<float>(values, {Element::bf16, value.constant->dims, bytes.data()});
        value.constant = model::Tensor{value.constant->name, Element::bf16, value.constant->dims,
                                       std::make_shared<const std::vector<std::byte>>(std::move(bytes))};
    }
}

} // namespace

graph::Graph read_network(const vsmlrt_program_desc &desc) {
    const auto *const bytes = static_cast<const std::byte *>(desc.network);
    const model::Network network = model::read_onnx({bytes, desc.network_size});
    graph::Graph graph = graph::lower(network);
    if (desc.precision == VSMLRT_PRECISION_BF16 && !has_half(graph)) {
        graph = graph::lower(model::to_half(network));
        to_bfloat(graph);
    }
    check_ends(graph);
    return graph;
}

vsmlrt_precision precision_of(const graph::Graph &graph, vsmlrt_precision asked) {
    const bool brain = std::any_of(graph.values.begin(), graph.values.end(),
                                   [](const graph::Value &value) { return value.type == Element::bf16; });
    if (brain && asked == VSMLRT_PRECISION_BF16)
        return VSMLRT_PRECISION_BF16;
    // Ends of float16 alone do not make a network compute in it.
    const bool half = std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const graph::Node &node) {
        return !std::holds_alternative<graph::Cast>(node.op) &&
               graph.values[static_cast<std::size_t>(node.outputs[0])].type == Element::f16;
    });
    return half ? VSMLRT_PRECISION_FP16 : VSMLRT_PRECISION_FP32;
}

} // namespace vsmlrt::cuda
