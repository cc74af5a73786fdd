"""4:2:0 with an odd row and column: none is lost, in any container, whatever the encoder takes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import vapoursynth as vs

from video_samples import picture
from vsmlrt.resizing import resize_to
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


def interlaced(path: Path, height: int) -> Path:
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, height, "yuv420p"
        stream.codec_context.flags |= 1 << 18 | 1 << 29  # FFmpeg's ildct and ilme
        for n in (0, 1, None):
            frame = None if n is None else picture(64, height, n)
            if frame is not None:
                frame.pts, frame.time_base = n, Fraction(1, 25)
            file.mux(stream.encode(frame))
    with av.open(str(path)) as file:
        assert next(file.decode(video=0)).interlaced_frame
    return path


@pytest.mark.parametrize(("height", "crop"), [(50, None), (48, Crop(width=64, height=26, left=0, top=0))])
@pytest.mark.parametrize(("output", "more"), [("%d.png", {}), ("out.mkv", {"pixel_format": "yuv444p"})])
def test_fields_of_any_height_are_converted(
    tmp_path: Path, height: int, crop: Crop | None, output: str, more: dict[str, str]
) -> None:
    """Resize converts fields of whole chroma samples alone, which 486 lines do not have."""
    source = interlaced(tmp_path / "in.mkv", height)
    job = Job(source=source, output=tmp_path / output, crop=crop, **more)  # type: ignore[arg-type]
    done = run(
        check_job(job), picture_by_picture(lambda clip: clip), warn=lambda said: None, progress=lambda d, t: None
    )
    assert done == 2


def test_fields_outlast_heights_that_they_have_whole_samples_at() -> None:
    clip = vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=48, length=1).std.SetFieldBased(2)
    assert resize_to(clip, (32, 26)).get_frame(0).props["_FieldBased"] == 0
    assert resize_to(clip, (32, 24)).get_frame(0).props["_FieldBased"] == 2
    plain = vs.core.std.BlankClip(format=vs.RGBS, width=128, height=96, length=1)
    assert "_FieldBased" not in resize_to(plain, (96, 72)).get_frame(0).props
