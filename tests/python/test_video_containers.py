"""MP4 and MOV as players want them; what one refuses is known before the work and blamed on what is at fault."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from video_samples import make_video, packets, picture, times
from vsmlrt.video import movie_box
from vsmlrt.video.errors import FieldError, UsageError
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.movie_box import Cover, finish_movie

TICKS = [0, 512, 1024, 1536, 2048]


def go(source: Path, output: Path, **more: Any) -> list[str]:
    said: list[str] = []
    job = Job(source=source, output=output, **more)
    run(check_job(job), picture_by_picture(lambda clip: clip), warn=said.append, progress=lambda d, t: None)
    return said


def top_boxes(path: Path) -> list[bytes]:
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    assert at == len(data)
    return found


@pytest.mark.parametrize("ending", ["mp4", "mov", "m4v"])
def test_index_comes_first(tmp_path: Path, ending: str) -> None:
    source = make_video(tmp_path / "in.mkv", TICKS, audio=True)
    assert go(source, tmp_path / f"out.{ending}") == []
    boxes = top_boxes(tmp_path / f"out.{ending}")
    assert boxes[:2] == [b"ftyp", b"moov"]
    assert b"mdat" in boxes
    before, after = packets(source, "audio"), packets(tmp_path / f"out.{ending}", "audio")
    assert [data for *_, data in after] == [data for *_, data in before]
    with av.open(str(tmp_path / f"out.{ending}")) as file:
        assert sum(1 for _ in file.decode(video=0)) == len(TICKS)


def test_large_offsets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind 4 GiB offsets have 64 bits: the same file, however large it is taken to be."""
    source = make_video(tmp_path / "in.mkv", TICKS, audio=True)
    go(source, tmp_path / "small.mp4")
    monkeypatch.setattr(movie_box, "_LARGE", 0)
    go(source, tmp_path / "large.mp4")
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    assert (b"stco" in small.read_bytes(), b"co64" in small.read_bytes()) == (True, False)
    assert (b"stco" in large.read_bytes(), b"co64" in large.read_bytes()) == (False, True)
    for kind in ("video", "audio"):
        assert packets(small, kind) == packets(large, kind)
    assert times(small) == times(large)


@pytest.mark.parametrize("step", [1, 7, 1 << 22])
def test_media_is_moved_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    path = make_video(tmp_path / "in.mp4", TICKS)
    before = packets(path, "video")
    monkeypatch.setattr(movie_box, "_STEP", step)
    with path.open("r+b") as file:
        finish_movie(file, {"own.key": "a value"}, [Cover(codec="png", data=b"no picture")], quicktime=False)
    assert packets(path, "video") == before
    with av.open(str(path)) as opened:
        assert opened.metadata["own.key"] == "a value"


@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_h265_by_the_name_that_apples_players_know(tmp_path: Path, ending: str) -> None:
    """hvc1, with the parameter sets in the index alone, also where HDR10 goes with it."""
    source = Path(__file__).parent / "clips" / "hdr.mkv"
    go(source, tmp_path / f"out.{ending}", codec="libx265")
    with av.open(str(tmp_path / f"out.{ending}")) as file:
        assert file.streams.video[0].codec_context.codec_tag == "hvc1"
        first = bytes(next(packet for packet in file.demux(video=0) if packet.size))
    kinds = set()
    at = 0
    while at < len(first):
        size = int.from_bytes(first[at : at + 4], "big")
        kinds.add(first[at + 4] >> 1 & 0x3F)
        at += 4 + size
    assert not kinds & {32, 33, 34}, "parameter sets between the frames"


def with_sound(path: Path, codec: str, rate: int) -> Path:
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound: Any = file.add_stream(codec, rate=rate)
        sound.codec_context.format = "s16" if codec == "flac" else sound.codec_context.format
        for n in [*range(5), None]:
            file.mux(video.encode(None if n is None else picture(64, 48, n)))
        size = sound.codec_context.frame_size or 960
        wanted = sound.codec_context.format.name
        for n in range(5):
            kind = np.int16 if wanted.startswith("s16") else np.float32
            shape = (2, size) if wanted.endswith("p") else (1, 2 * size)
            frame = av.AudioFrame.from_ndarray(np.zeros(shape, kind), format=wanted, layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = rate, n * size, Fraction(1, rate)
            file.mux(sound.encode(frame))
        file.mux(sound.encode(None))
    return path


@pytest.mark.parametrize("codec", ["flac", "libopus"])
def test_sound_that_a_container_refuses(tmp_path: Path, codec: str) -> None:
    """The sound is at fault, not the encoder of the picture, and that is said without a frame decoded."""
    source = with_sound(tmp_path / "in.mkv", codec, 48000)
    name = codec.removeprefix("lib")
    with pytest.raises(UsageError, match=rf"mov cannot hold audio stream 1 \({name}\), and audio is copied as it is"):
        check_job(Job(source=source, output=tmp_path / "out.mov"))
    assert go(source, tmp_path / "out.mp4") == []
    assert len(packets(tmp_path / "out.mp4", "audio")) == len(packets(source, "audio"))


@pytest.mark.parametrize(
    ("codec", "ending"), [("libsvtav1", "mov"), ("libvpx-vp9", "mov"), ("libx264", "webm"), ("mpeg4", "webm")]
)
def test_pictures_that_a_container_refuses(tmp_path: Path, codec: str, ending: str) -> None:
    """Before the video is looked at: the file need not even be there."""
    with pytest.raises(FieldError, match=rf"{ending} (does not take|cannot hold) what {codec} makes"):
        check_job(Job(source=tmp_path / "none.mkv", output=tmp_path / f"out.{ending}", codec=codec))
