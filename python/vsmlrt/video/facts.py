"""What a container says about a video file and its first video stream, without decoding it."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av

from ..errors import UserError
from .comparison import is_cover
from .heif import chosen, is_heif
from .opening import open_container
from .orientation import Matrix, swaps
from .side_data import matrix_of
from .tags import shared_name
from .timestamps import NO_TIME

_STILL = (
    *("apng", "avif", "bmp", "dpx", "gif", "jpeg2000", "jpegls", "jpegxl", "jpegxl_anim", "ljpeg", "mjpeg", "pam"),
    *("pbm", "pcx", "pgm", "pgmyuv", "png", "ppm", "psd", "qoi", "sgi", "sunrast", "targa", "tiff", "webp", "xwd"),
)
"""FFmpeg's names of codecs of still pictures, whose samples are of full range and which photographs turn by EXIF."""

_TELL_TURNS = ("h264", "hevc", "vvc")
"""Codecs of video whose frames may say that they are to be turned."""

_FIRST_PACKETS = 64
"""Packets that a first frame is looked for in."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the container says about a video file and its first video stream."""

    stream: int
    sample_aspect: Fraction | None
    display_matrix: Matrix | None
    frames_turn: bool
    """Whether the matrix is told by the frames, as by those of photographs, and not by the container."""
    still: bool
    """Whether the pictures are coded as still ones are."""
    metadata: dict[str, str]
    language_tags: dict[str, str]
    disposition: int
    last_duration: int | None
    clocked: bool
    """Whether times are those of a broadcaster's clock."""
    start: Fraction
    """When that clock begins, which is not kept; 0 elsewhere."""
    first: Fraction
    """When the container says that the stream begins."""
    width: int
    height: int
    time_base: Fraction
    rate: Fraction | None
    """Frames a second as the container tells them, on average."""
    pixel_format: str | None
    """FFmpeg's name of it, where the container knows."""
    transparent: bool
    """Whether the stream says that it has a second picture of its transparency, as VP8 and VP9 store it."""
    alpha_stream: int | None
    """The stream of the transparency, as AVIF and HEIC store it."""

    @property
    def turned(self) -> bool:
        """Whether the display matrix swaps width and height."""
        return self.display_matrix is not None and swaps(self.display_matrix)

    @property
    def full_range(self) -> bool:
        """Whether the samples are of full range where nothing is said of it: of still pictures, and of one bit."""
        return self.still or (self.pixel_format or "").startswith("mono")


def read_facts(path: Path) -> Facts:
    """What the container says, without decoding; UserError if it cannot be read or holds no video."""
    with open_container(path) as container:
        pictures = [s for s in container.streams.video if s.codec_context is not None and not is_cover(s)]
        if not pictures:
            if any(is_cover(stream) for stream in container.streams):
                raise UserError(f"{path} has no video stream; its only picture is a cover")
            if any(stream.type == "video" for stream in container.streams):
                raise UserError(f"{path} is coded in a format that no decoder here reads; convert it first")
            kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "none"
            raise UserError(f"{path} has no video stream (its streams: {kinds})")
        stream, alpha = chosen(path, pictures) if is_heif(container) else (pictures[0], None)
        aspect = stream.sample_aspect_ratio
        coded = stream.codec_context.coded_side_data.get("display_matrix")
        kind = stream.codec_context.codec.canonical_name
        told = None if coded or kind not in (*_STILL, *_TELL_TURNS) else _matrix_of_frames(path, stream.index)
        start = container.start_time
        clocked = container.format.name in ("mpegts", "mpeg") and start is not None and start != NO_TIME
        return Facts(
            stream=stream.index,
            sample_aspect=Fraction(aspect.numerator, aspect.denominator) if aspect else None,
            display_matrix=struct.unpack("9i", coded) if coded else told,
            frames_turn=told is not None,
            still=kind in _STILL,
            metadata=dict(container.metadata),
            language_tags=dict(stream.metadata),
            disposition=int(stream.disposition),
            last_duration=_last_duration(path, container, stream),
            clocked=clocked,
            start=Fraction(start, av.time_base) if clocked else Fraction(0),
            first=(stream.start_time or 0) * Fraction(stream.time_base.numerator, stream.time_base.denominator),
            width=stream.width,
            height=stream.height,
            time_base=Fraction(stream.time_base.numerator, stream.time_base.denominator),
            rate=Fraction(rate.numerator, rate.denominator) if (rate := stream.average_rate) else None,
            pixel_format=stream.codec_context.format.name if stream.codec_context.format else None,
            transparent="alpha_mode" in {shared_name(key) for key in stream.metadata},
            alpha_stream=alpha,
        )


def _matrix_of_frames(path: Path, stream: int) -> Matrix | None:
    """The display matrix that the first frame tells; None if it tells none or cannot be decoded."""
    with open_container(path) as file, suppress(av.FFmpegError, OSError, ValueError):
        picture: Any = file.streams[stream]
        picture.thread_type, picture.codec_context.thread_count = "NONE", 1  # one frame needs no threads to wait for
        for packet in islice(file.demux(picture), _FIRST_PACKETS):
            for frame in packet.decode():
                return matrix_of(frame)
    return None


def _timed(container: av.container.InputContainer, stream: Any) -> list[Any]:
    return [packet for packet in container.demux(stream) if packet.pts is not None]


def _last_duration(path: Path, container: av.container.InputContainer, stream: av.VideoStream) -> int | None:
    """The duration of the frame shown last, read from the last packets of the file; None where the file has none."""
    if container.size == 0 or not stream.duration:
        end = container.duration or 0
    else:
        end = int(((stream.start_time or 0) + stream.duration) * stream.time_base * av.time_base)
    packets: list[Any] = []
    with suppress(av.FFmpegError, OSError):
        container.seek(max(0, end - 2 * av.time_base), backward=True)
        packets = _timed(container, stream)
    if not packets:  # what is not sought in well, such as WebP, is read from its beginning
        with open_container(path) as again, suppress(av.FFmpegError, OSError):
            packets = _timed(again, again.streams[stream.index])
    last = max(packets, key=lambda packet: packet.pts or 0, default=None)
    return last.duration or None if last is not None else None
