"""What frames carry beside their pixels and no new picture has is told, wherever in the video it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest

from video_samples import picture
from vsmlrt.video.comparison import unkept_side_data_of
from vsmlrt.video.job import Job, check_job, picture_by_picture, run

CAPTIONS = bytes.fromhex("b5003147413934 03 c1 ff fc 9420 ff".replace(" ", ""))
"""ATSC A/53 part 4: a provider, "GA94", and one pair of bytes of closed captions."""


def bits(*fields: tuple[int, int]) -> bytes:
    """(value, width) after each other, filled up with zeros."""
    text = "".join(f"{value:0{width}b}" for value, width in fields)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


# SMPTE ST 2094-40 in its smallest form: one window, no percentiles, no curves.
HDR10_PLUS = bytes.fromhex("b5003c0001 04 01".replace(" ", "")) + bits(
    (1, 2), (4000, 27), (0, 1), (1000, 17), (1000, 17), (1000, 17), (500, 17), (0, 4), (0, 10), (0, 1), (0, 1), (0, 1)
)


def message(codec: str, content: bytes) -> bytes:
    """A message (SEI) of the kind that registered user data has, as a unit with a start code of its own."""
    head = b"\x06" if codec == "libx264" else b"\x4e\x01"
    unit = bytearray(bytes([4, len(content)]) + content + b"\x80")
    escaped = bytearray()
    for byte in unit:  # three bytes that look like a start code do not appear inside
        if byte <= 3 and escaped[-2:] == b"\x00\x00":
            escaped.append(3)
        escaped.append(byte)
    return b"\x00\x00\x00\x01" + head + bytes(escaped)


def make(path: Path, codec: str, content: bytes, first: int) -> Path:
    """A video whose frames have such a message from number ``first`` on."""
    options = {"bf": "0"} if codec == "libx264" else {"x265-params": "bframes=0:log-level=none"}
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream(codec, rate=25, options=options)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        count = 0
        for n in [*range(12), None]:
            for packet in video.encode(None if n is None else picture(64, 48, n)):
                if count >= first:
                    made: Any = av.Packet(message(codec, content) + bytes(packet))
                    made.pts, made.dts, made.time_base, made.stream = packet.pts, packet.dts, packet.time_base, video
                    made.is_keyframe = packet.is_keyframe
                    packet = made
                count += 1
                file.mux(packet)
    return path


@pytest.mark.parametrize("first", [0, 6])
@pytest.mark.parametrize(
    ("codec", "content", "named"),
    [("libx264", CAPTIONS, "closed captions"), ("libx265", HDR10_PLUS, "HDR10+")],
    ids=["captions", "hdr10plus"],
)
def test_told(tmp_path: Path, codec: str, content: bytes, named: str, first: int) -> None:
    """Before the work where the first frame has it, else after it; the second time as well; of a whole file only."""
    source = make(tmp_path / "in.ts", codec, content, first)
    with av.open(str(source)) as file:
        assert [bool(unkept_side_data_of(frame)) for frame in file.decode(video=0)] == [n >= first for n in range(12)]

    def said(name: str, **more: Any) -> list[str]:
        heard: list[str] = []
        job = Job(source=source, output=tmp_path / name, index_folder=tmp_path / "index", **more)
        run(check_job(job), picture_by_picture(lambda clip: clip), warn=heard.append, progress=lambda d, t: None)
        return heard

    expected = [f"of the picture's side data is not kept: {named}"]
    assert said("one.mkv") == expected
    assert said("two.mkv") == expected
    assert said("three.y4m") == []
    assert said("four.mkv", frames=(0, 2)) == (expected if first == 0 else [])


def test_nothing_to_tell(tmp_path: Path) -> None:
    """The encoder's own message about itself is no loss."""
    source = make(tmp_path / "in.ts", "libx264", CAPTIONS, 99)
    heard: list[str] = []
    job = Job(source=source, output=tmp_path / "out.mkv")
    run(check_job(job), picture_by_picture(lambda clip: clip), warn=heard.append, progress=lambda d, t: None)
    assert heard == []


def with_dolby_vision(data: bytes) -> bytes:
    """An MP4 of HEVC, its index at the end, with the box that says which profile of Dolby Vision it is (8.1)."""
    box = (
        (32).to_bytes(4, "big")
        + b"dvvC\x01\x00"
        + bits((8, 7), (1, 6), (1, 1), (0, 1), (1, 1), (1, 4), (0, 28))
        + bytes(16)
    )
    assert len(box) == 32
    made = bytearray(data)

    def grow(name: bytes, first: int, inside: int) -> int:
        """Makes the box of this name at or behind a place larger; where its content begins."""
        at = first
        while made[at + 4 : at + 8] != name:
            at += int.from_bytes(made[at : at + 4], "big")
        made[at : at + 4] = (int.from_bytes(made[at : at + 4], "big") + len(box)).to_bytes(4, "big")
        return at + 8 + inside

    place = 0
    for name, inside in ((b"moov", 0), (b"trak", 0), (b"mdia", 0), (b"minf", 0), (b"stbl", 0), (b"stsd", 8)):
        place = grow(name, place, inside)
    entry = int.from_bytes(made[place : place + 4], "big")
    made[place : place + 4] = (entry + len(box)).to_bytes(4, "big")
    made[place + entry : place + entry] = box
    return bytes(made)


def test_dolby_vision_is_told(tmp_path: Path) -> None:
    """As a configuration of the stream, which MP4 and Matroska have; no new picture is encoded for it."""
    plain = tmp_path / "plain.mp4"
    options = {"x265-params": "bframes=0:log-level=none"}
    with av.open(str(plain), "w") as file:
        video: Any = file.add_stream("libx265", rate=25, options=options)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for n in [*range(4), None]:
            for packet in video.encode(None if n is None else picture(64, 48, n)):
                file.mux(packet)
    source = tmp_path / "in.mp4"
    source.write_bytes(with_dolby_vision(plain.read_bytes()))
    heard: list[str] = []
    job = Job(source=source, output=tmp_path / "out.mkv")
    run(check_job(job), picture_by_picture(lambda clip: clip), warn=heard.append, progress=lambda d, t: None)
    assert heard == ["of the picture's side data is not kept: Dolby Vision (configuration)"]
