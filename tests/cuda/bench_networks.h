// The families at their real sizes, with random weights.
#pragma once

#include "model/network.h"

#include <string>

namespace vsmlrt::test {

// Empty where there is no family of that name.
[[nodiscard]] model::Network bench_network(const std::string &name);

} // namespace vsmlrt::test
