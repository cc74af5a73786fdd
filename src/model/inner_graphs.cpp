// A list of graphs still to be looked into instead of recursion: nesting is as deep as the file likes.
#include "model/inner_graphs.h"

#include "base/error.h"
#include "model/onnx_format.h"
#include "model/onnx_node.h"
#include "model/onnx_tensor.h"

#include <protozero/pbf_message.hpp>

#include <algorithm>
#include <utility>

namespace vsmlrt::model {

using namespace onnx;

namespace {

using protozero::data_view;

constexpr std::size_t most = 4096;

// FunctionProto, and the attribute of a node in one that stands for an attribute of the call.
enum class FunctionField : Tag {
    name = 1,
    input = 4,
    node = 7,
    opset_import = 9,
    domain = 10,
    attribute_proto = 11
};
constexpr Tag ref_attr_name = 21;

struct Function {
    std::vector<std::string> inputs;
    std::vector<data_view> nodes;
    std::int64_t opset = 0;
    Node defaults; // its attributes are those that a call may leave out
};

using Functions = std::map<std::pair<std::string, std::string>, Function>; // by domain and name

data_view view_of(const std::vector<std::byte> &bytes) {
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

// The attribute's name and the name of the call's attribute that it stands for.
std::pair<std::string, std::string> reference_of(data_view attribute) {
    std::pair<std::string, std::string> names;
    protozero::pbf_message<AttributeField> message(attribute);
    while (message.next()) {
        if (message.tag_and_type() == bytes_of(AttributeField::name))
            names.first = message.get_string();
        else if (message.tag_and_type() ==
                 protozero::tag_and_type(static_cast<AttributeField>(ref_attr_name), Wire::length_delimited))
            names.second = message.get_string();
        else
            message.skip();
    }
    return names;
}

// A node of a function with what the call says of its attributes.
Node bound_node(data_view view, const Function &function, const Node &call, ExternalData &external) {
    Node node = read_node(view, external);
    protozero::pbf_message<NodeField> message(view);
    while (message.next(NodeField::attribute, Wire::length_delimited)) {
        const auto [name, reference] = reference_of(message.get_view());
        if (reference.empty())
            continue;
        node.attributes.erase(name);
        for (const Node *const source : {&call, &function.defaults})
            if (const auto found = source->attributes.find(reference); found != source->attributes.end())
                node.attributes.try_emplace(name, found->second);
    }
    return node;
}

void read_opset(data_view view, Function &function) {
    std::string domain;
    std::int64_t version = 0;
    protozero::pbf_message<OpsetField> message(view);
    while (message.next()) {
        if (message.tag_and_type() == bytes_of(OpsetField::domain))
            domain = message.get_string();
        else if (message.tag_and_type() == varint_of(OpsetField::version))
            version = message.get_int64();
        else
            message.skip();
    }
    if (domain.empty() || domain == "ai.onnx")
        function.opset = version;
}

void read_function(data_view view, Functions &functions) {
    Function function;
    std::pair<std::string, std::string> key;
    ExternalData external({});
    protozero::pbf_message<FunctionField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(FunctionField::name):
            key.second = message.get_string();
            break;
        case bytes_of(FunctionField::domain):
            key.first = message.get_string();
            break;
        case bytes_of(FunctionField::input):
            function.inputs.push_back(message.get_string());
            break;
        case bytes_of(FunctionField::node):
            function.nodes.push_back(message.get_view());
            break;
        case bytes_of(FunctionField::opset_import):
            read_opset(message.get_view(), function);
            break;
        case bytes_of(FunctionField::attribute_proto):
            read_attribute(function.defaults, message.get_view(), external);
            break;
        default:
            message.skip();
        }
    }
    functions.emplace(std::move(key), std::move(function));
}

class Collector {
public:
    explicit Collector(const Network &network) : network_(network) {
        for (const std::vector<std::byte> &function : network.functions)
            if_readable([&] { read_function(view_of(function), functions_); });
    }

    std::vector<InnerGraph> collect() {
        look_into(network_);
        for (std::size_t next = 0; next < found_.size(); ++next) {
            const Network around = found_[next].graph; // `found_` grows
            look_into(around);
        }
        return std::move(found_);
    }

private:
    template <typename Read>
    static void if_readable(const Read &read) {
        try {
            read();
        } catch (const protozero::exception &) {
        } catch (const BadModel &) {
        }
    }

    void look_into(const Network &around) {
        for (const Node &node : around.nodes) {
            for (const auto &[name, value] : node.attributes)
                if (const auto *const raw = std::get_if<RawAttribute>(&value))
                    if_readable([&] { add_graphs(view_of(raw->message), node, around); });
            if (const auto function = functions_.find({node.domain, node.op}); function != functions_.end())
                add_call(function->second, node, around);
        }
    }

    Network &add(const char *what, const Node &node, std::int64_t opset) {
        if (found_.size() == most)
            throw Unsupported("the network has more than ", most,
                              " graphs inside of it, or functions that call each other");
        found_.push_back({text(what, node.label()), {}});
        Network &graph = found_.back().graph;
        graph.opset = opset;
        graph.domains = network_.domains;
        return graph;
    }

    void add_graphs(data_view attribute, const Node &node, const Network &around) {
        protozero::pbf_message<AttributeField> message(attribute);
        while (message.next()) {
            const std::uint32_t field = message.tag_and_type();
            if (field != bytes_of(AttributeField::g) && field != bytes_of(AttributeField::graphs)) {
                message.skip();
                continue;
            }
            Network &graph = add("in ", node, around.opset);
            graph.initializers = around.initializers;
            if_readable([&] { read_graph(message.get_view(), graph); });
        }
    }

    static void read_graph(data_view view, Network &graph) {
        ExternalData external({});
        protozero::pbf_message<GraphField> message(view);
        while (message.next()) {
            switch (message.tag_and_type()) {
            case bytes_of(GraphField::node):
                graph.nodes.push_back(read_node(message.get_view(), external));
                break;
            case bytes_of(GraphField::initializer):
                if_readable([&] {
                    Tensor tensor = read_tensor(message.get_view(), external);
                    const std::string name = tensor.name;
                    graph.initializers.insert_or_assign(name, std::move(tensor));
                });
                break;
            default:
                message.skip();
            }
        }
    }

    // A function sees nothing but what it is given.
    void add_call(const Function &function, const Node &call, const Network &around) {
        Network &graph = add("in the function of ", call, function.opset);
        for (std::size_t i = 0; i < std::min(function.inputs.size(), call.inputs.size()); ++i)
            if (const auto found = around.initializers.find(call.inputs[i]);
                found != around.initializers.end())
                graph.initializers.emplace(function.inputs[i], found->second);
        ExternalData external({});
        if_readable([&] {
            for (const data_view &node : function.nodes)
                graph.nodes.push_back(bound_node(node, function, call, external));
        });
    }

    const Network &network_;
    Functions functions_;
    std::vector<InnerGraph> found_;
};

} // namespace

std::vector<InnerGraph> inner_graphs(const Network &network) {
    return Collector(network).collect();
}

} // namespace vsmlrt::model
