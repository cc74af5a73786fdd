"""4:2:0 with an odd row and column: none is lost, in any container, whatever the encoder takes."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import vapoursynth as vs

from vsmlrt.video.job import Crop, Job, check_job, picture_by_picture, run

ODD = Path(__file__).parent / "clips" / "odd.webm"


def made(tmp_path: Path, ending: str, scale: int, **more: object) -> list[av.VideoFrame]:
    output = tmp_path / f"out.{ending}"

    def enlarge(clip: vs.VideoNode) -> vs.VideoNode:
        return clip.resize.Point(clip.width * scale, clip.height * scale) if scale > 1 else clip

    job = Job(source=ODD, output=output, **more)  # type: ignore[arg-type]
    run(check_job(job), picture_by_picture(enlarge), warn=lambda said: None, progress=lambda d, t: None)
    with av.open(str(output)) as file:
        return list(file.decode(video=0))


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("ending", ["mkv", "mp4", "mov", "webm", "y4m"])
def test_size(tmp_path: Path, ending: str, scale: int) -> None:
    frames = made(tmp_path, ending, scale)
    assert {(frame.width, frame.height) for frame in frames} == {(65 * scale, 49 * scale)}
    assert len(frames) == 10


@pytest.mark.parametrize("pixel_format", ["yuv420p", None])
def test_every_sample_is_there(tmp_path: Path, pixel_format: str | None) -> None:
    """Losslessly written, what goes in comes out: luma and chroma, the last column and row too."""
    with av.open(str(ODD)) as file:
        before = list(file.decode(video=0))
    after = made(tmp_path, "mkv", 1, codec="ffv1", pixel_format=pixel_format)
    for old, new in zip(before, after, strict=True):
        for plane in range(3):
            np.testing.assert_array_equal(lines(old, plane), lines(new, plane))


def lines(frame: av.VideoFrame, plane: int) -> np.ndarray:
    one = frame.planes[plane]
    return np.frombuffer(one, np.uint8).reshape(one.height, -1)[:, : one.width]


def test_rectangles_and_beginnings(tmp_path: Path) -> None:
    """A rectangle has even sides; the beginning of the video is as odd as the whole."""
    frames = made(tmp_path, "mkv", 2, crop=Crop(width=64, height=48, left=0, top=0), frames=(1, 3))
    assert {(frame.width, frame.height) for frame in frames} == {(128, 96)}
    (tmp_path / "out.mkv").unlink()
    frames = made(tmp_path, "mkv", 1, frames=(1, 3), codec="libx264")
    assert {(frame.width, frame.height) for frame in frames} == {(65, 49)}
