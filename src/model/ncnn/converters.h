// The layer types that can be imported: one table from type to converter.
//
// Each converter takes its parameters and weights in the order that ncnn's documentation of operators states
// (docs/developer-guide/operators.md), and adds ONNX nodes of opset 17.
#pragma once

#include "model/ncnn/conversion.h"

#include <cstddef>
#include <string_view>

namespace vsmlrt::model::ncnn {

struct Converter {
    void (*convert)(Conversion &) = nullptr;
    std::size_t min_inputs = 1;
    std::size_t max_inputs = 1;
    bool many_outputs = false;
};

// Null for a type that is not supported.
[[nodiscard]] const Converter *find_converter(std::string_view type);

// Layers that carry weights.
void convert_convolution(Conversion &c);   // also ConvolutionDepthWise
void convert_deconvolution(Conversion &c); // also DeconvolutionDepthWise
void convert_inner_product(Conversion &c);
void convert_prelu(Conversion &c);
void convert_scale(Conversion &c);
void convert_batch_norm(Conversion &c);
void convert_memory_data(Conversion &c);

// One value in, one value out.
void convert_relu(Conversion &c);
void convert_clip(Conversion &c);
void convert_sigmoid(Conversion &c);
void convert_tanh(Conversion &c);
void convert_hard_sigmoid(Conversion &c);
void convert_hard_swish(Conversion &c);
void convert_mish(Conversion &c);
void convert_swish(Conversion &c);
void convert_unary(Conversion &c);
void convert_dropout(Conversion &c);

void convert_absval(Conversion &c);
void convert_bnll(Conversion &c);
void convert_erf(Conversion &c);
void convert_elu(Conversion &c);
void convert_selu(Conversion &c);
void convert_celu(Conversion &c);
void convert_gelu(Conversion &c);
void convert_exp(Conversion &c);
void convert_log(Conversion &c);
void convert_power(Conversion &c);
void convert_threshold(Conversion &c);
void convert_shrink(Conversion &c);
void convert_bias(Conversion &c);
void convert_cast(Conversion &c);

// Means and sums over axes or neighbours.
void convert_instance_norm(Conversion &c);
void convert_group_norm(Conversion &c);
void convert_layer_norm(Conversion &c);
void convert_rms_norm(Conversion &c);
void convert_lrn(Conversion &c);
void convert_softmax(Conversion &c);
void convert_mvn(Conversion &c);
void convert_normalize(Conversion &c);
void convert_reduction(Conversion &c);

// Several values in, one value out.
void convert_binary(Conversion &c);
void convert_eltwise(Conversion &c);
void convert_matmul(Conversion &c);
void convert_einsum(Conversion &c);
void convert_gemm(Conversion &c); // its matrices may be weights
void convert_multi_head_attention(Conversion &c);
void convert_sdpa(Conversion &c);
void convert_rotary_embedding(Conversion &c);

// Where pixels are.
void convert_input(Conversion &c);
void convert_split(Conversion &c); // also Noop, DeepCopy, Packing
void convert_concat(Conversion &c);
void convert_crop(Conversion &c);
void convert_copy_to(Conversion &c);
void convert_flatten(Conversion &c);
void convert_reshape(Conversion &c);
void convert_permute(Conversion &c);
void convert_padding(Conversion &c);
void convert_pooling(Conversion &c);
void convert_interp(Conversion &c);
void convert_pixel_shuffle(Conversion &c);
void convert_reorg(Conversion &c);
void convert_shuffle_channel(Conversion &c);
void convert_slice(Conversion &c);
void convert_glu(Conversion &c);
void convert_warp(Conversion &c);
void convert_grid_sample(Conversion &c);
void convert_squeeze(Conversion &c);
void convert_expand_dims(Conversion &c);
void convert_tile(Conversion &c);
void convert_flip(Conversion &c);
void convert_cumulative_sum(Conversion &c);

// Windows of other kinds.
void convert_unfold(Conversion &c);
void convert_fold(Conversion &c);
void convert_convolution_1d(Conversion &c);   // also ConvolutionDepthWise1D
void convert_deconvolution_1d(Conversion &c); // also DeconvolutionDepthWise1D
void convert_pooling_1d(Conversion &c);
void convert_deformable_convolution(Conversion &c);

} // namespace vsmlrt::model::ncnn
