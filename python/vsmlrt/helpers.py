"""Functions of vs-mlrt's module that scripts call in addition to the networks' own."""

from __future__ import annotations

import copy
import os
import platform
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import vapoursynth as vs

from . import notices, plugin
from .backend import Backend, backendT, instance
from .merging import grids
from .resizing import halve, is_half
from .tiles import Pair


def init_backend(backend: backendT, trt_opt_shapes: Pair) -> backendT:
    """A copy of a backend, or of the defaults of a backend class, with the shapes that engines are built for filled in.

    Arguments:
        backend: ``Backend.TRT(fp16=True)`` or ``Backend.TRT``.
        trt_opt_shapes: width and height of a tile: what ``opt_shapes`` is where it is None, as ``max_shapes`` then is.
    """
    found: Any = copy.deepcopy(instance(backend))
    if isinstance(found, (Backend.TRT, Backend.TRT_RTX, Backend.MIGX)) and found.opt_shapes is None:
        found.opt_shapes = trt_opt_shapes
    if isinstance(found, (Backend.TRT, Backend.TRT_RTX)) and found.max_shapes is None:
        found.max_shapes = found.opt_shapes
    made: backendT = found
    return made


def bits_as(clip: vs.VideoNode, target: vs.VideoNode) -> vs.VideoNode:
    """The clip with as many bits a sample as another clip; itself if it has them."""
    bits = target.format.bits_per_sample
    if clip.format.bits_per_sample == bits:
        return clip
    return plugin.vapoursynth_core().resize.Point(clip, format=clip.format.replace(bits_per_sample=bits).id)


def get_rife_input(clip: vs.VideoNode) -> list[vs.VideoNode]:
    """What the first representation of RIFE's networks takes in addition to two pictures and a moment.

    Positions across and down from -1 to 1, and what a pixel is on each of these scales: four GRAY clips of the size,
    length and sample type of a float clip. AssertionError for another clip.
    """
    assert clip.format.sample_type == vs.FLOAT
    return [bits_as(one, clip) for one in grids(clip)]


def parse_trt_version(version: int) -> tuple[int, int, int]:
    """TensorRT's number of its version as major, minor and patch: 8601 and 110201 are 8.6.1 and 11.2.1."""
    unit = 1000 if version < 10000 else 10000
    return version // unit, version % unit // 100, version % 100


def get_input_name(network_path: str) -> str:
    """The name of the first input of an ONNX file. ValueError for a file without one."""
    graph = _field(Path(network_path).read_bytes(), 7)
    name = _field(_field(graph, 11), 1)
    if not name:
        raise ValueError(f"vsmlrt.get_input_name: {network_path} is not an ONNX file with an input")
    return name.decode()


def _field(message: bytes, wanted: int) -> bytes:
    """The first length-delimited field of this number in a Protocol Buffers message; empty where there is none."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            _, at = _varint(message, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        elif kind == 2:
            size, at = _varint(message, at)
            if number == wanted:
                return message[at : at + size]
            at += size
        else:
            break
    return b""


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return value, at


def fmtc_resample(clip: vs.VideoNode, **kwargs: Any) -> vs.VideoNode:
    """``core.fmtc.resample`` on a clip of any float; where that plugin is not installed the same by ``core.resize``.

    Arguments as of fmtconv. Without it ``w``, ``h``, ``scale``, ``scaleh``, ``scalev``, ``kernel`` (point, bilinear,
    bicubic with ``a1`` and ``a2``, lanczos with ``taps``, spline16, spline36, spline64, and the impulse by which
    waifu2x halves) are heeded, and the others named once in the log. The result has the clip's format.
    """
    core = plugin.vapoursynth_core()
    if hasattr(core, "fmtc"):
        single = bits_as(clip, core.std.BlankClip(format=vs.GRAYS, length=1)) if is_half(clip) else clip
        return bits_as(core.fmtc.resample(single, **kwargs), clip)
    return _resample(clip, kwargs)


_KERNELS = {
    "point": "Point",
    "bilinear": "Bilinear",
    "linear": "Bilinear",
    "bicubic": "Bicubic",
    "lanczos": "Lanczos",
    "spline16": "Spline16",
    "spline36": "Spline36",
    "spline64": "Spline64",
    "spline": "Spline36",
}
_WITHOUT_EFFECT = ("fh", "fv", "kovrspl", "totalh", "totalv", "invks")


def _resample(clip: vs.VideoNode, given: dict[str, Any]) -> vs.VideoNode:
    scale = given.pop("scale", 1)
    across, down = given.pop("scaleh", scale), given.pop("scalev", scale)
    width = given.pop("w", int(clip.width * across))
    height = given.pop("h", int(clip.height * down))
    kernel = str(given.pop("kernel", "spline36")).lower()
    if kernel == "impulse" and (width, height) == (clip.width // 2, clip.height // 2):
        return halve(clip)
    if kernel not in _KERNELS:
        raise ValueError(
            f"vsmlrt.fmtc_resample: kernel must be one of {', '.join(_KERNELS)} where fmtconv is not installed; "
            f"got {kernel!r}"
        )
    more: dict[str, Any] = {}
    if kernel == "bicubic":
        more = {"filter_param_a": given.pop("a1", 1 / 3), "filter_param_b": given.pop("a2", 1 / 3)}
    if kernel == "lanczos":
        more = {"filter_param_a": given.pop("taps", 4)}
    unheeded = [name for name in given if name not in _WITHOUT_EFFECT]
    if unheeded:
        notices.once(f"vsmlrt.fmtc_resample: without the plugin fmtconv there is no use for {', '.join(unheeded)}")
    resize = getattr(plugin.vapoursynth_core().resize, _KERNELS[kernel])
    resized: vs.VideoNode = resize(clip, width, height, **more)
    return resized


def get_engine_path(
    network_path: str,
    min_shapes: Pair,
    opt_shapes: Pair,
    max_shapes: Pair,
    workspace: int | None,
    fp16: bool,
    use_cublas: bool,
    static_shape: bool,
    tf32: bool,
    use_cudnn: bool,
    input_format: int,
    output_format: int,
    builder_optimization_level: int,
    max_aux_streams: int | None,
    short_path: bool | None,
    bf16: bool,
    engine_folder: str | None,
    is_rtx: bool = False,
    trt_version: tuple[int, int, int] = (0, 0, 0),
    device_name: str = "",
) -> str:
    """Where vs-mlrt would keep a TensorRT engine of a network, for scripts that look after theirs. None is made here.

    Beside the network, or in `engine_folder` (made if missing), under a name that says what the engine was built with.
    """
    sizes = [f"{width}x{height}" for width, height in (min_shapes, opt_shapes, max_shapes)]
    parts = [sizes[1] if static_shape else f"min{sizes[0]}_opt{sizes[1]}_max{sizes[2]}"]
    parts += [name for name, on in (("fp16", fp16), ("tf32", tf32), ("bf16", bf16)) if on]
    parts += [] if workspace is None else [f"workspace{workspace}"]
    parts += [f"opt{builder_optimization_level}"]
    parts += [] if max_aux_streams is None else [f"max-aux-streams{max_aux_streams}"]
    parts += ["trt-" + ".".join(map(str, trt_version))]
    parts += [name for name, on in (("cublas", use_cublas), ("cudnn", use_cudnn)) if on]
    parts += [f"{way}-fp{16 if half else 32}" for way, half in (("I", input_format), ("O", output_format))]
    parts += [device_name, *(["rtx"] if is_rtx else []), f"{zlib.adler32(Path(network_path).read_bytes()):x}"]
    folder, name = os.path.split(network_path)
    if engine_folder is not None:
        folder = engine_folder
        os.makedirs(folder, exist_ok=True)
    full = f"{name}.{'_'.join(parts)}"
    too_long = platform.system() == "Windows" and (short_path is None or len(f"{full}.engine.cache.lock") > 255)
    if short_path or too_long:
        full = f"{zlib.crc32(full.encode()):x}"
    return os.path.join(folder, f"{full}.engine")


def get_mxr_path(
    network_path: str,
    opt_shapes: Pair,
    fp16: bool,
    fast_math: bool,
    exhaustive_tune: bool,
    device_id: int,
    short_path: bool | None,
    bf16: bool,
) -> str:
    """Where vs-mlrt would keep a MIGraphX program of a network. No program is made here."""
    parts = [f"{opt_shapes[0]}x{opt_shapes[1]}"]
    switches = (("fp16", fp16), ("bf16", bf16), ("fast", fast_math), ("exhaustive", exhaustive_tune))
    parts += [name for name, on in switches if on]
    core = plugin.vapoursynth_core()
    try:
        version = core.migx.Version()["migraphx_version_build"].decode()
        device = core.migx.DeviceProperties(device_id)["name"].decode().replace(" ", "-")
    except (AttributeError, vs.Error):
        version, device = "0.0.0", f"device{device_id}"
    parts += [f"migx-{version}", device, f"{zlib.adler32(Path(network_path).read_bytes()):x}"]
    folder, name = os.path.split(network_path)
    identity = "_".join(parts)
    if short_path or (short_path is None and platform.system() == "Windows"):
        return os.path.join(folder, f"{zlib.crc32((name + identity).encode()):x}.mxr")
    return os.path.join(folder, f"{name}.{identity}.mxr")


def convert_model(
    network_path: str,
    target_network_path: str,
    fp16: bool = False,
    bf16: bool = False,
    input_format: int = 0,
    output_format: int = 0,
) -> None:
    """Writes a network whose weights and computation are in half precision, as an ONNX file.

    Arguments:
        network_path: an ONNX file or an ncnn ``.param``.
        target_network_path: the ONNX file that is written.
        fp16: must be True.
        bf16: NotImplementedError where it is set: run the network itself with ``precision="bf16"``.
        input_format, output_format: both 0 (fp32) or both 1 (fp16).

    ValueError for other combinations, vapoursynth.Error for what is not a network.
    """
    if bf16:
        raise NotImplementedError('vsmlrt.convert_model: bf16 is not written; run the network with precision="bf16"')
    if not fp16:
        raise ValueError("vsmlrt.convert_model: fp16 must be set, the one precision that is written")
    if input_format != output_format:
        raise ValueError(
            "vsmlrt.convert_model: input_format and output_format must be equal, got "
            f"{input_format} and {output_format}"
        )
    plugin.core().mlrt.Import(network_path, target_network_path, fp16=1, half_io=int(output_format == 1))


def trtexec(
    network_path: str,
    channels: int,
    opt_shapes: Pair,
    max_shapes: Pair,
    fp16: bool,
    device_id: int,
    workspace: int | None = None,
    verbose: bool = False,
    use_cuda_graph: bool = False,
    use_cublas: bool = False,
    static_shape: bool = True,
    tf32: bool = False,
    log: bool = False,
    use_cudnn: bool = False,
    use_edge_mask_convolutions: bool = True,
    use_jit_convolutions: bool = True,
    heuristic: bool = False,
    input_name: str = "input",
    input_format: int = 0,
    output_format: int = 0,
    min_shapes: Pair = (0, 0),
    faster_dynamic_shapes: bool = True,
    force_fp16: bool = False,
    builder_optimization_level: int = 3,
    max_aux_streams: int | None = None,
    short_path: bool | None = None,
    bf16: bool = False,
    custom_env: Mapping[str, str] = {},
    custom_args: Sequence[str] = [],
    engine_folder: str | None = None,
    max_tactics: int | None = None,
    tiling_optimization_level: int = 0,
    l2_limit_for_tiling: int = -1,
) -> str:
    """The network itself, which ``core.trt.Model`` runs: no engine is built. Said once in the log."""
    return _instead("trtexec", network_path, "core.trt.Model", "a TensorRT engine")


def tensorrt_rtx(
    network_path: str,
    channels: int,
    fp16: bool,
    device_id: int,
    opt_shapes: Pair,
    max_shapes: Pair,
    workspace: int | None = None,
    verbose: bool = False,
    use_cuda_graph: bool = False,
    static_shape: bool = True,
    min_shapes: Pair = (0, 0),
    use_cudnn: bool = False,
    use_edge_mask_convolutions: bool = True,
    input_name: str = "input",
    builder_optimization_level: int = 3,
    max_aux_streams: int | None = None,
    short_path: bool | None = None,
    custom_env: Mapping[str, str] = {},
    custom_args: Sequence[str] = [],
    engine_folder: str | None = None,
    max_tactics: int | None = None,
    tiling_optimization_level: int = 0,
    l2_limit_for_tiling: int = -1,
    fp16_io: bool = False,
) -> str:
    """The network itself, which ``core.trt_rtx.Model`` runs: no engine is built. Said once in the log."""
    return _instead("tensorrt_rtx", network_path, "core.trt_rtx.Model", "a TensorRT-RTX engine")


def migraphx_driver(
    network_path: str,
    channels: int,
    opt_shapes: Pair,
    fp16: bool,
    fast_math: bool,
    exhaustive_tune: bool,
    device_id: int,
    input_name: str = "input",
    short_path: bool | None = None,
    custom_env: Mapping[str, str] = {},
    custom_args: Sequence[str] = [],
    bf16: bool = False,
) -> str:
    """The network itself, which ``core.migx.Model`` runs: no program is built. Said once in the log."""
    return _instead("migraphx_driver", network_path, "core.migx.Model", "a MIGraphX program")


def _instead(function: str, network_path: str, runs: str, what: str) -> str:
    notices.once(
        f"vsmlrt.{function}: {what} is not built; {runs} runs the ONNX file {network_path} itself, and keeps what it "
        "prepares in the user's cache folder"
    )
    return network_path
