"""A file in, a file out: what has to come out as it went in. The picture is only enlarged by a resize here."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
import vapoursynth as vs

from video_samples import make_sound, make_video, packets, times
from vsmlrt.errors import UserError
from vsmlrt.video.encoder import Quality
from vsmlrt.video.errors import UsageError
from vsmlrt.video.job import Crop, Job, check_job, picture_by_picture, run

UNEVEN = [0, 512, 1024, 1200, 2400, 2912, 5000, 5512, 6024, 9000]


def double(clip: vs.VideoNode) -> vs.VideoNode:
    return clip.resize.Bicubic(clip.width * 2, clip.height * 2)


def go(source: Path, output: Path, notes: list[str] | None = None, **more: Any) -> int:
    said = [] if notes is None else notes
    job, process = Job(source=source, output=output, **more), picture_by_picture(double)
    return run(check_job(job), process, warn=said.append, progress=lambda done, total: None)


def opened(path: Path) -> Any:
    return av.open(str(path))


@pytest.mark.parametrize(("name", "ending"), [("bikes.mp4", "mkv"), ("carphone_pristine.mp4", "mp4")])
def test_real_clip(clips_folder: Path, tmp_path: Path, name: str, ending: str) -> None:
    """Every frame, at its time, at twice the size, with the pixels' shape."""
    source, output = clips_folder / name, tmp_path / f"out.{ending}"
    count = len(packets(source, "video"))
    quick = Quality(crf=40, preset="superfast")  # with frames out of their order, as by default
    assert go(source, output, codec="libx264", quality=quick) == count
    with opened(source) as before, opened(output) as after:
        old, new = before.streams.video[0], after.streams.video[0]
        assert (new.width, new.height) == (2 * old.width, 2 * old.height)
        assert new.sample_aspect_ratio == old.sample_aspect_ratio
        assert sum(1 for _ in after.decode(video=0)) == count
    tolerance = Fraction(1, 1000) if ending == "mkv" else 0
    assert all(abs(a - b) <= tolerance for a, b in zip(times(source), times(output), strict=True))


def test_sound_that_is_not_wanted(clips_folder: Path, tmp_path: Path) -> None:
    """Left out without a word, also where the container could not have held it."""
    notes: list[str] = []
    part = {"frames": (0, 6), "crop": Crop(width=160, height=96, left=0, top=0)}
    for ending in ("mp4", "webm"):
        output = tmp_path / f"out.{ending}"
        assert go(clips_folder / "bigbuckbunny.mp4", output, notes, **part, audio=False) == 6
        with opened(output) as made:
            assert [stream.type for stream in made.streams] == ["video"]
    assert [note for note in notes if "audio" in note or "sound" in note] == []


def test_real_sound_is_copied(clips_folder: Path, tmp_path: Path) -> None:
    """bigbuckbunny's AAC 5.1 comes out byte for byte; with a range, the packets of that span, moved to the start."""
    source, output = clips_folder / "bigbuckbunny.mp4", tmp_path / "out.mp4"
    assert go(source, output, frames=(25, 31), crop=Crop(width=160, height=96, left=0, top=0)) == 6
    old, new = packets(source, "audio"), packets(output, "audio")
    inside = [p for p in old if Fraction(25, 25) <= p[0] * p[2] < Fraction(31, 25)]
    assert [data for *_, data in new] == [data for *_, data in inside]
    assert new[0][0] * new[0][2] == inside[0][0] * inside[0][2] - 1
    assert times(output) == [Fraction(n, 25) for n in range(7)]


@pytest.mark.parametrize("start", [0, 5120])
@pytest.mark.parametrize(
    ("made", "ending"), [("mp4", "mp4"), ("mp4", "mov"), ("mkv", "mkv"), ("mp4", "mkv"), ("mkv", "mp4")]
)
def test_variable_rate(tmp_path: Path, made: str, ending: str, start: int) -> None:
    """Uneven times, an offset at the start and the last frame's duration survive: exactly, or to Matroska's 1 ms."""
    source = make_video(tmp_path / f"in.{made}", [start + tick for tick in UNEVEN], last=900, audio=True)
    output = tmp_path / f"out.{ending}"
    assert go(source, output) == len(UNEVEN)
    tolerance = Fraction(1, 1000) if ending == "mkv" else 0
    *before, end_before = times(source)
    *after, end_after = times(output)
    assert all(abs(a - b) <= tolerance for a, b in zip(before, after, strict=True))
    if made != "mkv":  # Matroska itself does not keep the last duration of such a stream
        assert abs(end_before - end_after) <= (Fraction(1, 100) if ending == "mkv" else 0)
    old, new = packets(source, "audio"), packets(output, "audio")
    assert [data for *_, data in new] == [data for *_, data in old]
    assert all(abs(a[0] * a[2] - b[0] * b[2]) <= Fraction(1, 1000) for a, b in zip(old, new, strict=True))


def test_everything_beside_the_picture(tmp_path: Path) -> None:
    """Matroska to Matroska: subtitles, attachment, chapters, tags, languages, titles."""
    chapters = [{"id": 1, "start": 0, "end": 300, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}]
    source = make_video(
        tmp_path / "in.mkv",
        list(range(0, 10240, 512)),
        audio=True,
        subtitles=[(100, 200, "Guten Tag"), (400, 100, "Auf Wiedersehen")],
        attachment=True,
        chapters=chapters,
    )
    output = tmp_path / "out.mkv"
    notes: list[str] = []
    go(source, output, notes)
    assert notes == []
    assert packets(output, "subtitle") == packets(source, "subtitle")
    with opened(output) as file:
        assert file.metadata["title"] == "A title"
        assert file.streams.video[0].metadata["language"] == "jpn"
        assert file.streams.audio[0].metadata["language"] == "fra"
        assert file.streams.subtitles[0].metadata["title"] == "Untertitel"
        assert file.streams.attachments[0].name == "note.txt"
        assert file.streams.attachments[0].data == b"some bytes"
        assert [(c["metadata"]["title"], c["end"] * c["time_base"]) for c in file.chapters()] == [
            ("One", Fraction(3, 10))
        ]


def test_chapters_of_mp4(tmp_path: Path) -> None:
    """MP4 stores chapters as a stream of its own, which is neither copied with them nor called lost."""
    chapters = [{"id": 1, "start": 0, "end": 300, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}]
    source = make_video(tmp_path / "in.mp4", list(range(0, 10240, 512)), chapters=chapters)
    notes: list[str] = []
    go(source, tmp_path / "out.mp4", notes)
    assert notes == []
    with opened(tmp_path / "out.mp4") as file:
        assert [c["metadata"]["title"] for c in file.chapters()] == ["One"]
        assert len([stream for stream in file.streams if stream.type == "data"]) == 1


def test_subtitles_for_mp4_are_converted_and_attachments_named(tmp_path: Path) -> None:
    subtitles = [(100, 200, "Guten <i>Tag</i>"), (400, 100, "Ende")]
    source = make_video(tmp_path / "in.mkv", list(range(0, 10240, 512)), subtitles=subtitles, attachment=True)
    output = tmp_path / "out.mp4"
    notes: list[str] = []
    go(source, output, notes)
    assert len(notes) == 1
    assert "note.txt" in notes[0]
    texts = {p[0] * p[2]: p[3] for p in packets(output, "subtitle") if len(p[3]) > 2}
    assert list(texts) == [Fraction(1, 10), Fraction(4, 10)]
    first = texts[Fraction(1, 10)]
    assert first[2 : 2 + struct.unpack(">H", first[:2])[0]] == b"Guten Tag"
    with opened(output) as file:
        assert file.streams.subtitles[0].metadata["language"] == "deu"


def test_frame_range_takes_its_part_of_everything(tmp_path: Path) -> None:
    """Frames 10 to 14: sound inside, subtitles cut to it, chapters cut to it, all moved to the start."""
    chapters = [
        {"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}},
        {"id": 2, "start": 500, "end": 800, "time_base": Fraction(1, 1000), "metadata": {"title": "Two"}},
    ]
    source = make_video(
        tmp_path / "in.mkv",
        list(range(0, 10240, 512)),
        audio=True,
        subtitles=[(0, 100, "gone"), (300, 200, "cut"), (500, 50, "whole"), (700, 50, "gone")],
        chapters=chapters,
    )
    output = tmp_path / "out.mkv"
    assert go(source, output, frames=(10, 15)) == 5
    assert times(output)[:-1] == [Fraction(n, 25) for n in range(5)]
    assert [(p[0], p[1], p[3]) for p in packets(output, "subtitle")] == [(0, 100, b"cut"), (100, 50, b"whole")]
    inside = [p for p in packets(source, "audio") if 400 <= p[0] < 600]
    assert [p[3] for p in packets(output, "audio")] == [p[3] for p in inside]
    with opened(output) as file:
        found = [
            (c["metadata"]["title"], c["start"] * c["time_base"], c["end"] * c["time_base"]) for c in file.chapters()
        ]
    assert found == [("One", 0, Fraction(1, 10)), ("Two", Fraction(1, 10), Fraction(2, 10))]


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le"])
def test_colour_tags_and_aspect(tmp_path: Path, ending: str, pixel_format: str) -> None:
    colour = {"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 2, "chroma_sample_location": 3}
    source = make_video(
        tmp_path / "in.mkv", [0, 512, 1024], colour=colour, aspect=Fraction(4, 3), pixel_format=pixel_format
    )
    output = tmp_path / f"out.{ending}"
    go(source, output, codec="libx264")
    with opened(output) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        next(file.decode(video=0))
        if "422" in pixel_format:  # H.264 says where chroma lies for 4:2:0 alone
            del colour["chroma_sample_location"]
        assert {name: int(getattr(context, name)) for name in colour} == colour
        assert stream.sample_aspect_ratio == Fraction(4, 3)
        assert context.pix_fmt.replace("yuvj", "yuv") == pixel_format


def test_ten_bits_become_h265(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024], codec="libx265", pixel_format="yuv420p10le")
    go(source, tmp_path / "out.mkv")
    with opened(tmp_path / "out.mkv") as file:
        context = file.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("hevc", "yuv420p10le")


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_rotation_is_kept(tmp_path: Path, ending: str) -> None:
    """The frames stay as they are coded and the display matrix goes with them."""
    source = make_video(tmp_path / "in.mp4", [0, 512, 1024], rotation=90)
    output = tmp_path / f"out.{ending}"
    go(source, output)
    with opened(source) as before, opened(output) as after:
        old, new = next(before.decode(video=0)), next(after.decode(video=0))
        assert old.rotation == new.rotation != 0
        assert (new.width, new.height) == (128, 96)


def test_raw_video_is_turned(tmp_path: Path) -> None:
    """Y4M has no display matrix: the frames are turned instead."""
    source = make_video(tmp_path / "in.mp4", [0, 512, 1024], rotation=90)
    go(source, tmp_path / "out.y4m")
    assert (tmp_path / "out.y4m").read_bytes().startswith(b"YUV4MPEG2 W96 H128 F25:1 ")


def test_raw_video_says_that_it_loses_times(tmp_path: Path) -> None:
    notes: list[str] = []
    go(make_video(tmp_path / "in.mp4", UNEVEN), tmp_path / "out.y4m", notes)
    assert len(notes) == 1
    assert "one frame rate" in notes[0]


def test_webm(tmp_path: Path) -> None:
    """VP9 by default; sound that WebM does not take is refused before anything is computed."""
    go(make_video(tmp_path / "in.mp4", [0, 512, 1024]), tmp_path / "out.webm")
    with opened(tmp_path / "out.webm") as file:
        assert file.streams.video[0].codec_context.name == "vp9"
    with pytest.raises(UsageError, match=r"webm cannot hold audio stream 1 \(aac\)"):
        go(make_video(tmp_path / "loud.mp4", [0, 512, 1024], audio=True), tmp_path / "loud.webm")
    assert not (tmp_path / "loud.webm").exists()


@pytest.mark.parametrize(("pixel_format", "wanted"), [("yuv420p", "yuv420p"), ("yuv420p10le", "yuv420p10le")])
def test_webm_keeps_ten_bits(tmp_path: Path, pixel_format: str, wanted: str) -> None:
    """By an encoder that has them, where nobody names one."""
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024], codec="libx265", pixel_format=pixel_format)
    go(source, tmp_path / "out.webm")
    with av.open(str(tmp_path / "out.webm")) as file:
        assert file.streams.video[0].pix_fmt == wanted
        assert sum(1 for _ in file.decode(video=0)) == 3


def test_a_failing_frame_leaves_nothing(tmp_path: Path) -> None:
    def broken(clip: vs.VideoNode) -> vs.VideoNode:
        def fail(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            if n == 2:
                raise ValueError("no such frame")
            return f

        return clip.std.ModifyFrame(clip, fail)

    source = make_video(tmp_path / "in.mkv", [0, 512, 1024, 1536])
    output = tmp_path / "out.mkv"
    output.write_bytes(b"the old file")
    job, process = Job(source=source, output=output, overwrite=True), picture_by_picture(broken)
    with pytest.raises(UserError, match="no such frame"):
        run(check_job(job), process, warn=print, progress=lambda d, t: None)
    assert output.read_bytes() == b"the old file"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["in.mkv", "out.mkv"]


def test_no_picture(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no video stream \(its streams: audio\)"):
        go(make_sound(tmp_path / "in.m4a"), tmp_path / "out.mkv")
