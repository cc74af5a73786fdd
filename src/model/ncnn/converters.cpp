#include "model/ncnn/converters.h"

#include <limits>
#include <unordered_map>

namespace vsmlrt::model::ncnn {

const Converter *find_converter(std::string_view type) {
    constexpr auto any = std::numeric_limits<std::size_t>::max();
    static const std::unordered_map<std::string_view, Converter> table{
        {"AbsVal", {convert_absval}},
        {"BatchNorm", {convert_batch_norm}},
        {"Bias", {convert_bias}},
        {"BinaryOp", {convert_binary, 1, 2}},
        {"BNLL", {convert_bnll}},
        {"Cast", {convert_cast}},
        {"CELU", {convert_celu}},
        {"Clip", {convert_clip}},
        {"Concat", {convert_concat, 1, any}},
        {"Convolution", {convert_convolution}},
        {"ConvolutionDepthWise", {convert_convolution}},
        {"Crop", {convert_crop, 1, 2}},
        {"Deconvolution", {convert_deconvolution}},
        {"DeconvolutionDepthWise", {convert_deconvolution}},
        {"DeepCopy", {convert_split}},
        {"Dropout", {convert_dropout}},
        {"Eltwise", {convert_eltwise, 2, any}},
        {"ELU", {convert_elu}},
        {"Erf", {convert_erf}},
        {"Exp", {convert_exp}},
        {"Flatten", {convert_flatten}},
        {"GELU", {convert_gelu}},
        {"GLU", {convert_glu}},
        {"GroupNorm", {convert_group_norm}},
        {"HardSigmoid", {convert_hard_sigmoid}},
        {"HardSwish", {convert_hard_swish}},
        {"InnerProduct", {convert_inner_product}},
        {"Input", {convert_input, 0, 0}},
        {"InstanceNorm", {convert_instance_norm}},
        {"Interp", {convert_interp, 1, 2}},
        {"LayerNorm", {convert_layer_norm}},
        {"Log", {convert_log}},
        {"LRN", {convert_lrn}},
        {"MemoryData", {convert_memory_data, 0, 0}},
        {"Mish", {convert_mish}},
        {"Noop", {convert_split, 1, 1, true}},
        {"Packing", {convert_split}},
        {"Padding", {convert_padding}},
        {"Permute", {convert_permute}},
        {"PixelShuffle", {convert_pixel_shuffle}},
        {"Pooling", {convert_pooling}},
        {"Power", {convert_power}},
        {"PReLU", {convert_prelu}},
        {"Reduction", {convert_reduction}},
        {"ReLU", {convert_relu}},
        {"Reorg", {convert_reorg}},
        {"Reshape", {convert_reshape}},
        {"rife.Warp", {convert_warp, 2, 2}},
        {"RMSNorm", {convert_rms_norm}},
        {"Scale", {convert_scale, 1, 2}},
        {"SELU", {convert_selu}},
        {"Shrink", {convert_shrink}},
        {"ShuffleChannel", {convert_shuffle_channel}},
        {"Sigmoid", {convert_sigmoid}},
        {"Slice", {convert_slice, 1, 1, true}},
        {"Softmax", {convert_softmax}},
        {"Split", {convert_split, 1, 1, true}},
        {"Swish", {convert_swish}},
        {"TanH", {convert_tanh}},
        {"Threshold", {convert_threshold}},
        {"UnaryOp", {convert_unary}},
    };
    const auto found = table.find(type);
    return found == table.end() ? nullptr : &found->second;
}

} // namespace vsmlrt::model::ncnn
