#include "backends/cuda/hopper.h"

#include "backends/cuda/hopper_pack.h"
#include "tensor/half.h"

namespace vsmlrt::cuda {

TensorMap picture_map(Element type, std::uint64_t address, std::int64_t channels, std::int64_t width,
                      std::int64_t height, std::int64_t stride_x, std::int64_t stride_y) {
    constexpr std::int64_t element_bytes = 2;
    TensorMap map;
    map.type = type;
    map.address = address;
    map.sizes = {static_cast<std::uint64_t>(channels), static_cast<std::uint64_t>(width),
                 static_cast<std::uint64_t>(height)};
    map.strides = {static_cast<std::uint64_t>(stride_x * element_bytes),
                   static_cast<std::uint64_t>(stride_y * element_bytes)};
    return map;
}

bool vector_operands(const Epilogue &epilogue) {
    return epilogue.tensors > 0 && !epilogue.broadcast;
}

int pad_lanes(const ConvOperands &operands) {
    int lanes = 0;
    std::memcpy(&lanes, operands.epilogue.data() + operands.epilogue.size() - sizeof lanes, sizeof lanes);
    return lanes;
}

std::vector<std::byte> no_map() {
    return std::vector<std::byte>(128);
}

std::uint16_t storage_bits(Element storage, float value) {
    return storage == Element::bf16 ? float_to_bfloat(value) : float_to_half(value);
}

void add_weight(std::vector<std::byte> &image, Element storage, float value) {
    const std::uint16_t half = storage_bits(storage, value);
    const auto *const begin = reinterpret_cast<const std::byte *>(
        storage == Element::f32 ? static_cast<const void *>(&value) : &half);
    image.insert(image.end(), begin, begin + element_size(storage));
}

std::span<const ConvCandidate> hopper_candidates() {
    static const std::vector<ConvCandidate> all = [] {
        std::vector<ConvCandidate> list;
        for (const auto part :
             {hopper_tap_candidates(), hopper_row_candidates(), hopper_up_candidates(),
              hopper_pixel_candidates(), hopper_phase_candidates(), hopper_tile_candidates()})
            list.insert(list.end(), part.begin(), part.end());
        return list;
    }();
    return all;
}

} // namespace vsmlrt::cuda
