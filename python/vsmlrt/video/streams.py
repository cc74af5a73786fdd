"""Everything other than the picture: audio, subtitles, chapters, attachments and tags, copied into the new file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

from .comparison import attachment_tags
from .covers import Covers, cover_packets
from .damage import surviving_packets
from .movie_box import Cover
from .opening import open_container
from .sound import SoundEncoder, add_sound
from .span import Span
from .stream_plan import Planned, StreamPlan, Way, add_stream
from .subtitles import SubtitleConverter
from .tags import kept_tags
from .timestamps import BACK, GAP, Jump
from .trial import Trial

type Convert = Callable[[Packet[Any]], Packet[Any] | None]

_LEAD = 10
"""Seconds before the span from which packets are read, to catch those that reach into it."""


class _Clocks:
    """The clocks of the copied streams where the file's clock jumps: each is moved as the picture's was."""

    def __init__(self, jumps: Sequence[Jump]) -> None:
        self.jumps = jumps
        self._passed: dict[int, int] = {}
        self._last: dict[int, Fraction] = {}

    def continue_with(self, packet: Packet[Any]) -> None:
        """Gives the next packet of a stream the time that it has on the picture's clock."""
        if not self.jumps:
            return
        index, start = packet.stream.index, _start(packet)
        passed = self._passed.get(index, 0)
        while passed < len(self.jumps) and self._is_behind(self.jumps[passed], index, start):
            passed += 1
            self._last.pop(index, None)
        self._passed[index], self._last[index] = passed, start
        if passed:
            base = Fraction(packet.time_base.numerator, packet.time_base.denominator)
            by = round(self.jumps[passed - 1].by / base)
            packet.pts = (packet.pts or 0) + by
            packet.dts = None if packet.dts is None else packet.dts + by

    def _is_behind(self, jump: Jump, index: int, start: Fraction) -> bool:
        if jump.forward:  # streams of few packets have gaps of their own
            return start > jump.begins - GAP / 2
        return start < self._last.get(index, start) - BACK


class StreamCopier:
    """Copies the other streams of a file next to its new video stream, packet by packet, in step with the frames.

    Streams are set up on construction, before the header is written, as `plan_streams` found that they can be.
    """

    def __init__(
        self,
        path: Path,
        target: av.container.OutputContainer,
        plan: StreamPlan,
        span: Span,
        jumps: Sequence[Jump] = (),
    ) -> None:
        self._input = open_container(path)
        self._clocks = _Clocks(jumps)
        self._target = target
        self._span = span
        self._routes: dict[int, tuple[av.stream.Stream, Convert | None]] = {}
        self._trials: dict[int, Trial] = {}
        self._sounds: dict[int, SoundEncoder] = {}
        self._covers = Covers(target)
        self._add_covers([self._input.streams[index] for index, one in plan.items() if one.way is Way.COVER])
        for index, planned in plan.items():
            if planned.way is Way.ENCODED:
                self._add_encoded(self._input.streams[index], planned)
            else:
                self._add(self._input.streams[index], planned.way)
        self._add_chapters()
        target.metadata.update(kept_tags(dict(self._input.metadata)))
        self._packets = self._read()
        self._next: Packet[Any] | None = None
        self._begun = False
        self.dropped: dict[int, int] = {}
        """Damaged packets that the new file did not take, by the source's streams."""
        self.unreadable = 0
        """Reads that failed."""
        self._shown: set[int] = set()

    @property
    def covers_for_index(self) -> list[Cover]:
        """Covers that are not streams here but belong into the index of the finished file."""
        return self._covers.for_index

    def advance(self, until: Fraction | None) -> None:
        """Copies the packets that start before ``until`` (source time in seconds); all that are left for None."""
        if not self._begun:
            self._begun = True
            self._covers.write()
            self._next = next(self._packets, None)
        while self._next is not None and (until is None or _start(self._next) < until):
            self._copy(self._next)
            self._next = next(self._packets, None)
        if until is None:
            for index, sound in self._sounds.items():
                self._write(index, sound.finish)
            self._sounds.clear()

    def close(self) -> None:
        """Closes the source file."""
        self._input.close()

    def _add_covers(self, streams: list[Any]) -> None:
        if not streams:
            return
        with open_container(Path(os.fsdecode(self._input.name))) as again:
            for packet in cover_packets(again, [again.streams[stream.index] for stream in streams]):
                self._covers.add(packet)

    def _add(self, stream: Any, way: Way) -> None:
        if way is Way.ATTACHED:
            attached = self._target.add_attachment(stream.name or "attachment", stream.mimetype or "", stream.data)
            attached.metadata.update(attachment_tags(stream))
        if way not in (Way.COPIED, Way.REWRITTEN):
            return
        made = add_stream(self._target, stream, way)
        convert: Convert | None = None
        if way is Way.REWRITTEN:
            convert = SubtitleConverter(stream, made)
        else:
            self._trials[stream.index] = Trial(self._target.format.name, stream)
        self._routes[stream.index] = (made, convert)

    def _add_encoded(self, stream: Any, planned: Planned) -> None:
        made = add_sound(self._target, stream, planned.codec, planned.bitrate)
        made.metadata.update(kept_tags(dict(stream.metadata)))
        made.disposition = stream.disposition
        self._sounds[stream.index] = SoundEncoder(stream, made)
        self._routes[stream.index] = (made, None)

    def _write(self, index: int, encode: Callable[[], list[Packet[Any]]]) -> None:
        """Writes sound that is encoded anew; of a damaged packet what can be decoded of it."""
        try:
            made = encode()
        except (av.FFmpegError, ValueError):
            self.dropped[index] = self.dropped.get(index, 0) + 1
            return
        for packet in made:
            packet.stream = self._routes[index][0]
            self._target.mux_one(packet)

    def _add_chapters(self) -> None:
        chapters: list[Any] = []
        for chapter in self._input.chapters():
            base = Fraction(chapter["time_base"].numerator, chapter["time_base"].denominator)
            kept = self._span.clip(chapter["start"] * base, chapter["end"] * base)
            if kept is not None:
                start, end = (round((side - self._span.back) / base) for side in kept)
                chapters.append({**chapter, "start": start, "end": end})
        if chapters:
            self._target.set_chapters(chapters)

    def _read(self) -> Iterator[Packet[Any]]:
        """The packets of all copied streams that belong to the span, in file order, still at their source time."""
        if not self._routes:
            return
        if self._span.start is not None and not self._clocks.jumps:
            early = max(Fraction(0), self._span.start - _LEAD)
            with contextlib.suppress(av.FFmpegError):
                self._input.seek(int(early * av.time_base), backward=True)
        ended: set[int] = set()
        for packet in surviving_packets(self._input, [self._input.streams[index] for index in self._routes]):
            if packet is None:
                self.unreadable += 1
                continue
            if packet.pts is None or packet.size == 0:
                continue
            self._clocks.continue_with(packet)
            if self._belongs(packet):
                yield packet
            elif self._span.end is not None and _start(packet) >= self._span.end:
                ended.add(packet.stream.index)
                if len(ended) == len(self._routes):
                    return

    def _belongs(self, packet: Packet[Any]) -> bool:
        if packet.stream.type == "video":  # of a second picture, from the first frame inside that stands alone
            if packet.stream.index not in self._shown and packet.is_keyframe and self._span.holds(_start(packet)):
                self._shown.add(packet.stream.index)
            return packet.stream.index in self._shown and (self._span.end is None or _start(packet) < self._span.end)
        if packet.stream.type in ("audio", "data"):
            return self._span.holds(_start(packet))
        return self._span.clip(_start(packet), _start(packet) + _length(packet)) is not None

    def _copy(self, packet: Packet[Any]) -> None:
        target, convert = self._routes[packet.stream.index]
        base = Fraction(packet.time_base.numerator, packet.time_base.denominator)
        if packet.stream.type == "subtitle":
            kept = self._span.clip(_start(packet), _start(packet) + _length(packet))
            assert kept is not None
            if kept[0] != _start(packet) or kept[1] != _start(packet) + _length(packet):
                packet.pts = packet.dts = round(kept[0] / base)
                packet.duration = round((kept[1] - kept[0]) / base)
        if (sound := self._sounds.get(packet.stream.index)) is not None:
            back = round(self._span.back / base)
            packet.pts, packet.dts = (packet.pts or 0) - back, None if packet.dts is None else packet.dts - back
            self._write(packet.stream.index, lambda: sound.encode(packet))
            return
        made = self._converted(packet, convert)
        if made is None:
            return
        back = round(self._span.back / base)
        if back:
            made.pts = (made.pts or 0) - back
            made.dts = None if made.dts is None else made.dts - back
        index = packet.stream.index
        if convert is None and not self._trials[index].takes(made):
            self.dropped[index] = self.dropped.get(index, 0) + 1
            return
        made.stream = target
        self._target.mux_one(made)

    def _converted(self, packet: Packet[Any], convert: Convert | None) -> Packet[Any] | None:
        if convert is None:
            return packet
        try:
            return convert(packet)
        except (av.FFmpegError, ValueError):
            self.dropped[packet.stream.index] = self.dropped.get(packet.stream.index, 0) + 1
            return None


def _start(packet: Packet[Any]) -> Fraction:
    return (packet.pts or 0) * Fraction(packet.time_base.numerator, packet.time_base.denominator)


def _length(packet: Packet[Any]) -> Fraction:
    return (packet.duration or 0) * Fraction(packet.time_base.numerator, packet.time_base.denominator)
