// Model-local functions (FunctionProto): operators that a network defines by nodes of its own.
#pragma once

#include "model/network.h"

#include <protozero/data_view.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace vsmlrt::model {

// The views are into the network's `functions`.
struct Function {
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::vector<protozero::data_view> nodes;
    std::int64_t opset = 0;                      // of the default domain; 0 where it does not state one
    std::map<std::string, std::int64_t> domains; // the other domains
    Node defaults;                               // its attributes are those that a call may leave out
};

using Functions = std::map<std::pair<std::string, std::string>, Function>; // by domain and name

// Those that can be read; whoever runs the network judges the others.
[[nodiscard]] Functions read_functions(const Network &network);

// A node of a function with what the call says of its attributes. BadModel if it cannot be read.
[[nodiscard]] Node bound_node(protozero::data_view node, const Function &function, const Node &call);

// The network with the nodes of its functions in place of the calls, at any depth. Left as they are:
// functions with an operator that is another one in the network's operator set, those whose branches and
// bodies call functions or refer to attributes of the call, and calls of them; then the network keeps its
// functions. Unsupported for functions that call each other in a circle, and where more than 65,536 calls or
// nodes come of it; BadModel where one does not give what it says.
[[nodiscard]] Network inline_functions(Network network);

} // namespace vsmlrt::model
