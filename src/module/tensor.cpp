#include "module/tensor.h"

#include "base/checked.h"
#include "base/error.h"

#include <algorithm>

namespace vsmlrt {

std::size_t element_bytes(vsmlrt_type type) {
    return type == VSMLRT_FLOAT16 ? 2 : 4;
}

std::size_t tensor_bytes(vsmlrt_type type, const Dims &dims) {
    auto bytes = static_cast<std::int64_t>(element_bytes(type));
    for (const std::int64_t dim : dims)
        bytes = checked_mul(bytes, dim, "bytes of a tensor");
    return static_cast<std::size_t>(bytes);
}

vsmlrt_tensor tensor_view(vsmlrt_type type, const Dims &dims, void *data) {
    if (dims.size() > VSMLRT_MAX_RANK)
        throw Unsupported("the network has an input or output of ", dims.size(), " dimensions; at most ",
                          std::int32_t{VSMLRT_MAX_RANK}, " are accepted");
    vsmlrt_tensor tensor = {};
    tensor.type = type;
    tensor.rank = static_cast<std::int32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), std::begin(tensor.dims));
    tensor.data = data;
    return tensor;
}

} // namespace vsmlrt
