"""Small videos made on the spot, for what the real clips do not have."""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

TICKS = Fraction(1, 12800)

_made: dict[str, bytes] = {}
"""Videos by what they were asked to be."""


def picture(width: int, height: int, n: int, pixel_format: str = "yuv420p") -> Any:
    """A gradient that moves with ``n``."""
    frame = av.VideoFrame(width, height, pixel_format)
    for index, plane in enumerate(frame.planes):
        deep = pixel_format.endswith("le")
        lines = np.frombuffer(plane, np.uint16 if deep else np.uint8).reshape(plane.height, -1)
        x, y = np.arange(lines.shape[1]), np.arange(lines.shape[0])[:, None]
        lines[:] = ((x + y + 5 * n) % 200 + 20 if index == 0 else 128 + 0 * (x + y)) << (2 if deep else 0)
    return frame


def make_video(path: Path, ticks: list[int], **options: Any) -> Path:
    """A video as `_encode_video` makes it, which encodes one that is asked for again and again only once."""
    asked = repr((path.suffix, ticks, sorted(options.items())))
    if asked in _made:
        path.write_bytes(_made[asked])
    else:
        _encode_video(path, ticks, **options)
        _made[asked] = path.read_bytes()
    return path


def _encode_video(
    path: Path,
    ticks: list[int],
    *,
    last: int = 512,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    audio: bool = False,
    subtitles: list[tuple[int, int, str]] | None = None,
    attachment: bool = False,
    chapters: Any = None,
    colour: dict[str, int] | None = None,
    aspect: Fraction | None = None,
    rotation: int | None = None,
) -> None:
    """A video whose frames appear at ``ticks`` (1/12800 s), the last one shown for ``last``.

    ``subtitles`` are (start, length, text) in milliseconds.
    """
    with av.open(str(path), "w") as file:
        file.metadata["title"] = "A title"
        video: Any = file.add_stream(codec, rate=25)
        context = video.codec_context
        context.width, context.height, context.pix_fmt = *size, pixel_format
        context.time_base = video.time_base = TICKS
        video.metadata["language"] = "jpn"
        if codec == "libx265":
            context.options["x265-params"] = "log-level=error"
        for name, value in (colour or {}).items():
            setattr(context, name, value)
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        if rotation is not None:
            video.set_display_rotation(rotation)
        sound: Any = file.add_stream("aac", rate=48000) if audio else None
        if sound is not None:
            sound.metadata["language"] = "fra"
        text: Any = file.add_mux_stream("subrip") if subtitles else None
        if text is not None:
            text.metadata.update(language="deu", title="Untertitel")
        if attachment:
            file.add_attachment("note.txt", "text/plain", b"some bytes")
        if chapters:
            file.set_chapters(chapters)
        _fill(file, video, ticks, last, size, pixel_format)
        if sound is not None:
            _sound(file, sound, (ticks[-1] + last) * TICKS)
        for start, length, words in subtitles or []:
            packet: Any = av.Packet(words.encode())
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts = packet.dts = start
            packet.duration = length
            file.mux(packet)


def _fill(file: Any, video: Any, ticks: list[int], last: int, size: tuple[int, int], pixel_format: str) -> None:
    ends = [*ticks[1:], ticks[-1] + last]
    durations = {tick: end - tick for tick, end in zip(ticks, ends, strict=True)}
    for n, tick in enumerate(ticks):
        frame = picture(*size, n, pixel_format)
        frame.pts, frame.time_base = tick, TICKS
        packets = video.encode(frame)
        for packet in packets:
            packet.duration = durations[packet.pts]
        file.mux(packets)
    for packet in video.encode(None):
        packet.duration = durations[packet.pts]
        file.mux(packet)


def _sound(file: Any, stream: Any, seconds: Fraction) -> None:
    rng = np.random.default_rng(7)
    for n in range(int(seconds * 48000) // 1024):
        noise = (0.1 * rng.standard_normal((2, 1024))).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, n * 1024, Fraction(1, 48000)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def make_sound(path: Path) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as file:
        _sound(file, file.add_stream("aac", rate=48000), Fraction(1, 2))
    return path


def make_changing_video(path: Path) -> Path:
    """A video that changes its size after ten frames."""
    with av.open(str(path), "w", format="mpegts") as file:
        stream: Any = file.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        other: Any = av.CodecContext.create("mpeg2video", "w")
        other.width, other.height, other.pix_fmt, other.time_base = 160, 128, "yuv420p", Fraction(1, 25)
        count = 0
        for context in (stream.codec_context, other):
            for n in [*range(10), None]:
                frame = None if n is None else picture(context.width, context.height, n)
                if frame is not None:
                    frame.pts, frame.time_base = n, Fraction(1, 25)
                for packet in context.encode(frame):
                    packet.stream, packet.time_base = stream, Fraction(1, 90000)
                    packet.pts = packet.dts = 3600 * count
                    count += 1
                    file.mux(packet)
    return path


def packets(path: Path, kind: str, index: int = 0) -> list[tuple[int, int, Fraction, bytes]]:
    """(time, duration, time base, bytes) of every packet of one stream, in the order of their times."""
    with av.open(str(path)) as file:
        stream = [one for one in file.streams if one.type == kind][index]
        found = [p for p in file.demux(stream) if p.pts is not None and p.size]
        base = Fraction(stream.time_base.numerator, stream.time_base.denominator)
        return sorted((p.pts or 0, p.duration or 0, base, bytes(p)) for p in found)


def end_of(path: Path) -> Fraction:
    """When the picture ends: for MP4 and MOV by the edit list, which alone says it where frames are reordered."""
    if path.suffix not in (".mp4", ".mov"):
        return times(path)[-1]
    data = path.read_bytes()
    at = data.index(b"mvhd") + 16
    (ticks_a_second,) = struct.unpack_from(">I", data, at)
    track = next(n for n in _places(data, b"trak") if b"vide" in data[n : n + 1000])
    entries = data.index(b"elst", track) + 8
    (count,) = struct.unpack_from(">I", data, entries)
    lengths = [struct.unpack_from(">I", data, entries + 4 + 12 * n)[0] for n in range(count)]
    return Fraction(sum(lengths), ticks_a_second)


def _places(data: bytes, name: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(name), data)]


def times(path: Path) -> list[Fraction]:
    """When each frame is shown, and when the last one ends, in seconds."""
    found = packets(path, "video")
    return [start * base for start, _, base, _ in found] + [(found[-1][0] + found[-1][1]) * found[-1][2]]


def make_uneven(source: Path, path: Path, kept: tuple[int, ...] = (0, 1, 4, 5, 7)) -> Path:
    """A variable-rate video: of every eight frames of a real one those at `kept`, at their own times, and its sound."""
    with av.open(str(source)) as before, av.open(str(path), "w") as file:
        video: Any = file.add_stream("libx264", rate=25)
        old: Any = before.streams.video[0]
        context = video.codec_context
        context.width, context.height, context.pix_fmt = old.width, old.height, "yuv420p"
        context.time_base = video.time_base = old.time_base
        context.options.update(crf="35", preset="ultrafast")
        sounds = {stream.index: file.add_stream_from_template(stream) for stream in before.streams.audio}
        count = 0
        for packet in before.demux():
            if packet.stream.type == "audio" and packet.size:
                packet.stream = sounds[packet.stream.index]
                file.mux(packet)
            elif packet.stream.type == "video":
                for decoded in packet.decode():
                    frame: Any = decoded
                    if count % 8 in kept:
                        frame.pict_type = av.video.frame.PictureType.NONE
                        file.mux(video.encode(frame))
                    count += 1
        file.mux(video.encode(None))
    return path
