#include "module/shapes.h"

namespace vsmlrt {

Dims sized(const Dims &dims, vsmlrt_extent extent) {
    const std::int64_t picture[] = {1, 1, extent.height, extent.width};
    Dims result = dims;
    for (std::size_t i = 0; i < result.size(); ++i)
        if (result[i] < 0)
            result[i] = result.size() == 4 ? picture[i] : 1;
    return result;
}

IoShapes KnownShapes::at(vsmlrt_extent extent, const std::function<IoShapes()> &work_out) {
    const std::lock_guard lock(mutex_);
    const auto key = std::pair(extent.width, extent.height);
    const auto known = known_.find(key);
    return known != known_.end() ? known->second : known_.emplace(key, work_out()).first->second;
}

} // namespace vsmlrt
