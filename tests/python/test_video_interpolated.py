"""A file in, a file with other frames out: times, duration and sound. Repeated frames stand in for the network here.

The command with the real plugin, and real clips, are in test_cli_interpolate.py.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
import vapoursynth as vs

from video_samples import end_of, make_video, packets, times
from vsmlrt.cli.interpolate import read_target, retimed
from vsmlrt.interpolation import Multiplied, Target
from vsmlrt.video.encoder import Quality
from vsmlrt.video.job import Crop, Job, check_job, run

UNEVEN = [0, 512, 1024, 1200, 2400, 2912, 5000, 5512, 6024, 9000]
MOVIE_TICK = Fraction(1, 1000)
"""MP4's edit list counts in the movie's own unit, a thousandth of a second or finer."""


def repeated(clip: vs.VideoNode, target: Target) -> vs.VideoNode:
    """What core.mlrt.Interpolate gives, each frame being the source frame that it begins in."""
    if isinstance(target, Multiplied):
        count = ceil(clip.num_frames * target.by)
        shown = [int(n / target.by) for n in range(count)]
    else:
        assert target.ticks is not None
        assert len(target.ticks) == clip.num_frames + 1
        starts = [(tick - target.ticks[0]) * target.time_base for tick in target.ticks]
        count = ceil(starts[-1] * target.rate)
        shown = [bisect_right(starts, n / target.rate) - 1 for n in range(count)]
    blank = clip.std.BlankClip(length=count, keep=True)
    return blank.std.FrameEval(lambda n: clip[shown[n]])


def go(
    source: Path,
    output: Path,
    notes: list[str] | None = None,
    *,
    crop: Crop | None = None,
    multiplier: str | None = None,
    fps: str | None = None,
) -> int:
    said = [] if notes is None else notes
    job = (
        Job(source=source, output=output, crop=crop, codec="libx264", quality=Quality(crf=40))
        if output.suffix != ".y4m"
        else Job(source=source, output=output, crop=crop)
    )
    process = retimed(read_target(multiplier, fps), repeated)
    return run(check_job(job), process, warn=said.append, progress=lambda done, total: None)


@pytest.mark.parametrize("start", [0, 5120])
@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("multiplier", ["2", "5/2", "1/2", "3"])
def test_variable_rate_keeps_its_cadence(tmp_path: Path, ending: str, start: int, multiplier: str) -> None:
    """Each interval is divided, exactly, or to Matroska's 1 ms; start and end stay; sound is the same."""
    source = make_video(tmp_path / "in.mp4", [start + tick for tick in UNEVEN], last=900, audio=True)
    output, by = tmp_path / f"out.{ending}", Fraction(multiplier)
    assert go(source, output, multiplier=multiplier) == ceil(10 * by)
    before, after = times(source), times(output)
    tolerance = Fraction(1, 1000) if ending == "mkv" else 0
    for n, time in enumerate(after[:-1]):
        frame, part = divmod(n / by, 1)
        wanted = before[int(frame)] + part * (before[int(frame) + 1] - before[int(frame)])
        assert abs(time - wanted) <= tolerance
    assert abs(end_of(output) - before[-1]) <= max(tolerance, MOVIE_TICK)
    old, new = packets(source, "audio"), packets(output, "audio")
    assert [data for *_, data in new] == [data for *_, data in old]
    assert all(abs(a[0] * a[2] - b[0] * b[2]) <= Fraction(1, 1000) for a, b in zip(old, new, strict=True))


@pytest.mark.parametrize("fps", ["60", "23.976", "10"])
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_constant_rate_out_of_a_variable_one(tmp_path: Path, ending: str, fps: str) -> None:
    source = make_video(tmp_path / "in.mp4", [5120 + tick for tick in UNEVEN], last=900)
    output, rate = tmp_path / f"out.{ending}", Fraction(24000, 1001) if fps == "23.976" else Fraction(fps)
    count = go(source, output, fps=fps)
    before, after = times(source), times(output)
    assert count == ceil((before[-1] - before[0]) * rate)
    tolerance = Fraction(1, 1000) if ending == "mkv" else 0
    assert all(abs(time - before[0] - n / rate) <= tolerance for n, time in enumerate(after[:-1]))
    assert abs(end_of(output) - before[-1]) <= max(tolerance, MOVIE_TICK)


def test_raw_video_has_the_new_rate(tmp_path: Path) -> None:
    notes: list[str] = []
    source = make_video(tmp_path / "in.mp4", list(range(0, 512 * 8, 512)))
    go(source, tmp_path / "out.y4m", notes, multiplier="5/2")
    assert (tmp_path / "out.y4m").read_bytes().startswith(b"YUV4MPEG2 W64 H48 F125:2 ")
    assert notes == []
    go(make_video(tmp_path / "uneven.mp4", UNEVEN), tmp_path / "uneven.y4m", notes, fps="30")
    assert notes == []
