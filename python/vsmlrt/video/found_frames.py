"""The frames of a video file in the order they are shown, by the way that serves the file.

BestSource's index is the usual one. The beginning of a long file is decoded without an index; formats that BestSource
does not decode, odd sizes, joined recordings and damaged files are decoded by FFmpeg from their first frame on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import vapoursynth as vs
from av.codec.codec import find_best_pix_fmt_of_list

from ..errors import UserError
from .damage import Counted, Damage, DecodedLook, PacketCount, find_damage, has_errors
from .errors import ChangingError, reason
from .facts import Facts
from .formats import FORMATS
from .index import count_of, index_of, open_indexed
from .linear import LinearReader, beginning, decoded, linear_clip, plain_format, widened
from .notes import Notes
from .opening import open_container
from .timestamps import NO_TIME, Timeline, make_timeline

OnError = Literal["stop", "skip", "repeat"]

_BEGINNING = 500
"""Frames of which the times are found by decoding them, which for more of them is the work of an index."""


class Look:
    """What only all frames together tell, found while they are used and kept with what is known of the file."""

    def __init__(self, path: Path, stream: int, counting: PacketCount) -> None:
        """Starts looking, unless all is known."""
        self._counting = counting
        counted = counting.result()
        self._known = counted if counted is not None and counted.patched is not None else None
        self._looking = DecodedLook(path, stream) if self._known is None else None

    def result(self) -> tuple[Damage, set[str]]:
        """What the decoder had to patch, and the names of side data that is not kept, when all is decoded."""
        if self._looking is not None:
            patched, side_data = self._looking.result()
            self._counting.decoded(patched, side_data)
            return Damage(concealed=patched), side_data
        assert self._known is not None
        return Damage(concealed=self._known.patched or 0), set(self._known.side_data)

    def end(self) -> None:
        """Stops looking."""
        if self._looking is not None:
            self._looking.end()


@dataclass(frozen=True, kw_only=True)
class FoundFrames:
    """The frames of a file, and what is known of its damage."""

    clip: vs.VideoNode
    timeline: Timeline
    damage: Damage = field(default_factory=Damage)
    look: Look | None = None
    """What is looked for while the frames are used; None where only the beginning was looked at."""


_Opened = tuple[vs.VideoNode, Timeline]


def find_frames(
    path: Path,
    facts: Facts,
    *,
    notes: Notes,
    end: int | None,
    rotate: bool,
    index_folder: Path | None,
    on_error: OnError,
) -> FoundFrames:
    """The frames of the first video stream, turned by the container's display matrix if ``rotate``.

    ``end``, ``index_folder``, ``on_error`` and what is raised are as `open_source` has them.
    """
    if (
        end is not None
        and end <= _BEGINNING
        and not rotate
        and (short := _open_beginning(path, facts, end)) is not None
    ):
        return FoundFrames(clip=short[0], timeline=short[1])
    kept = None if index_folder is None else index_of(path, facts.stream, index_folder)
    counting = PacketCount(path, facts.stream, None if kept is None else count_of(kept))
    wider = widened(facts.pixel_format)
    try:
        found = _open_in_order(path, facts, wider) if wider else _open_whole(path, facts, rotate, index_folder)
    except ChangingError:
        raise
    except UserError:  # too damaged for an index; FFmpeg may still decode a part of it
        damage = _damage_of(path, facts, counting, None, on_error)
        opened = _open_without_index(path, facts, damage, counting, notes)
        if opened is None:
            raise
        found = opened
    else:
        damage = _damage_of(path, facts, counting, found[1], on_error)
    if damage and on_error == "stop":
        raise UserError(f"the video {path} is damaged: {damage.in_words()}")
    clip, timeline = found
    odd = (clip.width, clip.height) != (facts.width, facts.height) and not rotate
    jumps = bool(timeline.jumps)  # frames of one time, which no index tells apart
    if (damage or odd or jumps) and (other := _open_frame_by_frame(path, facts, timeline, damage)) is not None:
        clip, timeline = other
    return FoundFrames(clip=clip, timeline=timeline, damage=damage, look=Look(path, facts.stream, counting))


def _open_without_index(
    path: Path, facts: Facts, damage: Damage, counting: PacketCount, notes: Notes
) -> _Opened | None:
    """The frames of a file that BestSource cannot read; None if FFmpeg decodes none of them either."""
    if damage and (found := _open_frame_by_frame(path, facts, None, damage)) is not None:
        return found
    counted = counting.result()
    if counted is not None and counted.packets == 0:
        raise UserError(f"the video {path} has no frame, only a header; was it cut off?") from None
    if damage or not facts.still:
        return None
    return _open_in_order(path, facts, _nearest(facts, notes))  # BestSource wants to use its ICC profile


def _open_beginning(path: Path, facts: Facts, end: int) -> _Opened | None:
    """The frames before ``end`` and one more, which tells how long the last of them is shown."""
    found = beginning(path, facts.stream, end + 1)
    if found is None:
        return None
    ticks, first = found
    timeline = make_timeline(ticks, facts.time_base, last=facts.last_duration, fps=facts.rate, gaps=facts.clocked)
    return linear_clip(LinearReader(path, facts.stream), first, timeline), timeline


def _nearest(facts: Facts, notes: Notes) -> str | None:
    """The planar format nearest to that of the pictures; None if theirs is planar."""
    name = (facts.pixel_format or "").replace("yuvj", "yuv")
    if name in FORMATS:
        return None
    layout = av.VideoFormat(name)
    if len(layout.components) in (2, 4):
        notes("the transparency of the video is not kept, as its colour profile (ICC) is damaged")
    best, _ = find_best_pix_fmt_of_list(list(FORMATS), name)
    return best.name if best is not None else "gbrp"


def _open_in_order(path: Path, facts: Facts, converted: str | None) -> _Opened:
    """The frames of a file that BestSource does not decode, brought to a format that clips have."""
    try:
        ticks = [NO_TIME if frame.pts is None else frame.pts for frame in decoded(path, facts.stream)]
        timeline = make_timeline(ticks, facts.time_base, last=facts.last_duration, fps=facts.rate, gaps=facts.clocked)
        reader = LinearReader(path, facts.stream, converted=converted)
        return linear_clip(reader, reader.frame(0), timeline), timeline
    except (av.FFmpegError, OSError, IndexError) as error:
        raise UserError(f"the video {path} cannot be decoded: {reason(error)}") from error


def _open_whole(path: Path, facts: Facts, rotate: bool, folder: Path | None) -> _Opened:
    answer = open_indexed(path, track=facts.stream, rotate=rotate, folder=folder)
    clip: vs.VideoNode = answer["clip"]
    if clip.width == 0 or clip.height == 0 or clip.format.id == vs.NONE:
        raise ChangingError(
            f"the video {path} changes its size or pixel format on the way; "
            "only videos of one size and format can be processed, so split it at the change first"
        )
    ticks = [int(tick) for tick in _as_list(answer["timestamps"])]
    base = Fraction(int(answer["timebasenum"]), int(answer["timebaseden"]))
    timeline = make_timeline(ticks, base, last=facts.last_duration, fps=clip.fps or None, gaps=facts.clocked)
    if NO_TIME in ticks:  # frames that were counted, the first of which is shown when the container says
        timeline = timeline.in_units_of(facts.time_base).moved(facts.first)
    return clip, timeline


def _damage_of(path: Path, facts: Facts, counting: PacketCount, timeline: Timeline | None, on_error: OnError) -> Damage:
    """What cannot be decoded, looked for where the packets do not fit the frames of the index."""
    counted = counting.result()
    if counted is not None and timeline is not None:
        known = counted.patched == 0 or (counted.patched is None and on_error != "stop")
        if counted.fits(len(timeline), round(timeline.time(0) / facts.time_base)) and known:
            return Damage()
        named = counted.complaints or counted.missing or counted.cut or counted.patched
        if not named and not has_errors(path, facts.stream):
            counting.is_whole()
            return Damage()
    told = counted or Counted(packets=0, complaints=0, missing=0)
    repeat = on_error == "repeat"
    found = find_damage(path, facts.stream, told, repeat=repeat, gaps=facts.clocked)
    if found.jumps and not replace(found, complaints=0):
        with open_container(path) as file:  # where recordings were joined, each stream misses what would be next
            found.complaints = max(0, found.complaints - len(found.jumps) * len(file.streams))
    return found


def _open_frame_by_frame(path: Path, facts: Facts, timeline: Timeline | None, damage: Damage) -> _Opened | None:
    """The frames as FFmpeg decodes them one after the other; None where they have to be converted or have no times."""
    if not damage:
        assert timeline is not None
        reader = LinearReader(path, facts.stream)
        first = reader.frame(0)
        if plain_format(first) is None or first.interlaced_frame:
            return None
        return linear_clip(reader, first, timeline), timeline
    if damage.first is None or plain_format(damage.first) is None or not damage.shown:
        return None
    ticks, numbers = [list(column) for column in zip(*damage.shown, strict=True)]
    made = make_timeline(
        ticks, facts.time_base, last=facts.last_duration, fps=timeline.rate if timeline else facts.rate
    )
    made = replace(made, jumps=damage.jumps)
    return linear_clip(LinearReader(path, facts.stream, damaged=True), damage.first, made, numbers), made


def _as_list(value: Any) -> list[Any]:
    return list(value) if hasattr(value, "__iter__") else [value]
