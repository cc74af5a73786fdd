"""Files that people have in other containers: every frame and packet, sound and picture as far apart as they were."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from video_samples import picture
from vsmlrt.video.comparison import describe, lost
from vsmlrt.video.job import Job, check_job, picture_by_picture, run

COUNT = 20
KINDS = [
    ("a.ts", "libx264", "aac"),
    ("b.ts", "mpeg2video", "ac3"),
    ("c.avi", "mpeg4", "libmp3lame"),
    ("d.avi", "mpeg4", "mp2"),
    ("e.flv", "libx264", "aac"),
    ("f.3gp", "libx264", "aac"),
    ("g.mov", "libx264", "pcm_s16le"),
    ("h.mkv", "libx264", "flac"),
    ("i.webm", "libvpx-vp9", "libopus"),
    ("j.mpg", "mpeg2video", "mp2"),
    ("k.nut", "ffv1", "flac"),
    ("l.m2ts", "libx264", "ac3"),
    ("m.mp4", "libx264", "ac3"),
]


def made(path: Path, codec: str, sound_codec: str) -> Path:
    with av.open(str(path), "w", format="mpeg" if path.suffix == ".mpg" else None) as file:
        file.metadata["title"] = "A title"
        video: Any = file.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound: Any = file.add_stream(sound_codec, rate=48000)
        sound.metadata["language"] = "fra"
        for n in [*range(COUNT), None]:
            file.mux(video.encode(None if n is None else picture(64, 48, n)))
        size, kind = sound.codec_context.frame_size or 1024, sound.codec_context.format.name
        types = {"s16": np.int16, "s32": np.int32, "flt": np.float32}
        for n in range(COUNT * 1920 // size):
            shape = (2, size) if kind.endswith("p") else (1, 2 * size)
            samples = np.zeros(shape, types[kind.rstrip("p")])
            frame = av.AudioFrame.from_ndarray(samples, format=kind, layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48000, n * size, Fraction(1, 48000)
            file.mux(sound.encode(frame))
        file.mux(sound.encode(None))
    return path


def starts(path: Path) -> tuple[int, Fraction]:
    """How many frames are shown, and how long after the sound the picture begins."""
    first = []
    count = 0
    for kind in ("video", "audio"):
        with av.open(str(path)) as file:
            stream = next(stream for stream in file.streams if stream.type == kind)
            times = [p.pts * Fraction(*ratio(p.time_base)) for p in file.demux(stream) if p.pts is not None and p.size]
            first.append(min(times))
            if kind == "video":
                count = len(times)
    return count, first[0] - first[1]


def ratio(value: Any) -> tuple[int, int]:
    return value.numerator, value.denominator


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
@pytest.mark.parametrize(("name", "codec", "sound"), KINDS)
def test_whole(tmp_path: Path, name: str, codec: str, sound: str, ending: str) -> None:
    (tmp_path / "in").mkdir()
    source = made(tmp_path / "in" / name, codec, sound)
    output = tmp_path / f"out.{ending}"
    damaged: list[int] = []
    said: list[str] = []
    process = picture_by_picture(lambda clip: clip)
    checked = check_job(Job(source=source, output=output))
    run(checked, process, warn=said.append, progress=lambda d, t: None, damaged=damaged.append)
    assert (said, damaged) == ([], [])
    assert [one.line for one in lost(describe(source), describe(output), times=False)] == []
    with av.open(str(output)) as file:
        assert sum(1 for _ in file.decode(video=0)) == COUNT
    (before, apart), (after, now) = starts(source), starts(output)
    assert after == COUNT
    if before == COUNT and name != "k.nut":  # AVI has no times, and NUT none of the first packet
        assert abs(apart - now) <= Fraction(1, 900)
