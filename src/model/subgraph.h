// What the graph around a control-flow node (If, Loop, Scan) must know of the subgraphs in its attributes,
// which are carried through unread. Messages that are broken give what is readable before the fault: whoever
// runs the network judges them.
#pragma once

#include "model/network.h"

#include <set>

namespace vsmlrt::model {

[[nodiscard]] bool has_subgraph(const Node &node);

// Every name that nodes or outputs of the subgraphs refer to, at any depth: a superset of the values captured
// from the graph around.
[[nodiscard]] std::set<std::string> names_in_subgraphs(const Node &node);

// The element types of the subgraph outputs under `attribute`, in order; unset where the file does not say.
[[nodiscard]] std::vector<std::optional<Element>> subgraph_output_types(const Node &node,
                                                                        std::string_view attribute);

} // namespace vsmlrt::model
