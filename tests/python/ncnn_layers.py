"""Layers of ncnn's, each as a network of its own: what the import has of them."""

from __future__ import annotations

import numpy as np

from ncnn_files import HALF, codebook, raw, tagged

RANDOM = np.random.default_rng(7)


def values(*shape: int, scale: float = 0.3) -> np.ndarray:
    return RANDOM.normal(0, scale, shape).astype(np.float32)


def conv(parameters: str, *, kind: str = "Convolution") -> str:
    return f"{kind} c 1 1 in out {parameters}"


CONV = "0=4 1=3 5=1 6=108"
CONV_WEIGHTS = tagged(values(108)) + raw(values(4))
DECONV_WEIGHTS = tagged(values(192)) + raw(values(4))
DECONV_1D_WEIGHTS = tagged(values(48)) + raw(values(4))


def attention_weights(query: int, key: int, value: int, embedded: int, tag: int = 0) -> bytes:
    """Weights and bias of queries, keys, values and the output."""
    sides = [(query, embedded), (key, embedded), (value, embedded), (embedded, query)]
    return b"".join(tagged(values(a * b), tag) + raw(values(b)) for a, b in sides)


MHA_OF_SIX = attention_weights(6, 6, 6, 8)

FIRST = "-23309=1,0 -23310=1,1 -23311=1,0"
"""A crop's first channel."""

# One layer each: lines, weights, channels of the input.
LAYERS: dict[str, tuple[str, bytes, int]] = {
    "conv": (conv(CONV), CONV_WEIGHTS, 3),
    "conv_half": (conv(CONV), tagged(values(108), HALF) + raw(values(4)), 3),
    "conv_half_padded_to_4_bytes": (conv("0=1 1=3 6=27"), tagged(values(27), HALF), 3),
    "conv_codebook": (conv("0=1 1=3 6=27"), codebook(np.arange(27) * 9, values(256)), 3),
    "conv_pads": (conv(f"{CONV} 4=2 14=1 15=0 16=3"), CONV_WEIGHTS, 3),
    "conv_pad_value": (conv(f"{CONV} 4=1 18=5.000000e-01"), CONV_WEIGHTS, 3),
    "conv_stride_dilation": (conv(f"{CONV} 2=2 3=2 13=1 4=1"), CONV_WEIGHTS, 3),
    "conv_not_square": (conv("0=4 1=5 11=2 5=1 6=120"), tagged(values(120)) + raw(values(4)), 3),
    **{f"conv_same_{mode}_{stride}_{dilation}": (conv(f"{CONV} 4=-{mode} 3={stride} 2={dilation}"), CONV_WEIGHTS, 3)
       for mode in (233, 234) for stride, dilation in [(1, 1), (1, 2), (2, 1), (3, 1)]},
    "conv_newer_array": (conv(f"{CONV} 9=3 10=-1.000000e-01,3.000000e-01"), CONV_WEIGHTS, 3),
    **{f"conv_activation_{number}": (conv(f"{CONV} 9={number} {numbers}"), CONV_WEIGHTS, 3)
       for number, numbers in [(1, ""), (2, "-23310=1,0.2"), (3, "-23310=2,-0.1,0.3"), (4, ""), (5, ""),
                               (6, "-23310=2,0.2,0.5")]},
    "depthwise": (conv("0=6 1=3 4=1 5=1 6=54 7=6", kind="ConvolutionDepthWise"),
                  tagged(values(54)) + raw(values(6)), 6),
    "grouped": (conv("0=4 1=3 5=1 6=108 7=2", kind="ConvolutionDepthWise"), CONV_WEIGHTS, 6),
    "deconv": (conv("0=4 1=4 3=2 5=1 6=192", kind="Deconvolution"), DECONV_WEIGHTS, 3),
    "deconv_pads": (conv("0=4 1=4 3=2 4=1 15=2 16=0 5=1 6=192 9=2 -23310=1,0.1", kind="Deconvolution"),
                    DECONV_WEIGHTS, 3),
    "deconv_output_pad": (conv("0=4 1=4 3=3 4=1 18=2 19=1 5=1 6=192", kind="Deconvolution"), DECONV_WEIGHTS, 3),
    "deconv_dilation": (conv("0=4 1=4 2=2 3=1 5=1 6=192", kind="Deconvolution"), DECONV_WEIGHTS, 3),
    "deconv_grouped": (conv("0=4 1=4 3=2 5=1 6=192 7=2", kind="DeconvolutionDepthWise"), DECONV_WEIGHTS, 6),
    "deconv_depthwise": (conv("0=6 1=4 3=2 4=1 6=96 7=6", kind="DeconvolutionDepthWise"), tagged(values(96)), 6),
    "prelu": ("PReLU p 1 1 in out 0=3", raw(values(3)), 3),
    "prelu_one": ("PReLU p 1 1 in out 0=1", raw(values(1)), 3),
    "relu_slope": ("ReLU p 1 1 in out 0=2.000000e-01", b"", 3),
    "clip": ("Clip p 1 1 in out 0=2.000000e-01 1=7.000000e-01", b"", 3),
    "sigmoid": ("Sigmoid p 1 1 in out", b"", 3),
    "tanh": ("TanH p 1 1 in out", b"", 3),
    "hard_sigmoid": ("HardSigmoid p 1 1 in out 0=3.000000e-01 1=1.000000e-01", b"", 3),
    "hard_swish": ("HardSwish p 1 1 in out", b"", 3),
    "mish": ("Mish p 1 1 in out", b"", 3),
    "swish": ("Swish p 1 1 in out", b"", 3),
    "dropout": ("Dropout p 1 1 in out 0=5.000000e-01", b"", 3),
    "scale": ("Scale p 1 1 in out 0=3 1=1", raw(values(3)) + raw(values(3)), 3),
    "batch_norm": ("BatchNorm p 1 1 in out 0=3 1=1.000000e-03",
                   raw(values(3)) + raw(values(3)) + raw(values(3) ** 2) + raw(values(3)), 3),
    **{f"unary_{op}": (f"BinaryOp a 1 1 in a 0=0 1=1 2=3.000000e-02\nUnaryOp u 1 1 a out 0={op}", b"", 3)
       for op in range(20) if op not in (12, 13)},
    "unary_asin": ("BinaryOp a 1 1 in a 0=2 1=1 2=9.000000e-01\nUnaryOp u 1 1 a out 0=12", b"", 3),
    "unary_acos": ("BinaryOp a 1 1 in a 0=2 1=1 2=9.000000e-01\nUnaryOp u 1 1 a out 0=13", b"", 3),
    **{f"scalar_{op}": (f"BinaryOp b 1 1 in out 0={op} 1=1 2=7.000000e-01", b"", 3) for op in range(12)},
    **{f"binary_{op}": (
        "Split s 1 2 in a b\nBinaryOp m 1 1 a c 0=1 1=1 2=5.000000e-01\nPermute t 1 1 b d\n"
        + (f"BinaryOp b 2 1 c d out 0={op}" if op not in (6, 9) else f"Noop n 1 1 c e\nBinaryOp b 2 1 d d out 0={op}"),
        b"", 3) for op in range(12) if op not in (6, 9)},
    "pixel_shuffle": ("PixelShuffle p 1 1 in out 0=2", b"", 12),
    "pixel_shuffle_1": ("PixelShuffle p 1 1 in out 0=2 1=1", b"", 12),
    "concat": ("Split s 1 2 in a b\nSigmoid g 1 1 a c\nConcat p 2 1 b c out", b"", 3),
    "concat_width": ("Split s 1 2 in a b\nSigmoid g 1 1 a c\nConcat p 2 1 b c out 0=-1", b"", 3),
    "eltwise_product": ("Split s 1 3 in a b c\nEltwise e 3 1 a b c out 0=0", b"", 3),
    "eltwise_sum": ("Split s 1 2 in a b\nTanH g 1 1 a c\nEltwise e 2 1 b c out 0=1", b"", 3),
    "eltwise_weighted": ("Split s 1 2 in a b\nTanH g 1 1 a c\nEltwise e 2 1 b c out 0=1 -23301=2,0.2,-1.5", b"", 3),
    "eltwise_max": ("Split s 1 2 in a b\nBinaryOp g 1 1 a c 0=7 1=1 2=1.000000e+00\nEltwise e 2 1 b c out 0=2", b"", 3),
    **{f"interp_{kind}_{factor}": (f"Interp i 1 1 in out 0={kind} 1={factor:e} 2={factor:e}", b"", 3)
       for kind in (1, 2, 3) for factor in (2.0, 0.5, 3.0, 1.5)},
    **{f"interp_{kind}_to_size": (f"Interp i 1 1 in out 0={kind} 3=31 4=17", b"", 3) for kind in (1, 2, 3)},
    **{f"interp_{kind}_corners": (f"Interp i 1 1 in out 0={kind} 1=2.0 2=2.0 6=1", b"", 3) for kind in (2, 3)},
    "interp_like": ("Split s 1 2 in a b\nPadding p 1 1 b c 0=5 3=7\nInterp i 2 1 a c out 0=2 5=1", b"", 3),
    "interp_vector": ("Pooling p 1 1 in v 0=1 4=1\nInterp i 1 1 v out 0=2 3=5 4=7", b"", 3),
    **{f"padding_{kind}": (f"Padding p 1 1 in out 0=1 1=2 2=3 3=4 4={kind} 5=2.500000e-01", b"", 3)
       for kind in (0, 1, 2)},
    "padding_channels": ("Padding p 1 1 in out 0=1 7=1 8=2 5=2.500000e-01", b"", 3),
    "crop_arrays": ("Crop c 1 1 in out -23309=2,4,3 -23310=2,-4,-2 -23311=2,-2,-1", b"", 3),
    "crop_channels": ("Crop c 1 1 in out -23309=1,1 -23310=1,3 -23311=1,0", b"", 4),
    "crop_open_ends": ("Crop c 1 1 in out -23309=2,-5,2 -23310=2,-233,0 -23311=2,1,2", b"", 3),
    "crop_beyond": ("Crop c 1 1 in out -23309=3,0,1,2 -23310=3,9,9999,7", b"", 3),
    "crop_offsets": ("Crop c 1 1 in out 0=1 1=2 2=1 3=5 4=6 5=2", b"", 4),
    "crop_offsets_from_the_end": ("Crop c 1 1 in out 0=1 1=2 3=-233 4=-233 5=-233 6=2 7=1", b"", 4),
    "crop_like": ("Split s 1 2 in a b\nConvolution c 1 1 a d 0=3 1=5 6=225\nCrop c 2 1 b d out 0=1 1=3",
                  tagged(values(225)), 3),
    "crop_like_at_run_time": ("Split s 1 2 in a b\nInterp i 1 1 a d 0=1 1=0.5 2=0.25\nCrop c 2 1 b d out 0=1 1=3",
                              b"", 3),
    "flatten": ("Flatten f 1 1 in out", b"", 3),
    "reshape_rows": ("Reshape r 1 1 in out 0=-1 1=3", b"", 3),
    "reshape_vector": ("Reshape r 1 1 in out 0=-1", b"", 3),
    "reshape_picture": ("Reshape r 1 1 in out 0=0 1=0 2=-1", b"", 3),
    "reshape_vector_to_picture": ("Pooling p 1 1 in v 0=1 4=1\nReshape r 1 1 v out 0=3 1=2 2=-1", b"", 6),
    **{f"permute_{order}": (f"Permute p 1 1 in out 0={order}", b"", 3) for order in range(6)},
    "permute_rows": ("Reshape r 1 1 in a 0=-1 1=3\nPermute p 1 1 a out 0=1", b"", 3),
    "inner_product": ("Pooling p 1 1 in v 0=1 4=1\nInnerProduct i 1 1 v out 0=5 1=1 2=15 9=4",
                      tagged(values(15), HALF) + raw(values(5)), 3),
    "inner_product_of_picture": ("Interp a 1 1 in v 0=1 3=2 4=4\nInnerProduct i 1 1 v out 0=5 2=120",
                                 tagged(values(120)), 3),
    "inner_product_of_rows": ("Interp a 1 1 in v 0=1 3=2 4=4\nReshape r 1 1 v w 0=8 1=3\n"
                              "InnerProduct i 1 1 w out 0=5 1=1 2=40", tagged(values(40)) + raw(values(5)), 3),
    "conv_of_vector": ("Pooling p 1 1 in v 0=1 4=1\nConvolution i 1 1 v out 0=5 1=1 6=15", tagged(values(15)), 3),
    "squeeze_scale": ("Split s 1 2 in a b\nPooling p 1 1 a v 0=1 4=1\nScale c 2 1 b v out 0=-233", b"", 3),
    "noop": ("Noop n 1 1 in out", b"", 3),
    "pool_global_max": ("Pooling p 1 1 in out 0=0 4=1", b"", 3),
    "pool_adaptive": ("Pooling p 1 1 in out 0=1 7=1 8=1", b"", 3),
    **{f"pool_{kind}_{mode}_{count}_{stride}": (
        f"Pooling p 1 1 in out 0={kind} 1=3 2={stride} 3={0 if mode > 1 else 1} 5={mode} 6={count}", b"", 3)
       for kind in (0, 1) for mode in range(4) for count in (0, 1) for stride in (1, 2)
       if not (kind == 1 and mode == 0 and count == 1 and stride == 2)},
    "reorg": ("Reorg p 1 1 in out 0=2", b"", 3),
    "reorg_1": ("Reorg p 1 1 in out 0=2 1=1", b"", 3),
    "reorg_4": ("Reorg p 1 1 in out 0=4", b"", 1),
    **{f"shuffle_channel_{reverse}": (f"ShuffleChannel p 1 1 in out 0=2 1={reverse}", b"", 6) for reverse in (0, 1)},
    "slice_equal": ("Slice s 1 2 in a b -23300=2,-233,-233\nBinaryOp o 2 1 b a out 0=1", b"", 6),
    "slice_sizes": ("Slice s 1 3 in a b c -23300=3,2,3,-233\nConcat o 3 1 c b a out", b"", 7),
    "slice_unequal_rest": ("Slice s 1 3 in a b c -23300=3,-233,-233,-233\nConcat o 3 1 c a b out", b"", 7),
    "slice_rows": ("Slice s 1 2 in a b -23300=2,5,-233 1=1\nConcat o 2 1 b a out 0=1", b"", 3),
    "slice_columns": ("Slice s 1 2 in a b -23300=2,5,-233 1=-1\nConcat o 2 1 b a out 0=2", b"", 3),
    "slice_indices": ("Slice s 1 3 in a b c -23300=3,-233,-233,-233 -23302=2,1,4\nConcat o 3 1 c b a out", b"", 7),
    "slice_index_from_the_end": (
        "Slice s 1 3 in a b c -23300=3,-233,-233,-233 -23302=2,1,-2\nConcat o 3 1 c b a out", b"", 7),
    **{f"reduce_{op}_all": (f"Reduction r 1 1 in out 0={op} 2=5.000000e-01", b"", 3) for op in range(11)},
    **{f"reduce_{op}_rows": (f"Reduction r 1 1 in out 0={op} 1=0 2=5.000000e-01 -23303=1,1 5=1", b"", 3)
       for op in range(11)},
    **{f"reduce_3_{name}_{keep}": (f"Reduction r 1 1 in out 0=3 1=0 -23303={axes} 4={keep} 5=1", b"", 3)
       for keep in (0, 1) for name, axes in [("c", "1,0"), ("h", "1,1"), ("w", "1,-1"), ("ch", "2,0,1"),
                                             ("hw", "2,1,2"), ("cw", "2,2,0"), ("chw", "3,0,1,2")]},
    "reduce_all_keep": ("Reduction r 1 1 in out 0=3 4=1", b"", 3),
    "reduce_vector": ("Pooling p 1 1 in v 0=1 4=1\nReduction r 1 1 v out 0=0 1=0 -23303=1,0 5=1", b"", 6),
    "instance_norm": ("InstanceNorm n 1 1 in out 0=3 1=1.000000e-05", raw(values(3)) + raw(values(3)), 3),
    "instance_norm_plain": ("InstanceNorm n 1 1 in out 0=3 2=0", b"", 3),
    "group_norm": ("GroupNorm n 1 1 in out 0=2 1=6 2=1.000000e-05", raw(values(6)) + raw(values(6)), 6),
    "group_norm_plain": ("GroupNorm n 1 1 in out 0=3 1=6 3=0", b"", 6),
    "group_norm_vector": ("Pooling p 1 1 in v 0=1 4=1\nGroupNorm n 1 1 v out 0=2 1=6",
                          raw(values(6)) + raw(values(6)), 6),
    "layer_norm_rows": ("Interp i 1 1 in a 0=1 3=5 4=7\nLayerNorm n 1 1 a out 0=7 1=1.000000e-05",
                        raw(values(7)) + raw(values(7)), 3),
    "layer_norm_plane": ("Interp i 1 1 in a 0=1 3=5 4=7\nLayerNorm n 1 1 a out 0=35",
                         raw(values(35)) + raw(values(35)), 3),
    "layer_norm_plain": ("Interp i 1 1 in a 0=1 3=5 4=7\nLayerNorm n 1 1 a out 0=7 2=0", b"", 3),
    "layer_norm_of_rows": ("Reshape r 1 1 in a 0=-1 1=3\nPermute p 1 1 a b 0=1\nLayerNorm n 1 1 b out 0=3",
                           raw(values(3)) + raw(values(3)), 3),
    "layer_norm_vector": ("Pooling p 1 1 in v 0=1 4=1\nLayerNorm n 1 1 v out 0=6", raw(values(6)) + raw(values(6)), 6),
    "rms_norm": ("Interp i 1 1 in a 0=1 3=5 4=7\nRMSNorm n 1 1 a out 0=7 1=1.000000e-05", raw(values(7)), 3),
    "rms_norm_plain": ("Interp i 1 1 in a 0=1 3=5 4=7\nRMSNorm n 1 1 a out 0=35 2=0", b"", 3),
    **{f"softmax_{axis}": (f"Softmax s 1 1 in out 0={axis} 1=1", b"", 3) for axis in (0, 1, 2, -1, -2)},
    "softmax_vector": ("Pooling p 1 1 in v 0=1 4=1\nSoftmax s 1 1 v out", b"", 6),
    **{f"gelu_{fast}": (f"BinaryOp a 1 1 in a 0=1 1=1 2=5.000000e-01\nGELU g 1 1 a out 0={fast}", b"", 3)
       for fast in (0, 1)},
    **{f"{name}_{i}": (f"BinaryOp a 1 1 in a 0=1 1=1 2=5.000000e-01\n{kind} p 1 1 a out {given}", b"", 3)
       for name, kind, forms in [
           ("elu", "ELU", ["", "0=7.000000e-01"]), ("selu", "SELU", ["", "0=1.500000e+00 1=1.200000e+00"]),
           ("celu", "CELU", ["", "0=7.000000e-01"]), ("absval", "AbsVal", [""]), ("bnll", "BNLL", [""]),
           ("exp", "Exp", ["", "0=2.000000e+00", "1=5.000000e-01 2=3.000000e-01", "0=1.000000e+01 1=2.000000e-01"]),
           ("power", "Power", ["", "0=2.000000e+00 1=5.000000e-01 2=6.000000e-01", "0=3.300000e+00 2=7.000000e-01"]),
           ("erf", "Erf", [""]), ("threshold", "Threshold", ["", "0=1.000000e-01"]),
           ("shrink", "Shrink", ["", "0=1.000000e-01 1=2.000000e-01", "0=1.000000e-01 1=0.000000e+00"])]
       for i, given in enumerate(forms)},
    **{f"log_{i}": (f"Log p 1 1 in out {given}", b"", 3)
       for i, given in enumerate(["2=1.000000e-01", "0=2.000000e+00 1=3.000000e+00 2=1.000000e-01"])},
    **{f"lrn_{region}_{size}": (f"LRN n 1 1 in out 0={region} 1={size} 2=5.000000e-01 3=6.000000e-01 4=1.500000e+00",
                                b"", 6) for region in (0, 1) for size in (1, 3, 5)},
    "lrn": ("LRN n 1 1 in out", b"", 6),
    "bias": ("Bias n 1 1 in out 0=3", raw(values(3)), 3),
    "packing": ("Packing n 1 1 in out 0=4", b"", 4),
    "cast": ("Cast n 1 1 in out 0=1 1=1", b"", 3),
    "deep_copy": ("DeepCopy n 1 1 in out", b"", 3),
    **{f"glu_{axis}": (f"Interp i 1 1 in a 0=1 3=6 4=8\nGLU g 1 1 a out 0={axis}", b"", 4) for axis in (0, 1, 2)},
    **{f"pool_adaptive_{kind}_{w}x{h}": (f"Pooling p 1 1 in out 0={kind} 7=1 8={w} 18={h}", b"", 3)
       for kind in (0, 1) for w, h in [(2, 2), (4, 2), (1, 4), (-233, 2), (2, 1)]},
    **{f"pool_adaptive_uneven_{kind}": (f"Interp i 1 1 in a 0=1 3=13 4=19\nPooling p 1 1 a out 0={kind} 7=1 8=7 18=5",
                                        b"", 3) for kind in (0, 1)},
    **{f"matmul_{a}x{b}_{turned}": (
        f"Split s 1 2 in x y\n{left}\n{right}\nMatMul m 2 1 a b out 0={turned}", b"", 3)
       for a, left in [(3, "Interp i 1 1 x a 0=1 3=6 4=8"), (2, "Interp i 1 1 x i1 0=1 3=2 4=4\nReshape r 1 1 i1 a 0=8"
                                                              " 1=3"),
                       (1, "Interp i 1 1 x i1 0=1 3=2 4=1\nReshape r1 1 1 i1 i2 0=6\nPadding p1 1 1 i2 a 2=1 3=1")]
       for b, right in [(3, "Interp j 1 1 y b 0=1 3=8 4=8"), (2, "Interp j 1 1 y j1 0=1 3=8 4=8\nCrop k 1 1 j1 j2"
                                                              f" {FIRST}\nReshape q 1 1 j2 b 0=8 1=8"),
                       (1, "Interp j 1 1 y j1 0=1 3=2 4=1\nReshape q1 1 1 j1 j2 0=6\nPadding p2 1 1 j2 b 2=1 3=1")]
       for turned in (0, 1)},
    "matmul_sizes_of_the_picture": ("Split s 1 2 in a b\nMatMul m 2 1 a b out 0=1", b"", 3),
    "matmul_one_for_all": (f"Split s 1 2 in a y\nCrop k 1 1 y b {FIRST}\nMatMul m 2 1 a b out 0=1", b"", 3),
    **{f"gemm_{i}": (f"Reshape r 1 1 in a 0=-1 1=3\nPermute p 1 1 a b 0=1\nGemm g 1 1 {x} out {given}", weights, 3)
       for i, (x, given, weights) in enumerate([
           ("b", "5=1 6=1 8=4 9=3 10=-1", tagged(values(12))),
           ("b", "3=1 5=1 6=1 8=4 9=3 10=4", tagged(values(12)) + tagged(values(4))),
           ("b", "0=2.000000e+00 1=5.000000e-01 3=1 5=1 6=1 8=4 9=3 10=0", tagged(values(12)) + tagged(values(1))),
           ("b", "3=1 5=1 6=1 8=4 9=3 10=4 14=1", tagged(values(12), HALF) + tagged(values(4), HALF)),
           ("b", "3=1 5=1 6=1 8=4 9=3 10=-1 11=1", tagged(values(12))),
           ("b", "3=1 5=1 6=1 8=4 9=3 10=-1 11=1 14=1", tagged(values(12))),
           ("a", "2=1 3=1 5=1 6=1 8=4 9=3 10=-1", tagged(values(12))),
           ("a", "4=1 6=1 7=5 9=3 10=1", tagged(values(15)) + tagged(values(5))),
           ("a", "2=1 4=1 6=1 7=5 9=3 10=2", tagged(values(15)) + tagged(values(5)))])},
    "gemm_of_two": ("Reshape r 1 1 in a 0=-1 1=3\nSplit s 1 2 a b c\nGemm g 2 1 b c out 3=1", b"", 3),
    "gemm_vector": ("Pooling p 1 1 in v 0=1 4=1\nGemm g 1 1 v out 5=1 6=1 3=1 8=4 9=3 10=4",
                    tagged(values(12)) + tagged(values(4)), 3),
    "gemm_adds_a_blob": ("Reshape r 1 1 in a 0=-1 1=3\nSplit s 1 3 a b c d\n"
                         "Reduction f 1 1 d e 0=3 1=0 -23303=1,1 4=1 5=1\nGemm g 3 1 b c e out 3=1", b"", 3),
    **{f"attention_{name}": (f"Reshape r 1 1 in a 0=-1 1=6\nPermute p 1 1 a b 0=1\n{lines}", weights, 6)
       for name, lines, weights in [
           ("self", "MultiHeadAttention m 1 1 b out 0=6 1=2 2=36", attention_weights(6, 6, 6, 6)),
           ("half", "MultiHeadAttention m 1 1 b out 0=8 1=2 2=48 3=6 4=6", attention_weights(6, 6, 6, 8, HALF)),
           ("scale", "MultiHeadAttention m 1 1 b out 0=8 1=4 2=48 3=6 4=6 6=1.000000e+00", MHA_OF_SIX),
           ("cross", "Split s 1 2 b c d\nMultiHeadAttention m 2 1 c d out 0=8 1=2 2=48 3=6 4=6", MHA_OF_SIX),
           ("three", "Split s 1 3 b c d e\nMultiHeadAttention m 3 1 c d e out 0=8 1=2 2=48 3=6 4=6", MHA_OF_SIX),
           ("mask", "Split s 1 3 b c d e\nMatMul x 2 1 d e f 0=1\n"
                    "MultiHeadAttention m 2 1 c f out 0=8 1=2 2=48 3=6 4=6 5=1", MHA_OF_SIX)]},
    **{f"pool_1d_{kind}_{mode}_{count}_{stride}": (
        f"Reshape r 1 1 in a 0=-1 1=3\nPooling1D p 1 1 a out 0={kind} 1=3 2={stride} 3={0 if mode > 1 else 1} 5={mode} "
        f"6={count}", b"", 3)
       for kind in (0, 1) for mode in range(4) for count in (0, 1) for stride in (1, 2)
       if not (kind == 1 and mode == 0 and count == 1 and stride == 2)},
    **{f"pool_1d_{kind}_{name}": (f"Reshape r 1 1 in a 0=-1 1=3\nPooling1D p 1 1 a out 0={kind} {given}", b"", 3)
       for kind in (0, 1)
       for name, given in [("global", "4=1"), ("adaptive", "7=1 8=1"), ("wide", "1=5 2=3 3=2 14=1")]},
    **{f"deconv_1d_{i}": (f"Reshape r 1 1 in a 0=-1 1=3\nDeconvolution1D c 1 1 a out {given}", DECONV_1D_WEIGHTS, 3)
       for i, given in enumerate(["0=4 1=4 3=2 5=1 6=48", "0=4 1=4 3=2 4=1 15=2 5=1 6=48 9=2 -23310=1,0.1",
                                  "0=4 1=4 3=3 4=1 18=2 5=1 6=48", "0=4 1=4 2=2 3=1 5=1 6=48"])},
    "deconv_1d_grouped": ("Reshape r 1 1 in a 0=-1 1=6\nDeconvolutionDepthWise1D c 1 1 a out 0=4 1=4 3=2 5=1 6=48 7=2",
                          DECONV_1D_WEIGHTS, 6),
    **{f"rotary_{interleaved}": (
        "Interp i 1 1 in x 0=1 3=5 4=8\nMemoryData m 0 1 cos 0=4 1=5\nMemoryData n 0 1 sin 0=4 1=5\n"
        f"RotaryEmbed e 3 1 x cos sin out 0={interleaved}", raw(values(20)) + raw(values(20)), 3)
       for interleaved in (0, 1)},
    "sdpa": ("Interp i 1 1 in x 0=1 3=6 4=8\nSplit s 1 3 x a b c\nInterp j 1 1 a d 0=1 3=5 4=8\n"
             "SDPA m 3 1 d b c out", b"", 3),
    "sdpa_scale": ("Split s 1 3 in a b c\nSDPA m 3 1 a b c out 6=2.000000e-01", b"", 3),
    "sdpa_mask": ("Split s 1 5 in a b c d e\nMatMul x 2 1 d e f 0=1\nSDPA m 4 1 a b c f out 5=1 6=3.000000e-01", b"",
                  3),
    **{f"tile_{i}": (f"{lines}\nTile t 1 1 a out {given}", b"", 3) for i, (lines, given) in enumerate([
        ("Split s 1 1 in a", "0=0 1=2"), ("Split s 1 1 in a", "0=1 1=3"), ("Split s 1 1 in a", "0=2 1=2"),
        ("Split s 1 1 in a", "-23302=3,2,3,1"), ("Split s 1 1 in a", "-23302=2,3,1"),
        ("Reshape r 1 1 in a 0=-1 1=3", "0=1 1=2"), ("Reshape r 1 1 in a 0=-1 1=3", "-23302=3,2,1,3"),
        ("Pooling p 1 1 in a 0=1 4=1", "0=0 1=3"), ("Pooling p 1 1 in a 0=1 4=1", "-23302=2,2,3")])},
    **{f"squeeze_{i}": (f"{lines}\nSqueeze t 1 1 a out {given}", b"", 3) for i, (lines, given) in enumerate([
        ("Pooling p 1 1 in b 0=1 4=1\nReshape r 1 1 b a 0=1 1=1 2=3", "-23303=2,1,2"),
        ("Pooling p 1 1 in b 0=1 4=1\nReshape r 1 1 b a 0=1 1=3 2=1", "-23303=1,-1"),
        ("Pooling p 1 1 in b 0=1 4=1\nReshape r 1 1 b a 0=3 1=1 2=1", "1=1"),
        (f"Crop k 1 1 in a {FIRST}", "2=1"), (f"Crop k 1 1 in a {FIRST}", "-23303=1,0"),
        ("Crop k 1 1 in a -23309=1,2 -23310=1,3 -23311=1,1", "1=1")])},
    **{f"expand_{i}": (f"{lines}\nExpandDims t 1 1 a out {given}", b"", 3) for i, (lines, given) in enumerate([
        ("Pooling p 1 1 in a 0=1 4=1", "-23303=1,0"), ("Pooling p 1 1 in a 0=1 4=1", "-23303=1,1"),
        ("Pooling p 1 1 in a 0=1 4=1", "-23303=1,-1"), ("Pooling p 1 1 in a 0=1 4=1", "-23303=2,0,1"),
        ("Pooling p 1 1 in a 0=1 4=1", "-23303=2,0,2"), ("Pooling p 1 1 in a 0=1 4=1", "-23303=2,1,2"),
        ("Pooling p 1 1 in a 0=1 4=1", "-23303=2,-1,0"),
        *[("Reshape r 1 1 in a 0=-1 1=3", f"-23303=1,{axis}") for axis in (0, 1, 2, -1, -2, -3)]])},
    **{f"flip_{axes}": (f"Flip f 1 1 in out -23300={axes}", b"", 3) for axes in ("1,0", "1,-1", "2,1,2", "3,0,1,2")},
    **{f"mvn_{variance}_{across}": (f"MVN n 1 1 in out 0={variance} 1={across} 2=1.000000e-03", b"", 3)
       for variance in (0, 1) for across in (0, 1)},
    **{f"normalize_{plane}{channels}_{mode}": (f"Normalize n 1 1 in out 0={plane} 4={channels} 3=3 2=1.000000e-02"
                                               f" 9={mode}", raw(values(3)), 3)
       for plane, channels in [(0, 1), (1, 0), (1, 1)] for mode in (0, 1, 2)},
    "normalize_shared": ("Normalize n 1 1 in out 1=1 3=1", raw(values(1)), 3),
    **{f"grid_sample_{mode}{border}{corners}_{planes}": (
        f"Split s 1 2 in a b\nCrop k 1 1 b c -23309=1,1 -23310=1,3 -23311=1,0\n"
        f"BinaryOp m 1 1 c d 0=2 1=1 2=2.500000e+00\nBinaryOp n 1 1 d e 0=1 1=1 2=1.230000e+00\n{turn}"
        f"GridSample g 2 1 a f out 0={mode} 1={border} 2={corners}"
        f" 3={planes}", b"", 3)
       for mode in (1, 2, 3) for border in (1, 2, 3) for corners in (0, 1)
       for planes, turn in [(0, "Permute p 1 1 e f 0=3\n"), (1, "Noop p 1 1 e f\n")]},
    "softplus": ("BinaryOp a 1 1 in a 0=1 1=1 2=5.000000e-01\nSoftplus p 1 1 a out", b"", 3),
    **{f"cumulative_sum_{axis}": (f"CumulativeSum p 1 1 in out 0={axis}", b"", 3) for axis in (0, 1, 2, -1)},
    "cumulative_sum_of_rows": ("Reshape r 1 1 in a 0=-1 1=3\nCumulativeSum p 1 1 a out 0=0", b"", 3),
    **{f"unfold_{i}": (f"Unfold u 1 1 in out {given}", b"", 3)
       for i, given in enumerate(["1=3 4=1", "1=2 3=2", "1=3 11=2 3=2 13=1 4=1 14=0", "1=3 2=2 4=2"])},
    **{f"fold_{i}": (f"Interp i 1 1 in a 0=1 3=8 4=12\nUnfold u 1 1 a b {given}\nFold f 1 1 b out {given} 20=12 21=8",
                     b"", 3)
       for i, given in enumerate(["1=3 4=1", "1=2 3=2", "1=4 3=2 4=1", "1=3 3=2", "1=3 2=2 4=2"])},
    **{f"conv1d_{i}": (f"Reshape r 1 1 in a 0=-1 1=3\nConvolution1D c 1 1 a out {given}",
                       tagged(values(size)) + raw(values(4)), 3)
       for i, (given, size) in enumerate([("0=4 1=3 4=1 5=1 6=36", 36), ("0=4 1=5 2=2 3=2 4=3 15=1 5=1 6=60", 60),
                                          ("0=4 1=3 4=1 5=1 6=36 9=2 -23310=1,0.1", 36)])},
    "conv1d_depthwise": ("Reshape r 1 1 in a 0=-1 1=3\nConvolutionDepthWise1D c 1 1 a out 0=3 1=3 4=1 6=9 7=3",
                         tagged(values(9)), 3),
    **{f"deformable_{name}": (
        f"Split s 1 {'3' if mask else '2'} in a b{' e' if mask else ''}\n"
        f"Convolution o 1 1 b d 0=18 1=3 3={stride} 4=1 6=486\nBinaryOp m 1 1 d f 0=2 1=1 2=3.000000e+00\n"
        + (f"Convolution p 1 1 e g 0=9 1=3 3={stride} 4=1 6=243\nSigmoid q 1 1 g h\n" if mask else "")
        + f"DeformableConv2D c {3 if mask else 2} 1 a f {'h ' if mask else ''}out 0=4 1=3 3={stride} 4=1 5=1 6=108",
        tagged(values(486)) + (tagged(values(243)) if mask else b"") + CONV_WEIGHTS, 3)
       for name, mask, stride in [("plain", False, 1), ("mask", True, 1), ("stride", True, 2)]},
    **{f"einsum_{i}": (f"Interp r 1 1 in x 0=1 3=8 4=8\nSplit s 1 2 x a b\n{lines}\nEinsum e {count} 1 {names} out "
                       f"-23300={len(text)},{','.join(str(ord(c)) for c in text)}", b"", 3)
       for i, (text, lines, count, names) in enumerate([
           ("ilk,ilj->ijk", "Noop n 1 1 a c", 2, "b c"), ("ijl,ilk->ijk", "Permute p 1 1 a c 0=1", 2, "b c"),
           ("ilk,ilj->ij", "Noop n 1 1 a c", 2, "b c"), ("kij,kij->ij", "Noop n 1 1 a c", 2, "b c"),
           ("ijk->i", "Noop n 1 1 a c", 1, "b"), ("kji->ijk", "Noop n 1 1 a c", 1, "b"),
           ("il,lj->ij", "Crop k 1 1 a d -23309=1,0 -23310=1,1 -23311=1,0\nReshape q 1 1 d f 0=8 1=8\n"
                         "Crop m 1 1 b g -23309=1,1 -23310=1,2 -23311=1,0\nReshape t 1 1 g h 0=8 1=8", 2, "f h")])},
    **{f"copy_to_{i}": (f"Split s 1 2 in a b\nUnaryOp u 1 1 a c 0=1\n{part}\nCopyTo t 2 1 c d out {given}", b"", 3)
       for i, (part, given) in enumerate([
           ("Interp i 1 1 b d 0=1 3=4 4=5", "0=3 1=2"), ("Interp i 1 1 b d 0=1 3=4 4=5", ""),
           ("Interp i 1 1 b d 0=1 3=4 4=5", "-23309=2,1,-6 -23311=2,1,2"),
           ("Interp i 1 1 b d 0=1 3=4 4=5", "-23309=2,-4,-5 -23311=2,-2,-1"),
           (f"Crop k 1 1 b d {FIRST}", "2=1"), (f"Crop k 1 1 b d {FIRST}", "-23309=1,-1 -23311=1,0"),
           ("Noop n 1 1 b d", "0=0")])},
    "clip_without_end": ("Clip p 1 1 in out 0=4.000000e-01 1=inf", b"", 3),
    "unused_layer": ("Split s 1 2 in a b\nConvolution c 1 1 a unused 0=4 1=3 5=1 6=108\nReLU r 1 1 b out",
                     CONV_WEIGHTS, 3),
    "unused_layer_of_another_type": ("Split s 1 2 in a b\nSpectrogram p 1 1 a unused 0=4\nReLU r 1 1 b out", b"", 3),
    "spare_bytes": (conv(CONV), CONV_WEIGHTS + bytes(12), 3),
}  # fmt: skip
