"""All that FFmpeg tells of a file, it tells of the new one, in each container; what that cannot hold is said before.

The clips are in clips/: HDR10, covers, tags of a telephone, transparency, odd sizes, interlaced pictures.
"""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from video_samples import make_video, picture
from vsmlrt.video.comparison import Description, describe, lost
from vsmlrt.video.encoder import Quality
from vsmlrt.video.errors import UsageError
from vsmlrt.video.job import Job, check_job, picture_by_picture, run

CLIPS = Path(__file__).parent / "clips"
ENDINGS = ("mkv", "mp4", "mov", "webm")
COVER = {"cover 1", "cover 1: disposition attached_pic"}
TRANSPARENT, INTERLACED = {"picture: transparency"}, {"picture: field order"}

REMAINDER: dict[str, dict[str, set[str]]] = {
    "alpha.webm": dict.fromkeys(("mkv", "mp4", "mov"), TRANSPARENT),
    "coverfirst.mkv": {"webm": COVER | {"cover 1: codec"}},
    "covp.mkv": {"webm": COVER | {"cover 1: codec"}},
    "interlaced.mkv": dict.fromkeys(ENDINGS, INTERLACED),
    "jc.mp4": {"webm": COVER | {"cover 1: codec"}},
    "pr.mov": dict.fromkeys(ENDINGS, TRANSPARENT) | {"webm": TRANSPARENT | {"picture: bits", "picture: chroma"}},
}
"""What each container cannot hold of each clip; nothing where there is no entry."""


def enlarged(source: Path, output: Path, **more: Any) -> list[str]:
    """Makes the file by a resize, and returns what is said, all of it by the time that the first frame is written."""
    said: list[str] = []
    before: list[str] = []

    def progress(done: int, total: int) -> None:
        if done == 1:
            before.extend(said)

    process = picture_by_picture(lambda clip: clip.resize.Bicubic(clip.width * 2, clip.height * 2))
    run(check_job(Job(source=source, output=output, **more)), process, warn=said.append, progress=progress)
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
    options = (("deadline", "realtime"), ("cpu-used", "8")) if ending == "webm" else (("preset", "superfast"),)
    enlarged(clips_folder / "carphone_pristine.mp4", tmp_path / f"out.{ending}", quality=Quality(options=options))
    assert left_of(clips_folder / "carphone_pristine.mp4", tmp_path / f"out.{ending}") == set()


TICKS_OF_ALL = list(range(0, 512 * 20, 512))

STYLED = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, Alignment
Style: Default,Arial,16,&Hffffff,0,0,2
Style: Sign,Verdana,20,&H0000ff,1,0,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.10,0:00:00.30,Default,,0,0,0,,{\\i1}Guten{\\i0} Tag
Dialogue: 0,0:00:00.40,0:00:00.50,Sign,,0,0,0,,{\\pos(10,10)}Ein Schild
"""


def joined(path: Path, parts: list[tuple[Path, str, dict[str, str], int]], shift: int = 0) -> Path:
    """A file of streams of others: (file, kind, tags, disposition); sound is moved by ``shift`` of its ticks."""
    with av.open(str(path), "w") as target:
        opened = [(av.open(str(source)), kind) for source, kind, _, _ in parts]
        streams: list[tuple[Any, Any]] = []
        for (file, kind), (_, _, tags, disposition) in zip(opened, parts, strict=True):
            old: Any = next(stream for stream in file.streams if stream.type == kind)
            made: Any = target.add_stream_from_template(old, opaque=True)
            made.metadata.update(tags)
            made.disposition = disposition
            streams.append((old, made))
        for (file, kind), (old, made) in zip(opened, streams, strict=True):
            for packet in file.demux(old):
                if packet.size:
                    if kind == "audio" and packet.pts is not None and packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = made
                    target.mux(packet)
            file.close()
    return path


def sample(name: str, folder: Path) -> Path:
    """Videos that clips/ does not have, by the names of `LEFT`."""
    chapters = [
        {"id": 1, "start": 0, "end": 300, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}},
        {"id": 2, "start": 300, "end": 800, "time_base": Fraction(1, 1000), "metadata": {"title": "Two"}},
    ]
    colour = {"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 2}
    if name == "rich.mkv":
        texts = [(100, 200, "Guten <i>Tag</i>"), (400, 100, "Ende")]
        return make_video(
            folder / name, TICKS_OF_ALL, audio=True, subtitles=texts, attachment=True, chapters=chapters, colour=colour
        )
    if name == "turned.mp4":
        return make_video(
            folder / name, TICKS_OF_ALL, rotation=90, audio=True, chapters=chapters, aspect=Fraction(4, 3)
        )
    plain = make_video(folder / "plain.mkv", TICKS_OF_ALL, audio=True)
    if name == "two.mkv":
        other = make_video(folder / "other.mkv", TICKS_OF_ALL, size=(32, 32))
        return joined(folder / name, [(plain, "video", {}, 1), (other, "video", {"title": "Second view"}, 0)])
    if name == "hidden.mp4":  # a third of a second of sound lies before the edit list's start
        return joined(folder / name, [(plain, "video", {}, 1), (plain, "audio", {}, 1)], shift=-300)
    if name == "timecode.mov":
        return joined_with_timecode(folder / name)
    (folder / "styled.ass").write_bytes(STYLED)
    commentary = {"title": "Commentary", "language": "eng", "own": "thing"}
    sound = Disposition.default | Disposition.comment | Disposition.hearing_impaired
    signs = (folder / "styled.ass", "subtitle", {"language": "ger", "title": "Schilder"}, Disposition.forced)
    return joined(folder / name, [(plain, "video", {}, 1), (plain, "audio", commentary, sound), signs])


def joined_with_timecode(path: Path) -> Path:
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.metadata["timecode"] = "01:02:03:04"
        for n in [*range(20), None]:
            file.mux(video.encode(None if n is None else picture(64, 48, n)))
    return path


ATTACHED = {"attachment 1", "attachment 1: content"}
LEFT: dict[str, dict[str, set[str]]] = {
    "rich.mkv": {"mkv": set(), "mp4": ATTACHED, "mov": ATTACHED},
    "turned.mp4": {"mkv": set(), "mp4": set(), "mov": set()},
    "two.mkv": {
        "mkv": set(),
        "mp4": set(),
        "mov": set(),
        "webm": {"video 2", "video 2: tag title", "video 2: codec", "video 2: start"},
    },
    "hidden.mp4": {"mkv": set(), "mp4": set(), "mov": set()},
    "timecode.mov": {"mkv": set(), "mp4": set(), "mov": set(), "webm": set()},
    "styled.mkv": {
        "mkv": set(),
        "mp4": {"audio 1: tag own", "subtitle 1: styling"},
        "mov": {
            "audio 1: tag own",
            "audio 1: disposition comment",
            "audio 1: disposition hearing_impaired",
            "subtitle 1: disposition forced",
            "subtitle 1: styling",
        },
    },
}
"""What each container cannot hold of each; WebM is left out where it refuses the sound."""


@pytest.mark.parametrize(("name", "ending"), [(name, ending) for name, found in LEFT.items() for ending in found])
def test_every_sample_in_every_container(tmp_path: Path, name: str, ending: str) -> None:
    (tmp_path / "in").mkdir()
    source = sample(name, tmp_path / "in")
    said = enlarged(source, tmp_path / f"out.{ending}")
    assert left_of(source, tmp_path / f"out.{ending}") == LEFT[name][ending]
    assert bool(said) == bool(LEFT[name][ending])


@pytest.mark.parametrize("ending", ["mkv", "mp4", "mov"])
def test_hidden_sound_stays_hidden(tmp_path: Path, ending: str) -> None:
    """What is heard, sample by sample, from the first one on."""
    (tmp_path / "in").mkdir()
    source = sample("hidden.mp4", tmp_path / "in")
    enlarged(source, tmp_path / f"out.{ending}")
    assert heard(source) == heard(tmp_path / f"out.{ending}")


def heard(path: Path) -> tuple[float, int]:
    with av.open(str(path)) as file:
        frames = list(file.decode(audio=0))
    return round(float(frames[0].time or 0), 3), sum(frame.samples for frame in frames)


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


@pytest.mark.parametrize(
    ("codec", "ending"),
    [
        ("libx264", "mkv"),
        ("libx264", "mp4"),
        ("libx265", "mp4"),
        ("libsvtav1", "mkv"),
        ("libsvtav1", "mp4"),
        ("ffv1", "mkv"),
        ("prores_ks", "mov"),
    ],
)
def test_hdr10_by_every_encoder(tmp_path: Path, codec: str, ending: str) -> None:
    """The display, the light levels, the colours and the bits, whatever the encoder writes itself."""
    output = tmp_path / f"out.{ending}"
    job = Job(source=CLIPS / "hdr.mkv", output=output, codec=codec)
    said: list[str] = []
    run(check_job(job), picture_by_picture(lambda clip: clip), warn=said.append, progress=lambda d, t: None)
    assert left_of(CLIPS / "hdr.mkv", output) == set()
    assert said == []
    facts = describe(output).facts
    assert "picture: mastering display metadata" in facts
    assert "picture: content light level" in facts


@pytest.mark.parametrize(
    ("codec", "ending"), [("prores_ks", "mov"), ("prores_ks", "mkv"), ("ffv1", "mkv"), ("libvpx-vp9", "webm")]
)
def test_transparency_is_kept(tmp_path: Path, codec: str, ending: str) -> None:
    """Where the encoder can: as large as the picture, and the same for FFV1, which loses nothing."""
    source, output = CLIPS / "pr.mov", tmp_path / f"out.{ending}"
    said: list[str] = []
    pixel_format = "yuv420p" if codec == "libvpx-vp9" else None
    job = Job(source=source, output=output, codec=codec, frames=(1, 4), pixel_format=pixel_format)
    run(check_job(job), picture_by_picture(lambda clip: clip), warn=said.append, progress=lambda d, t: None)
    assert not [line for line in said if "transparency" in line]
    assert "picture: transparency" not in {one.fact for one in lost(describe(source), describe(output), times=False)}
    with av.open(str(output)) as file:
        frames = list(decoded(file, codec))
    assert len(frames) == 3
    assert "yuva" in frames[0].format.name
    if codec == "ffv1":
        with av.open(str(source)) as file:
            before = list(file.decode(video=0))[1:4]
        for old, new in zip(before, frames, strict=True):
            assert bytes(old.planes[3]) == bytes(new.planes[3])
            assert len(set(bytes(old.planes[3]))) > 1


@pytest.mark.parametrize("frames", [(None, None), (2, 5)])
@pytest.mark.parametrize(("codec", "size"), [("libvpx-vp9", (64, 48)), ("libvpx", (64, 48)), ("libvpx-vp9", (65, 49))])
def test_transparency_of_webm_is_kept(
    tmp_path: Path, codec: str, size: tuple[int, int], frames: tuple[int | None, int | None]
) -> None:
    """Each frame's own, to the bit, and WebM to WebM as well."""
    source = tmp_path / "in.webm"
    with av.open(str(source), "w") as file:
        video: Any = file.add_stream(codec, rate=25, options={"auto-alt-ref": "0"})
        video.width, video.height, video.pix_fmt = *size, "yuva420p"
        for n in [*range(8), None]:
            frame = None
            if n is not None:
                pixels = np.full((size[1], size[0], 4), 90, np.uint8)
                pixels[..., 3] = np.arange(size[0]) * 3 // 2 + 10 * n
                frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format="yuva420p")
                frame.pts = n
            file.mux(video.encode(frame))
    with av.open(str(source)) as file:
        before = [bytes(alpha_plane(frame)) for frame in decoded(file, codec)][slice(*frames)]
    assert len(set(before)) == len(before) > 2
    for ending, encoder in (("mkv", "ffv1"), ("webm", None), ("mov", "prores_ks")):
        output = tmp_path / f"out.{ending}"
        said: list[str] = []
        job = Job(source=source, output=output, codec=encoder, frames=frames)
        run(check_job(job), picture_by_picture(lambda clip: clip), warn=said.append, progress=lambda d, t: None)
        assert said == []
        with av.open(str(output)) as file:
            after = [bytes(alpha_plane(frame)) for frame in decoded(file, encoder or "libvpx-vp9")]
        if encoder == "ffv1":
            assert after == before
        assert len(after) == len(before)
        for old, new in zip(before, after, strict=True):
            difference = np.frombuffer(old, np.uint8).astype(int) - np.frombuffer(new, np.uint8)
            assert np.abs(difference).mean() < 3


def alpha_plane(frame: Any) -> np.ndarray:
    plane, bits = frame.planes[3], frame.format.components[3].bits
    rows = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)[:, : plane.width]
    eight_bits: np.ndarray = (rows >> (bits - 8)).astype(np.uint8)
    return eight_bits


def decoded(file: Any, codec: str) -> Any:
    """The frames with their transparency, which of VP8 and VP9 only libvpx itself decodes."""
    if not codec.startswith("libvpx"):
        yield from file.decode(video=0)
        return
    decoder: Any = av.CodecContext.create(codec, "r")
    for packet in file.demux(video=0):
        yield from decoder.decode(packet if packet.size else None)


def test_descriptions_of_attachments(tmp_path: Path) -> None:
    source = make_video(tmp_path / "plain.mkv", TICKS_OF_ALL)
    with av.open(str(source)) as file, av.open(str(tmp_path / "in.mkv"), "w") as target:
        made = target.add_stream_from_template(file.streams.video[0], opaque=True)
        target.add_attachment("font.ttf", "font/ttf", b"a font").metadata["title"] = "Signs"
        for packet in file.demux(video=0):
            if packet.size:
                packet.stream = made
                target.mux(packet)
    assert "attachment 1: tag title" in describe(tmp_path / "in.mkv").facts
    assert enlarged(tmp_path / "in.mkv", tmp_path / "out.mkv") == []
    assert left_of(tmp_path / "in.mkv", tmp_path / "out.mkv") == set()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "PNG", "JPEG", "WEBP"])
def test_covers_of_every_kind(tmp_path: Path, kind: str, ending: str) -> None:
    """Every byte of a cover, or of the attachment that FFmpeg takes it for, is there, or its loss is said before."""
    picture_file = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 40)).save(picture_file, kind)
    source = tmp_path / "in.mkv"
    with av.open(str(source), "w") as file:
        video: Any = file.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        file.add_attachment(f"cover.{kind.lower()}", f"image/{kind.lower()}", picture_file.getvalue())
        for n in [*range(5), None]:
            file.mux(video.encode(None if n is None else picture(64, 48, n)))
    output = tmp_path / f"out.{ending}"
    said = enlarged(source, output)
    gone = {fact.split(":")[0] for fact in left_of(source, output)}
    kept = {"mkv": {"GIF", "TIFF", "BMP", "PNG", "JPEG", "WEBP"}, "mp4": {"PNG", "JPEG"}, "mov": {"PNG", "JPEG"}}
    is_kept = kind in kept.get(ending, set())
    assert gone == (set() if is_kept else {"attachment 1" if kind in ("BMP", "WEBP") else "cover 1"})
    assert len(said) == (0 if is_kept else 1)
    if ending == "mkv":
        with av.open(str(output)) as file:
            covers = [stream for stream in file.streams.video if int(stream.disposition)]
            for stream in covers:
                assert picture_file.getvalue() in (bytes(packet) for packet in file.demux(stream))


def test_a_start_that_ffmpeg_does_not_tell_is_not_lost() -> None:
    """It tells none of a stream whose first packet is larger than what it looks at, as a large picture's is."""
    before = Description(facts={"picture: start": Fraction(0), "picture: end": Fraction(2)}, packets={})
    assert lost(before, Description(facts={"picture: end": Fraction(2)}, packets={})) == []
    moved = Description(facts={"picture: start": Fraction(1), "picture: end": Fraction(2)}, packets={})
    assert [one.fact for one in lost(before, moved)] == ["picture: start"]
    assert [one.fact for one in lost(before, Description(facts={}, packets={}))] == ["picture: end"]
