// A list of graphs still to be looked into instead of recursion: nesting is as deep as the file likes.
#include "model/inner_graphs.h"

#include "base/error.h"
#include "model/functions.h"
#include "model/onnx_node.h"
#include "model/onnx_parts.h"
#include "model/onnx_tensor.h"

#include <algorithm>
#include <utility>

namespace vsmlrt::model {

using namespace onnx;

namespace {

using protozero::data_view;

constexpr std::size_t most = 4096;

class Collector {
public:
    explicit Collector(const Network &network) : network_(network), functions_(read_functions(network)) {}

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
        for_each_graph(attribute, [&](data_view view) {
            Network &graph = add("in ", node, around.opset);
            graph.initializers = around.initializers;
            if_readable([&] { read_graph(view, graph); });
        });
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
        if_readable([&] {
            for (const data_view &node : function.nodes)
                graph.nodes.push_back(bound_node(node, function, call));
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
