"""Public wrappers around vs-mlrt on this package: python wrappers.py NAME MODELS, in an environment that has them.

Each line that is printed begins with "ok" or "failed"; tools/test_compat counts them. All of it runs on the processor.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import vapoursynth as vs

core = vs.core
warnings.simplefilter("ignore")


def clip(fmt: int, width: int = 64, height: int = 48, length: int = 2) -> vs.VideoNode:
    """Seeded noise that says what it is."""

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        made, numbers = f.copy(), np.random.default_rng(n)
        for i in range(made.format.num_planes):
            plane = np.asarray(made[i])
            chroma = i > 0 and made.format.color_family == vs.YUV
            low = 0.5 if chroma else 0.0
            floats = made.format.sample_type == vs.FLOAT
            unit = 1 if floats else 1 << (made.format.bits_per_sample - 8)
            plane[:] = numbers.random(plane.shape) - low if floats else unit * numbers.integers(16, 235, plane.shape)
        return made

    blank = core.std.BlankClip(width=width, height=height, format=fmt, length=length, keep=True)
    rgb = blank.format.color_family == vs.RGB
    meaning = {"_Matrix": 0 if rgb else 1, "_Range": 0, "_ChromaLocation": 0, "_Transfer": 1, "_Primaries": 1}
    return blank.std.ModifyFrame(blank, fill).std.SetFrameProps(**meaning)


def check(name: str, make: Callable[[], Any], wanted: tuple[int, int, int], lengths: int = 2) -> None:
    """Runs a use of a wrapper: a clip of this format and size, whose frames are finite and not constant."""
    try:
        made = make()
        assert (made.format.id, made.width, made.height) == wanted, (made.format.name, made.width, made.height)
        assert made.num_frames == lengths, made.num_frames
        for n in range(made.num_frames):
            with made.get_frame(n) as frame:
                planes = [np.asarray(frame[i]).astype(np.float64) for i in range(frame.format.num_planes)]
            assert all(np.isfinite(plane).all() and plane.std() > 0 for plane in planes), n
        print("ok", name, flush=True)
    except Exception as error:
        print("failed", name, type(error).__name__, str(error).replace("\n", " ")[:500], flush=True)


def vsjetpack_1(models: Path) -> None:
    """vsjetpack 1.5.0, which uses the module vsmlrt."""
    import vsmlrt

    vsmlrt.models_path = str(models)
    from vsscale import DPIR, ArtCNN, GenericOnnxScaler, Waifu2x

    from vsmlrt import Backend

    rgb, double = str(models / "net" / "rgb.onnx"), (vs.RGBS, 128, 96)
    for backend in (Backend.OV_CPU(), Backend.ORT_CPU(), None):
        name = type(backend).__name__
        more = {} if backend is None else {"backend": backend}
        check(f"GenericOnnxScaler {name}", lambda: GenericOnnxScaler(rgb, **more).scale(clip(vs.RGBS), 128, 96), double)
        check(f"ArtCNN {name}", lambda: ArtCNN.C16F64(**more).scale(clip(vs.GRAYS), 128, 96), (vs.GRAYS, 128, 96))
        check(f"Waifu2x {name}", lambda: Waifu2x.Cunet(**more).scale(clip(vs.RGBS), 128, 96), double)
    cpu = {"backend": Backend.OV_CPU()}
    check("ArtCNN of YUV", lambda: ArtCNN.C16F64(**cpu).supersample(clip(vs.YUV444PS), 2), (vs.YUV444PS, 128, 96))
    chroma = ArtCNN.R8F64_Chroma(**cpu)
    check("ArtCNN of chroma", lambda: chroma.scale(clip(vs.YUV420P16)), (vs.YUV444P16, 64, 48))
    check("DPIR", lambda: DPIR.DrunetDenoise(5, **cpu).scale(clip(vs.RGBS)), (vs.RGBS, 64, 48))
    check("DPIR of GRAY", lambda: DPIR.DrunetDenoise(5, **cpu).scale(clip(vs.GRAYS)), (vs.GRAYS, 64, 48))


def vsjetpack(models: Path) -> None:
    """The newest vsjetpack, which uses the plugins by their names."""
    from vsscale import Backend, GenericOnnxScaler, onnx

    rgb, gray, double = str(models / "net" / "rgb.onnx"), str(models / "net" / "gray.onnx"), (vs.RGBS, 128, 96)
    for backend in (Backend.OV_CPU(fp16=False), Backend.ORT_CPU(fp16=False), Backend.OV_CPU, Backend.ORT_CPU):
        check(
            f"GenericOnnxScaler {backend}",
            lambda: GenericOnnxScaler(rgb, backend=backend).scale(clip(vs.RGBS), 128, 96),
            double,
        )
    half = lambda: GenericOnnxScaler(rgb, backend=Backend.ORT_CPU()).scale(clip(vs.RGBH), 128, 96)
    check("GenericOnnxScaler of half", half, (vs.RGBH, 128, 96))
    backend, size = Backend.OV_CPU(fp16=False), {"overlap": (0, 0), "tilesize": (64, 48)}
    check("inference of GRAY", lambda: backend.inference(clip(vs.GRAYS), gray, **size), (vs.GRAYS, 64, 48))
    two = str(models / "net" / "two.onnx")
    check("flexible", lambda: backend.inference(clip(vs.RGBS), two, flexible=True, **size)[1], (vs.GRAYS, 64, 48))
    assert onnx.ArtCNN is not None


ARTCNN = {
    "C4F16": (2, 1, 1), "C4F16_DN": (2, 1, 1), "C4F16_DS": (2, 1, 1), "C4F32": (2, 1, 1), "C4F32_DN": (2, 1, 1),
    "C4F32_DS": (2, 1, 1), "R8F64": (2, 1, 1), "R8F64_DS": (2, 1, 1), "R16F96": (2, 1, 1), "R8F64_Chroma": (1, 3, 2),
    "R8F64_Chroma_DN": (1, 3, 2), "R8F64_JPEG420": (1, 3, 3), "R8F64_JPEG444": (1, 3, 3),
}  # fmt: skip
"""Scale, and channels on both sides, of the networks of the release by their names."""


def has_gpu() -> bool:
    """Whether there is an NVIDIA GPU, the emulated one included (VSMLRT_CUDA_DRIVER)."""
    return b"CUDA" in core.ort.Version().get("providers", b"")


def fill_stores(folder: Path) -> None:
    """Seeded networks where vsjetpack keeps those that it has downloaded, under the names of the public releases."""
    from onnx import TensorProto, helper, numpy_helper

    def save(path: Path, scale: int, channels: int, outputs: int) -> None:
        numbers = np.random.default_rng(len(path.name))
        weights = numbers.standard_normal((outputs * scale**2, channels, 3, 3)).astype(np.float32) / (9 * channels)
        nodes = [helper.make_node("Conv", ["input", "w"], ["y"], pads=[1, 1, 1, 1])]
        if scale > 1:
            nodes.append(helper.make_node("DepthToSpace", ["y"], ["z"], blocksize=scale))
        nodes.append(helper.make_node("Sigmoid", [nodes[-1].output[0]], ["output"]))
        value = lambda name, count: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count, None, None])
        graph = helper.make_graph(
            nodes,
            "store",
            [value("input", channels)],
            [value("output", outputs)],
            [numpy_helper.from_array(weights, "w")],
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        path.write_bytes(made.SerializeToString())

    for name, shape in ARTCNN.items():
        save(folder / "artcnn" / "v1.6.2" / f"ArtCNN_{name}.onnx", *shape)
    for kind in ("cunet_art", "swin_unet_art", "swin_unet_photo", "swin_unet_art_scan"):
        for scale in (1, 2, 4):
            for noise in (-1, 0, 3):
                name = kind + (f"_scale{scale}x" if scale > 1 else "") + (f"_noise{noise}" if noise >= 0 else "")
                save(folder / "waifu2x" / "20250502-2" / f"{name}.onnx", scale, 3, 3)
    for kind in ("drunet", "drunet_deblocking"):
        save(folder / "dpir" / "20210902" / f"{kind}_gray.onnx", 1, 2, 1)
        save(folder / "dpir" / "20210902" / f"{kind}_color.onnx", 1, 4, 3)


def vsjetpack_stores(models: Path) -> None:
    """The newest vsjetpack with its own stores of networks: ArtCNN, Waifu2x, DPIR; and the backend that it chooses."""
    import os

    folder = models.parent / "vsjetpack"
    os.environ |= {"XDG_CACHE_HOME": str(folder), "VSSCALE_GLOBAL": "true"}
    fill_stores(folder / "vsscale" / "onnx")
    from vsscale import DPIR, ArtCNN, Backend, Waifu2x
    from vsscale.mlrt.backend import base

    yuv, double = clip(vs.YUV420PS), (128, 96)
    for name, (scale, _, _) in ARTCNN.items():
        for backend in (Backend.OV_CPU(fp16=False), Backend.ORT_CPU()):
            scaler = getattr(ArtCNN, name)(backend)
            if scale == 2:
                check(f"ArtCNN {name}", lambda: scaler.scale(yuv, *double), (vs.YUV420PS, *double))
            elif "Chroma" in name:
                whole = clip(vs.YUV444PS)
                check(f"ArtCNN {name}", lambda: scaler.scale(whole), (vs.YUV444PS, 64, 48))
            else:
                check(f"ArtCNN {name}", lambda: scaler.scale(clip(vs.RGBS)), (vs.RGBS, 64, 48))
    for kind in (Waifu2x, Waifu2x.CunetArt, Waifu2x.SwinUnetArt, Waifu2x.SwinUnetPhoto, Waifu2x.SwinUnetArtScan):
        for scale, noise in ((1, 0), (2, -1), (2, 3), (4, -1)):
            made = lambda: kind(scale, noise, Backend.OV_CPU).scale(clip(vs.RGBS), 64 * scale, 48 * scale)
            check(f"{kind.__qualname__} {scale} {noise}", made, (vs.RGBS, 64 * scale, 48 * scale))
    odd = clip(vs.RGBS, 50, 38)
    check(
        "Waifu2x of a size that it pads",
        lambda: Waifu2x(backend=Backend.ORT_CPU).scale(odd, 100, 76),
        (vs.RGBS, 100, 76),
    )
    map_of_strengths = clip(vs.GRAY8)
    for kind in (DPIR, DPIR.DrunetDenoise, DPIR.DrunetDeblock):
        for strength in (10, map_of_strengths):
            for fmt in (vs.RGBS, vs.GRAYS, vs.YUV444PS):
                made = lambda: kind(strength, Backend.OV_CPU(fp16=False)).scale(clip(fmt))
                check(f"{kind.__qualname__} {strength!s:.9} {fmt}", made, (fmt, 64, 48))
    check("tiles", lambda: ArtCNN(Backend.OV_CPU(fp16=False), tiles=2).scale(yuv, *double), (vs.YUV420PS, *double))

    # What asks OpenCL for a GPU has no answer where there is no driver; what follows from the answer is tried.
    vendors = {
        None: Backend.OV_CPU,
        "Intel(R) Corporation": Backend.OV_GPU,
        "Advanced Micro Devices, Inc.": Backend.NCNN_VK,
        "NVIDIA Corporation": Backend.ORT_CUDA,
    }
    for vendor, wanted in vendors.items():
        base.get_gpu = lambda device_id, vendor=vendor: vendor and type("Gpu", (), {"vendor": vendor})()
        chosen = Backend.autoselect()
        print("ok" if type(chosen) is wanted else "failed", f"autoselect {vendor}: {type(chosen).__name__}", flush=True)
        if chosen is not None and vendor != "Intel(R) Corporation" and (vendor != "NVIDIA Corporation" or has_gpu()):
            check(f"ArtCNN on {vendor}", lambda: ArtCNN().scale(yuv, *double), (vs.YUV420PS, *double))
    base.get_gpu = lambda device_id: None
    check("autoselect", lambda: ArtCNN().scale(yuv, *double), (vs.YUV420PS, *double))
    check("autoselect, deblocking", lambda: DPIR.DrunetDeblock().scale(clip(vs.RGBS)), (vs.RGBS, 64, 48))


def vs_colorfix(models: Path) -> None:
    """vs-colorfix on the processor, and on its default backend."""
    import vs_colorfix as fix

    other = clip(vs.RGBS).std.FlipVertical()
    check("guided", lambda: fix.guided(clip(vs.RGBS), other, backend="cpu"), (vs.RGBS, 64, 48))
    check("wavelet", lambda: fix.wavelet(clip(vs.RGBS), other, backend="cpu"), (vs.RGBS, 64, 48))
    check("average", lambda: fix.average(clip(vs.RGBS), other), (vs.RGBS, 64, 48))
    check("wavelet by default", lambda: fix.wavelet(clip(vs.RGBS), other), (vs.RGBS, 64, 48))
    yuv = clip(vs.YUV444PS)
    check("wavelet of YUV", lambda: fix.wavelet(yuv, yuv.std.FlipVertical()), (vs.YUV444PS, 64, 48))


def k7sfunc(models: Path) -> None:
    """k7sfunc, which has a copy of vs-mlrt's script inside."""
    from k7sfunc._external import vsmlrt as inside

    inside.models_path = str(models)
    for backend in (inside.Backend.OV_CPU(), inside.BackendV2.ORT_CPU(num_streams=2)):
        name = type(backend).__name__
        check(f"CUGAN {name}", lambda: inside.CUGAN(clip(vs.RGBS), backend=backend), (vs.RGBS, 128, 96))
        check(f"ArtCNN {name}", lambda: inside.ArtCNN(clip(vs.GRAYS), backend=backend), (vs.GRAYS, 128, 96))
        check(f"DPIR {name}", lambda: inside.DPIR(clip(vs.GRAYS), 5, backend=backend), (vs.GRAYS, 64, 48))
    frames = lambda: inside.RIFE(clip(vs.RGBS, 32, 32), model=46, backend=inside.Backend.OV_CPU())
    check("RIFE", frames, (vs.RGBS, 32, 32), lengths=4)
    k7sfunc_functions(models, inside)


def k7sfunc_functions(models: Path, inside: Any) -> None:
    """The functions around it, for DirectML, on the processor; networks lie next to the plugin `core.ort`."""
    import os

    import k7sfunc as k7f

    import vsmlrt

    beside = Path(os.path.dirname(core.ort.Version()["path"]).decode()) / "models"
    assert (beside / "net" / "rgb.onnx").is_file(), beside
    for name in ("rife_v4.6_ensemble", "rife_v4.25_lite", "rife_v4.26", "rife_v4.26_heavy"):
        (models / "rife" / f"{name}.onnx").write_bytes((models / "rife" / "rife_v4.6.onnx").read_bytes())
    interpolators(models / "rife_v2", ("rife_v4.6", "rife_v4.26"), channels=7, half=False)
    for script in (inside, vsmlrt):
        script.BackendV2.ORT_DML = lambda device_id, num_streams, fp16, script=script: script.Backend.ORT_CPU(
            num_streams=num_streams, fp16=fp16
        )
    for script in (inside, vsmlrt):
        k7f._external.vsmlrt = script
        sys.modules["k7sfunc._external.vsmlrt"] = script
        name = "its own script" if script is inside else "this package's"
        for half in (False, True):
            for crc in (False, True):
                made = lambda: k7f.UAI_DML(clip(vs.YUV444P8), crc=crc, model_pth="net/rgb.onnx", fp16_qnt=half)
                check(f"UAI_DML {half} {crc} by {name}", made, (vs.YUV444P8, 128, 96))
            made = lambda: k7f.UAI_DML(clip(vs.YUV420P10), model_pth=str(models / "net" / "gray.onnx"), fp16_qnt=half)
            check(f"UAI_DML of luma {half} by {name}", made, (vs.YUV420P10, 64, 48))
        for model in (46, 4251, 426, 4262):
            made = lambda: k7f.RIFE_DML(clip(vs.YUV420P8, 60, 40), model=model, turbo=False)
            check(f"RIFE_DML {model} by {name}", made, (vs.YUV420P8, 60, 40), lengths=4)
        fraction = lambda: k7f.RIFE_DML(clip(vs.YUV420P8, length=4), turbo=False, fps_num=5, fps_den=2, sc_mode=0)
        check(f"RIFE_DML 5/2 by {name}", fraction, (vs.YUV420P8, 64, 48), lengths=10)
        for model in (46, 426):
            made = lambda: k7f.RIFE_DML(clip(vs.YUV420P8, 60, 40), model=model, turbo=True)
            check(f"RIFE_DML {model} turbo by {name}", made, (vs.YUV420P8, 60, 40), lengths=4)
    # Only its own script has DRBA.
    k7f._external.vsmlrt = sys.modules["k7sfunc._external.vsmlrt"] = inside
    names = [
        f"{one}{form}_fp16" for one in ("distilDRBA_v1", "distilDRBA_v2_lite") for form in ("", "_ap", "_scale_ap")
    ]
    interpolators(models / "drba", names, channels=14, half=True)
    for model in (1, 2):
        for turbo in (0, 1, 2):
            made = lambda: k7f.DRBA_DML(clip(vs.YUV420P8, 60, 40, length=4), model=model, turbo=turbo)
            check(f"DRBA_DML {model} {turbo}", made, (vs.YUV420P8, 60, 40), lengths=8)
    fraction = lambda: k7f.DRBA_DML(clip(vs.YUV420P8, length=4), fps_num=5, fps_den=2)
    check("DRBA_DML 5/2", fraction, (vs.YUV420P8, 64, 48), lengths=10)


def engines(models: Path) -> None:
    """What builds engines by the programs next to the plugin, on the emulated GPU where it is built."""
    from fractions import Fraction

    if not has_gpu():
        print("ok skipped: there is no NVIDIA GPU", flush=True)
        return
    import k7sfunc as k7f
    import vs_colorfix as fix
    from k7sfunc._external import vsmlrt as inside

    inside.models_path = str(models)
    for half, bits in ((False, vs.RGBS), (True, vs.RGBS), (True, vs.RGBH)):
        made = lambda: inside.CUGAN(
            clip(bits), backend=inside.Backend.TRT(fp16=half, output_format=int(bits == vs.RGBH))
        )
        check(f"CUGAN TRT {half} {bits.name}", made, (bits, 128, 96))
    frames = lambda: inside.RIFE(clip(vs.RGBS, 32, 32), Fraction(2), model=46, backend=inside.Backend.TRT(fp16=True))
    check("RIFE TRT", frames, (vs.RGBS, 32, 32), lengths=4)
    interpolators(models / "drba", ("distilDRBA_v2_lite", "distilDRBA_v2_lite_ap"), channels=14, half=False)
    for turbo in (0, 1):
        made = lambda: k7f.DRBA_NV(clip(vs.YUV420P8, 448, 448, length=4), turbo=turbo)
        check(f"DRBA_NV {turbo}", made, (vs.YUV420P8, 448, 448), lengths=8)
    check(
        "UAI_NV_TRT",
        lambda: k7f.UAI_NV_TRT(clip(vs.YUV444P8), model_pth="net/rgb.onnx", st_eng=True),
        (vs.YUV444P8, 128, 96),
    )
    other = clip(vs.RGBS).std.FlipVertical()
    check(
        "vs-colorfix",
        lambda: fix.wavelet(clip(vs.RGBS), other, backend="tensorrt", engine_folder=str(models)),
        (vs.RGBS, 64, 48),
    )


def interpolators(folder: Path, names: Iterable[str], channels: int, half: bool) -> None:
    """Seeded networks from that many channels to a picture under these names."""
    from onnx import TensorProto, helper, numpy_helper

    folder.mkdir(exist_ok=True)
    kind, element = (TensorProto.FLOAT16, np.float16) if half else (TensorProto.FLOAT, np.float32)
    value = lambda name, count: helper.make_tensor_value_info(name, kind, [1, count, "height", "width"])
    for name in names:
        numbers = np.random.default_rng(len(name))
        weights = (numbers.standard_normal((3, channels, 3, 3)) / 60).astype(element)
        nodes = [helper.make_node("Conv", ["input", "w"], ["y"], pads=[1, 1, 1, 1])]
        nodes.append(helper.make_node("Sigmoid", ["y"], ["output"]))
        graph = helper.make_graph(
            nodes, "frames", [value("input", channels)], [value("output", 3)], [numpy_helper.from_array(weights, "w")]
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        (folder / f"{name}.onnx").write_bytes(made.SerializeToString())


def soifunc(models: Path) -> None:
    """soifunc, which replaces repeated frames by vsmlrt.RIFE's; its doubling of rates needs a plugin of no index."""
    import vsmlrt

    vsmlrt.models_path = str(models)
    from soifunc import interpolate

    heavy = models / "rife" / "rife_v4.25_heavy.onnx"
    heavy.write_bytes((models / "rife" / "rife_v4.6.onnx").read_bytes())
    for backend in (vsmlrt.Backend.OV_CPU(), None):
        source = clip(vs.YUV420P8, 128, 64)
        repeated = source[0] + source[0] + source[1]
        made = lambda: interpolate.replace_dupes(repeated, backend=backend)
        check(f"replace_dupes {type(backend).__name__}", made, (vs.YUV420P8, 128, 64), lengths=3)


def orders(models: Path) -> None:
    """This package beside vs-mlrt's own plugins: whoever is loaded first, theirs have the names, and both compute."""
    import logging

    said: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logging.getLogger("vapoursynth").addHandler(Heard(logging.WARNING))
    import vsmlrt

    rgb = str(models / "net" / "rgb.onnx")
    for name in ("ov", "ort"):
        theirs, ours = getattr(core, name), getattr(core, f"mlrt_{name}")
        assert "amusementclub" in theirs.identifier, theirs.identifier
        check(f"core.{name}", lambda: theirs.Model(clip(vs.RGBS), rgb), (vs.RGBS, 128, 96))
        check(f"core.mlrt_{name}", lambda: ours.Model(clip(vs.RGBS), rgb), (vs.RGBS, 128, 96))
    check("vsmlrt", lambda: vsmlrt.inference(clip(vs.RGBS), rgb), (vs.RGBS, 128, 96))
    refused = [line for line in said if "populated" in line or "already loaded" in line]
    print(*(["failed the core warns:", *refused] if refused else ["ok no warning of the core"]), flush=True)


USES = {
    one.__name__: one
    for one in (vsjetpack, vsjetpack_stores, vsjetpack_1, vs_colorfix, k7sfunc, engines, soifunc, orders)
}


class Bare(vs.EnvironmentPolicy):
    """A core that loads nothing by itself."""

    def on_policy_registered(self, special_api: Any) -> None:
        self.environment = special_api.create_environment(int(vs.CoreCreationFlags.DISABLE_AUTO_LOADING))

    def on_policy_cleared(self) -> None:
        self.environment = None

    def get_current_environment(self) -> Any:
        return self.environment

    def set_environment(self, environment: Any) -> Any:
        return self.environment


if __name__ == "__main__":
    if sys.argv[3:]:
        vs.register_policy(Bare())
    for plugin in sys.argv[3:]:
        core.std.LoadPlugin(plugin)
    USES[sys.argv[1]](Path(sys.argv[2]))
