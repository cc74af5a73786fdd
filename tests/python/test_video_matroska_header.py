"""The pixels' shape in Matroska and WebM, put into a finished header without anything behind it being moved."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.logging
import pytest

from video_samples import make_video, packets
from vsmlrt.video import matroska_header
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.matroska_header import _elements, set_display_size

TICKS = list(range(0, 512 * 20, 512))
CHAPTERS = [{"id": 1, "start": 0, "end": 300, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}]


def made(tmp_path: Path, aspect: Fraction | None, codec: str, ending: str, *, rich: bool) -> Path:
    more: dict[str, Any] = {"audio": True, "attachment": True, "chapters": CHAPTERS} if rich else {}
    source = make_video(tmp_path / "in.mkv", TICKS, aspect=aspect, **more)
    output = tmp_path / f"{'square' if aspect is None else 'shaped'}.{ending}"
    said: list[str] = []
    job = Job(source=source, output=output, codec=codec)
    run(check_job(job), picture_by_picture(lambda clip: clip), warn=said.append, progress=lambda d, t: None)
    assert said == []
    return output


@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(8, 9), Fraction(16, 11)])
@pytest.mark.parametrize(
    ("codec", "ending"), [("libx264", "mkv"), ("ffv1", "mkv"), ("libvpx-vp9", "mkv"), ("libvpx-vp9", "webm")]
)
def test_shape(tmp_path: Path, codec: str, ending: str, aspect: Fraction) -> None:
    """Told to the nearest pixel of the shown size; checksums are right, and each position leads to what it names."""
    rich = ending == "mkv"
    shaped, square = made(tmp_path, aspect, codec, ending, rich=rich), made(tmp_path, None, codec, ending, rich=rich)
    with av.logging.Capture(local=True) as lines, av.open(str(shaped), options={"err_detect": "crccheck"}) as file:
        stream = file.streams.video[0]
        shape = Fraction(stream.sample_aspect_ratio.numerator, stream.sample_aspect_ratio.denominator)
        assert abs(shape * 64 - aspect * 64) <= (0 if codec == "libx264" else Fraction(1, 2))
        assert sum(1 for _ in file.decode(stream)) == len(TICKS)
        assert len(file.chapters()) == (1 if rich else 0)
    assert [line for line in lines if line[0] <= av.logging.WARNING] == []
    for kind in ("video", "audio") if rich else ("video",):
        assert [one[:3] for one in packets(shaped, kind)] == [one[:3] for one in packets(square, kind)]
    data = shaped.read_bytes()
    segment = next(one for one in _elements(data, 0, len(data)) if one.name == matroska_header._SEGMENT)
    head = next(iter(_elements(data, segment.content, len(data))))
    found = []
    for entry in _elements(data, head.content, head.end):
        if entry.name == matroska_header._SEEK:
            name, place = (data[one.content : one.end] for one in _elements(data, entry.content, entry.end))
            at = segment.content + int.from_bytes(place, "big")
            assert data[at : at + len(name)] == name
            found.append(name)
    assert len(found) >= 4


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """No Matroska, no room, or a size that is told already: nothing is written."""
    shaped = made(tmp_path, Fraction(4, 3), "ffv1", "mkv", rich=False)
    other = make_video(tmp_path / "in.mp4", TICKS)
    full = tmp_path / "full.mkv"
    data = bytearray(made(tmp_path, None, "ffv1", "mkv", rich=False).read_bytes())
    segment = next(one for one in _elements(bytes(data), 0, len(data)) if one.name == matroska_header._SEGMENT)
    void = list(_elements(bytes(data), segment.content, len(data)))[1]
    data[void.start] = 0xBF
    full.write_bytes(data)
    for path in (shaped, other, full):
        before = path.read_bytes()
        with path.open("r+b") as file:
            assert not set_display_size(file, 100, 48)
        assert path.read_bytes() == before
