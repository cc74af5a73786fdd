"""The beginning of a video without an index of the whole is what the whole begins with; an index is made once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from video_samples import make_video
from vsmlrt.video import found_frames, index
from vsmlrt.video.facts import read_facts
from vsmlrt.video.index import kept_indexes, open_indexed
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.linear import LinearReader
from vsmlrt.video.notes import Notes
from vsmlrt.video.source import open_source

CLIPS = Path(__file__).parent / "clips"
OF_BESTSOURCE = {"FlipVertical", "RepeatField", "Rotation", "TopFieldFirst", "_SARNum", "_SARDen", "_Alpha"}
CONVERTED = {"interlaced.mkv", "odd.webm", "pr.mov"}
"""Clips with fields, half chroma samples and transparency."""


def quiet(*said: object) -> None:
    """Nobody listens."""


def compared(path: Path, end: int, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = read_facts(path)
    whole = open_source(path, facts, notes=Notes(quiet))
    with monkeypatch.context() as patched:
        patched.setattr(found_frames, "open_indexed", None)
        part = open_source(path, facts, notes=Notes(quiet), end=end)
    assert part.clip.format.id == whole.clip.format.id
    assert (part.clip.width, part.clip.height, part.clip.num_frames) == (whole.clip.width, whole.clip.height, end + 1)
    assert part.timeline.ticks == whole.timeline.ticks[: end + 1]
    assert part.timeline.time_base == whole.timeline.time_base
    if whole.timeline.constant:
        assert part.timeline.rate == whole.timeline.rate
    assert (part.colour, part.hdr) == (whole.colour, whole.hdr)
    for n in range(end):
        with part.clip.get_frame(n) as mine, whole.clip.get_frame(n) as other:
            for plane in range(other.format.num_planes):
                np.testing.assert_array_equal(np.asarray(mine[plane]), np.asarray(other[plane]))
            props = dict(other.props)
            assert dict(mine.props) == {name: props[name] for name in props if name not in OF_BESTSOURCE}


@pytest.mark.parametrize("name", sorted({path.name for path in CLIPS.iterdir()} - CONVERTED))
def test_beginning_of_each_clip(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(CLIPS / name, 7, monkeypatch)


@pytest.mark.parametrize("name", ["bikes.mp4", "carphone_pristine.mp4", "bigbuckbunny.mp4"])
def test_beginning_of_real_clips(clips_folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(clips_folder / name, 5, monkeypatch)


@pytest.mark.parametrize("pixel_format", ["yuv422p10le", "yuv444p", "gray", "gray10le"])
def test_formats(tmp_path: Path, pixel_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    uneven = [300, 512, 1024, 1200, 2400, 2912]
    compared(make_video(tmp_path / "in.mp4", uneven, pixel_format=pixel_format), 4, monkeypatch)


def test_no_index_of_what_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--frames 0:1`` decodes two frames of hundreds."""
    video = make_video(tmp_path / "in.mkv", list(range(0, 512 * 300, 512)))
    monkeypatch.setattr(found_frames, "open_indexed", None)
    job = Job(source=video, output=tmp_path / "out.mkv", frames=(None, 1))
    process = picture_by_picture(lambda clip: clip.resize.Bicubic(128, 96))
    assert run(check_job(job), process, warn=quiet, progress=quiet) == 1


def test_frames_out_of_order(tmp_path: Path) -> None:
    """Whatever order they are asked for in, and however far back."""
    video = make_video(tmp_path / "in.mkv", list(range(0, 512 * 100, 512)))
    reader = LinearReader(video, 0)
    wanted = [90, 3, 99, 98, 40, 0]
    times = [reader.frame(n).pts for n in wanted]
    assert times == [n * 40 for n in wanted]
    with pytest.raises(IndexError):
        reader.frame(100)


def test_index_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Used again for the same file, made anew for another one of that name, and for one that is damaged."""
    video = make_video(tmp_path / "in.mkv", list(range(0, 512 * 20, 512)))
    folder = tmp_path / "kept"

    def opened() -> int:
        answer = open_indexed(video, track=0, rotate=False, folder=folder)
        return int(answer["clip"].num_frames)

    assert opened() == 20
    (kept,) = kept_indexes(folder)
    first = (kept.stat().st_ino, kept.stat().st_size)
    assert opened() == 20
    assert [(path.stat().st_ino, path.stat().st_size) for path in kept_indexes(folder)] == [first]
    make_video(video, list(range(0, 512 * 30, 512)))
    assert opened() == 30
    assert len(kept_indexes(folder)) == 2
    for path in kept_indexes(folder):
        path.write_bytes(path.read_bytes()[:-50])
    assert opened() == 30
    monkeypatch.setattr(index, "MOST_BYTES", 0)
    make_video(video, list(range(0, 512 * 40, 512)))
    assert opened() == 40
    assert kept_indexes(folder) == []
    assert list(folder.iterdir()) == []


def test_index_that_cannot_be_kept(tmp_path: Path) -> None:
    video = make_video(tmp_path / "in.mkv", [0, 512])
    (tmp_path / "file").write_bytes(b"")
    answer = open_indexed(video, track=0, rotate=False, folder=tmp_path / "file" / "folder")
    assert answer["clip"].num_frames == 2


def test_indexing_shows_progress(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """BestSource says how far it is, which the command's log handler shows."""
    from vsmlrt.cli import console

    heard: list[Any] = []
    record = logging.makeLogRecord({"msg": "VideoSource track #0 index progress 9%", "levelno": logging.INFO})
    console.heard_of_index, before = heard.append, console.heard_of_index
    try:
        console.route_logs()
        console._Router().emit(record)
        assert logging.getLogger("vapoursynth").isEnabledFor(logging.INFO)
    finally:
        console.heard_of_index = before
    assert heard == [9]
    core: Any = vs.core
    with caplog.at_level(logging.INFO, "vapoursynth"):
        video = make_video(tmp_path / "in.mkv", list(range(0, 512 * 60, 512)))
        logging.getLogger("vapoursynth").propagate = True
        core.bs.VideoSource(str(video), cachemode=0, showprogress=1)
    assert any("index progress" in message for message in caplog.messages)
