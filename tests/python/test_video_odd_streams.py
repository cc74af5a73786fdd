"""Streams as recorders, old codecs and screen capture leave them: joined clocks, coarse pixels, what is empty."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from test_video_other_containers import made
from video_samples import make_video, packets, picture
from vsmlrt.cli import script
from vsmlrt.compare.pairs import moments
from vsmlrt.errors import UserError
from vsmlrt.video.comparison import describe
from vsmlrt.video.encoder import Quality
from vsmlrt.video.errors import UsageError
from vsmlrt.video.job import Job, check_job, picture_by_picture, run

FRAME = Fraction(1, 25)
LOSSLESS = Quality(options=(("x265-params", "lossless=1"),))


def copied(source: Path, output: Path, **more: Any) -> tuple[list[str], list[int]]:
    """Encodes every frame anew; what was said, and how much was damaged."""
    said: list[str] = []
    damaged: list[int] = []
    run(
        check_job(Job(source=source, output=output, **more)),
        picture_by_picture(lambda clip: clip),
        warn=said.append,
        progress=lambda done, total: None,
        damaged=damaged.append,
    )
    return said, damaged


def decoded(path: Path, pixel_format: str | None = None) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format=pixel_format) for frame in file.decode(video=0)]


def starts(path: Path, kind: str) -> list[Fraction]:
    return [time * base for time, _, base, _ in packets(path, kind)]


def steps(times: list[Fraction]) -> set[Fraction]:
    return {after - before for before, after in itertools.pairwise(times)}


@pytest.mark.parametrize("parts", [2, 3])
@pytest.mark.parametrize(("codec", "sound"), [("mpeg2video", "mp2"), ("libx264", "aac")])
def test_recordings_that_were_joined(tmp_path: Path, codec: str, sound: str, parts: int) -> None:
    """``cat a.ts b.ts``: the second one's clock begins anew, and its frames are neither mixed in nor crammed."""
    one = made(tmp_path / "one.ts", codec, sound)
    source, output = tmp_path / "joined.ts", tmp_path / "out.mkv"
    source.write_bytes(one.read_bytes() * parts)
    said, damaged = copied(source, output, codec="ffv1")
    times = "once" if parts == 2 else f"{parts - 1} times"
    assert said == [
        f"the video's clock jumps {times}, as in recordings that were joined: what follows is shown without a gap"
    ]
    assert damaged == []
    before, after = decoded(source), decoded(output)
    assert len(before) == len(after) == 20 * parts
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert steps(starts(output, "video")) == {FRAME}
    with av.open(str(source)) as file:
        count = sum(1 for packet in file.demux(audio=0) if packet.size)
    sounds = starts(output, "audio")
    assert len(sounds) == count
    apart = starts(one, "video")[0] - starts(one, "audio")[0]
    length = 20 * FRAME
    with av.open(str(one)) as file:
        each = sum(1 for packet in file.demux(audio=0) if packet.size)
    for part in range(parts):  # as far apart in each of them as in the file they were
        picture_begins, sound_begins = starts(output, "video")[20 * part], sounds[each * part]
        assert abs(picture_begins - sound_begins - apart) <= Fraction(2, 1000) + (0 if part == 0 else length / 50)


def later(source: Path, path: Path, seconds: int) -> Path:
    """The same recording by a clock that shows so many seconds more."""
    with av.open(str(source)) as old, av.open(str(path), "w", options={"output_ts_offset": str(seconds)}) as new:
        streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        for packet in old.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    return path


def test_a_clock_that_goes_on_by_an_hour_and_back(tmp_path: Path) -> None:
    """The next recording of a broadcast: no picture stands for an hour, and the sound stays where it was."""
    one = made(tmp_path / "one.ts", "mpeg2video", "mp2")
    two = later(one, tmp_path / "two.ts", 3600)
    source, output = tmp_path / "joined.ts", tmp_path / "out.mkv"
    source.write_bytes(one.read_bytes() + two.read_bytes() + one.read_bytes())
    said, damaged = copied(source, output, codec="ffv1")
    assert said == [
        "the video's clock jumps 2 times, as in recordings that were joined: what follows is shown without a gap"
    ]
    assert damaged == []
    assert steps(starts(output, "video")) == {FRAME}
    assert len(decoded(output)) == 60
    assert max(steps(starts(output, "audio"))) < 2 * FRAME
    assert abs(starts(output, "audio")[-1] - starts(output, "video")[-1]) < 2 * FRAME


def test_a_long_picture_stays_long_where_no_broadcaster_has_a_clock(tmp_path: Path) -> None:
    source = make_video(tmp_path / "slides.mkv", [0, 512, 12800 * 60, 12800 * 60 + 512])
    assert copied(source, tmp_path / "out.mkv") == ([], [])
    assert starts(tmp_path / "out.mkv", "video") == starts(source, "video")


def test_a_header_without_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "in.avi"
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        file.start_encoding()
    with pytest.raises(UserError, match=r"the video .* has no frame, only a header; was it cut off\?"):
        copied(path, tmp_path / "out.mkv")


def coarse(path: Path, codec: str, pixel_format: str) -> Path:
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        for n in range(5):
            frame = picture(64, 48, n, "gray").reformat(format=pixel_format)
            frame.pts, frame.time_base = n, FRAME
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "wider"),
    [
        ("dosbox.avi", "zmbv", "rgb555le", "gbrp"),
        ("dosbox16.avi", "zmbv", "rgb565le", "gbrp"),
        ("windows.avi", "msvideo1", "rgb555le", "gbrp"),
        ("thousands.mov", "qtrle", "rgb555be", "gbrp"),
        ("drawing.mov", "png", "monob", "gray"),
    ],
)
def test_pixels_of_less_than_eight_bits(tmp_path: Path, name: str, codec: str, pixel_format: str, wider: str) -> None:
    """Screen captures and old codecs have them; each sample gets eight bits and nothing else."""
    source, output = coarse(tmp_path / name, codec, pixel_format), tmp_path / "out.mkv"
    assert copied(source, output, codec="libx265", quality=LOSSLESS) == ([], [])
    assert starts(output, "video") == [n * FRAME for n in range(5)]
    before, after = decoded(source, wider), decoded(output, wider)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_rgb_that_is_said_to_have_a_matrix(tmp_path: Path) -> None:
    """As FFmpeg's decoder of lossless JPEG says of it: RGB has none, and is used as it is."""
    source, output = coarse(tmp_path / "in.avi", "ljpeg", "bgr24"), tmp_path / "out.mkv"
    with av.open(str(source)) as file:
        assert next(file.decode(video=0)).colorspace not in (0, 2)
    assert copied(source, output, codec="ffv1") == ([], [])
    assert len(decoded(output)) == 5


def test_sound_that_was_announced_and_never_came(tmp_path: Path) -> None:
    """A recorder's second sound: it has no packet, and no container takes it."""
    source, output = tmp_path / "in.ts", tmp_path / "out.mkv"
    with av.open(str(source), "w") as file:
        video: Any = file.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        file.add_stream("aac", rate=48000)
        for n in [*range(10), None]:
            file.mux(video.encode(None if n is None else picture(64, 48, n)))
    assert copied(source, output) == (
        ["matroska cannot hold everything; left out: audio stream 1 (aac), which is empty"],
        [],
    )
    assert len(decoded(output)) == 10


def test_a_cover_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as file:
        sound: Any = file.add_stream("libmp3lame", rate=48000)
        cover: Any = file.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        for _ in range(10):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1152), np.float32), format="fltp", layout="stereo")
            frame.sample_rate = 48000
            file.mux(sound.encode(frame))
        file.mux(cover.encode(av.VideoFrame(32, 32, "rgb24")))
        file.mux([*cover.encode(None), *sound.encode(None)])
    with pytest.raises(UserError, match=r"song\.mp3 has no video stream; its only picture is a cover"):
        check_job(Job(source=path, output=tmp_path / "out.mkv"))


@pytest.mark.parametrize(
    ("codec", "pixel_format", "wanted"), [("png", "rgba", "gbrap10le"), ("gif", "rgb8", "gbrap10le")]
)
def test_transparent_rgb_in_ffv1(tmp_path: Path, codec: str, pixel_format: str, wanted: str) -> None:
    """FFV1 has no planar RGB of eight bits: the transparency is kept with the nearest that has room for it."""
    source, output = (
        coarse(tmp_path / ("in.gif" if codec == "gif" else "in.mov"), codec, pixel_format),
        tmp_path / "o.mkv",
    )
    assert copied(source, output, codec="ffv1") == ([], [])
    with av.open(str(output)) as file:
        assert file.streams.video[0].codec_context.pix_fmt == wanted
    assert "picture: transparency" in describe(output).facts


def test_floats_keep_what_the_encoder_can_hold(tmp_path: Path) -> None:
    source, output = coarse(tmp_path / "in.mov", "exr", "gbrpf32le"), tmp_path / "out.mkv"
    said, _ = copied(source, output, codec="ffv1")
    assert said == ["32 bits become 16 in gbrp16le, the nearest that ffv1 takes"]


def test_another_shape_of_pixels_from_some_frame_on_is_said(tmp_path: Path) -> None:
    """OUT tells one shape for the whole; a broadcast changes it between programmes."""
    source, output = tmp_path / "in.ts", tmp_path / "out.mkv"
    with av.open(str(source), "w") as file:
        stream: Any = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        count = 0
        for aspect in (Fraction(1), Fraction(4, 3)):
            context: Any = av.CodecContext.create("libx264", "w")
            context.width, context.height, context.pix_fmt, context.time_base = 64, 48, "yuv420p", FRAME
            context.sample_aspect_ratio = aspect
            context.options.update({"tune": "zerolatency", "x264-params": "repeat-headers=1"})
            for n in [*range(6), None]:
                for packet in context.encode(None if n is None else picture(64, 48, n)):
                    packet.stream, packet.time_base, packet.pts = stream, FRAME, count
                    packet.dts = count
                    count += 1
                    file.mux(packet)
    assert copied(source, output) == (
        ["of the picture's side data is not kept: another shape of its pixels from some frame on"],
        [],
    )


def test_a_cover_that_is_no_picture_is_left_out(tmp_path: Path) -> None:
    """It spoilt the header of MP4, and the encoder was blamed for it."""
    source, output = tmp_path / "in.mkv", tmp_path / "out.mp4"
    with av.open(str(source), "w") as file:
        stream: Any = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        file.add_attachment("cover.jpg", "image/jpeg", b"nothing that is a picture")
        for n in [*range(5), None]:
            file.mux(stream.encode(None if n is None else picture(64, 48, n)))
    said, damaged = copied(source, output)
    assert said == ["mp4 cannot hold everything; left out: video stream 1 (mjpeg)"]
    assert damaged == []
    assert len(decoded(output)) == 5


def test_joined_recordings_are_compared_frame_by_frame(tmp_path: Path) -> None:
    """By times that go on, as those of the result do."""
    one = made(tmp_path / "one.ts", "mpeg2video", "mp2")
    source, output = tmp_path / "joined.ts", tmp_path / "out.mkv"
    source.write_bytes(one.read_bytes() * 2)
    copied(source, output, codec="ffv1")
    pairs = list(moments([source, output]))
    assert [moment.number for moment in pairs] == list(range(40))
    assert all(np.array_equal(a.to_ndarray(), b.to_ndarray()) for a, b in (moment.frames for moment in pairs))
    assert steps([moment.seconds for moment in pairs]) == {FRAME}


def test_a_script_of_pixels_that_its_reader_does_not_have_is_refused(tmp_path: Path) -> None:
    checked = check_job(Job(source=coarse(tmp_path / "in.avi", "zmbv", "rgb555le"), output=tmp_path / "out.mkv"))
    with pytest.raises(UsageError, match="--script reads a video by BestSource, which does not have rgb555le; leave"):
        script.write(checked, tmp_path / "job.vpy", [])
    assert not (tmp_path / "job.vpy").exists()
