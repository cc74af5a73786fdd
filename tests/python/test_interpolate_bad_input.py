"""What core.mlrt.Interpolate refuses, each with one sentence that says what is accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs

import networks
from hosting import noise, plugin_core
from test_interpolate import with_durations

CORE = plugin_core()


@pytest.fixture(scope="module")
def blend(tmp_path_factory: pytest.TempPathFactory) -> str:
    return networks.blend(tmp_path_factory.mktemp("networks") / "blend.onnx")


@pytest.fixture(scope="module")
def clip() -> vs.VideoNode:
    return noise(CORE, 32, 32, 3).std.AssumeFPS(fpsnum=24)


def refusal(*arguments: Any, **options: Any) -> str:
    with pytest.raises(vs.Error) as caught:
        list(CORE.mlrt.Interpolate(*arguments, **options).frames())
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"multi": 0}, '"multi" must be one number or numerator and denominator, above 0; got 0'),
        ({"multi": -2}, '"multi" must be one number or numerator and denominator, above 0; got -2'),
        ({"multi": [5, 0]}, '"multi" must be one number or numerator and denominator, above 0; got 5, 0'),
        ({"multi": [5, 2, 1]}, '"multi" must be one number or numerator and denominator, above 0; got 5, 2, 1'),
        ({"multi": 2**30}, "a factor of 1073741824 makes more than 2147483647 frames of a clip of 3"),
        ({"fps_num": 0}, '"fps_num" and "fps_den" must be above 0; got 0 and 1'),
        ({"fps_num": 30, "fps_den": -1}, '"fps_num" and "fps_den" must be above 0; got 30 and -1'),
        ({"fps_den": 1}, '"fps_num" and "fps_den" must be above 0; got 0 and 1'),
        ({"fps_num": 2**31 - 1, "timestamps": [0, 9, 18], "time_base": [1, 1]}, "makes more than 2147483647 frames"),
        ({"fps_num": 60, "multi": 2}, '"multi" and "fps_num" both say how many frames to make'),
        ({"timestamps": [0, 1, 2], "time_base": [1, 24]}, '"timestamps" and "time_base" belong to "fps_num"'),
        ({"fps_num": 60, "timestamps": [0, 1, 2]}, '"time_base" must be the numerator and denominator'),
        ({"fps_num": 60, "timestamps": [0, 1], "time_base": [1, 24]}, "one time a frame"),
        ({"fps_num": 60, "timestamps": [0, 2, 1], "time_base": [1, 24]}, "frame 1 is at 2 and frame 2 at 1"),
        ({"scale": 3.0}, '"scale" must be 0.25 to 4 and divide 32 (0.25, 0.5, 1, 2, 4, 1.6, ...); got 3'),
        ({"scale": 8.0}, '"scale" must be 0.25 to 4 and divide 32'),
        ({"scale": float("nan")}, '"scale" must be 0.25 to 4 and divide 32'),
        ({"scale": 0.5}, "the network has no flow scale to set"),
        ({"scene_threshold": 1.5}, '"scene_threshold" must be 0 (no detector) to 1; got 1.5'),
        ({"multiple": 0}, '"multiple" must be 1 to'),
        ({"backend": "abacus"}, "abacus"),
        ({"precision": "fp4"}, '"precision" must be auto, fp32, tf32, fp16 or bf16; got "fp4"'),
        ({"precision": "fp8"}, '"precision" fp8 is refused, since no network that was measured keeps 45 dB'),
        ({"output_format": 2}, '"output_format" must be 0 (fp32) or 1 (fp16); got 2'),
        ({"tilesize": 32}, '"tilesize" is not accepted: frame interpolation is not computed in tiles, because motion'),
        ({"tiles": 2}, '"tiles" is not accepted: frame interpolation is not computed in tiles, because motion'),
        ({"overlap": [8, 8]}, '"overlap" is not accepted: frame interpolation is not computed in tiles, because'),
    ],
)
def test_options(options: dict[str, Any], sentence: str, clip: vs.VideoNode, blend: str) -> None:
    message = refusal(clip, blend, **options)
    assert "Interpolate: " in message
    assert sentence in message


def test_a_clip_of_one_frame(clip: vs.VideoNode, blend: str) -> None:
    assert "a clip of two frames or more is accepted" in refusal(clip[0], blend)


def test_a_clip_of_no_frames(clip: vs.VideoNode, blend: str) -> None:
    """VapourSynth itself makes none."""
    with pytest.raises((vs.Error, ValueError, IndexError)):
        CORE.mlrt.Interpolate(clip[3:3], blend)


def test_frames_of_another_size(clip: vs.VideoNode, blend: str) -> None:
    varying = CORE.std.Splice([clip, noise(CORE, 64, 32, 2)], mismatch=True)
    assert "clips of constant format and size are accepted" in refusal(varying, blend)


@pytest.mark.parametrize("options", [{"multi": 2}, {"fps_num": 60}])
def test_no_duration_and_no_frame_rate(options: dict[str, int], clip: vs.VideoNode, blend: str) -> None:
    message = refusal(with_durations(clip, [None, None, None]), blend, **options)
    assert "frame 0 has no duration" in message
    assert "std.AssumeFPS" in message


@pytest.mark.parametrize(("num", "den"), [(0, 24), (-1, 24), (1, 0), (1, -24)])
@pytest.mark.parametrize("options", [{"multi": 2}, {"fps_num": 60}])
def test_durations_that_are_none(num: int, den: int, options: dict[str, int], clip: vs.VideoNode, blend: str) -> None:
    bad = with_durations(clip, [None] * 3).std.SetFrameProps(_DurationNum=num, _DurationDen=den)
    assert f"frame 0 has a duration of _DurationNum={num}, _DurationDen={den}" in refusal(bad, blend, **options)


@pytest.mark.parametrize("channels", [1, 3, 6, 9, 10, 12])
def test_a_network_that_is_no_interpolator(channels: int, clip: vs.VideoNode, tmp_path: Path) -> None:
    path = networks.convs(tmp_path / "network.onnx", 2, channels=channels)
    message = refusal(clip, path)
    assert f'"input" of {channels} channel(s), and is not an interpolator' in message
    assert "7 channels" in message


def test_separate_inputs_that_are_none(clip: vs.VideoNode, tmp_path: Path) -> None:
    from onnx import helper

    node = helper.make_node("Concat", ["a", "b"], ["output"], axis=1)
    path = networks.save(tmp_path / "two.onnx", [node], {}, outputs=7, inputs={"a": 4, "b": 3})
    assert '"a" of 4 channel(s), "b" of 3 channel(s), and is not an interpolator' in refusal(clip, path)


@pytest.mark.parametrize(("scale", "outputs"), [(1, 1), (1, 4), (2, 3)])
def test_a_result_that_is_no_frame(scale: int, outputs: int, clip: vs.VideoNode, tmp_path: Path) -> None:
    path = networks.convs(tmp_path / "network.onnx", 2, scale, 7, outputs)
    message = refusal(clip, path)
    assert f"the network gives {outputs} channel(s) of {scale}x the size, and is not an interpolator" in message


def test_a_missing_file(clip: vs.VideoNode, tmp_path: Path) -> None:
    assert "missing.onnx" in refusal(clip, str(tmp_path / "missing.onnx"))


def test_a_frame_of_another_meaning(blend: str) -> None:
    clip = noise(CORE, 32, 32, 2, vs.YUV420P8).std.AssumeFPS(fpsnum=24)
    changed = clip[0].std.SetFrameProps(_Matrix=1) + clip[1].std.SetFrameProps(_Matrix=6)
    assert "frame 1 says _Matrix=6, and the clip was taken as _Matrix=1" in refusal(changed, blend)
