"""All that FFmpeg tells of a file, it tells of the new one, in each container; what that cannot hold is said before.

The clips are in clips/: HDR10, covers, tags of a telephone, transparency, odd sizes, interlaced pictures.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from video_samples import make_video
from vsmlrt.video.comparison import describe, lost
from vsmlrt.video.errors import UsageError
from vsmlrt.video.job import Job, check_job, picture_by_picture, run

CLIPS = Path(__file__).parent / "clips"
ENDINGS = ("mkv", "mp4", "mov", "webm")
COVER = {"cover 1", "cover 1: disposition attached_pic"}
TRANSPARENT, INTERLACED = {"picture: transparency"}, {"picture: field order"}

REMAINDER: dict[str, dict[str, set[str]]] = {
    "alpha.webm": dict.fromkeys(ENDINGS, TRANSPARENT),
    "coverfirst.mkv": {"webm": COVER | {"cover 1: codec"}},
    "covp.mkv": {"webm": COVER | {"cover 1: codec"}},
    "interlaced.mkv": dict.fromkeys(ENDINGS, INTERLACED),
    "jc.mp4": {"webm": COVER | {"cover 1: codec"}},
    "pr.mov": dict.fromkeys(ENDINGS, TRANSPARENT) | {"webm": TRANSPARENT | {"picture: bits", "picture: chroma"}},
}
"""What each container cannot hold of each clip; nothing where there is no entry."""


def enlarged(source: Path, output: Path) -> list[str]:
    """Makes the file by a resize, and returns what is said, all of it by the time that the first frame is written."""
    said: list[str] = []
    before: list[str] = []

    def progress(done: int, total: int) -> None:
        if done == 1:
            before.extend(said)

    process = picture_by_picture(lambda clip: clip.resize.Bicubic(clip.width * 2, clip.height * 2))
    run(check_job(Job(source=source, output=output)), process, warn=said.append, progress=progress)
    assert said == before, "said when the work was done, not before it began"
    return said


def left_of(source: Path, output: Path) -> set[str]:
    """The facts that are not told any more, packets and their times among them."""
    return {one.fact for one in lost(describe(source, packets=True), describe(output, packets=True))}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", sorted(path.name for path in CLIPS.iterdir()))
def test_every_clip_in_every_container(tmp_path: Path, name: str, ending: str) -> None:
    """Nothing is lost but what is listed, and that is said before the work."""
    if (name, ending) == ("rich.mp4", "webm"):
        with pytest.raises(UsageError, match=r"webm cannot hold audio stream 1 \(aac\)"):
            check_job(Job(source=CLIPS / name, output=tmp_path / "out.webm"))
        return
    said = enlarged(CLIPS / name, tmp_path / f"out.{ending}")
    remainder = REMAINDER.get(name, {}).get(ending, set())
    assert left_of(CLIPS / name, tmp_path / f"out.{ending}") == remainder
    assert bool(said) == bool(remainder)


@pytest.mark.parametrize("ending", ENDINGS)
def test_real_clip(clips_folder: Path, tmp_path: Path, ending: str) -> None:
    enlarged(clips_folder / "carphone_pristine.mp4", tmp_path / f"out.{ending}")
    left = {"picture: sample aspect ratio"} if ending == "webm" else set()
    assert left_of(clips_folder / "carphone_pristine.mp4", tmp_path / f"out.{ending}") == left


def test_comparison_sees_what_is_missing(tmp_path: Path) -> None:
    """Each kind of fact, taken away, is named."""
    ticks = list(range(0, 10240, 512))
    chapters = [{"id": 1, "start": 0, "end": 300, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}]
    rich = make_video(
        tmp_path / "rich.mkv",
        ticks,
        audio=True,
        subtitles=[(100, 200, "text")],
        attachment=True,
        chapters=chapters,
        colour={"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 2},
        aspect=Fraction(4, 3),
        pixel_format="yuv422p10le",
        rotation=90,
    )
    bare = make_video(tmp_path / "bare.mkv", [tick + 100 for tick in ticks])
    with av.open(str(bare)) as file:
        assert file.metadata["title"] == "A title"
    facts = left_of(rich, bare)
    assert facts >= {
        "audio 1",
        "audio 1: tag language",
        "subtitle 1",
        "attachment 1: content",
        "chapter 1: start",
        "chapter 1: end",
        "chapter 1: tag title",
        "picture: bits",
        "picture: chroma",
        "picture: matrix",
        "picture: primaries",
        "picture: transfer",
        "picture: range",
        "picture: sample aspect ratio",
        "picture",
    }
    assert "file: tag title" not in facts
    assert left_of(rich, rich) == set()
