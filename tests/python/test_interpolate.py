"""Times, cuts, repeats, formats and order of requests: what core.mlrt.Interpolate promises apart from the picture."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

import networks
import rife_networks
from hosting import noise, picture, planes, plugin_core

CORE = plugin_core()


@pytest.fixture(scope="module")
def blend(tmp_path_factory: pytest.TempPathFactory) -> str:
    return networks.blend(tmp_path_factory.mktemp("networks") / "blend.onnx")


def interpolate(clip: vs.VideoNode, path: str, **options: Any) -> vs.VideoNode:
    options.setdefault("precision", "fp32")
    result: vs.VideoNode = CORE.mlrt.Interpolate(clip, path, **options)
    return result


def levels(values: list[float], fps: int = 24) -> vs.VideoNode:
    """One flat frame a value."""
    blank = CORE.std.BlankClip(width=32, height=32, format=vs.RGBS, length=1, fpsnum=fps, fpsden=1)
    clip = blank.std.BlankClip(color=[values[0]] * 3)
    for value in values[1:]:
        clip += blank.std.BlankClip(color=[value] * 3)
    return clip


def with_durations(clip: vs.VideoNode, durations: Sequence[Fraction | None], fps: bool = False) -> vs.VideoNode:
    """Frames with these durations, or with none; no frame rate unless asked for."""

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for key in ("_DurationNum", "_DurationDen"):
            if key in out.props:
                del out.props[key]
        duration = durations[n]
        if duration is not None:
            out.props["_DurationNum"], out.props["_DurationDen"] = duration.numerator, duration.denominator
        return out

    return CORE.std.ModifyFrame(clip if fps else _rateless(clip), clip, fill)


def _rateless(clip: vs.VideoNode) -> vs.VideoNode:
    """The same clip without a frame rate: two rates in one clip are none."""
    both = CORE.std.Splice([clip[0].std.AssumeFPS(fpsnum=1), clip[0].std.AssumeFPS(fpsnum=2)], mismatch=True)
    rateless: vs.VideoNode = CORE.std.Loop(both, 0)[: clip.num_frames]
    return rateless


def shown(clip: vs.VideoNode) -> list[float]:
    return [round(float(np.asarray(f[0])[5, 7]), 5) for f in clip.frames()]


def duration(frame: vs.VideoFrame) -> Fraction:
    return Fraction(int(frame.props["_DurationNum"]), int(frame.props["_DurationDen"]))


def durations(clip: vs.VideoNode) -> list[Fraction]:
    return [duration(f) for f in clip.frames()]


def test_factors(blend: str) -> None:
    clip = levels([0.0, 1.0, 0.0])
    assert shown(interpolate(clip, blend)) == [0, 0.5, 1, 0.5, 0, 0]
    out = interpolate(clip, blend, multi=[5, 2])
    assert shown(out) == pytest.approx([0, 0.4, 0.8, 0.8, 0.4, 0, 0, 0])
    assert out.fps == 60
    half = interpolate(clip, blend, multi=[1, 2])
    assert (shown(half), half.fps) == ([0, 0], 12)
    assert durations(half) == [Fraction(2, 24), Fraction(1, 24)]


def test_rate_of_a_constant_clip(blend: str) -> None:
    out = interpolate(levels([0.0, 1.0, 0.0]), blend, fps_num=60, fps_den=1)
    assert shown(out) == pytest.approx([0, 0.4, 0.8, 0.8, 0.4, 0, 0, 0])
    assert out.fps == 60
    assert sum(durations(out)) == Fraction(3, 24)


def test_a_variable_rate_keeps_the_cadence_of_each_interval(blend: str) -> None:
    stated = [Fraction(1, 24), Fraction(1, 10), Fraction(1001, 30000), Fraction(1, 7)]
    clip = with_durations(levels([0.0, 0.5, 1.0, 0.0]), stated)
    out = interpolate(clip, blend, multi=3)
    assert out.fps_num == 0
    assert durations(out) == [d / 3 for d in stated for _ in range(3)]
    uneven = durations(interpolate(clip, blend, multi=[7, 3]))
    assert sum(uneven) == sum(stated)


def test_a_frame_without_a_duration(blend: str) -> None:
    """The last one takes the interval before it, the first one 1/fps."""
    clip = levels([0.0, 0.5, 1.0], 25)
    last = with_durations(clip, [Fraction(1, 24), Fraction(1, 10), None])
    assert durations(interpolate(last, blend, multi=1)) == [Fraction(1, 24), Fraction(1, 10), Fraction(1, 10)]
    first = with_durations(clip, [None, Fraction(1, 10), None], fps=True)
    assert durations(interpolate(first, blend, multi=1)) == [Fraction(1, 25), Fraction(1, 10), Fraction(1, 10)]
    several = with_durations(clip, [Fraction(1, 10), None, None])
    assert durations(interpolate(several, blend, multi=1)) == [Fraction(1, 10)] * 3


def test_a_variable_rate_becomes_constant(blend: str) -> None:
    """By given times, and by one scan of the durations: both the same."""
    stated = [Fraction(1, 10), Fraction(1, 5), Fraction(1, 10)]
    clip = with_durations(levels([0.0, 1.0, 0.5]), stated)
    scanned = interpolate(clip, blend, fps_num=20)
    given = interpolate(clip, blend, fps_num=20, timestamps=[50, 150, 350], time_base=[1, 1000])
    expected = [0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.5]
    assert shown(scanned) == pytest.approx(expected)
    # Without an end the last frame takes the interval before it: 0.2 s.
    assert shown(given) == pytest.approx([*expected, 0.5, 0.5])
    ended = interpolate(clip, blend, fps_num=20, timestamps=[50, 150, 350, 450], time_base=[1, 1000])
    assert shown(ended) == pytest.approx(expected)
    assert durations(ended) == [Fraction(1, 20)] * 8


def test_large_timestamps(blend: str) -> None:
    start = 10**15
    times = [start, start + 10**9, start + 2 * 10**9]
    out = interpolate(levels([0.0, 1.0, 0.0]), blend, fps_num=2, timestamps=times, time_base=[1, 10**9])
    assert shown(out) == [0, 0.5, 1, 0.5, 0, 0]


def test_absolute_times(blend: str) -> None:
    clip = CORE.std.FrameEval(levels([0.0, 1.0]), lambda n: levels([0.0, 1.0]).std.SetFrameProps(_AbsoluteTime=n / 24))
    times = [f.props["_AbsoluteTime"] for f in interpolate(clip, blend, multi=3).frames()]
    assert times == pytest.approx([n / 72 for n in range(6)])


@pytest.mark.parametrize("fmt", [vs.YUV420P8, vs.YUV444P10, vs.GRAY8, vs.GRAYS, vs.RGB24, vs.RGBH, vs.RGBS])
def test_a_source_frame_is_untouched(fmt: int, blend: str) -> None:
    clip = noise(CORE, 62, 46, 3, fmt).std.AssumeFPS(fpsnum=24).std.SetFrameProps(mine=7)
    out = interpolate(clip, blend, multi=2, matrix=1)
    assert out.format.id == fmt
    for n in range(3):
        for a, b in zip(picture(clip, n), picture(out, 2 * n), strict=True):
            assert a.tobytes() == b.tobytes()
        assert out.get_frame(2 * n).props["mine"] == 7
    between = picture(out, 1)[0].astype(float)
    middle = (picture(clip, 0)[0].astype(float) + picture(clip, 1)[0]) / 2
    unit = 255.0 if fmt in (vs.GRAYS, vs.RGBS, vs.RGBH) else 4.0 ** (clip.format.bits_per_sample == 10)
    assert np.abs(between - middle).mean() * (unit if unit == 255.0 else 1 / unit) < 6


def test_other_formats_out(blend: str) -> None:
    clip = noise(CORE, 64, 48, 3, vs.YUV420P8).std.AssumeFPS(fpsnum=24)
    half = interpolate(clip, blend, matrix=1, output_format=1)
    assert [f.format.id for f in half.frames()] == [vs.RGBH] * 6
    assert all(f.props["_Matrix"] == 0 for f in half.frames())
    ten = interpolate(clip, blend, matrix=1, format=vs.YUV420P10)
    assert [f.format.id for f in ten.frames()] == [vs.YUV420P10] * 6


def flagged(clip: vs.VideoNode, key: str, frame: int) -> vs.VideoNode:
    marked = clip.std.SetFrameProps(**{key: 1})
    return clip[:frame] + marked[frame] + clip[frame + 1 :]


@pytest.mark.parametrize(("key", "frame"), [("_SceneChangeNext", 1), ("_SceneChangePrev", 2)])
def test_over_a_cut_the_nearer_frame_is_repeated(key: str, frame: int, blend: str) -> None:
    out = interpolate(flagged(levels([0.0, 0.2, 1.0, 0.8]), key, frame), blend, multi=4)
    expected = [0, 0.05, 0.1, 0.15, 0.2, 0.2, 0.2, 1, 1, 0.95, 0.9, 0.85, 0.8, 0.8, 0.8, 0.8]
    assert shown(out) == pytest.approx(expected)
    assert [n for n, f in enumerate(out.frames()) if f.props.get("_SceneChangeNext")] == [6]
    assert [n for n, f in enumerate(out.frames()) if f.props.get("_SceneChangePrev")] == [7]


def test_a_cut_in_left_out_frames_is_still_told(blend: str) -> None:
    out = interpolate(flagged(levels([0.0, 0.1, 1.0, 0.9]), "_SceneChangeNext", 1), blend, multi=[1, 2])
    assert [f.props.get("_SceneChangeNext", 0) for f in out.frames()] == [1, 0]


def test_the_detector_finds_cuts_and_leaves_motion(blend: str) -> None:
    scene = noise(CORE, 64, 64, 1, vs.YUV420P8, seed=3)
    dark = scene.std.Expr(["x 4 /", "128"])
    clip = (scene[0] + scene.std.FlipVertical() + dark[0] + dark.std.FlipHorizontal()).std.AssumeFPS(fpsnum=24)
    out = interpolate(clip, blend, multi=2, matrix=1, scene_threshold=0.2)
    assert [n for n, f in enumerate(out.frames()) if f.props.get("_SceneChangeNext")] == [3]
    assert picture(out, 3)[0].tobytes() == picture(clip, 1)[0].tobytes()
    plain = interpolate(clip, blend, multi=2, matrix=1)
    for n in (1, 5):
        assert picture(out, n)[0].tobytes() == picture(plain, n)[0].tobytes()
    assert picture(plain, 3)[0].tobytes() != picture(out, 3)[0].tobytes()


def test_an_identical_pair_is_not_inferred(blend: str) -> None:
    """The reference backend fails on its first run: pairs of equal frames never get there."""
    clip = noise(CORE, 32, 32, 2).std.AssumeFPS(fpsnum=24)
    fault = {"backend": "reference", "options": ["fault.run=1"]}
    held = clip[0] + clip[0] + clip[0]
    assert len(list(interpolate(held, blend, **fault).frames())) == 6
    with pytest.raises(vs.Error):
        list(interpolate(held, blend, dedup=0, **fault).frames())
    with pytest.raises(vs.Error):
        list(interpolate(clip, blend, **fault).frames())


def digests(frames: Any) -> list[int]:
    return [zlib.crc32(b"".join(p.tobytes() for p in planes(f))) for f in frames]


@pytest.mark.parametrize("streams", [1, 3])
def test_random_and_concurrent_requests_equal_sequential(streams: int, tmp_path: Path) -> None:
    path = rife_networks.v4_6(tmp_path / "rife.onnx", rife_networks.random(flow=0.5), "grid", (8, 8, 8, 8))
    clip = noise(CORE, 48, 32, 10, vs.YUV420P8).std.AssumeFPS(fpsnum=24)
    clip = flagged(clip, "_SceneChangeNext", 4)
    options = {"multi": [5, 2], "matrix": 1, "scene_threshold": 0.5}
    sequential = digests(interpolate(clip, path, **options).frames())
    assert len(set(sequential)) > 20
    out = interpolate(clip, path, num_streams=streams, **options)
    order = list(range(out.num_frames)) * 2
    random.Random(5).shuffle(order)
    futures: list[Future[vs.VideoFrame]] = [out.get_frame_async(n) for n in order]
    for n, future in zip(order, futures, strict=True):
        with future.result() as frame:
            assert digests([frame]) == [sequential[n]]


def counted_source() -> tuple[vs.VideoNode, Counter[int]]:
    """A clip, and how often each of its frames was made."""
    asked: Counter[int] = Counter()

    def count(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        asked[n] += 1
        return f

    clip = noise(CORE, 64, 48, 12, vs.YUV420P8).std.AssumeFPS(fpsnum=24)
    counted = CORE.std.ModifyFrame(clip, clip, count)
    return counted, asked


def test_frames_of_a_pair_share_their_sources(blend: str) -> None:
    """Every source frame is made once, though up to eight output frames read it."""
    counted, asked = counted_source()
    out = interpolate(counted, blend, multi=4, matrix=1, scene_threshold=0.5)
    asked.clear()
    list(out.frames())
    assert max(asked.values()) == 1


def test_frames_of_a_pair_share_what_is_converted(blend: str) -> None:
    """Without a cache of its own the source tells who asks: seven output frames of two pairs, and one conversion."""
    counted, asked = counted_source()
    counted.std.SetVideoCache(mode=0)
    out = interpolate(counted, blend, multi=4, matrix=1)
    asked.clear()
    for n in range(out.num_frames):
        out.get_frame(n).close()
    assert [asked[n] for n in range(1, 12)] == [7 + 1] * 11


def test_a_failing_frame_leaves_the_filter_usable(blend: str) -> None:
    clip = noise(CORE, 32, 32, 4).std.AssumeFPS(fpsnum=24)
    out = interpolate(clip, blend, backend="reference", options=["fault.run=2"])
    expected = interpolate(clip, blend, backend="reference")
    out.get_frame(1).close()
    with pytest.raises(vs.Error, match=r"mlrt\.Interpolate"):
        out.get_frame(3)
    assert digests([out.get_frame(5)]) == digests([expected.get_frame(5)])
