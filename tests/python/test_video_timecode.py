"""Timecodes of a part of a video and of another frame rate."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from test_video_comparison import joined_with_timecode
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.timecode import timecode_after

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("text", "frames", "rate", "new", "wanted"),
    [
        ("01:02:03:04", 0, Fraction(25), Fraction(25), "01:02:03:04"),
        ("01:02:03:04", 25, Fraction(25), Fraction(25), "01:02:04:04"),
        ("23:59:59:24", 1, Fraction(25), Fraction(25), "00:00:00:00"),
        ("00:00:59;29", 1, NTSC, NTSC, "00:01:00;02"),
        ("00:09:59;29", 1, NTSC, NTSC, "00:10:00;00"),
        ("00:00:00;00", 17982, NTSC, NTSC, "00:10:00;00"),
        ("00:00:00;00", 107892, NTSC, NTSC, "01:00:00;00"),
        ("00:00:59:29", 1, NTSC, NTSC, "00:01:00:00"),
        ("01:02:03:04", 0, Fraction(25), Fraction(50), "01:02:03:08"),
        ("01:02:03:24", 0, Fraction(25), Fraction(25, 2), "01:02:03:11"),
        ("01:02:03:25", 0, Fraction(25), Fraction(25), None),
        ("nonsense", 0, Fraction(25), Fraction(25), None),
    ],
)
def test_count(text: str, frames: int, rate: Fraction, new: Fraction, wanted: str | None) -> None:
    """By ST 12-1: ten minutes of drop-frame are 17982 frames, and an hour 107892."""
    assert timecode_after(text, frames, rate, new) == wanted


def test_every_number_but_those_left_out() -> None:
    """Two hours of drop-frame, one frame after the other: each number once, without 0 and 1 of nine minutes in ten."""
    seen = [timecode_after("00:00:00;00", n, NTSC, NTSC) for n in range(36000)]
    assert len(set(seen)) == len(seen)
    assert "00:01:00;00" not in seen
    assert "00:01:00;01" not in seen
    assert seen[1800] == "00:01:00;02"
    assert all(timecode_after(str(seen[n]), 1, NTSC, NTSC) == seen[n + 1] for n in range(0, 35999, 7))


@pytest.mark.parametrize("ending", ["mov", "mp4", "mkv"])
def test_part(tmp_path: Path, ending: str) -> None:
    source = joined_with_timecode(tmp_path / "in.mov")
    said: list[str] = []
    job = Job(source=source, output=tmp_path / f"out.{ending}", frames=(5, 9))
    run(check_job(job), picture_by_picture(lambda clip: clip), warn=said.append, progress=lambda d, t: None)
    assert said == []
    with av.open(str(tmp_path / f"out.{ending}")) as file:
        tags = {key.lower(): value for key, value in file.streams.video[0].metadata.items()}
    assert tags["timecode"] == "01:02:03:09"
