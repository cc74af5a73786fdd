"""SAFA: two frames together through a network whose result is both, one above the other."""

from __future__ import annotations

import inspect
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs
from onnx import helper

import safa_networks
import vsmlrt
from hosting import noise, picture, plugin_core
from networks import save
from vsmlrt import Backend, SAFAAdaptiveMode, SAFAModel
from vsmlrt.errors import NetworkNotFoundError

EXACT = Backend.OV_CPU(precision="fp32")


@pytest.fixture(autouse=True)
def core() -> Any:
    """The core with the plugin in it."""
    return plugin_core()


def both_enlarged(models: Path, name: str = "safa_v0.1_non_adaptive") -> None:
    """A network in SAFA's shape: every pixel of both frames as a square of four, the first frame above the second."""
    path = models / "safa" / f"{name}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    nodes = [
        helper.make_node("Split", ["input", "sizes"], ["a", "b"], axis=1),
        helper.make_node("Concat", ["a", "b"], ["stacked"], axis=2),
        helper.make_node("Concat", ["stacked"] * 4, ["many"], axis=1),
        helper.make_node("DepthToSpace", ["many"], ["output"], blocksize=2, mode="DCR"),
    ]
    save(path, nodes, {"sizes": np.array([3, 3], np.int64)}, 6)


@pytest.mark.parametrize("fmt", [vs.RGBS, vs.RGB24, vs.YUV444P8, vs.YUV420P8, vs.YUV420P10])
@pytest.mark.parametrize("length", [2, 5])
def test_every_frame_comes_back_at_twice_the_size(core: Any, models: Path, fmt: int, length: int) -> None:
    both_enlarged(models)
    clip = noise(core, 44, 30, length=length, fmt=fmt)
    result = vsmlrt.SAFA(clip, backend=EXACT)
    assert (result.width, result.height, result.format.id) == (88, 60, clip.format.id)
    assert (result.num_frames, result.fps) == (length, clip.fps)
    for n in range(length):
        assert len(picture(result, n)) == 3
    if clip.format.color_family == vs.RGB:
        for n in range(length):
            for plane, source in zip(picture(result, n), picture(clip, n), strict=True):
                wanted = source.repeat(2, 0).repeat(2, 1).astype(float)
                np.testing.assert_allclose(plane, wanted, atol=1e-6 if fmt == vs.RGBS else 0.51)


def test_chroma_does_not_run_from_one_picture_into_the_other(core: Any, models: Path) -> None:
    both_enlarged(models)
    blank = core.std.BlankClip(format=vs.YUV420P8, width=44, height=30, length=1)
    clip = blank.std.BlankClip(color=[100, 110, 140]) + blank.std.BlankClip(color=[140, 140, 110])
    result = vsmlrt.SAFA(clip, backend=EXACT)
    for n in range(2):
        for plane, source in zip(picture(result, n), picture(clip, n), strict=True):
            np.testing.assert_allclose(plane.astype(int), int(source[0, 0]), atol=1)


def test_frames_keep_their_durations(core: Any, models: Path) -> None:
    both_enlarged(models)
    clip = noise(core, 32, 32, length=3)
    lengths = [Fraction(1, 24), Fraction(1, 30), Fraction(1, 60)]
    frames = [
        clip[n].std.SetFrameProps(_DurationNum=length.numerator, _DurationDen=length.denominator)
        for n, length in enumerate(lengths)
    ]
    result = vsmlrt.SAFA(frames[0] + frames[1] + frames[2], backend=EXACT)
    for n, length in enumerate(lengths):
        props = result.get_frame(n).props
        assert Fraction(int(props["_DurationNum"]), int(props["_DurationDen"])) == length


@pytest.mark.parametrize("tiling", [{"tiles": 2}, {"tiles": (3, 1)}, {"tilesize": (24, 48), "overlap": 4}])
def test_tiles_side_by_side(core: Any, models: Path, tiling: dict[str, Any]) -> None:
    both_enlarged(models)
    clip = noise(core, 90, 30, length=2)
    result = vsmlrt.SAFA(clip, backend=EXACT, **tiling)
    for n in range(2):
        for plane, source in zip(picture(result, n), picture(clip, n), strict=True):
            np.testing.assert_allclose(plane, source.repeat(2, 0).repeat(2, 1), atol=1e-6)


def test_versions_and_their_files(core: Any, models: Path) -> None:
    clip = noise(core, 32, 32, length=2)
    both_enlarged(models, "safa_v0.4_adaptive1x")
    vsmlrt.SAFA(clip, model=SAFAModel.v0_4, adaptive=SAFAAdaptiveMode.adaptive1x, backend=EXACT).get_frame(0)
    with pytest.raises(NetworkNotFoundError, match=r"safa/safa_v0\.5_adaptive\.onnx.*models add.*VSMLRT_MODELS"):
        vsmlrt.SAFA(clip, model=SAFAModel.v0_5, adaptive=SAFAAdaptiveMode.adaptive)


def test_parameters_as_in_vs_mlrt() -> None:
    found = inspect.signature(vsmlrt.SAFA).parameters.values()
    assert [(one.name, ... if one.default is one.empty else one.default) for one in found] == [
        ("clip", ...),
        ("tiles", None),
        ("tilesize", None),
        ("overlap", None),
        ("model", SAFAModel.v0_1),
        ("adaptive", SAFAAdaptiveMode.non_adaptive),
        ("backend", Backend.OV_CPU()),
    ]
    assert [model.value for model in SAFAModel] == [1, 2, 3, 4, 5]
    assert [(mode.name, mode.value) for mode in SAFAAdaptiveMode] == [
        ("non_adaptive", 0),
        ("adaptive1x", 1),
        ("adaptive", 2),
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"clip": 1}, TypeError, '"clip" must be a clip, got int'),
        ({"length": 1}, ValueError, '"clip" must be of two frames or more, got 1'),
        ({"model": 6}, ValueError, '"model" must be one of .*got 6'),
        ({"adaptive": 3}, ValueError, '"adaptive" must be one of .*got 3'),
        ({"tiles": (1, 2)}, ValueError, "tiles above each other are not accepted"),
        ({"tilesize": 24}, ValueError, "tiles above each other are not accepted"),
    ],
)
def test_bad_arguments(
    core: Any, models: Path, arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    both_enlarged(models)
    arguments = {"clip": noise(core, 64, 48, length=arguments.pop("length", 2))} | arguments
    with pytest.raises(error, match=f"vsmlrt.SAFA: {sentence}"):
        vsmlrt.SAFA(**arguments)


ON_CUDA = os.environ.get("VSMLRT_TEST_SAFA_BACKEND") == "cuda"
"""In a process whose NVIDIA driver is the emulated one (test_device_frames_cuda)."""


@pytest.mark.parametrize("fmt", [vs.RGBS, vs.YUV420P8])
def test_a_network_of_its_operators_gives_what_onnx_runtime_does(core: Any, models: Path, fmt: int) -> None:
    """By its name on the backend, against ONNX Runtime on the network itself, pair by pair."""
    path = models / "safa" / "safa_v0.1_non_adaptive.onnx"
    path.parent.mkdir(parents=True)
    safa_networks.safa(path)
    clip = noise(core, 44, 30, length=3, fmt=fmt)
    result = vsmlrt.SAFA(clip, backend=Backend.CUDA(precision="fp32") if ON_CUDA else EXACT)
    wanted = vsmlrt.SAFA(clip, backend=Backend.ORT_CPU())
    for n in range(clip.num_frames):
        for plane, other in zip(picture(result, n), picture(wanted, n), strict=True):
            assert np.ptp(other) > 0.2 * (1 if fmt == vs.RGBS else 255)
            np.testing.assert_allclose(plane.astype(float), other, atol=1e-4 if fmt == vs.RGBS else 1)
