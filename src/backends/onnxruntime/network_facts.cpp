#include "backends/onnxruntime/network_facts.h"

#include "base/error.h"
#include "graph/lower.h"
#include "graph/memory.h"
#include "model/inner_graphs.h"
#include "model/onnx.h"

#include <algorithm>

namespace vsmlrt::ort {
namespace {

std::optional<graph::Graph> lowered(const model::Network &network) {
    try {
        return graph::lower(network);
    } catch (const Error &) {
        return {}; // ONNX Runtime knows more operators than the IR.
    }
}

bool has_half_weights(const model::Network &network) {
    return std::any_of(network.initializers.begin(), network.initializers.end(), [](const auto &entry) {
        return entry.second.type == Element::f16 && entry.second.dims.size() >= 2;
    });
}

std::int64_t bytes_of(const graph::Graph &graph, const graph::Shapes &shapes, graph::ValueId value) {
    const auto place = static_cast<std::size_t>(value);
    return graph::count(shapes.dims[place]) *
           static_cast<std::int64_t>(element_size(graph.values[place].type));
}

bool any(const std::vector<std::int64_t> &list, bool (*is)(std::int64_t)) {
    return std::any_of(list.begin(), list.end(), is);
}

// What ONNX Runtime's own operators compute otherwise than ONNX states, without a word (found by the
// conformance suite's tables of rules, with 1.32). Where another form means the same, model::spell_out has
// written that.
const char *what_is_misread(const model::Node &node) {
    const bool pool = node.op == "MaxPool" || node.op == "AveragePool";
    if (pool && node.string("auto_pad", "NOTSET").starts_with("SAME") &&
        any(node.integers("dilations"), [](std::int64_t dilation) { return dilation != 1; }))
        return ": ONNX Runtime leaves dilations out where auto_pad keeps the size; state pads instead, or "
               "use the "
               "openvino backend";
    if (node.op == "Resize" && any(node.integers("axes"), [](std::int64_t axis) { return axis < 0; }))
        return ": ONNX Runtime reads negative axes of a Resize as others; count them from the first, or use "
               "the "
               "openvino backend";
    return nullptr;
}

void refuse_misread(const model::Network &network) {
    for (const model::Node &node : network.nodes)
        if (const char *const what = what_is_misread(node))
            throw Unsupported(node.label(), what);
    for (const model::InnerGraph &inner : model::inner_graphs(network))
        for (const model::Node &node : inner.graph.nodes)
            if (const char *const what = what_is_misread(node))
                throw Unsupported(node.label(), " ", inner.where, what);
}

} // namespace

NetworkFacts::NetworkFacts(const vsmlrt_program_desc &desc) {
    const auto *const bytes = static_cast<const std::byte *>(desc.network);
    const model::Network network = model::read_onnx({bytes, desc.network_size});
    refuse_misread(network);
    inputs_ = network.inputs;
    half_ = has_half_weights(network);
    graph_ = lowered(network);
}

std::vector<graph::Shape> NetworkFacts::input_shapes(vsmlrt_extent extent) const {
    std::vector<graph::Shape> shapes;
    for (const model::Value &input : inputs_) {
        Dims dims;
        for (const auto &dim : input.dims)
            dims.push_back(dim.size.value_or(-1));
        shapes.push_back(sized(dims, extent));
    }
    return shapes;
}

std::string NetworkFacts::shapes_text(vsmlrt_extent extent) const {
    const std::vector<graph::Shape> shapes = input_shapes(extent);
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < shapes.size(); ++i)
        parts.push_back(inputs_[i].name + ":" + join(shapes[i], "x"));
    return join(parts, ",");
}

std::optional<IoShapes> NetworkFacts::shapes(vsmlrt_extent extent) const {
    if (!graph_)
        return {};
    try {
        IoShapes shapes;
        shapes.inputs = input_shapes(extent);
        const graph::Shapes inferred = graph::infer(*graph_, shapes.inputs);
        for (const graph::ValueId output : graph_->outputs)
            shapes.outputs.push_back(inferred.dims[static_cast<std::size_t>(output)]);
        return shapes;
    } catch (const Error &) {
        return {};
    }
}

std::int64_t NetworkFacts::context_bytes(vsmlrt_extent extent) const {
    if (!graph_)
        return 0;
    try {
        const graph::Shapes inferred = graph::infer(*graph_, input_shapes(extent));
        std::int64_t total = graph::plan_memory(*graph_, inferred).total;
        for (const graph::Input &input : graph_->inputs)
            total += bytes_of(*graph_, inferred, input.value);
        for (const graph::ValueId output : graph_->outputs)
            total += bytes_of(*graph_, inferred, output);
        return total;
    } catch (const Error &) {
        return 0;
    }
}

} // namespace vsmlrt::ort
