#include "model/ncnn/converters.h"

#include <limits>
#include <unordered_map>

namespace vsmlrt::model::ncnn {

const Converter *find_converter(std::string_view type) {
    constexpr auto any = std::numeric_limits<std::size_t>::max();
    static const std::unordered_map<std::string_view, Converter> table{
        {"BatchNorm", {convert_batch_norm}},
        {"BinaryOp", {convert_binary, 1, 2}},
        {"Clip", {convert_clip}},
        {"Concat", {convert_concat, 1, any}},
        {"Convolution", {convert_convolution}},
        {"ConvolutionDepthWise", {convert_convolution}},
        {"Crop", {convert_crop, 1, 2}},
        {"Deconvolution", {convert_deconvolution}},
        {"DeconvolutionDepthWise", {convert_deconvolution}},
        {"Dropout", {convert_dropout}},
        {"Eltwise", {convert_eltwise, 2, any}},
        {"Flatten", {convert_flatten}},
        {"HardSigmoid", {convert_hard_sigmoid}},
        {"HardSwish", {convert_hard_swish}},
        {"InnerProduct", {convert_inner_product}},
        {"Input", {convert_input, 0, 0}},
        {"Interp", {convert_interp, 1, 2}},
        {"MemoryData", {convert_memory_data, 0, 0}},
        {"Mish", {convert_mish}},
        {"Noop", {convert_split, 1, 1, true}},
        {"PReLU", {convert_prelu}},
        {"Padding", {convert_padding}},
        {"Permute", {convert_permute}},
        {"PixelShuffle", {convert_pixel_shuffle}},
        {"Pooling", {convert_pooling}},
        {"ReLU", {convert_relu}},
        {"Reshape", {convert_reshape}},
        {"Scale", {convert_scale, 1, 2}},
        {"Sigmoid", {convert_sigmoid}},
        {"Split", {convert_split, 1, 1, true}},
        {"Swish", {convert_swish}},
        {"TanH", {convert_tanh}},
        {"UnaryOp", {convert_unary}},
        {"rife.Warp", {convert_warp, 2, 2}},
    };
    const auto found = table.find(type);
    return found == table.end() ? nullptr : &found->second;
}

} // namespace vsmlrt::model::ncnn
