"""Jobs in parts, as their tests do them: a source, what is done with it, and what the file holds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import vapoursynth as vs

from video_samples import make_video
from vsmlrt.video import retiming
from vsmlrt.video.job import Job, Process, check_job, picture_by_picture, run
from vsmlrt.video.timestamps import Timeline

UNEVEN = [0, 512, 1024, 1200, 2400, 2912, 5000, 5512, 6024, 9000, 9100, 9612, 10124, 10636, 11148, 12800]
"""Two frames or more in each fifth of a second, at 1/12800 s."""
FIFTH = 0.2


def double(clip: vs.VideoNode) -> vs.VideoNode:
    return clip.resize.Bicubic(clip.width * 2, clip.height * 2)


def twice_as_many(clip: vs.VideoNode, timeline: Timeline) -> tuple[vs.VideoNode, Timeline]:
    result = vs.core.std.Interleave([clip, clip.std.Invert()])
    return result, retiming.multiplied(timeline, Fraction(2), result.num_frames)


class StoppedError(Exception):
    """A job ended from outside."""


def stop_after(frames: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done >= frames:
            raise StoppedError

    return progress


def go(source: Path, made: Path, *, process: Process | None = None, stop: int | None = None, **more: Any) -> int:
    more = {"asked": {}, "segment": FIFTH} | more
    given: Any = more
    checked = check_job(Job(source=source, output=made, **given))
    progress = stop_after(10**9 if stop is None else stop)
    return run(checked, process or picture_by_picture(double), warn=print, progress=progress)


def opened(path: Path) -> Any:
    return av.open(str(path))


def content(path: Path) -> list[tuple[Any, ...]]:
    """Of every stream every packet, with its times."""
    with opened(path) as file:
        kinds = {stream.index: stream.type for stream in file.streams}
        return sorted(
            (p.stream.index, kinds[p.stream.index], p.dts or 0, p.pts, p.duration, p.is_keyframe, bytes(p))
            for p in file.demux()
            if p.size
        )


def pictures(path: Path) -> list[tuple[Fraction, bytes]]:
    with opened(path) as file:
        return [(f.pts * f.time_base, f.to_ndarray().tobytes()) for f in file.decode(video=0)]


def make_source(folder: Path) -> Path:
    """A video with sound, subtitles and an attachment, alone in a new folder."""
    folder.mkdir()
    return make_video(
        folder / "in.mkv", UNEVEN, audio=True, subtitles=[(0, 300, "one"), (700, 200, "two")], attachment=True
    )
