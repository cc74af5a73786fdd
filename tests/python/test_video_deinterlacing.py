"""``--deinterlace``: an interlaced video becomes one of whole frames, by the plugin Bwdif where it is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import vapoursynth as vs

import ready
from command import stand_in
from video_samples import times

COUNT = 8
BWDIF = pytest.mark.skipif(not hasattr(vs.core.core, "bwdif"), reason="vapoursynth-bwdif is not installed")


@pytest.fixture(params=["tff", "bff"])
def interlaced(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, bool]:
    """A bar that moves by 4 pixels from field to field, lossless, and whether the top field comes first."""
    top = request.param == "tff"
    with (tmp_path / "in.y4m").open("wb") as file:
        file.write(f"YUV4MPEG2 W128 H96 F25:1 I{'t' if top else 'b'} A0:0 C420jpeg\n".encode())
        for n in range(COUNT):
            pixels = np.full((144, 128), 128, np.uint8)
            pixels[:96] = 30
            for field in (0, 1):
                line = field if top else 1 - field
                left = 8 * n + 4 * field
                pixels[line:96:2, left : left + 16] = 220
            file.write(b"FRAME\n" + pixels.tobytes())
    return tmp_path / "in.y4m", top


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return ready.run(stand_in(*arguments), text=True)


def test_without_the_plugin(interlaced: tuple[Path, bool], tmp_path: Path) -> None:
    if hasattr(vs.core.core, "bwdif"):
        pytest.skip("the plugin Bwdif is installed here")
    done = run("upscale", interlaced[0], tmp_path / "out.mkv", "--deinterlace")
    assert done.returncode == 1
    assert "not installed: pip install vapoursynth-bwdif" in done.stderr
    assert list(tmp_path.iterdir()) == [interlaced[0]]


@BWDIF
def test_frames_are_whole(interlaced: tuple[Path, bool], tmp_path: Path) -> None:
    source, _ = interlaced
    kept, made = tmp_path / "kept.mkv", tmp_path / "out.mkv"
    assert "interlaced" in run("upscale", source, kept, "--codec", "ffv1").stderr
    done = run("upscale", source, made, "--codec", "ffv1", "--deinterlace")
    assert done.returncode == 0, done.stderr
    assert "note" not in done.stderr
    pictures = {}
    for path in (kept, made):
        with av.open(str(path)) as file:
            frames = list(file.decode(video=0))
        assert len(frames) == COUNT
        assert not any(frame.interlaced_frame for frame in frames)
        pictures[path] = [frame.to_ndarray(format="gray").astype(int) for frame in frames]
    combed, whole = (np.mean([np.abs(np.diff(one, axis=0)).mean() for one in pictures[path]]) for path in (kept, made))
    assert whole < combed / 8
    for n, one in enumerate(pictures[made]):  # the first field of each, which the bar's left edge tells
        columns = np.flatnonzero(one[48] > 125)
        assert columns[0] == pytest.approx(2 * 8 * n, abs=2)


@BWDIF
def test_a_frame_of_each_field(interlaced: tuple[Path, bool], tmp_path: Path) -> None:
    """At the moments of the fields; --frames counts them."""
    source, _ = interlaced
    words = ("--codec", "ffv1", "--deinterlace", "--double-rate")
    whole, part = tmp_path / "whole.mkv", tmp_path / "part.mkv"
    done = run("upscale", source, whole, *words)
    assert done.returncode == 0, done.stderr
    assert "note" not in done.stderr
    assert [float(one) for one in times(whole)] == pytest.approx([n / 50 for n in range(2 * COUNT + 1)], abs=0.001)
    edges = []
    for one in pictures(whole):
        edges.append(int(np.flatnonzero(one[48] > 125)[0]))
    assert edges == pytest.approx([2 * 4 * n for n in range(2 * COUNT)], abs=3)
    assert run("upscale", source, part, *words, "--frames", "5:9").returncode == 0
    for one, expected in zip(pictures(part), pictures(whole)[5:9], strict=True):
        np.testing.assert_array_equal(one, expected)


def test_double_rate_alone(interlaced: tuple[Path, bool], tmp_path: Path) -> None:
    done = run("upscale", interlaced[0], tmp_path / "out.mkv", "--double-rate")
    assert done.returncode == 2
    assert "--double-rate is about fields; give --deinterlace as well, or leave it out" in done.stderr


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="gray").astype(int) for frame in file.decode(video=0)]
