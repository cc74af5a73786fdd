"""Short scripts as people write them for vs-mlrt, and what they give: python calls.py MODELS > calls.json records it.

A recording is made by a Python that has vs-mlrt's plugins and its script (docs/from-vs-mlrt.md names the versions);
`test_calls.py` runs the same scripts on this package. `models` makes the small seeded networks that both use.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import vapoursynth as vs

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import structures

import interpolators
import networks

core = vs.core


def noise(fmt: int, width: int = 32, height: int = 24, length: int = 4, fps: int = 24, cut: int = -1) -> vs.VideoNode:
    """Seeded noise with the properties that scripts have on their frames; a scene ends with frame `cut`."""

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        made = f.copy()
        numbers = np.random.default_rng(n)
        for i in range(made.format.num_planes):
            plane = np.asarray(made[i])
            low = 0.5 if i > 0 and made.format.color_family == vs.YUV else 0.0
            plane[:] = numbers.random(plane.shape) - low
        made.props["_N"] = n
        made.props["_Matrix"] = 0 if made.format.color_family == vs.RGB else 1
        if not fps:
            made.props["_DurationNum"], made.props["_DurationDen"] = 1, 10
        if n == cut:
            made.props["_SceneChangeNext"] = 1
        if n == cut + 1 and cut >= 0:
            made.props["_SceneChangePrev"] = 1
        return made

    blank = core.std.BlankClip(None, width, height, fmt, length, fps, 1, keep=True)
    return blank.std.ModifyFrame(blank, fill)


def models(folder: Path) -> None:
    """A models folder in vs-mlrt's layout."""
    for name, scale, channels, outputs in (
        ("RealESRGANv2/RealESRGANv2-animevideo-xsx2", 2, 3, 3),
        ("RealESRGANv2/RealESRGANv2-animevideo-xsx4", 4, 3, 3),
        ("RealESRGANv2/realesr-animevideov3", 4, 3, 3),
        ("RealESRGANv2/animejanaiV2L1", 2, 3, 3),
        ("RealESRGANv2/Ani4Kv2-G6i2-Compact", 2, 3, 3),
        ("dpir/drunet_gray", 1, 2, 1),
        ("dpir/drunet_color", 1, 4, 3),
        ("waifu2x/cunet/scale2.0x_model", 2, 3, 3),
        ("waifu2x/cunet/noise0_scale2.0x_model", 2, 3, 3),
        ("waifu2x/cunet/noise1_model", 1, 3, 3),
        ("waifu2x/photo/noise1_model", 1, 3, 3),
        ("waifu2x/anime_style_art/noise1_model", 1, 1, 1),
        ("waifu2x/upconv_7_photo/noise2_scale2.0x_model", 2, 3, 3),
        ("waifu2x/swin_unet_art/noise3_scale4x", 4, 3, 3),
        ("waifu2x/swin_unet_photo/scale4x", 4, 3, 3),
        ("cugan/up2x-latest-no-denoise", 2, 3, 3),
        ("cugan/up3x-latest-conservative", 3, 3, 3),
        ("cugan/pro-no-denoise3x-up2x", 2, 3, 3),
        ("net/rgb", 2, 3, 3),
        ("net/gray", 1, 1, 1),
        ("net/mask", 1, 3, 1),
        ("net/two", 1, 3, 2),
        ("net/four", 1, 4, 3),
    ):
        path = folder / f"{name}.onnx"
        path.parent.mkdir(parents=True, exist_ok=True)
        networks.convs(path, 2, scale, channels, outputs)
    structures.models(folder)
    (folder / "cugan" / "up2x-latest-denoise3x.onnx").write_bytes(_transposed())
    (folder / "rife").mkdir()
    interpolators.fade(folder / "rife" / "rife_v4.4.onnx", 11)
    interpolators.fade(folder / "rife" / "rife_v4.6.onnx", 11)


def _transposed() -> bytes:
    """A network that ends as CUGAN's do."""
    from onnx import helper

    numbers = np.random.default_rng(3)
    weights = {"w": numbers.standard_normal((3, 3, 2, 2)).astype(np.float32) / 3}
    path = Path("/tmp") / f"transposed-{numbers.integers(1 << 40)}.onnx"
    networks.save(path, [helper.make_node("ConvTranspose", ["input", "w"], ["output"], strides=[2, 2])], weights)
    content = path.read_bytes()
    path.unlink()
    return content


RGB, GRAY, YUV = "noise(vs.RGBS)", "noise(vs.GRAYS)", "noise(vs.YUV444PS)"
CPU, ORT = "vsmlrt.Backend.OV_CPU()", "vsmlrt.Backend.ORT_CPU()"
CONFIG = 'lambda: dict(NUM_STREAMS=1, INFERENCE_NUM_THREADS=0, INFERENCE_PRECISION_HINT="f32")'

SCRIPTS = [
    # plugins
    f"core.ov.Model({RGB}, net('rgb'))",
    f"core.ov.Model([{RGB}], net('rgb'))",
    f"core.ov.Model({YUV}, net('rgb'))",
    f"core.ov.Model([{GRAY}] * 3, net('rgb'))",
    f"core.ov.Model({GRAY}, net('gray'))",
    f"core.ov.Model({RGB}, net('mask'))",
    f"core.ov.Model([{RGB}, {GRAY}], net('four'))",
    f"core.ov.Model({RGB}, net('rgb'), overlap=[4, 4], tilesize=[20, 16])",
    f"core.ov.Model({RGB}, net('rgb'), overlap=4, tilesize=16)",
    f"core.ov.Model({RGB}, net('rgb'), device='CPU', fp16=False, config={CONFIG})",
    f"core.ov.Model({RGB}, net('rgb'), num_streams=2)",
    f"core.ov.Model({RGB}, open(net('rgb'), 'rb').read(), path_is_serialization=True)",
    f"core.ov.Model({RGB}, net('two'), flexible_output_prop='p')['clip'].std.PropToClip(prop='p1')",
    f"core.ov.Model({RGB}, net('two'))",
    f"core.ov.Model({GRAY}, net('rgb'))",
    f"core.ov.Model({RGB}, net('gray'))",
    "core.ov.Model(noise(vs.RGBH), net('rgb'))",
    f"core.ov.Model({RGB}.resize.Point(format=vs.RGB24), net('rgb'))",
    f"core.ov.Model({RGB}, net('no-such'))",
    f"core.ov.Model({RGB}, net('rgb'), overlap=4)",
    f"core.ov.Model({RGB}, net('rgb'), overlap=8, tilesize=16)",
    f"core.ov.Model([{RGB}, noise(vs.GRAYS, 16)], net('four'))",
    f"core.ort.Model({RGB}, net('rgb'))",
    f"core.ort.Model({RGB}, net('rgb'), provider='CPU', num_streams=2, verbosity=1)",
    f"core.ort.Model({YUV}, net('rgb'), provider='CPU')",
    f"core.ort.Model({RGB}, net('mask'), output_format=0)",
    f"core.ort.Model({RGB}, net('rgb'), fp16=True, output_format=0)",
    f"core.ort.Model({RGB}, net('rgb'), fp16=True, output_format=1)",
    "core.ort.Model(noise(vs.RGBH), net('rgb'), fp16=True)",
    "core.ort.Model(noise(vs.RGBH), net('rgb'), fp16=True, output_format=1)",
    f"core.ort.Model({RGB}, net('two'), flexible_output_prop='p')['clip'].std.PropToClip(prop='p0')",
    f"core.ort.Model({RGB}, net('rgb'), provider='NONE')",
    f"core.ort.Model({RGB}, net('rgb'), num_streams=0)",
    f"core.ort.Model({GRAY}, net('rgb'))",
    # inference
    f"vsmlrt.inference({RGB}, net('rgb'), backend={CPU})",
    f"vsmlrt.inference([{RGB}, {GRAY}], net('four'), backend={CPU})",
    f"vsmlrt.inference({RGB}, net('rgb'), overlap=(4, 4), tilesize=(20, 16), backend={CPU})",
    f"vsmlrt.inference({RGB}, net('rgb'), overlap=4, tilesize=16, backend={CPU})",
    f"vsmlrt.inference({RGB}, net('rgb'), overlap=4, tilesize=(20, 16), backend={ORT})",
    f"vsmlrt.flexible_inference({RGB}, net('two'), overlap=4, tilesize=16)[0]",
    f"vsmlrt.inference({RGB}, net('rgb'), backend={ORT})",
    f"vsmlrt.inference({RGB}, net('rgb'), backend=vsmlrt.Backend.OV_CPU)",
    f"vsmlrt.inference({RGB}, net('rgb'), backend=vsmlrt.BackendV2.ORT_CPU(num_streams=2))",
    f"vsmlrt.inference({RGB}, net('rgb'), input_name=None)",
    f"vsmlrt.inference({YUV}, net('rgb'), backend={CPU})",
    f"vsmlrt.inference({RGB}, net('mask'), backend={CPU})",
    f"vsmlrt.inference({RGB}, net('rgb'), backend=vsmlrt.Backend.ORT_CPU(fp16=True, output_format=True))",
    "vsmlrt.inference(noise(vs.RGBH), net('rgb'), backend=vsmlrt.Backend.ORT_CPU(fp16=True))",
    f"vsmlrt.inference({RGB}, net('rgb'), backend=vsmlrt.Backend.ORT_CPU(verbosity=False, num_streams=2))",
    f"vsmlrt.inference({RGB}, net('rgb'), backend=vsmlrt.Backend.ORT_CPU(fp16=None))",
    f"vsmlrt.inference({RGB}, net('no-such'), backend={CPU})",
    f"vsmlrt.inference({RGB}, net('rgb'), backend='OV_CPU')",
    f"vsmlrt.inference({RGB}, net('rgb'), batch_size=0)",
    f"vsmlrt.flexible_inference({RGB}, net('two'), backend={CPU})[1]",
    f"vsmlrt.flexible_inference({RGB}, net('rgb'), backend={ORT})[0]",
    f"vsmlrt.inference_with_fallback([{RGB}], net('rgb'), (0, 0), (32, 24), {CPU})",
    # families
    f"vsmlrt.RealESRGAN({RGB})",
    f"vsmlrt.RealESRGAN({RGB}, model=1)",
    f"vsmlrt.RealESRGANv2({RGB}, model=vsmlrt.RealESRGANv2Model.animevideov3)",
    f"vsmlrt.RealESRGAN({RGB}, model=5005, backend={ORT})",
    f"vsmlrt.RealESRGAN({RGB}, model=vsmlrt.RealESRGANModel.Ani4Kv2_G6i2_Compact)",
    f"vsmlrt.RealESRGAN({RGB}, tiles=2, overlap=4)",
    f"vsmlrt.RealESRGAN({RGB}, tilesize=(20, 16), overlap=(4, 4))",
    f"vsmlrt.RealESRGAN({RGB}, model=0, scale=3)",
    f"vsmlrt.RealESRGAN({RGB}, model=2)",
    f"vsmlrt.RealESRGAN({RGB}, model=99)",
    f"vsmlrt.RealESRGAN({RGB}, model=7001)",
    f"vsmlrt.Waifu2x({RGB})",
    f"vsmlrt.Waifu2x({RGB}, 0, 2, backend={ORT})",
    f"vsmlrt.Waifu2x({RGB}, noise=1, scale=1)",
    f"vsmlrt.Waifu2x({RGB}, noise=1, model=vsmlrt.Waifu2xModel.photo)",
    f"vsmlrt.Waifu2x({RGB}, noise=1, model=2, preprocess=False)",
    f"vsmlrt.Waifu2x({GRAY}, noise=1, model=0)",
    f"vsmlrt.Waifu2x({RGB}, noise=2, model=4)",
    f"vsmlrt.Waifu2x({RGB}, noise=3, scale=4, model=7)",
    f"vsmlrt.Waifu2x({RGB}, scale=2, model=8)",
    f"vsmlrt.Waifu2x({RGB}, scale=1, model=8)",
    f"vsmlrt.Waifu2x({RGB}, noise=9)",
    f"vsmlrt.Waifu2x({RGB}, scale=4)",
    f"vsmlrt.CUGAN({RGB})",
    f"vsmlrt.CUGAN({RGB}, noise=0, scale=3)",
    f"vsmlrt.CUGAN({RGB}, version=2)",
    f"vsmlrt.CUGAN({RGB}, version=2, conformance=False)",
    f"vsmlrt.CUGAN({RGB}, noise=3, alpha=0.5)",
    f"vsmlrt.CUGAN({RGB}, noise=3, tiles=1)",
    f"vsmlrt.CUGAN({RGB}, noise=1, scale=3)",
    f"vsmlrt.CUGAN({RGB}, noise=1, version=2)",
    f"vsmlrt.CUGAN({RGB}, scale=4, version=2)",
    f"vsmlrt.DPIR({GRAY}, 5)",
    f"vsmlrt.DPIR({RGB}, 10, model=1, backend={ORT})",
    f"vsmlrt.DPIR({RGB}, None, model=vsmlrt.DPIRModel.drunet_color)",
    f"vsmlrt.DPIR({RGB}, {GRAY}.std.Expr('x 50 *'), model=1)",
    f"vsmlrt.DPIR({RGB}, 5, tiles=2, overlap=4, model=1)",
    f"vsmlrt.DPIR({RGB}, 'strong', model=1)",
    f"vsmlrt.SCUNet({RGB})",
    f"vsmlrt.SCUNet({GRAY}, model=5, backend={ORT})",
    f"vsmlrt.SCUNet({RGB}, model=5)",
    f"vsmlrt.SwinIR({RGB})",
    f"vsmlrt.SwinIR({RGB}, model=8)",
    f"vsmlrt.SwinIR({RGB}, model=5)",
    f"vsmlrt.SwinIR({GRAY}, model=14)",
    f"vsmlrt.SwinIR({RGB}, model=27)",
    f"vsmlrt.SwinIR({RGB}, model=4)",
    f"vsmlrt.ArtCNN({GRAY})",
    f"vsmlrt.ArtCNN({GRAY}, model=vsmlrt.ArtCNNModel.ArtCNN_C4F32_DS, backend={ORT})",
    f"vsmlrt.ArtCNN({YUV}, model=9)",
    f"vsmlrt.ArtCNN({RGB}, model=16)",
    f"vsmlrt.ArtCNN({RGB}, model=9)",
    # RIFE
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32, cut=1))",
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32, cut=1), 3, model=46, backend=vsmlrt.Backend.ORT_CPU())",
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32, fps=0), 3)",
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32, cut=1), Fraction(5, 2), video_player=True)",
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32, fps=0), Fraction(3, 2), video_player=True)",
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32), 1)",
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32), tiles=2)",
    "vsmlrt.RIFE(noise(vs.RGBS, 32, 32), model=47)",
    "vsmlrt.RIFEMerge(noise(vs.RGBS, 32, 32), noise(vs.RGBS, 32, 32).std.FlipVertical(), noise(vs.GRAYS, 32, 32))",
    # helpers
    "vsmlrt.bits_as(noise(vs.RGBS), noise(vs.RGBH))",
    "vsmlrt.get_rife_input(noise(vs.RGBS))[0]",
    "vsmlrt.get_rife_input(noise(vs.RGBS))[1]",
    "vsmlrt.get_rife_input(noise(vs.RGBS))[2]",
    "vsmlrt.get_rife_input(noise(vs.RGBS))[3]",
    "vsmlrt.calc_tilesize(None, None, 1920, 1080, 4, 8, 8)",
    "vsmlrt.calc_tilesize((3, 2), None, 1920, 1080, 4, 8, 8)",
    "vsmlrt.calc_tilesize(2, 256, 1920, 1080, 4, 8, 8)",
    "vsmlrt.calc_size(1920, 3, 8, 4)",
    "vsmlrt.parse_trt_version(8601)",
    "vsmlrt.parse_trt_version(110201)",
    "vsmlrt.get_input_name(net('rgb'))",
    "repr(vsmlrt.Backend.TRT())",
    "repr(vsmlrt.Backend.OV_CPU(num_streams=2))",
    "repr(vsmlrt.BackendV2.TRT(num_streams=2, fp16=True))",
    "repr(vsmlrt.init_backend(vsmlrt.Backend.TRT, (64, 32)))",
    "vsmlrt.__version__",
    "[member.name for member in vsmlrt.RIFEModel]",
    *structures.scripts(),
]


def sample(clip: vs.VideoNode) -> dict[str, Any]:
    """What is compared of a clip: all but most of its pixels."""
    frames = []
    for n in range(clip.num_frames):
        with clip.get_frame(n) as frame:
            kept = {key: value for key, value in sorted(frame.props.items()) if isinstance(value, int)}
            numbers = np.random.default_rng(n)
            pixels = []
            for i in range(frame.format.num_planes):
                plane = np.asarray(frame[i]).astype(np.float64)
                rows = numbers.integers(0, plane.shape[0], 5)
                columns = numbers.integers(0, plane.shape[1], 5)
                pixels += [round(float(value), 5) for value in (*plane[rows, columns], plane.mean())]
            frames.append({"props": kept, "pixels": pixels})
    rate = [clip.fps.numerator, clip.fps.denominator]
    shape = [clip.format.name, clip.width, clip.height, clip.num_frames, *rate]
    return {"clip": shape, "frames": frames}


def run(script: str, folder: Path) -> dict[str, Any]:
    """What a script gives: a clip, another value, or the class of its error."""
    import vsmlrt

    vsmlrt.models_path = str(folder)
    names = {"core": core, "vs": vs, "vsmlrt": vsmlrt, "noise": noise, "Fraction": Fraction}
    names["net"] = lambda name: str(folder / "net" / f"{name}.onnx")
    try:
        value = eval(script, names)
        return sample(value) if isinstance(value, vs.VideoNode) else {"value": json.loads(json.dumps(value))}
    except Exception as error:
        # A missing file is a RuntimeError here too, of a more exact class.
        kinds = (RuntimeError, ValueError, TypeError, vs.Error)
        return {"error": next((kind.__name__ for kind in kinds if isinstance(error, kind)), type(error).__name__)}


if __name__ == "__main__":
    made = Path(sys.argv[1])
    models(made)
    recorded = [[script, run(script, made)] for script in SCRIPTS]
    print("[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in recorded) + "\n]")
