#include "backends/cuda/hopper.h"

#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/launching.h"
#include "tensor/half.h"

#include <algorithm>

namespace vsmlrt::cuda {

CopiedPicture input_of(const ConvProblem &problem, const ConvOperands &operands) {
    return {operands.input,    problem.in_channels,  operands.in_height,
            operands.in_width, operands.in_stride_y, operands.in_stride_x};
}

CopiedPicture output_of(const ConvProblem &problem, const ConvOperands &operands) {
    return {operands.output,    problem.out_channels,     operands.out_height,
            operands.out_width, operands.output_stride_y, operands.output_stride_x};
}

TensorMap picture_map(Element type, const CopiedPicture &picture, const Box &box) {
    constexpr std::int64_t element_bytes = 2;
    const auto bytes = [](std::int64_t stride) { return static_cast<std::uint64_t>(stride * element_bytes); };
    TensorMap map;
    map.type = type;
    map.address = picture.address;
    map.sizes = {static_cast<std::uint64_t>(picture.channels), static_cast<std::uint64_t>(picture.width),
                 static_cast<std::uint64_t>(picture.height)};
    map.strides = {bytes(picture.stride_x), bytes(picture.stride_y)};
    map.box = {static_cast<std::uint32_t>(box.lanes), static_cast<std::uint32_t>(box.columns),
               static_cast<std::uint32_t>(box.rows)};
    map.swizzle = box.lanes == 8 ? 0 : 2 * box.lanes;
    return map;
}

Launch resident_launch(std::int64_t items, std::int64_t blocks, int threads, int shared_bytes) {
    Launch launch = block_launch({std::min(items, blocks), threads, shared_bytes}, {});
    launch.dependent = true;
    return launch;
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
