#include "backends/cuda/tensor_map.h"

#include "base/error.h"
#include "nvidia/driver.h"

namespace vsmlrt::cuda {
namespace {

// CUtensorMapDataType and CUtensorMapSwizzle.
int type_code(Element type) {
    switch (type) {
    case Element::f16:
        return 6;
    case Element::f32:
        return 7;
    case Element::bf16:
        return 9;
    default:
        return 0; // bytes
    }
}

int swizzle_code(int bytes) {
    return bytes == 32 ? 1 : bytes == 64 ? 2 : bytes == 128 ? 3 : 0;
}

} // namespace

nvidia::TensorMapBytes encode(const TensorMap &map) {
    constexpr int promote_to_l2_lines_of_256_bytes = 3;
    nvidia::TensorMapBytes bytes;
    const std::vector<std::uint32_t> steps(map.sizes.size(), 1);
    const nvidia::Status status = nvidia::driver().tensor_map_encode(
        &bytes, type_code(map.type), static_cast<unsigned>(map.sizes.size()),
        reinterpret_cast<void *>(map.address), // NOLINT: an address of the device
        map.sizes.data(), map.strides.data(), map.box.data(), steps.data(), 0, swizzle_code(map.swizzle),
        promote_to_l2_lines_of_256_bytes, 0);
    if (status != nvidia::Status::success)
        throw InternalError("a kernel's tensor map is refused: ", nvidia::explain(status));
    return bytes;
}

} // namespace vsmlrt::cuda
