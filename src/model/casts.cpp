// Edits put Casts wherever precisions meet without looking around; here,
// afterwards, chains of them fold, as far as the values stay the same.
#include "model/casts.h"

#include "model/names.h"
#include "model/types.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace vsmlrt::model {
namespace {

bool is_cast(const Node &node) {
    return node.op == "Cast" && node.domain.empty() && node.inputs.size() == 1 && node.outputs.size() == 1;
}

// Whether every value of `from` exists in `to`.
bool is_exact(Element from, Element to) {
    switch (from) {
    case Element::f16:
    case Element::bf16:
        return to == Element::f32 || to == Element::f64;
    case Element::f32:
        return to == Element::f64;
    case Element::boolean:
    case Element::u8:
    case Element::i8:
        return to == Element::f16 || to == Element::f32 || to == Element::f64;
    default:
        return false;
    }
}

// Bits of the significand.
int precision(Element type) {
    switch (type) {
    case Element::bf16:
        return 8;
    case Element::f16:
        return 11;
    case Element::f32:
        return 24;
    case Element::f64:
        return 53;
    default:
        return 0;
    }
}

// Whether from -> between -> to may become from -> to.
bool may_skip(Element from, Element between, Element to) {
    if (from == between || is_exact(from, between))
        return true;
    return from != Element::string && is_floating(between) && is_floating(to) &&
           precision(to) < precision(between);
}

class Simplifier {
public:
    explicit Simplifier(Network &network)
        : network_(network), types_(infer_types(network)), captured_(captured_names(network)),
          outputs_(output_names(network)) {
        for (const Value &input : network.inputs)
            sources_.insert(input.name);
        for (const auto &[name, tensor] : network.initializers)
            sources_.insert(name);
    }

    void run() {
        for (Node &node : network_.nodes) {
            for (std::string &input : node.inputs)
                if (const auto found = aliases_.find(input); found != aliases_.end())
                    input = found->second;
            if (is_cast(node))
                simplify(node);
        }
        rename();
        remove_unused();
    }

private:
    void simplify(Node &node) {
        const Element to = types_.at(node.outputs[0]);
        for (auto cast = casts_.find(node.inputs[0]); cast != casts_.end();
             cast = casts_.find(node.inputs[0])) {
            if (!may_skip(type_of(cast->second), type_of(node.inputs[0]), to))
                break;
            node.inputs[0] = cast->second;
        }
        if (type_of(node.inputs[0]) == to)
            bypass(node);
        else
            casts_.emplace(node.outputs[0], node.inputs[0]);
    }

    void bypass(Node &node) {
        const std::string &from = node.inputs[0];
        const std::string &to = node.outputs[0];
        if (!outputs_.contains(to) && !captured_.contains(to)) {
            aliases_.emplace(to, from);
            return;
        }
        const bool may_rename = !sources_.contains(from) && !outputs_.contains(from) &&
                                !captured_.contains(from) && !captured_.contains(to) &&
                                !renamed_.contains(from);
        if (may_rename)
            renamed_.emplace(from, to);
        node.op = "Identity"; // in the way of the renaming, and removed by it
        node.attributes.clear();
    }

    // Values that only had another name as network output get that name where they are made.
    void rename() {
        const auto apply = [&](std::vector<std::string> &names) {
            for (std::string &name : names)
                if (const auto found = renamed_.find(name); found != renamed_.end())
                    name = found->second;
        };
        for (Node &node : network_.nodes) {
            apply(node.inputs);
            apply(node.outputs);
        }
        std::erase_if(network_.nodes,
                      [](const Node &node) { return node.op == "Identity" && node.inputs == node.outputs; });
    }

    void remove_unused() {
        std::unordered_set<std::string_view> used(outputs_.begin(), outputs_.end());
        used.insert(captured_.begin(), captured_.end());
        std::vector<bool> keep(network_.nodes.size());
        for (std::size_t i = network_.nodes.size(); i-- > 0;) {
            const Node &node = network_.nodes[i];
            keep[i] = !is_cast(node) || used.contains(node.outputs[0]);
            if (keep[i])
                used.insert(node.inputs.begin(), node.inputs.end());
        }
        std::size_t index = 0;
        std::erase_if(network_.nodes, [&](const Node &) { return !keep[index++]; });
    }

    [[nodiscard]] Element type_of(const std::string &name) const {
        const auto found = types_.find(name);
        return found == types_.end() ? Element::string : found->second;
    }

    Network &network_;
    Types types_;
    Names captured_;
    Names outputs_;
    Names sources_;                                        // inputs and initializers
    std::unordered_map<std::string, std::string> casts_;   // a Cast's output -> its input
    std::unordered_map<std::string, std::string> aliases_; // a removed Cast's output -> what replaces it
    std::unordered_map<std::string, std::string> renamed_;
};

} // namespace

void simplify_casts(Network &network) {
    Simplifier(network).run();
}

} // namespace vsmlrt::model
