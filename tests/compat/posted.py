"""Scripts in the manner of those that people post: encoding guides, Hybrid, StaxRip, players, wrappers.

Each is a whole .vpy file that sets output 0; MODELS stands for a models folder as vs-mlrt's release has it. Beside
each, what comes out: format, width, height, frames and rate.
"""

# ruff: noqa: E501 -- lines as people write them

from __future__ import annotations

SOURCE = "clip = core.std.BlankClip(None, 96, 64, vs.YUV420P8, 8, 24000, 1001)\n"
BEGIN = "import vapoursynth as vs\ncore = vs.core\n" + SOURCE

SCRIPTS: dict[str, tuple[str, tuple[str, int, int, int, str]]] = {
    "guide waifu2x ort": (
        BEGIN
        + """from vsmlrt import Waifu2x, Waifu2xModel, Backend
clip = core.resize.Bicubic(clip, format=vs.RGBS, matrix_in_s="709")
clip = Waifu2x(clip, noise=-1, scale=2, model=Waifu2xModel.cunet, backend=Backend.ORT_CPU(num_streams=1, verbosity=2))
clip = core.resize.Bicubic(clip, format=vs.YUV420P10, matrix_s="709")
clip.set_output()
""",
        ("YUV420P10", 192, 128, 8, "24000/1001"),
    ),
    "hybrid realesrgan": (
        """import vapoursynth as vs
core = vs.core
import os, sys, site
import logging
core.max_cache_size = 1024
clip = core.std.BlankClip(None, 96, 64, vs.YUV420P8, 8, 24000, 1001)
clip = core.std.SetFrameProps(clip=clip, _Matrix=vs.MATRIX_BT709, _Transfer=vs.TRANSFER_BT709, _Primaries=vs.PRIMARIES_BT709)
clip = core.std.SetFrameProp(clip=clip, prop="_ColorRange", intval=1)
clip = core.std.AssumeFPS(clip=clip, fpsnum=24000, fpsden=1001)
clip = core.resize.Bicubic(clip=clip, format=vs.RGBS, matrix_in_s="709", range_s="full")
from vsmlrt import RealESRGAN as vsmlrt_RealESRGAN
from vsmlrt import RealESRGANModel
from vsmlrt import Backend
clip = vsmlrt_RealESRGAN(clip=clip, model=RealESRGANModel.animevideov3, backend=Backend.OV_CPU(), overlap=16, tilesize=[96, 64])
clip = core.fmtc.resample(clip=clip, w=192, h=128, kernel="lanczos") if hasattr(core,'fmtc') else core.resize.Lanczos(clip, 192, 128)
clip = core.resize.Bicubic(clip=clip, format=vs.YUV420P10, matrix_s="709", range_s="limited", dither_type="error_diffusion")
clip.set_output()
""",
        ("YUV420P10", 192, 128, 8, "24000/1001"),
    ),
    "staxrip dpir": (
        BEGIN
        + """import vsmlrt
clip = core.resize.Point(clip, format=vs.RGBS, matrix_in=1)
clip = vsmlrt.DPIR(clip, strength=10.0, tiles=None, overlap=None, model=vsmlrt.DPIRModel.drunet_color, backend=vsmlrt.Backend.OV_CPU(fp16=False))
clip = core.resize.Point(clip, format=vs.YUV420P8, matrix=1)
clip.set_output(0)
""",
        ("YUV420P8", 96, 64, 8, "24000/1001"),
    ),
    "mpv rife": (
        """import vapoursynth as vs
from vsmlrt import RIFE, RIFEModel, Backend
core = vs.core
core.num_threads = 4
video_in = core.std.BlankClip(None, 96, 64, vs.YUV420P8, 8, 24000, 1001)
clip = video_in
clip = clip.resize.Bicubic(format=vs.RGBS, matrix_in_s="709")
clip = RIFE(clip, multi=2, scale=1.0, model=RIFEModel.v4_6, video_player=True, backend=Backend.ORT_CPU(num_streams=1))
clip = clip.resize.Bicubic(format=vs.YUV420P8, matrix_s="709")
clip.set_output()
""",
        ("YUV420P8", 96, 64, 16, "48000/1001"),
    ),
    "mpv animejanai": (
        """import vapoursynth as vs, os
core = vs.core
video_in = core.std.BlankClip(None, 96, 64, vs.YUV420P8, 8, 24000, 1001)
clip = video_in
clip = core.resize.Bicubic(clip, format=vs.RGBS, matrix_in_s="709", width=96, height=64)
clip = core.ort.Model(clip, network_path="MODELS/RealESRGANv2/animejanaiV2L1.onnx", provider="CPU", num_streams=1, fp16=False)
clip = core.resize.Bicubic(clip, format=vs.YUV420P8, matrix_s="709")
clip.set_output()
""",
        ("YUV420P8", 192, 128, 8, "24000/1001"),
    ),
    "cugan with fallback": (
        BEGIN
        + """import vsmlrt
from vsmlrt import CUGAN, Backend
rgb = clip.resize.Bicubic(format=vs.RGBS, matrix_in_s='170m')
try:
    up = CUGAN(rgb, noise=-1, scale=2, tiles=1, version=1, alpha=1.0, backend=Backend.TRT(fp16=True, workspace=None, num_streams=2))
except Exception:
    up = CUGAN(rgb, noise=-1, scale=2, version=1, backend=Backend.OV_CPU())
up.resize.Bicubic(format=vs.YUV420P10, matrix_s='709').set_output()
""",
        ("YUV420P10", 192, 128, 8, "24000/1001"),
    ),
    "with_fallback": (
        BEGIN
        + """import vsmlrt
rgb = clip.resize.Bicubic(format=vs.RGBS, matrix_in_s='709')
f = vsmlrt.inference_with_fallback(clips=[rgb], network_path="MODELS/net/rgb.onnx", overlap=(8, 8), tilesize=(64, 64), backend=vsmlrt.Backend.OV_CPU())
f.set_output()
""",
        ("RGBS", 192, 128, 8, "24000/1001"),
    ),
    "old v13 dpir map": (
        BEGIN
        + """from vsmlrt import DPIR, DPIRModel, BackendV2
g = core.std.ShufflePlanes(clip, 0, vs.GRAY).resize.Point(format=vs.GRAYS)
DPIR(g, strength=g, model=0, backend=BackendV2.OV_CPU(num_streams=2)).set_output()
""",
        ("GrayS", 96, 64, 8, "24000/1001"),
    ),
    "star import": (
        """from vsmlrt import *
import vapoursynth as vs
from vapoursynth import core
c = core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
Waifu2x(c, noise=0, scale=2, tiles=(1, 1), tilesize=None, overlap=(8, 8), model=Waifu2xModel.cunet, backend=Backend.OV_CPU()).set_output()
""",
        ("RGBS", 128, 128, 2, "24"),
    ),
    "class check": (
        """import vsmlrt, vapoursynth as vs
from vapoursynth import core
c = core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
b = vsmlrt.Backend.OV_CPU(); assert isinstance(b, vsmlrt.Backend.OV_CPU)
import dataclasses
b2 = dataclasses.replace(b, num_streams=2); assert b2.num_streams == 2
import copy; b3 = copy.deepcopy(b2); b3.num_streams = 1
assert vsmlrt.__version__ >= '3.0'
assert [f.name for f in dataclasses.fields(vsmlrt.Backend.TRT)][:3]
vsmlrt.inference(c, "MODELS/net/rgb.onnx", backend=b3).set_output()
""",
        ("RGBS", 128, 128, 2, "24"),
    ),
    "getattr Backend": (
        """import vsmlrt, vapoursynth as vs
from vapoursynth import core
name = "OV_CPU"
backend = getattr(vsmlrt.Backend, name)(fp16=True)
c = core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
vsmlrt.RealESRGAN(c, model=vsmlrt.RealESRGANModel["animevideo_xsx2"], backend=backend).set_output()
""",
        ("RGBS", 128, 128, 2, "24"),
    ),
    "plugins loop": (
        """import vapoursynth as vs
core = vs.core
ns = {p.namespace for p in core.plugins()}
assert {"ov","ort","ncnn","trt"} <= ns, ns
for n in ("ov","ort"):
    fs = {f.name for f in getattr(core,n).functions()}; assert {"Model","Version"} <= fs, fs
v = core.ov.Version(); assert b"path" in v or "path" in v
c = core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
core.ov.Model([c], "MODELS/net/rgb.onnx", overlap=[8,8], tilesize=[32,32], device="CPU").set_output()
""",
        ("RGBS", 128, 128, 2, "24"),
    ),
    "load plugin by path": (
        """import vapoursynth as vs
core = vs.core
try:
    core.std.LoadPlugin("/usr/lib/vapoursynth/libvsov.so")
except vs.Error: pass
c = core.std.BlankClip(None, 64, 64, vs.GRAYS, 2)
core.ncnn.Model(c, "MODELS/net/gray.onnx", device_id=0, num_streams=1, fp16=True, builtin=False).set_output()
""",
        ("GrayS", 64, 64, 2, "24"),
    ),
    "swinir": (
        """import vapoursynth as vs, vsmlrt
c = vs.core.std.BlankClip(None, 48, 48, vs.RGBS, 1)
vsmlrt.SwinIR(c, model=vsmlrt.SwinIRModel(1), tiles=1, backend=vsmlrt.BackendV2.OV_CPU()).set_output()
""",
        ("RGBS", 144, 144, 1, "24"),
    ),
    "artcnn luma": (
        """import vapoursynth as vs, vsmlrt
core = vs.core
c = core.std.BlankClip(None, 96, 64, vs.YUV420P16, 2)
y = core.std.ShufflePlanes(c, 0, vs.GRAY).resize.Point(format=vs.GRAYS)
up = vsmlrt.ArtCNN(y, model=vsmlrt.ArtCNNModel.ArtCNN_C4F32, backend=vsmlrt.Backend.ORT_CPU())
uv = c.resize.Bicubic(192, 128, format=vs.YUV420P16)
core.std.ShufflePlanes([up.resize.Point(format=vs.GRAY16), uv], [0, 1, 2], vs.YUV).set_output()
""",
        ("YUV420P16", 192, 128, 2, "24"),
    ),
    "rife fps": (
        """import vapoursynth as vs
from fractions import Fraction
from vsmlrt import RIFE, RIFEModel, Backend
core = vs.core
c = core.std.BlankClip(None, 64, 64, vs.RGBS, 8, 24000, 1001)
c = core.misc.SCDetect(c, threshold=0.1) if hasattr(core, "misc") else c
c = RIFE(c, multi=Fraction(60000, 1001) / c.fps, model=RIFEModel.v4_4, backend=Backend.OV_CPU())
assert c.fps == Fraction(60000, 1001), c.fps
c.set_output()
""",
        ("RGBS", 64, 64, 19, "60000/1001"),
    ),
    "mlrt args pass": (
        """import vapoursynth as vs, vsmlrt
c = vs.core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
kw = dict(fp16=True, device_id=0, workspace=None, use_cuda_graph=True, num_streams=2, use_cublas=False, static_shape=True, tf32=False, log=True, use_cudnn=True, use_edge_mask_convolutions=True, use_jit_convolutions=True, heuristic=False, output_format=0, min_shapes=(0,0), faster_dynamic_shapes=True, force_fp16=False, builder_optimization_level=3, max_aux_streams=None, short_path=None, bf16=False, custom_env={}, custom_args=[], engine_folder=None, max_tactics=None, tiling_optimization_level=0, l2_limit_for_tiling=-1)
b = vsmlrt.Backend.TRT(**kw); print(b)
c.set_output()
""",
        ("RGBS", 64, 64, 2, "24"),
    ),
    "masked denoise": (
        BEGIN
        + """import vsmlrt
rgb = clip.resize.Bicubic(format=vs.RGBH, matrix_in_s='709')
d = vsmlrt.DPIR(rgb, 5, model=vsmlrt.DPIRModel.drunet_color, backend=vsmlrt.Backend.ORT_CPU(fp16=True))
d = core.resize.Bicubic(d, format=vs.YUV420P8, matrix_s='709')
core.std.MaskedMerge(clip, d, core.std.BlankClip(clip, format=vs.YUV420P8, color=[128,128,128])).set_output()
""",
        ("YUV420P8", 96, 64, 8, "24000/1001"),
    ),
    "flexible": (
        """import vapoursynth as vs, vsmlrt
c = vs.core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
planes = vsmlrt.flexible_inference([c], "MODELS/net/two.onnx", backend=vsmlrt.Backend.OV_CPU())
vs.core.std.ShufflePlanes([planes[0], planes[1], planes[0]], [0,0,0], vs.RGB).set_output()
""",
        ("RGBS", 64, 64, 2, "24"),
    ),
    "vs-jetpack 1": (
        """import vapoursynth as vs
from vsmlrt import Backend, calc_tilesize, inference, models_path
import os
assert isinstance(models_path, str) and os.path.isdir(models_path) or True
c = vs.core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
(tw, th), (ow, oh) = calc_tilesize(tiles=None, tilesize=None, width=64, height=64, multiple=1, overlap_w=8, overlap_h=8)
inference(c, "MODELS/net/rgb.onnx", (ow, oh), (tw, th), Backend.OV_CPU()).set_output()
""",
        ("RGBS", 128, 128, 2, "24"),
    ),
    "env assign path": (
        """import vsmlrt, vapoursynth as vs
vsmlrt.models_path = "MODELS"
vsmlrt.trtexec_path = "/opt/TensorRT/bin/trtexec"
vsmlrt.plugins_path = "/opt/vs"
c = vs.core.std.BlankClip(None, 64, 64, vs.RGBS, 2)
vsmlrt.RealESRGANv2(c, scale=2, model=1, tilesize=[64, 64], overlap=0, backend=vsmlrt.Backend.OV_CPU()).set_output()
""",
        ("RGBS", 128, 128, 2, "24"),
    ),
}
