// Backends differ in what they make of functions; none is wrong about the nodes that a function stands for.
#include "base/error.h"
#include "base/text.h"
#include "model/functions.h"
#include "model/names.h"
#include "model/operator_changes.h"
#include "model/order.h"
#include "model/subgraph_names.h"

#include <protozero/exception.hpp>

#include <algorithm>
#include <functional>
#include <optional>

namespace vsmlrt::model {
namespace {

constexpr std::size_t most_calls = 1 << 16;
constexpr std::size_t most_deep = 256;
constexpr std::size_t most_bytes = 256U << 20U; // of branches and bodies

// Whether what is inside of a node calls one of the functions.
bool calls_functions_inside(const Node &node, const Functions &functions) {
    bool calls = false;
    try {
        for (const auto &[name, value] : node.attributes)
            if (const auto *const raw = std::get_if<RawAttribute>(&value))
                for_each_operator(*raw, [&](const std::string &op, const std::string &domain) {
                    calls = calls || functions.contains({domain, op});
                });
    } catch (const protozero::exception &) {
        return true; // whoever runs the network judges it
    }
    return calls;
}

class Inliner {
public:
    explicit Inliner(Network &network)
        : network_(network), functions_(read_functions(network)), fresh_(network) {}

    void run() {
        const std::vector<Node> nodes = std::move(network_.nodes);
        network_.nodes.clear();
        for (const Node &node : nodes)
            append(node, 0);
        const bool called = std::any_of(network_.nodes.begin(), network_.nodes.end(), [&](const Node &node) {
            return calls_functions_inside(node, functions_) || functions_.contains({node.domain, node.op});
        });
        if (!called)
            network_.functions.clear();
        check_and_order(network_); // nobody has looked into the functions before
    }

private:
    void append(const Node &node, std::size_t depth) {
        const auto found = functions_.find({node.domain, node.op});
        const auto body = found == functions_.end() ? std::nullopt : body_of(found->second, node);
        if (!body) {
            network_.nodes.push_back(node);
            return;
        }
        if (++calls_ > most_calls || network_.nodes.size() > most_calls)
            throw Unsupported("the network's functions come to more than ", most_calls, " calls or nodes");
        if (depth == most_deep)
            throw Unsupported(node.label(), ": the network's functions call each other without an end");
        append_call(node, found->second, *body, depth);
    }

    // The function's nodes for this call; nothing where they cannot stand in its place.
    [[nodiscard]] std::optional<std::vector<Node>> body_of(const Function &function, const Node &call) const {
        if (call.inputs.size() > function.inputs.size() || call.outputs.size() > function.outputs.size())
            return std::nullopt;
        std::vector<Node> body;
        try {
            for (const protozero::data_view &node : function.nodes) {
                body.push_back(bound_node(node, function, call));
                if (!means_the_same(body.back(), function))
                    return std::nullopt;
            }
        } catch (const protozero::exception &) {
            return std::nullopt;
        } catch (const BadModel &) {
            return std::nullopt;
        }
        return body;
    }

    // Whether the node is in the network's operator set what it is in the function's, and what is inside of
    // it can stand in another place.
    [[nodiscard]] bool means_the_same(const Node &node, const Function &function) const {
        bool same = true;
        const auto look = [&](const std::string &op, const std::string &domain) {
            const bool standard = domain.empty() || domain == "ai.onnx";
            if (standard && function.opset != 0 && !is_same_operator(op, function.opset, network_.opset))
                same = false;
        };
        look(node.op, node.domain);
        for (const auto &[name, value] : node.attributes)
            if (const auto *raw = std::get_if<RawAttribute>(&value)) {
                if (!with_names(*raw, std::identity(), std::identity()))
                    return false;
                for_each_operator(*raw, [&](const std::string &op, const std::string &domain) {
                    look(op, domain);
                    same = same && !functions_.contains({domain, op});
                });
            }
        return same;
    }

    void append_call(const Node &call, const Function &function, const std::vector<Node> &body,
                     std::size_t depth) {
        const std::string prefix = call.name.empty() ? call.outputs.at(0) : call.name;
        std::map<std::string, std::string> names{{"", ""}};
        for (std::size_t i = 0; i < function.inputs.size(); ++i)
            names[function.inputs[i]] = i < call.inputs.size() ? call.inputs[i] : std::string();
        std::map<std::string, std::string> results; // by the function's name; an output may be named twice
        std::vector<Node> copies;
        for (std::size_t i = 0; i < call.outputs.size(); ++i) {
            const std::string &inside = function.outputs[i];
            if (call.outputs[i].empty())
                continue;
            if (names.contains(inside) || !results.emplace(inside, call.outputs[i]).second)
                copies.push_back({{}, "Identity", {}, {inside}, {call.outputs[i]}, {}});
        }
        const auto fresh = [&](const std::string &name) { return fresh_.make(text(prefix, "/", name)); };
        const auto outside = [&](const std::string &name) {
            const auto known = names.find(name);
            if (known == names.end())
                throw BadModel(call.label(), ": nothing gives the value \"", name, "\" of its function");
            return known->second;
        };
        for (Node node : body) {
            node.name = fresh(node.name.empty() ? node.op : node.name);
            for (std::string &input : node.inputs)
                input = outside(input);
            for (auto &[name, value] : node.attributes)
                if (auto *const raw = std::get_if<RawAttribute>(&value)) {
                    *raw = with_names(*raw, outside, fresh).value();
                    if ((bytes_ += raw->message.size()) > most_bytes)
                        throw Unsupported("the branches and bodies of the network's functions come to more "
                                          "than 256 MiB");
                }
            for (std::string &output : node.outputs) {
                if (output.empty())
                    continue;
                const auto result = results.find(output);
                const std::string given = result != results.end() ? result->second : fresh(output);
                names[output] = given;
                output = given;
            }
            append(node, depth + 1);
        }
        for (Node &copy : copies) {
            const auto known = names.find(copy.inputs[0]);
            if (known == names.end())
                throw BadModel(call.label(), ": its function does not give the output \"", copy.inputs[0],
                               "\"");
            copy.inputs = {known->second};
            append(copy, depth + 1);
        }
        for (const auto &[domain, version] : function.domains)
            network_.domains.emplace(domain, version);
    }

    Network &network_;
    const Functions functions_;
    FreshNames fresh_;
    std::size_t calls_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace

Network inline_functions(Network network) {
    if (!network.functions.empty())
        Inliner(network).run();
    return network;
}

} // namespace vsmlrt::model
