"""Names, order and defaults of vs-mlrt's public functions, and one sentence for each bad argument."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import vapoursynth as vs

import vsmlrt

# Facts of vs-mlrt's public interface: parameters in order with defaults; ... is a parameter without one.
TILING = [("tiles", None), ("tilesize", None), ("overlap", None)]
CPU = vsmlrt.Backend.OV_CPU()
SIGNATURES: dict[str, list[tuple[str, Any]]] = {
    "RealESRGAN": [("clip", ...), *TILING, ("model", 0), ("backend", CPU), ("scale", None)],
    "Waifu2x": [
        ("clip", ...),
        ("noise", -1),
        ("scale", 2),
        *TILING,
        ("model", 6),
        ("backend", CPU),
        ("preprocess", True),
    ],
    "CUGAN": [
        ("clip", ...),
        ("noise", -1),
        ("scale", 2),
        *TILING,
        ("backend", CPU),
        ("alpha", 1.0),
        ("version", 1),
        ("conformance", True),
    ],
    "DPIR": [("clip", ...), ("strength", ...), *TILING, ("model", 0), ("backend", CPU)],
    "SCUNet": [("clip", ...), *TILING, ("model", 3), ("backend", CPU)],
    "SwinIR": [("clip", ...), *TILING, ("model", 0), ("backend", CPU)],
    "ArtCNN": [("clip", ...), *TILING, ("model", 2), ("backend", CPU)],
    "inference": [
        ("clips", ...),
        ("network_path", ...),
        ("overlap", (0, 0)),
        ("tilesize", None),
        ("backend", CPU),
        ("input_name", "input"),
        ("batch_size", 1),
        ("path_is_serialization", False),
    ],
    "flexible_inference": [
        ("clips", ...),
        ("network_path", ...),
        ("overlap", (0, 0)),
        ("tilesize", None),
        ("backend", CPU),
        ("input_name", "input"),
        ("flexible_output_prop", "vsmlrt_flexible"),
        ("batch_size", 1),
    ],
}
NUMBERS = {
    vsmlrt.RealESRGANModel: [0, 1, 2, 5005, 5006, 5007, 5008, 5009, 5010, 7000, 7001],
    vsmlrt.Waifu2xModel: list(range(11)),
    vsmlrt.DPIRModel: list(range(4)),
    vsmlrt.SCUNetModel: list(range(8)),
    vsmlrt.SwinIRModel: [*range(4), *range(5, 28)],
    vsmlrt.ArtCNNModel: list(range(18)),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_parameters_begin_as_in_vs_mlrt(name: str) -> None:
    wanted = SIGNATURES[name]
    parameters = inspect.signature(getattr(vsmlrt, name)).parameters.values()
    found = [(item.name, ... if item.default is item.empty else item.default) for item in parameters]
    assert found[: len(wanted)] == wanted


@pytest.mark.parametrize("models", NUMBERS)
def test_models_are_numbered_as_in_vs_mlrt(models: Any) -> None:
    assert [member.value for member in models] == NUMBERS[models]


def test_second_names() -> None:
    assert vsmlrt.RealESRGANv2 is vsmlrt.RealESRGAN
    assert vsmlrt.RealESRGANv2Model is vsmlrt.RealESRGANModel


def test_every_public_name_has_a_docstring() -> None:
    assert not [name for name in vsmlrt.__all__ if name != "backendT" and not getattr(vsmlrt, name).__doc__]


# The figures of vs-mlrt's own formula: ceil((size + 2 overlap (tiles - 1)) / (tiles multiple)) multiple.
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((None, None, 1920, 1080, 1, 8, 8), ((1920, 1080), (0, 0))),
        ((2, None, 1920, 1080, 1, 8, 8), ((968, 548), (8, 8))),
        (((3, 2), None, 1920, 1080, 8, 16, 16), ((664, 560), (16, 16))),
        ((None, 256, 1920, 1080, 1, 8, 4), ((256, 256), (8, 4))),
        ((7, (320, 200), 1920, 1080, 1, 8, 8), ((320, 200), (8, 8))),
    ],
)
def test_tile_sizes(given: tuple[Any, ...], wanted: object) -> None:
    assert vsmlrt.calc_tilesize(*given) == wanted


CLIP = vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=48, length=2)
RGB = vs.core.std.BlankClip(format=vs.RGB24, width=64, height=48, length=2)
VARIABLE = vs.core.std.BlankClip(width=64, height=48, varsize=True)


@pytest.mark.parametrize(
    ("function", "arguments", "error", "sentence"),
    [
        ("RealESRGAN", {"clip": 3}, TypeError, '"clip" must be a clip, got int'),
        ("RealESRGAN", {"clip": VARIABLE}, ValueError, "constant format and size"),
        ("RealESRGAN", {"model": 9}, ValueError, '"model" must be one of .*got 9'),
        ("RealESRGAN", {"scale": 0}, ValueError, '"scale" must be above 0, got 0'),
        ("RealESRGAN", {"scale": float("nan")}, ValueError, '"scale" must be above 0'),
        ("RealESRGAN", {"tiles": 0}, ValueError, '"tiles" must be at least 1, got 0'),
        ("RealESRGAN", {"tilesize": "big"}, TypeError, '"tilesize" must be'),
        ("RealESRGAN", {"overlap": (1, 2, 3)}, TypeError, '"overlap" must be'),
        ("Waifu2x", {"noise": 4}, ValueError, '"noise" must be one of .*got 4'),
        ("Waifu2x", {"scale": 4}, ValueError, '"scale" must be one of 1, 2; got 4'),
        ("Waifu2x", {"model": 0, "noise": 0}, ValueError, "anime_style_art has"),
        ("Waifu2x", {"model": 0, "clip": RGB}, ValueError, "must be GRAY or YUV for this model, got RGB24"),
        ("Waifu2x", {"model": 7, "scale": 1}, ValueError, "swin_unet_art with"),
        ("CUGAN", {"noise": 1, "scale": 3}, ValueError, "exist for scale 2 only"),
        ("CUGAN", {"scale": 5}, ValueError, '"scale" must be one of 2, 3, 4; got 5'),
        ("CUGAN", {"version": 3}, ValueError, '"version" must be one of 1, 2; got 3'),
        ("DPIR", {"strength": "x"}, ValueError, '"strength" must be a number or a clip'),
        ("DPIR", {"strength": -1}, ValueError, '"strength" must be a number from 0'),
        ("DPIR", {"strength": RGB}, ValueError, '"strength" must be a GRAY clip'),
        ("DPIR", {"strength": None, "clip": RGB}, ValueError, "must be GRAY or YUV"),
        ("inference", {"clips": [1], "network_path": "a"}, TypeError, '"clips" must be a clip or a list'),
        ("inference", {"clips": [], "network_path": "a"}, TypeError, '"clips" must be a clip or a list'),
        ("inference", {"clips": CLIP, "network_path": "a", "batch_size": 0}, ValueError, '"batch_size" must be'),
    ],
)
def test_bad_arguments(function: str, arguments: dict[str, Any], error: type[Exception], sentence: str) -> None:
    if "clips" not in arguments:
        arguments = {"clip": CLIP} | arguments
    with pytest.raises(error, match=rf"vsmlrt\.{function}: .*{sentence}|{sentence}"):
        getattr(vsmlrt, function)(**arguments)


def test_a_strength_clip_of_another_size_is_refused() -> None:
    strength = vs.core.std.BlankClip(format=vs.GRAY8, width=32, height=48, length=2)
    with pytest.raises(ValueError, match="got 32x48 with 2 frames for 64x48 with 2"):
        vsmlrt.DPIR(CLIP, strength)
