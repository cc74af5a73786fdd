// Steps between a network's own inputs and outputs and the rest of it.
#pragma once

#include "model/names.h"
#include "model/network.h"

#include <map>
#include <string>
#include <vector>

namespace vsmlrt::model {

// One operator that takes a value, and constants behind it.
struct Step {
    const char *op = "";
    std::vector<Tensor> constants; // named when they are put in
    Attributes attributes;
};

class Ends {
public:
    explicit Ends(Network &network);

    // What used the input uses what the steps make of it. Both keep their names, but where a subgraph uses
    // the input by its name, or it is an output as well, the input gets another one.
    void behind_input(Value &input, const std::vector<Step> &steps);
    // The output is what the steps make of what it was; it gets another name where a subgraph uses it.
    void before_output(Value &output, const std::vector<Step> &steps);

private:
    void add(std::vector<Node> &nodes, std::string from, const std::string &to,
             const std::vector<Step> &steps);

    Network &network_;
    FreshNames fresh_;
    Names captured_;
};

// Squeeze and Unsqueeze as the operator set spells them.
[[nodiscard]] Step with_axes(const Network &network, const char *op, std::vector<std::int64_t> axes);

} // namespace vsmlrt::model
