// Graphs inside of a network, as files have them: branches of control flow and model-local functions.
#pragma once

#include "model/network.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace vsmlrt::test {

// The attribute `name` that holds the network's graph: {"then_branch", graph_attribute("then_branch",
// branch)}.
[[nodiscard]] model::Attribute graph_attribute(const std::string &name, const model::Network &network);

// A function "DOMAIN.NAME" whose body is the network's graph, with its inputs and outputs. `references`:
// attributes of every node of it that stand for attributes of the call, by their names there (whole numbers).
[[nodiscard]] std::vector<std::byte> function_of(const std::string &domain, const std::string &name,
                                                 const model::Network &network,
                                                 const std::map<std::string, std::string> &references = {});

} // namespace vsmlrt::test
