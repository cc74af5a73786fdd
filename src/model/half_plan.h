// Which nodes of an fp32 network compute in fp16: the plan that to_half carries out.
#pragma once

#include "model/edit.h"
#include "model/types.h"

namespace vsmlrt::model {

enum class Precision { half, full };

// Constants (initializers and Constant nodes) of type fp32, by the name of their value.
using Literals = std::map<std::string, Tensor, std::less<>>;
[[nodiscard]] Literals find_literals(const Network &network);

// For each node the precision of its fp32 inputs and outputs. Full are
// - operators of `options.keep`, those that exist in fp32 alone, those of other domains or with subgraphs;
// - nodes with a constant beyond fp16's range;
// - with "Cast" in `keep`, conversions from and to integers; with "Range" in it, its results;
// - arithmetic and data movement whose every input comes from those (sizes, coordinates);
// - arithmetic and data movement whose result ends up in them or in the grid of a kept GridSample (flow).
[[nodiscard]] std::vector<Precision> plan_half(const Network &network, const Types &types,
                                               const Literals &literals, const HalfOptions &options);

// How a node takes its input number `index`: as the plan says, in fp32 whatever the plan says, or in
// whichever precision is there.
enum class InputRule { planned, full, either };
[[nodiscard]] InputRule input_rule(const Node &node, std::size_t index);

} // namespace vsmlrt::model
