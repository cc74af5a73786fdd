"""The colours that a player shows are the video's, whatever matrices the codec can tell."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from vsmlrt.video.comparison import describe, lost
from vsmlrt.video.job import Job, check_job, picture_by_picture, run

LUMA = {
    1: (0.2126, 0.0722),
    4: (0.3, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""Shares of red and blue in luma, by H.273's number of the matrix."""

YUV = (90, 100, 160)
"""The colour of each pixel, in limited range."""


def colour_of(matrix: int, yuv: Any) -> np.ndarray:
    """Red, green and blue from 0 to 255 (H.273, 8.3)."""
    y, u, v = (yuv[0] - 16) / 219, (yuv[1] - 128) / 224, (yuv[2] - 128) / 224
    if matrix == 8:  # YCgCo
        return 255 * np.array([y - u + v, y + u, y - u - v])
    red, blue = LUMA[matrix]
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    return 255 * np.array([r, (y - red * r - blue * b) / (1 - red - blue), b])


def one_colour(path: Path, matrix: int, full: bool = False) -> Path:
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 1 + full
        for n in range(3):
            frame: Any = av.VideoFrame(64, 48, "yuv420p")
            for plane, value in zip(frame.planes, YUV, strict=True):
                np.frombuffer(plane, np.uint8)[:] = value
            frame.pts, frame.time_base = n, Fraction(1, 25)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
@pytest.mark.parametrize("matrix", [1, 4, 5, 6, 7, 8, 9])
def test_shown_colours(tmp_path: Path, matrix: int, codec: str) -> None:
    source, out = one_colour(tmp_path / "in.mkv", matrix), tmp_path / "out.webm"
    said: list[str] = []
    process = picture_by_picture(lambda clip: clip.resize.Point(clip.width * 2, clip.height * 2))
    run(
        check_job(Job(source=source, output=out, codec=codec)),
        process,
        warn=said.append,
        progress=lambda done, total: None,
    )
    with av.open(str(out)) as file:
        frame: Any = next(file.decode(video=0))
    told = int(frame.colorspace)
    shown = [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:, : plane.width].mean() for plane in frame.planes
    ]
    np.testing.assert_allclose(colour_of(told, shown), colour_of(matrix, YUV), atol=4)
    known = (5, 6) if codec == "libvpx" else (1, 5, 6, 7, 9)
    name = "VP8" if codec == "libvpx" else "VP9"
    wanted = (
        []
        if matrix in known
        else [f"{name} cannot tell the video's matrix {matrix}: the pixels are made for matrix {told}"]
    )
    assert said == wanted
    assert {one.fact for one in lost(describe(source), describe(out))} <= {"picture: matrix"}


def limited(yuv: Any, bits: int) -> np.ndarray:
    """Samples of full range as 8 bits of limited range."""
    y, u, v = (value / ((1 << bits) - 1) for value in yuv)
    return np.array([16 + 219 * y, 128 + 224 * (u - 0.5), 128 + 224 * (v - 0.5)])


@pytest.mark.parametrize(
    ("codec", "ending", "kept"),
    [("libvpx", "webm", False), ("prores_ks", "mov", False), ("prores_ks", "mkv", False), ("libvpx-vp9", "webm", True),
     ("libx264", "mp4", True), ("libx264", "mov", True), ("libx265", "mkv", True), ("libsvtav1", "mp4", True)],
)  # fmt: skip
def test_shown_range(tmp_path: Path, codec: str, ending: str, kept: bool) -> None:
    source, out = one_colour(tmp_path / "in.mkv", 6, full=True), tmp_path / f"out.{ending}"
    said: list[str] = []
    process = picture_by_picture(lambda clip: clip.resize.Point(clip.width * 2, clip.height * 2))
    run(check_job(Job(source=source, output=out, codec=codec)), process, warn=said.append, progress=lambda d, t: None)
    with av.open(str(out)) as file:
        frame: Any = next(file.decode(video=0))
    bits = frame.format.components[0].bits
    samples = [
        np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)[:, : plane.width].mean()
        for plane in frame.planes
    ]
    assert (frame.color_range == 2) == kept
    shown = limited(samples, bits) if kept else np.array(samples) / (1 << (bits - 8))
    np.testing.assert_allclose(shown, limited(YUV, 8), atol=2)
    assert len(said) == (0 if kept else 1)
    if not kept:
        assert said[0].endswith(" has limited range alone, and the video's is full: the pixels are made for it")
