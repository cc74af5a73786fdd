"""Where core.mlrt.Interpolate puts what moves: networks of RIFE's structure whose flow is known."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

import rife_ncnn
import rife_networks
from hosting import noise, picture, plugin_core
from test_network_tool import TOOL
from vsmlrt.plugin import lists

CORE = plugin_core()
NARROW = (8, 8, 8, 8)
BACKENDS = ("openvino", "reference")
FORMS = (*rife_networks.FORMS, "padded")
NETWORKS: dict[str, tuple[Callable[..., str], tuple[float, ...], tuple[int, ...]]] = {
    "v4.6": (rife_networks.v4_6, rife_networks.V4_6, NARROW),
    "v4.25": (rife_networks.v4_25, rife_networks.V4_25, (*NARROW, 8)),
}
FEW: dict[str, Any] = {"residuals": 1}
"""What is said of flow and of forms does not depend on how many equal residual convolutions a block has."""

# What a network of a form is fed is the same on each backend, and reference computes all of them.
ON_REFERENCE = [(form, "reference") for form in rife_networks.FORMS]


def drawn(length: int, width: int, height: int, value: Any, fmt: int = vs.RGBS) -> vs.VideoNode:
    """A clip whose frame n holds value(n, x, y) in each plane."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for plane in range(3):
            np.asarray(out[plane])[:] = value(n, x, y)
        return out

    blank = CORE.std.BlankClip(width=width, height=height, format=fmt, length=length, keep=True, fpsnum=24, fpsden=1)
    return CORE.std.ModifyFrame(blank, blank, fill)


def interpolate(clip: vs.VideoNode, path: str, **options: Any) -> vs.VideoNode:
    options.setdefault("precision", "fp32")
    result: vs.VideoNode = CORE.mlrt.Interpolate(clip, path, **options)
    return result


def difference(a: vs.VideoNode, b: vs.VideoNode, n: int) -> float:
    pairs = zip(picture(a, n), picture(b, n), strict=True)
    return max(float(np.abs(x.astype(np.float64) - y).max()) for x, y in pairs)


def centre(plane: np.ndarray) -> tuple[float, float]:
    y, x = np.mgrid[0 : plane.shape[0], 0 : plane.shape[1]]
    return float((plane * x).sum() / plane.sum()), float((plane * y).sum() / plane.sum())


def moving(tmp_path: Path, name: str, dx: float, dy: float, form: str) -> str:
    build, scales, widths = NETWORKS[name]
    return build(tmp_path / f"{name}-{form}.onnx", rife_networks.moving(dx, dy, scales), form, widths, **FEW)


@pytest.mark.parametrize(("form", "backend"), [*ON_REFERENCE, ("plain", "openvino"), ("separate_grid", "openvino")])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_square_stands_at_its_share_of_the_way(tmp_path: Path, name: str, form: str, backend: str) -> None:
    """t = 1/4, 1/3 and 1/2, at a size that is not a multiple of what the network needs."""
    dx, dy = 12.0, -6.0
    path = moving(tmp_path, name, dx, dy, form)
    clip = drawn(2, 100, 75, lambda n, x, y: (abs(x - 30 - n * dx) <= 8) & (abs(y - 40 - n * dy) <= 8))
    out = interpolate(clip, path, multi=12, backend=backend)
    for parts in (4, 3, 2):
        at_x, at_y = centre(picture(out, 12 // parts)[0])
        assert at_x == pytest.approx(30 + dx / parts, abs=1e-3)
        assert at_y == pytest.approx(40 + dy / parts, abs=1e-3)


def line_positions(plane: np.ndarray, period: float) -> np.ndarray:
    """Sub-pixel place of the vertical lines of a sine grid, row by row: its phase there, in pixels."""
    x = np.arange(plane.shape[1])
    wave = np.exp(-2j * np.pi * x / period)
    phase: np.ndarray = np.angle(((plane - plane.mean()) * wave).sum(axis=1))
    return -phase * period / (2 * np.pi)


def bend(plane: np.ndarray, moved: float, period: float) -> float:
    """How far the lines of a sine grid that moved are from where they belong, at most, in parts 160 pixels wide."""
    apart = [0.0]
    for begin in range(20, plane.shape[1] - 180, 160):
        part = plane[:, begin : begin + 160].astype(np.float64)
        distance = line_positions(part, period) - (moved - begin % period)
        apart.append(float(np.abs((distance + period / 2) % period - period / 2).max()))
    assert len(apart) > 10
    return max(apart)


BOUNDS = {"fp32": 0.05, "fp16": 0.25, "rewritten": 0.25}
PANNED = [
    *[("grid", precision, backend) for precision in BOUNDS for backend in BACKENDS],
    *[("plain", precision, "reference") for precision in BOUNDS],
    ("plain", "fp32", "openvino"),
]


@pytest.mark.parametrize(("form", "precision", "backend"), PANNED)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_panned_grid_stays_straight(tmp_path: Path, name: str, form: str, precision: str, backend: str) -> None:
    """A sine of 16 pixels, 1920 wide, panned by 5.3 a frame; 20 pixels at each side, where it enters, are left out.

    reference, which is slow, computes the frame that is moved furthest. "rewritten" is the network as devices with
    fp16 get it.
    """
    dx, period = 5.3, 16.0
    path = moving(tmp_path, name, dx, 0, form)
    if precision == "rewritten":
        if TOOL is None:
            pytest.skip("network_tool is not built (set VSMLRT_BUILD to a build folder)")
        path = str(tmp_path / "half.onnx")
        subprocess.run([TOOL, "half", tmp_path / f"{name}-{form}.onnx", path], check=True)
    height = 32 if name == "v4.6" else 64  # what the network takes without a border
    clip = drawn(2, 1920, height, lambda n, x, y: 0.5 + 0.4 * np.cos(2 * np.pi * (x - n * dx) / period))
    asked = "fp32" if precision == "rewritten" else precision
    out = interpolate(clip, path, multi=4, precision=asked, backend=backend)
    for k in (3,) if backend == "reference" else (1, 2, 3):
        assert bend(picture(out, k)[0], dx * k / 4, period) <= BOUNDS[precision]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("kind", "bound"), [("smooth", 1e-5), ("noise", 1e-4)])
def test_the_forms_of_one_network_give_the_same_picture(tmp_path: Path, name: str, kind: str, bound: float) -> None:
    build, _, widths = NETWORKS[name]
    paths = {
        form: build(tmp_path / f"{form}.onnx", rife_networks.random(flow=0.5), form, widths, **FEW) for form in FORMS
    }
    if kind == "noise":
        clip = noise(CORE, 96, 48, 2)
    else:
        clip = drawn(2, 96, 48, lambda n, x, y: 0.5 + 0.2 * np.sin((x + 3 * n) / 17) + 0.2 * np.cos((y - n) / 23))
    clip = clip.std.AssumeFPS(fpsnum=24)
    options: dict[str, Any] = {"multi": 3, "multiple": 64, "backend": "reference"}
    expected = interpolate(clip, paths["grid"], **options)
    assert difference(expected, clip.std.Loop(2), 1) > 1e-3
    for form in FORMS[1:]:
        assert difference(interpolate(clip, paths[form], **options), expected, 1) <= bound


@pytest.mark.parametrize(("name", "form"), [*(("v4.6", form) for form in FORMS), ("v4.25", "grid"), ("v4.25", "plain")])
def test_reference_agrees(tmp_path: Path, name: str, form: str) -> None:
    build, _, widths = NETWORKS[name]
    path = build(tmp_path / "network.onnx", rife_networks.random(flow=0.5), form, widths)
    clip = noise(CORE, 90, 70, 2).std.AssumeFPS(fpsnum=24)
    here = interpolate(clip, path, multi=(5, 2))
    there = interpolate(clip, path, multi=(5, 2), backend="reference")
    for n in (0, 1, 2):
        assert difference(here, there, n) <= 2e-4


@pytest.mark.parametrize(("name", "multiple"), [("v4.6", 32), ("v4.25", 64)])
def test_a_network_that_pads_in_itself_is_given_the_frame_as_it_is(tmp_path: Path, name: str, multiple: int) -> None:
    """Where nothing is to be padded it equals the plain form; else no second border is put around its own."""
    build, _, widths = NETWORKS[name]
    padded, plain = (
        build(tmp_path / f"{form}.onnx", rife_networks.random(flow=0.5), form, widths, **FEW)
        for form in ("padded", "plain")
    )
    clip = noise(CORE, 128, 64, 2).std.AssumeFPS(fpsnum=24)
    same = interpolate(clip, plain, multi=3, multiple=multiple)
    assert difference(interpolate(clip, padded, multi=3), same, 1) <= 1e-5
    info = lists(CORE.mlrt.Inspect(padded))
    assert (info["channels"], info["multiple"]) == ([7], [1])
    odd = noise(CORE, 91, 67, 2).std.AssumeFPS(fpsnum=24)
    mine, other = (interpolate(odd, padded, multi=3, backend=backend) for backend in BACKENDS)
    for t in (1, 2):
        assert picture(mine, t)[0].shape == (67, 91)
        assert difference(mine, other, t) <= 2e-4


def test_flow_scale_is_the_eighth_channel(tmp_path: Path) -> None:
    """A network that gives its eighth channel, and one that gives its timestep."""
    import onnx
    from onnx import helper

    from networks import save

    for form, channel, value in (("flow_scale", 7, 0.5), ("plain", 6, 0.25)):
        weight = np.zeros((3, channel + 1, 1, 1), np.float32)
        weight[:, channel] = 1
        node = helper.make_node("Conv", ["input", "w"], ["output"])
        path = save(tmp_path / f"{form}.onnx", [node], {"w": weight}, channel + 1)
        assert onnx.load(path).graph.input[0].name == "input"
        clip = noise(CORE, 33, 17, 2).std.AssumeFPS(fpsnum=24)
        options = {"scale": 0.5} if form == "flow_scale" else {}
        assert np.allclose(picture(interpolate(clip, path, multi=4, **options), 1)[2], value, atol=1e-6)


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 4.0])
def test_flow_scale_of_a_network_without_an_input_for_it(tmp_path: Path, scale: float) -> None:
    """Equal to the network that is built with its blocks' scales divided by it, in each form."""
    multiple = max(32, round(32 / scale))
    options: dict[str, Any] = {"multi": 4, "multiple": multiple, "backend": "reference"}
    clip = noise(CORE, 2 * multiple, multiple, 2).std.AssumeFPS(fpsnum=24)
    divided = tuple(block / scale for block in rife_networks.V4_6)
    weights = rife_networks.random(flow=0.5)
    built = rife_networks.v4_6(tmp_path / "built.onnx", weights, "grid", NARROW, divided, **FEW)
    expected = interpolate(clip, built, **options)
    for form in ("grid", "plain", "padded"):
        path = rife_networks.v4_6(tmp_path / f"{form}.onnx", rife_networks.random(flow=0.5), form, NARROW, **FEW)
        assert difference(interpolate(clip, path, scale=scale, **options), expected, 1) <= 1e-4, form
    assert difference(interpolate(clip, path, **options), expected, 1) > 1e-2


@pytest.mark.parametrize(("scale", "multiple"), [(1.0, 32), (0.5, 64), (0.25, 128), (2.0, 16), (4.0, 8), (1.6, 20)])
def test_the_grid_form_is_padded_to_32_over_scale(tmp_path: Path, scale: float, multiple: int) -> None:
    path = rife_networks.v4_6(tmp_path / "network.onnx", rife_networks.random(flow=0.5), "grid", NARROW, **FEW)
    clip = noise(CORE, 18, 34, 2).std.AssumeFPS(fpsnum=24)
    options: dict[str, Any] = {"scale": scale, "backend": "reference"}
    out = interpolate(clip, path, **options)
    assert difference(out, interpolate(clip, path, multiple=multiple, **options), 1) == 0
    assert difference(out, interpolate(clip, path, multiple=2 * multiple, **options), 1) > 0


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime", "reference"])
def test_the_v4_6_of_rife_ncnn_equals_the_onnx_one(tmp_path: Path, backend: str) -> None:
    """flownet.param and .bin of the same weights, layer for layer as rife-ncnn-vulkan's folder has them."""
    param = rife_ncnn.v4_6(tmp_path / "flownet.param", rife_networks.random(flow=0.5), NARROW)
    path = rife_networks.v4_6(tmp_path / "network.onnx", rife_networks.random(flow=0.5), "plain", NARROW)
    clip = noise(CORE, 90, 70, 2).std.AssumeFPS(fpsnum=24)
    expected = interpolate(clip, path, multi=3, multiple=32, backend="reference")
    assert difference(expected, clip.std.Loop(2), 1) > 1e-2
    assert difference(interpolate(clip, str(param), multi=3, backend=backend), expected, 1) <= 1e-4


NCNN = """7767517
15 19
Input in0 0 1 in0
Input in1 0 1 in1
Input in2 0 1 in2
Split s0 1 2 in0 first first_warped
Split s1 1 2 in1 second second_warped
Concat cat 3 1 first second in2 all 0=0
Convolution flow 1 1 all flow 0=4 1=1 5=1 6=28
Split s2 1 2 flow flow0 flow1
Crop back 1 1 flow0 back -23309=1,0 -23310=1,2 -23311=1,0
Crop forth 1 1 flow1 forth -23309=1,2 -23310=1,4 -23311=1,0
rife.Warp w0 2 1 first_warped back from_first
rife.Warp w1 2 1 second_warped forth from_second
BinaryOp sum 2 1 from_first from_second both 0=0
BinaryOp half 1 1 both out0 0=2 1=1 2=0.5
Noop end 1 1 out0 out
"""


def test_a_network_of_rife_ncnn(tmp_path: Path) -> None:
    """Its inputs do not say how many channels they have: two frames and the timestep, as its program feeds them."""
    param = tmp_path / "flownet.param"
    param.write_text(NCNN)
    dx, dy = 12.0, -4.0
    weights = np.zeros((4, 7), "<f4")
    weights[:, 6] = -dx, -dy, -dx, -dy
    bias = np.array([0, 0, dx, dy], "<f4")
    param.with_suffix(".bin").write_bytes(bytes(4) + weights.tobytes() + bias.tobytes())
    clip = drawn(2, 100, 75, lambda n, x, y: (abs(x - 30 - n * dx) <= 8) & (abs(y - 40 - n * dy) <= 8))
    for backend in ("openvino", "reference"):
        at_x, at_y = centre(picture(interpolate(clip, str(param), multi=4, backend=backend), 1)[0])
        assert at_x == pytest.approx(30 + dx / 4, abs=1e-3)
        assert at_y == pytest.approx(40 + dy / 4, abs=1e-3)


@pytest.mark.parametrize(
    ("form", "backend"), [*ON_REFERENCE, ("plain", "openvino"), ("separate_grid", "openvino"), ("padded", "openvino")]
)
def test_a_program_for_a_range_of_sizes_gives_the_same(tmp_path: Path, form: str, backend: str) -> None:
    path = rife_networks.v4_6(tmp_path / "network.onnx", rife_networks.random(flow=0.5), form, NARROW, **FEW)
    shapes = {"static_shape": 0, "min_shapes": [32, 32], "opt_shapes": [96, 96], "max_shapes": [256, 128]}
    for width, height in ((90, 70), (200, 128)):
        clip = noise(CORE, width, height, 2).std.AssumeFPS(fpsnum=24)
        static = interpolate(clip, path, multi=4, backend=backend)
        assert difference(interpolate(clip, path, multi=4, backend=backend, **shapes), static, 1) <= 1e-5
