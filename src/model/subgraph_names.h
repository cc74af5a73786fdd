// The subgraphs of a node under other names, for when the node stands in another graph.
#pragma once

#include "model/network.h"

#include <functional>
#include <optional>
#include <string>

namespace vsmlrt::model {

using Renaming = std::function<std::string(const std::string &)>;

// `attribute` with every value that its subgraphs make, at any depth, under a name by `fresh`, and what they
// take from the graph around under a name by `outer`. Unset where they have what a renaming cannot follow:
// references to the attributes of a function's call, sparse initializers, or more than 32 levels. May throw
// protozero::exception.
[[nodiscard]] std::optional<RawAttribute> with_names(const RawAttribute &attribute, const Renaming &outer,
                                                     const Renaming &fresh);

// Calls `visit` with operator and domain of each node of the subgraphs, at any depth up to 32. May throw
// protozero::exception.
void for_each_operator(const RawAttribute &attribute,
                       const std::function<void(const std::string &op, const std::string &domain)> &visit);

} // namespace vsmlrt::model
