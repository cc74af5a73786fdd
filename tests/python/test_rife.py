"""RIFE's arguments as vs-mlrt has them, and what becomes of them: a stand-in answers for the plugin here.

What comes out of the real plugin is in test_rife_plugin.py.
"""

from __future__ import annotations

import inspect
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import vapoursynth as vs

import vsmlrt
from hosting import plugin_core
from interpolators import fade
from vsmlrt import Backend, RIFEModel, catalog, plugin, rife
from vsmlrt.backend import model_arguments
from vsmlrt.errors import NetworkNotFoundError

CLIP = vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=48, length=4)
TILING = [("tiles", None), ("tilesize", None), ("overlap", None)]
LAST = [*TILING, ("model", RIFEModel.v4_4), ("backend", Backend.OV_CPU()), ("ensemble", False)]


@pytest.fixture
def asked(models: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What core.mlrt.Interpolate was asked for, each time; its result is the clip."""
    calls: list[dict[str, Any]] = []

    def interpolate(clip: vs.VideoNode, **arguments: Any) -> vs.VideoNode:
        calls.append(arguments)
        return clip

    stand_in = SimpleNamespace(mlrt=SimpleNamespace(Interpolate=interpolate), std=vs.core.std, resize=vs.core.resize)
    monkeypatch.setattr(plugin, "core", lambda: stand_in)
    for name in ("v4.4", "v4.6", "v4.6_ensemble", "v4.12_lite", "v4.25", "v4.25_lite", "v4.26"):
        (models / "rife").mkdir(parents=True, exist_ok=True)
        (models / "rife" / f"rife_{name}.onnx").touch()
    (models / "rife_v2").mkdir()
    (models / "rife_v2" / "rife_v4.6.onnx").touch()
    return calls


def file_of(call: dict[str, Any]) -> str:
    return "/".join(Path(call["network_path"]).parts[-2:])


def test_parameters_begin_as_in_vs_mlrt() -> None:
    def parameters(function: Any) -> list[tuple[str, Any]]:
        found = inspect.signature(function).parameters.values()
        return [(one.name, ... if one.default is one.empty else one.default) for one in found if one.kind != 3]

    assert parameters(vsmlrt.RIFE) == [
        ("clip", ...),
        ("multi", 2),
        ("scale", 1.0),
        *LAST,
        ("video_player", False),
        ("_implementation", None),
    ]
    assert parameters(vsmlrt.RIFEMerge) == [
        ("clipa", ...),
        ("clipb", ...),
        ("mask", ...),
        ("scale", 1.0),
        *LAST,
        ("_implementation", None),
    ]


def test_versions_are_numbered_as_in_vs_mlrt() -> None:
    first = [40, 42, 43, 44, 45, 46, 47, 48, 49, 410, 411, 412, 4121, 413, 4131, 414, 4141, 415, 4151, 4161, 417, 4171]
    rest = [418, 419, 420, 421, 422, 4221, 423, 424, 425, 4251, 4252, 426, 4262]
    assert [model.value for model in RIFEModel] == [*first, *rest]
    for model in RIFEModel:
        major, _, tail = model.name.removeprefix("v").partition("_")
        minor, _, kind = tail.partition("_")
        assert str(model.value) == major + minor + {"": "", "lite": "1", "heavy": "2"}[kind]


def test_the_short_form(asked: list[dict[str, Any]]) -> None:
    assert vsmlrt.RIFE(CLIP).format.id == CLIP.format.id
    (call,) = asked
    assert file_of(call) == "rife/rife_v4.4.onnx"
    assert call == model_arguments(Backend.OV_CPU()) | {
        "network_path": call["network_path"],
        "multi": [2, 1],
        "scale": 1.0,
        "scene_threshold": 0.0,
        "dedup": 1,
        "multiple": 32,
    }


def test_the_form_of_the_v13_release_notes(asked: list[dict[str, Any]]) -> None:
    backend = Backend.OV_CPU(fp16=True, num_streams=2)
    vsmlrt.RIFE(CLIP, model=vsmlrt.RIFEModel.v4_6, backend=backend, output_format=1)
    (call,) = asked
    assert file_of(call) == "rife/rife_v4.6.onnx"
    assert (call["output_format"], call["precision"], call["num_streams"]) == (1, "fp16", 2)


@pytest.mark.parametrize(
    ("multi", "wanted"),
    [(2, [2, 1]), (5, [5, 1]), (Fraction(5, 2), [5, 2]), (Fraction(1, 2), [1, 2]), (Fraction(4, 2), [2, 1])],
)
def test_factors(asked: list[dict[str, Any]], multi: int | Fraction, wanted: list[int]) -> None:
    vsmlrt.RIFE(CLIP, multi)
    assert asked[0]["multi"] == wanted


@pytest.mark.parametrize(
    ("arguments", "file", "multiple"),
    [
        ({"model": RIFEModel.v4_6}, "rife/rife_v4.6.onnx", 32),
        ({"model": 46, "_implementation": 1}, "rife/rife_v4.6.onnx", 32),
        ({"model": 46, "_implementation": 2}, "rife_v2/rife_v4.6.onnx", 32),
        ({"model": 44, "_implementation": 2}, "rife/rife_v4.4.onnx", 32),
        ({"model": RIFEModel.v4_6, "ensemble": True}, "rife/rife_v4.6_ensemble.onnx", 32),
        ({"model": RIFEModel.v4_12_lite}, "rife/rife_v4.12_lite.onnx", 32),
        ({"model": RIFEModel.v4_6, "scale": 0.5}, "rife/rife_v4.6.onnx", 64),
        ({"model": RIFEModel.v4_6, "scale": 2}, "rife/rife_v4.6.onnx", 16),
        ({"model": RIFEModel.v4_25}, "rife/rife_v4.25.onnx", 64),
        ({"model": RIFEModel.v4_25_lite}, "rife/rife_v4.25_lite.onnx", 128),
        ({"model": RIFEModel.v4_26, "scale": 0.25}, "rife/rife_v4.26.onnx", 256),
    ],
)
def test_versions_and_their_files(
    asked: list[dict[str, Any]], arguments: dict[str, Any], file: str, multiple: int
) -> None:
    vsmlrt.RIFE(CLIP, **arguments)
    assert (file_of(asked[0]), asked[0]["multiple"]) == (file, multiple)
    assert asked[0]["scale"] == arguments.get("scale", 1)


def test_a_fallback_backend_takes_the_place_of_one_that_fails(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = plugin.core().mlrt.Interpolate

    def fails_on_openvino(clip: vs.VideoNode, **arguments: Any) -> vs.VideoNode:
        if arguments["backend"] == "openvino":
            raise vs.Error("no room")
        result: vs.VideoNode = work(clip, **arguments)
        return result

    monkeypatch.setattr(plugin.core().mlrt, "Interpolate", fails_on_openvino)
    monkeypatch.setattr(vsmlrt, "fallback_backend", Backend.Auto())
    vsmlrt.RIFE(CLIP)
    assert [call["backend"] for call in asked] == ["auto"]


def test_what_this_package_adds(asked: list[dict[str, Any]]) -> None:
    vsmlrt.RIFE(CLIP, scene_threshold=0.3, dedup=False, video_player=True)
    assert (asked[0]["scene_threshold"], asked[0]["dedup"]) == (0.3, 0)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"clip": 3}, TypeError, '"clip" must be a clip, got int'),
        ({"multi": 0}, ValueError, '"multi" must be above 0, got 0'),
        ({"multi": -2}, ValueError, '"multi" must be above 0, got -2'),
        ({"multi": Fraction(-1, 2)}, ValueError, '"multi" must be above 0, got -1/2'),
        ({"multi": 2.5}, TypeError, '"multi" must be a whole number or a fractions.Fraction, got 2.5'),
        ({"multi": True}, TypeError, '"multi" must be a whole number'),
        ({"multi": Fraction(1, 2**31)}, ValueError, '"multi" must be a fraction of numbers below'),
        ({"tiles": 2}, ValueError, '"tiles" is not accepted: frame interpolation is not computed in tiles'),
        ({"tilesize": (256, 256)}, ValueError, '"tilesize" is not accepted'),
        ({"overlap": 8}, ValueError, '"overlap" is not accepted'),
        ({"model": 41}, ValueError, r'"model" must be one of RIFEModel\.v4_0 \(40\).*got 41'),
        ({"model": RIFEModel.v4_21, "ensemble": True}, ValueError, r'RIFEModel\.v4_21 has no "ensemble" network'),
        ({"model": RIFEModel.v4_26_heavy, "ensemble": True}, ValueError, 'has no "ensemble" network'),
        ({"scale": 0}, ValueError, '"scale" must be one of 0.25, 0.5, 1, 2, 4; got 0'),
        ({"scale": 0.3}, ValueError, '"scale" must be one of .*; got 0.3'),
        ({"scale": float("nan")}, ValueError, '"scale" must be one of .*; got nan'),
        ({"scale": "half"}, ValueError, "\"scale\" must be one of .*; got 'half'"),
        ({"_implementation": 3}, ValueError, '"_implementation" must be one of 1, 2; got 3'),
        ({"output_format": 2}, ValueError, '"output_format" must be one of 0, 1; got 2'),
        ({"backend": 3}, TypeError, r'"backend" must be a Backend\.NAME'),
        ({"backend": "fast"}, TypeError, '"backend" must be a Backend'),
    ],
)
def test_bad_arguments(
    asked: list[dict[str, Any]], arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        vsmlrt.RIFE(**({"clip": CLIP} | arguments))
    assert asked == []


def test_without_weights_the_error_says_where_to_get_them(models: Path) -> None:
    with pytest.raises(NetworkNotFoundError) as caught:
        vsmlrt.RIFE(CLIP, model=RIFEModel.v4_6)
    said = str(caught.value)
    assert "the network rife-v4.6 (rife/rife_v4.6.onnx) is not in" in said
    assert "run 'vsmlrt models fetch rife-v4.6', which takes it from vs-mlrt's public release" in said
    assert "'vsmlrt models add FOLDER' with your own vs-mlrt models folder, or set VSMLRT_MODELS to that folder" in said


MASK = vs.core.std.BlankClip(format=vs.GRAYS, width=64, height=48, length=4)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"clipa": 1}, TypeError, '"clipa" must be a clip, got int'),
        ({"clipb": CLIP[:2]}, ValueError, '"clipb" must be of .* got 64x48 with 2 frames for 64x48 with 4'),
        ({"clipb": CLIP.std.CropAbs(32, 32)}, ValueError, '"clipb" must be of .* got 32x32'),
        ({"mask": CLIP}, ValueError, '"mask" must be GRAY, got YUV420P8'),
        ({"mask": MASK[:1]}, ValueError, '"mask" must be of .* got 64x48 with 1 frames'),
        ({"tiles": 2}, ValueError, '"tiles" is not accepted'),
        ({"scale": 0.3}, ValueError, '"scale" must be one of .*; got 0.3'),
    ],
)
def test_bad_arguments_of_rifemerge(arguments: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=f"vsmlrt.RIFEMerge: {sentence}"):
        vsmlrt.RIFEMerge(**({"clipa": CLIP, "clipb": CLIP, "mask": MASK} | arguments))


def literally(frames: int, multi: Fraction) -> int:
    """vs-mlrt's frames one after the other, until one has no source frame after it."""
    for n in range(int(frames * multi)):
        left, rest = divmod(n * multi.denominator, multi.numerator)
        if rest and left + 1 >= frames:
            return n + 1
    return int(frames * multi)


@pytest.mark.parametrize("frames", range(2, 12))
@pytest.mark.parametrize("multi", [Fraction(a, b) for a in range(1, 12) for b in range(2, 9) if a % b])
def test_a_fraction_gives_as_many_frames_as_in_vs_mlrt(frames: int, multi: Fraction) -> None:
    assert rife._count(frames, multi, False) == literally(frames, multi)
    assert rife._count(frames, multi, True) == int(frames * multi)


def test_the_multiple_of_the_families_file_is_the_plugins(tmp_path: Path) -> None:
    """Files without a family get theirs from the plugin, which tells it where a flow scale does not divide it."""
    multiple = catalog.families()["rife"].entries[0].card.multiple
    clip = plugin_core().std.BlankClip(format=vs.RGBS, width=64, height=64, length=2)
    fade(tmp_path / "net.onnx", 11)
    with pytest.raises(vs.Error, match=rf'"scale" must be 0\.25 to 4 and divide {multiple} '):
        plugin_core().mlrt.Interpolate(clip, network_path=str(tmp_path / "net.onnx"), multi=[2, 1], scale=0.3)
