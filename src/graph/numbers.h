// Questions about a number, whatever its type.
#pragma once

#include <cmath>
#include <type_traits>

namespace vsmlrt::graph {

template <typename C>
[[nodiscard]] bool is_nan(C x) {
    if constexpr (std::is_floating_point_v<C>)
        return std::isnan(x);
    else
        return false;
}

} // namespace vsmlrt::graph
