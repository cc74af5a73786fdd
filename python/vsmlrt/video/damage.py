"""Damaged and truncated videos: what of them cannot be decoded, and what is shown instead.

Nobody can tell damage without decoding, which an index has done once already. So packets are only counted at first;
where their number does not fit the index, or the demuxer complained, all is decoded once more, and errors are counted.
What a decoder patches without a packet being amiss changes no frame of the result, and is looked for meanwhile.
"""

from __future__ import annotations

import bisect
import contextlib
import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.logging

from .. import held
from ..errors import UserError
from .comparison import unkept_side_data_of
from .container_end import is_cut, is_cut_avi
from .opening import all_threads, open_container
from .timestamps import Continued, Jump

_SLACK = Fraction(1, 2)
"""Seconds by which a container may be wrong about its length."""

_LEADING = 17
"""The first packet, and as many as may be shown before it."""

_ENDS = {"mpegts": is_cut, "avi": is_cut_avi}
"""What tells that a file was cut, where neither its packets nor its length do."""

SHAPE_CHANGES = "picture: another shape of its pixels from some frame on"
FIELDS_BEGIN = "picture: fields of frames behind the first"
"""What may change in the middle, by names such as those of side data."""

_MOST_FAILURES = 1000
"""Failed reads in a row after which a file is taken to have ended."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a file's packets tell without being decoded."""

    packets: int
    complaints: int
    """Packets that are marked as corrupt, and errors of the demuxer."""
    missing: int
    """Frames that the container tells of in addition to those that are there."""
    leading: tuple[int, ...] = ()
    """Times of the first packets in the order in which they are decoded."""
    whole: bool = False
    """Whether all was decoded once without an error."""
    cut: bool = False
    """Whether the file ends inside of a packet."""
    patched: int | None = None
    """Frames that the decoder patches, where they were counted."""
    side_data: tuple[str, ...] = ()
    """Names of the side data that some of the frames have and no new picture has."""

    def fits(self, frames: int, first: int) -> bool:
        """Whether so many frames, the first at this tick, are all that there is.

        Packets behind the first that are shown before it belong to frames that are not there; no decoder gives them.
        """
        if self.complaints or self.missing or self.cut:
            return False
        opens = bool(self.leading) and self.leading[0] == first
        early = sum(1 for time in self.leading if time < first) if opens else 0
        return self.whole or self.packets - early == frames


@dataclass(kw_only=True)
class Damage:
    """What cannot be decoded, and what there is instead.

    ``shown`` has a frame's tick and its number among the frames that can be decoded, for every frame that is to be
    shown; a frame that is shown in another's place comes twice. ``first`` is the first frame.
    """

    undecodable: int = 0
    concealed: int = 0
    """Frames that the decoder has patched."""
    missing: int = 0
    complaints: int = 0
    cut: bool = False
    first: Any = None
    shown: list[tuple[int, int]] = field(default_factory=list)
    jumps: tuple[Jump, ...] = ()
    """As those of a timeline."""

    def __bool__(self) -> bool:
        return bool(self.undecodable or self.concealed or self.missing or self.complaints or self.cut)

    @property
    def frames(self) -> int:
        """Frames that could not be decoded, those among them that are not there at all."""
        return self.undecodable + self.missing

    def in_words(self) -> str:
        """What a person is told, such as: 3 frames could not be decoded, 2 frames patched by the decoder."""
        told = [
            (self.undecodable, "that cannot be decoded"),
            (self.missing, "missing at the end"),
            (self.concealed, "patched by the decoder"),
        ]
        found = [f"{count} frame{'' if count == 1 else 's'} {what}" for count, what in told if count]
        if self.cut:
            found.append("the file ends in the middle of a packet")
        return ", ".join(found) or "parts of the file cannot be read"


def write_whole(path: Path, data: bytes) -> None:
    """Writes a small file that nobody finds half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".making-", delete=False) as file:
        file.write(data)
    held.replace(file.name, path)


class PacketCount:
    """Counts a file's packets in a thread of its own, while something else looks through the file as well."""

    def __init__(self, path: Path, stream: int, kept: Path | None = None) -> None:
        """Starts counting; ``kept`` is a file that has, or gets, the result."""
        self._kept = kept
        self._result: Counted | None = None
        if kept is not None and kept.is_file():
            with contextlib.suppress(OSError, ValueError, TypeError):
                self._result = Counted(**json.loads(kept.read_text()))
                self._thread: threading.Thread | None = None
                return
        self._thread = threading.Thread(target=self._count, args=(path, stream), name="count", daemon=True)
        self._thread.start()

    def result(self) -> Counted | None:
        """The count; None where the file cannot be read to its end by FFmpeg."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._keep()
        return self._result

    def is_whole(self) -> None:
        """Remembers that all was decoded without an error."""
        self._learn(whole=True)

    def decoded(self, patched: int, side_data: set[str]) -> None:
        """Remembers how many frames the decoder patches, and what they have with them."""
        self._learn(patched=patched, side_data=tuple(sorted(side_data)))

    def _learn(self, **learned: Any) -> None:
        if self._result is not None:
            self._result = replace(self._result, **learned)
            self._keep()

    def _keep(self) -> None:
        if self._kept is not None and self._result is not None:
            with contextlib.suppress(OSError):
                write_whole(self._kept, json.dumps(asdict(self._result)).encode())

    def _count(self, path: Path, stream: int) -> None:
        packets = complaints = 0
        leading: list[int] = []
        end = Fraction(0)
        before = av.logging.get_level()
        if before is None or before < av.logging.ERROR:
            av.logging.set_level(av.logging.ERROR)
        try:
            with av.logging.Capture(local=True) as lines, open_container(path) as file:
                picture = file.streams[stream]
                for packet in surviving_packets(file, list(file.streams)):
                    if packet is None:
                        complaints += 1
                        continue
                    if packet.pts is not None:
                        base = Fraction(packet.time_base.numerator, packet.time_base.denominator)
                        end = max(end, (packet.pts + (packet.duration or 0)) * base)
                    if packet.stream.index == stream and packet.size and not packet.is_discard:
                        packets += 1
                        if packet.pts is not None and len(leading) < _LEADING:
                            leading.append(packet.pts)
                    complaints += packet.is_corrupt
                complaints += sum(1 for level, of, _ in lines if level <= av.logging.ERROR and of == file.format.name)
                self._result = Counted(
                    packets=packets,
                    complaints=complaints,
                    missing=_missing(file, picture, packets, end),
                    leading=tuple(leading),
                    cut=_ENDS[file.format.name](path) if file.format.name in _ENDS else False,
                )
        except Exception:  # a file that FFmpeg gives up on is the index's business
            self._result = None
        finally:
            av.logging.set_level(before)


def _missing(file: Any, picture: Any, packets: int, end: Fraction) -> int:
    """Frames that should be there: by an MP4's index, which says where each is, or by the length that the file says."""
    if "mp4" in file.format.name:
        return sum(1 for entry in picture.index_entries if entry.pos + entry.size > file.size)
    if not file.duration or not end or not any(name in file.format.name for name in ("matroska", "flv")):
        return 0
    start = max(Fraction(0), Fraction(file.start_time or 0, av.time_base))
    lost = Fraction(file.duration, av.time_base) - end
    allowed = max(_SLACK, Fraction(file.duration, 100 * av.time_base))
    return round(lost * packets / (end - start)) if lost > allowed and end > start else 0


def surviving_packets(file: Any, streams: list[Any]) -> Iterator[Any]:
    """The packets of some streams, and None for each failed read, behind which it goes on."""
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            for packet in file.demux(streams):
                failures = 0
                yield packet
            return
        except (av.FFmpegError, OSError):
            failures += 1
            yield None


def surviving_frames(path: Path, stream: int) -> Iterator[tuple[Any, int | None]]:
    """Each frame that can be decoded, with None; and (None, its time) for each packet that cannot.

    A frame of another size than the first is of no use
    either. Frames come in the order in which they are shown, the others when they are met. One frame after the other is
    decoded, so that errors are those of their packets, and the same ones every time.
    """
    first: tuple[int, int, str] | None = None
    with open_container(path) as file:
        picture: Any = file.streams[stream]
        picture.thread_type = "SLICE"
        for packet in surviving_packets(file, [picture]):
            if packet is None:
                continue
            try:
                frames = picture.codec_context.decode(packet if packet.size else None)
            except (av.FFmpegError, ValueError):
                yield None, packet.pts
                continue
            for frame in frames:
                shape = (frame.width, frame.height, frame.format.name)
                first = first or shape
                yield (frame, None) if shape == first else (None, frame.pts)


def has_errors(path: Path, stream: int) -> bool:
    """Whether a decoder complains anywhere; with all threads, since it is the answer no that takes the whole file."""
    try:
        with open_container(path) as file, all_threads(file, stream) as picture:
            return any(frame.is_corrupt for frame in file.decode(picture))
    except (av.FFmpegError, OSError, ValueError):
        return True


class DecodedLook:
    """Looks at every decoded frame in a thread of its own, while the frames are used for something else.

    It counts those that the decoder patches and gathers the names of side data, which captions have from where they
    begin.
    """

    _THREADS = 2  # The work on the frames takes longer than decoding them, and needs the others.

    def __init__(self, path: Path, stream: int) -> None:
        """Starts looking."""
        self._patched = 0
        self._side_data: set[str] = set()
        self._first: tuple[Fraction, bool] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(path, stream), name="look", daemon=True)
        self._thread.start()

    def result(self) -> tuple[int, set[str]]:
        """How many frames are patched, and the names of side data, when all is decoded."""
        self._thread.join()
        return self._patched, self._side_data

    def end(self) -> None:
        """Stops looking: nobody will ask."""
        self._ended.set()
        self._thread.join()

    def _look(self, path: Path, stream: int) -> None:
        with (
            contextlib.suppress(av.FFmpegError, OSError, UserError),
            open_container(path) as file,
            all_threads(file, stream) as picture,
        ):
            picture.codec_context.thread_count = self._THREADS
            for packet in surviving_packets(file, [picture]):
                if self._ended.is_set():
                    return
                if packet is None:
                    continue
                try:
                    frames = picture.codec_context.decode(packet if packet.size else None)
                except (av.FFmpegError, ValueError):
                    self._patched += 1
                else:
                    for frame in frames:
                        self._patched += frame.is_corrupt
                        self._side_data |= unkept_side_data_of(frame)
                        self._changes(picture.codec_context, frame)

    def _changes(self, context: Any, frame: Any) -> None:
        """Notes what is another thing than it was of the first frame, and that OUT tells of the whole."""
        aspect = context.sample_aspect_ratio
        told = (Fraction(aspect.numerator, aspect.denominator) if aspect else Fraction(1), frame.interlaced_frame)
        self._first = self._first or told
        if told[0] != self._first[0]:
            self._side_data.add(SHAPE_CHANGES)
        if told[1] and not self._first[1]:
            self._side_data.add(FIELDS_BEGIN)


def find_damage(path: Path, stream: int, told: Counted, *, repeat: bool, gaps: bool = False) -> Damage:
    """Decodes a file and notes what of it cannot be; ``repeat`` shows the frame before in place of one that cannot.

    ``gaps`` is that of `Continued`.
    """
    found = Damage(missing=told.missing, complaints=told.complaints, cut=told.cut)
    failed: list[int] = []
    decoded: list[tuple[int, int]] = []
    number = 0
    clock: Continued | None = None
    for frame, time in surviving_frames(path, stream):
        if frame is None:
            found.undecodable += 1
            if time is not None:
                failed.append(time if clock is None else clock.read(time))
            continue
        clock = clock or Continued(Fraction(frame.time_base.numerator, frame.time_base.denominator), gaps=gaps)
        found.first = found.first or frame
        found.concealed += frame.is_corrupt
        if frame.pts is not None:
            decoded.append((clock.read(frame.pts), number))
        number += 1
    if clock is not None:
        found.jumps = tuple(clock.jumps)
    found.shown = sorted(decoded)
    if repeat and decoded:
        found.shown = _filled(found.shown, failed)
    return found


def _filled(shown: list[tuple[int, int]], failed: list[int]) -> list[tuple[int, int]]:
    """With the frame before once more at each time whose frame failed; nothing stands before the first frame."""
    times = {tick for tick, _ in shown}
    made = list(shown)
    for time in sorted(set(failed) - times):
        after = bisect.bisect_left(shown, (time, 0))
        if after:
            made.append((time, shown[after - 1][1]))
    return sorted(made)
