"""Opening a video file: its frames through BestSource, everything else about it through FFmpeg."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import vapoursynth as vs

from ..errors import UserError
from .colour import Colour, read_colour
from .hdr import Hdr, read_hdr
from .index import open_indexed
from .linear import LinearReader, beginning, linear_clip
from .notes import Notes
from .opening import open_container
from .tags import shared_name
from .timestamps import NO_TIME, Timeline, make_timeline

_BEGINNING = 500
"""Frames of which the times are found by decoding them, which for more of them is the work of an index."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the container says about a video file and its first video stream."""

    stream: int
    sample_aspect: Fraction | None
    display_matrix: tuple[int, ...] | None
    metadata: dict[str, str]
    language_tags: dict[str, str]
    disposition: int
    last_duration: int | None
    start: Fraction
    time_base: Fraction
    rate: Fraction | None
    """Frames a second as the container tells them, on average."""
    transparent: bool
    """Whether the stream says that it has a second picture of its transparency, as VP8 and VP9 store it."""

    @property
    def turned(self) -> bool:
        """Whether the display matrix swaps width and height."""
        return self.display_matrix is not None and self.display_matrix[0] == 0


@dataclass(frozen=True, kw_only=True)
class Source:
    """An opened video: a clip of constant format and size, and when and how its frames are shown."""

    path: Path
    clip: vs.VideoNode
    timeline: Timeline
    colour: Colour
    hdr: Hdr
    facts: Facts


def open_source(
    path: Path,
    facts: Facts,
    *,
    notes: Notes,
    rotate: bool = False,
    end: int | None = None,
    index_folder: Path | None = None,
) -> Source:
    """Opens the first video stream of a file, of which `read_facts` gave the facts.

    ``rotate`` turns the frames as the container's display matrix says; otherwise they stay as they are coded and the
    matrix is in the facts. ``end`` tells that no frame from that number on is needed: if that is near the beginning,
    the clip is made of the frames before it and one more, and the rest of the file is not looked at. ``index_folder``
    is where what is learned of the whole file is kept. ``notes`` gets one sentence for each thing that will not come
    out as it is in the file. Raises UserError in one sentence if the file cannot be read, holds no video, or changes
    size or format on the way.
    """
    turned = rotate and facts.display_matrix is not None
    found = None if end is None or end > _BEGINNING or turned else _open_beginning(path, facts, end)
    clip, timeline = found or _open_whole(path, facts, rotate, index_folder)
    props = clip.get_frame(0).props
    _name_losses(facts, props, notes)
    return Source(path=path, clip=clip, timeline=timeline, colour=read_colour(props), hdr=read_hdr(props), facts=facts)


def _open_beginning(path: Path, facts: Facts, end: int) -> tuple[vs.VideoNode, Timeline] | None:
    """The frames before ``end`` and one more, which tells how long the last of them is shown."""
    found = beginning(path, facts.stream, end + 1)
    if found is None:
        return None
    ticks, first = found
    timeline = make_timeline(ticks, facts.time_base, last=facts.last_duration, fps=facts.rate)
    return linear_clip(LinearReader(path, facts.stream), first, timeline), timeline


def _open_whole(path: Path, facts: Facts, rotate: bool, folder: Path | None) -> tuple[vs.VideoNode, Timeline]:
    answer = open_indexed(path, track=facts.stream, rotate=rotate, folder=folder)
    clip: vs.VideoNode = answer["clip"]
    if clip.width == 0 or clip.height == 0 or clip.format.id == vs.NONE:
        raise UserError(
            f"the video {path} changes its size or pixel format on the way; "
            "only videos of one size and format can be processed, so split it at the change first"
        )
    ticks = [int(tick) for tick in _as_list(answer["timestamps"])]
    base = Fraction(int(answer["timebasenum"]), int(answer["timebaseden"]))
    return clip, make_timeline(ticks, base, last=facts.last_duration, fps=clip.fps or None)


def _name_losses(facts: Facts, props: Mapping[str, Any], notes: Notes) -> None:
    if facts.transparent or "_Alpha" in props:
        notes("the transparency of the video is not kept", "picture: transparency")
    if field := int(props.get("_FieldBased", 0)):
        notes(
            f"the video is interlaced ({'bottom' if field == 1 else 'top'} field first) and is processed as if it were "
            "not, and OUT does not say that it is; deinterlace it first for a clean result",
            "picture: field order",
        )


def read_facts(path: Path) -> Facts:
    """What the container says, without decoding; UserError if it cannot be read or holds no video."""
    with open_container(path) as container:
        pictures = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        if not pictures:
            kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "none"
            raise UserError(f"{path} has no video stream (its streams: {kinds})")
        stream = pictures[0]
        aspect = stream.sample_aspect_ratio
        matrix = stream.codec_context.coded_side_data.get("display_matrix")
        start = container.start_time
        clocked = container.format.name in ("mpegts", "mpeg") and start is not None and start != NO_TIME
        return Facts(
            stream=stream.index,
            sample_aspect=Fraction(aspect.numerator, aspect.denominator) if aspect else None,
            display_matrix=struct.unpack("9i", matrix) if matrix else None,
            metadata=dict(container.metadata),
            language_tags=dict(stream.metadata),
            disposition=int(stream.disposition),
            last_duration=_last_duration(container, stream),
            start=Fraction(start, av.time_base) if clocked else Fraction(0),
            time_base=Fraction(stream.time_base.numerator, stream.time_base.denominator),
            rate=Fraction(rate.numerator, rate.denominator) if (rate := stream.average_rate) else None,
            transparent="alpha_mode" in {shared_name(key) for key in stream.metadata},
        )


def _last_duration(container: av.container.InputContainer, stream: av.VideoStream) -> int | None:
    """The duration of the frame shown last, read from the last packets of the file; None where the file has none."""
    if container.size == 0 or not stream.duration:
        end = container.duration or 0
    else:
        end = int(((stream.start_time or 0) + stream.duration) * stream.time_base * av.time_base)
    try:
        container.seek(max(0, end - 2 * av.time_base), backward=True)
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
    except (av.FFmpegError, OSError):
        return None
    last = max(packets, key=lambda packet: packet.pts or 0, default=None)
    return last.duration or None if last is not None else None


def _as_list(value: Any) -> list[Any]:
    return list(value) if hasattr(value, "__iter__") else [value]
