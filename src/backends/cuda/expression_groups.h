// Groups that only lead from pictures to pictures, joined where nothing else reads what lies between them.
#pragma once

#include "backends/cuda/groups.h"

namespace vsmlrt::cuda {

// `groups` with expressions (Group::expression) in the place of those that they are made of. A group joins
// its readers where all of these are part of expressions, and computing it again for each of their pixels
// takes few loads; what a warp samples is stored. Expressions have a Resize or a GridSample and few channels.
[[nodiscard]] std::vector<Group> join_expressions(std::vector<Group> groups, const graph::Graph &graph,
                                                  const graph::Shapes &shapes);

} // namespace vsmlrt::cuda
