#pragma once

namespace vsmlrt::vs {

// The metadata of a network that stands for an engine: the precision that it is to be run in, "fp32", "fp16"
// or "bf16". Read where "exact" is asked for and no precision is.
inline constexpr const char stated_precision[] = "vsmlrt.precision";

} // namespace vsmlrt::vs
