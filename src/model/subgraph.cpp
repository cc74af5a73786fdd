// Subgraphs of control flow are carried as bytes. Edits on the graph around them still
// have to know which of its values they read, so just that much is read of them.
#include "model/subgraph.h"

#include "model/onnx_parts.h"
#include "model/onnx_value.h"

#include "base/error.h"

namespace vsmlrt::model {

using namespace onnx;

namespace {

// Adds a node's input names to `names` and its subgraphs to `graphs`.
void visit_node(protozero::data_view node, std::set<std::string> &names,
                std::vector<protozero::data_view> &graphs) {
    protozero::pbf_message<NodeField> message(node);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(NodeField::input):
            names.insert(message.get_string());
            break;
        case bytes_of(NodeField::attribute):
            for_each_graph(message.get_view(), [&](protozero::data_view graph) { graphs.push_back(graph); });
            break;
        default:
            message.skip();
        }
    }
}

void visit_output(protozero::data_view output, std::set<std::string> &names) {
    protozero::pbf_message<ValueField> message(output);
    while (message.next(ValueField::name, Wire::length_delimited))
        names.insert(message.get_string());
}

void visit_graph(protozero::data_view graph, std::set<std::string> &names,
                 std::vector<protozero::data_view> &graphs) {
    protozero::pbf_message<GraphField> message(graph);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(GraphField::node):
            visit_node(message.get_view(), names, graphs);
            break;
        case bytes_of(GraphField::output):
            visit_output(message.get_view(), names);
            break;
        default:
            message.skip();
        }
    }
}

std::optional<Element> output_type(protozero::data_view output) {
    try {
        return read_value(output).type;
    } catch (const BadModel &) {
        return std::nullopt; // no tensor, or no type recorded
    }
}

} // namespace

bool has_subgraph(const Node &node) {
    bool found = false;
    for (const auto &[name, value] : node.attributes) {
        try {
            if (const auto *raw = std::get_if<RawAttribute>(&value))
                for_each_graph(view_of(raw->message), [&](protozero::data_view) { found = true; });
        } catch (const protozero::exception &) {
            continue;
        }
    }
    return found;
}

std::set<std::string> names_in_subgraphs(const Node &node) {
    std::set<std::string> names;
    std::vector<protozero::data_view> graphs; // still to visit: nesting is as deep as the file likes
    for (const auto &[name, value] : node.attributes) {
        try {
            if (const auto *raw = std::get_if<RawAttribute>(&value))
                for_each_graph(view_of(raw->message),
                               [&](protozero::data_view graph) { graphs.push_back(graph); });
            while (!graphs.empty()) {
                const protozero::data_view graph = graphs.back();
                graphs.pop_back();
                visit_graph(graph, names, graphs);
            }
        } catch (const protozero::exception &) {
            continue;
        }
    }
    return names;
}

std::vector<std::optional<Element>> subgraph_output_types(const Node &node, std::string_view attribute) {
    std::vector<std::optional<Element>> types;
    const auto found = node.attributes.find(attribute);
    const auto *raw = found == node.attributes.end() ? nullptr : std::get_if<RawAttribute>(&found->second);
    if (!raw)
        return types;
    try {
        for_each_graph(view_of(raw->message), [&](protozero::data_view graph) {
            protozero::pbf_message<GraphField> message(graph);
            while (message.next(GraphField::output, Wire::length_delimited))
                types.push_back(output_type(message.get_view()));
        });
    } catch (const protozero::exception &) {
        types.clear();
    }
    return types;
}

} // namespace vsmlrt::model
