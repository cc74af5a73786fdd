"""Encoding a video in segments that are each finished on the disk, and joining them without encoding again.

The encoder is opened anew for each segment, so a segment depends on its own frames alone: one that was made after a
power cut is the one that would have been made before it. Times are not taken from the segments' files but from the
timeline, by the order in which frames are shown.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import vapoursynth as vs
from av.packet import Packet

from .. import held
from .encoder import takes_codec
from .errors import FieldError
from .job_folder import Finished, JobFolder, Segment, size_and_digest
from .notes import Notes
from .opening import open_container
from .output import QuietFile
from .picture import Picture, add_picture, disk_errors, encodable, encoder_errors, start
from .timestamps import Timeline
from .writer import VideoFile

SECONDS = 10.0
"""Length of a segment where none is asked for: what is lost at most, and as often a frame that depends on no other."""


LONGEST = 1_000_000
"""Seconds of a segment at most, which no video is long."""

_MOST_REORDERED = 64
"""Frames that an encoder moves behind others at most; H.265 allows 16."""


def cut(timeline: Timeline, seconds: float) -> list[Segment]:
    """The segments of a timeline: each begins with the first frame at or after a multiple of that time.

    The last one is as long as half of it at least, if there is more than one. ``seconds`` 0 cuts nothing.
    """
    length = Fraction(seconds).limit_denominator(1_000_000) / timeline.time_base
    starts = [0]
    if length > 0:
        after = timeline.ticks[0] + length
        while after + length / 2 <= timeline.ticks[-1] + timeline.last:
            first = bisect.bisect_left(timeline.ticks, after)
            if starts[-1] < first < len(timeline):
                starts.append(first)
            after += length
    ends = [*starts[1:], len(timeline)]
    return [Segment(number=n, first=a, end=b) for n, (a, b) in enumerate(zip(starts, ends, strict=True))]


def frames_of(segments: Iterable[Segment]) -> list[int]:
    """Their frames, in order."""
    return [n for segment in segments for n in range(segment.first, segment.end)]


class SegmentedWriter:
    """Encodes the segments that the folder does not have, and makes the file of all of them at the end.

    ``make_file`` opens the output container; ``check_input`` raises UserError where the input is not what it was.
    """

    def __init__(
        self,
        folder: JobFolder,
        picture: Picture,
        make_file: Callable[[], VideoFile],
        path: Path,
        check_input: Callable[[], None],
    ) -> None:
        self.folder = folder
        self._check_input = check_input
        self._picture = picture
        self._make_file = make_file
        self.path = path
        self._current: _SegmentFile | None = None
        self._starts = {segment.first: segment for segment in folder.segments}

    def missing(self) -> list[Segment]:
        """The segments that are not there, in order."""
        return self.folder.missing()

    @property
    def done(self) -> int:
        """The frames of those that are there."""
        kept = self.folder.kept
        return sum(segment.end - segment.first for segment in self.folder.segments if segment.number in kept)

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Encodes frame ``n``, one of those that are missing; they come in order."""
        with disk_errors(self.path):
            if self._current is None:
                self._current = _SegmentFile(self.folder, self._starts[n], self._picture, self.path)
            self._current.encode(encodable(frame, n, self._picture))
            if n + 1 == self._current.segment.end:
                finished, self._current = self._current, None
                self._check_input()
                finished.finish()

    def finish(self) -> None:
        """Joins the segments into the output, gives that its name, and removes the folder."""
        file = self._make_file()
        try:
            with disk_errors(self.path):
                for n, packet in self._joined(file):
                    file.mux([packet])
                    file.advance(n)
            self.folder.joined(True)
            file.finish()
        except BaseException:
            file.abandon()
            self.folder.joined(False)
            raise
        self.folder.discard()

    def abandon(self) -> None:
        """Stops; finished segments stay."""
        if self._current is not None:
            self._current.abandon()
        self.folder.leave()

    def _joined(self, file: VideoFile) -> Iterator[tuple[int, Packet[Any]]]:
        """Every packet in decoding order, with its times, and the number of its frame."""
        timeline, folder = self._picture.timeline, self.folder
        delay = max(record.delay for record in folder.kept.values())
        header = _header_of(file.stream)
        for segment in folder.segments:
            if folder.kept[segment.number].header != header:
                raise FieldError("the parts of this job do not fit its encoder any more; {restart} begins it anew")
            for index, (packet, shown) in enumerate(_packets_of(folder.file_of(segment))):
                n, decoded = segment.first + shown, segment.first + index
                packet.stream = file.stream
                packet.time_base = timeline.time_base
                packet.pts, packet.dts = timeline.ticks[n], _decoding_time(timeline, decoded - delay)
                # MP4 takes a stream's length from the packet decoded last, which need not be the frame shown last.
                last = decoded == len(timeline) - 1
                packet.duration = timeline.last if last else timeline.duration(n)
                yield n, packet


def _decoding_time(timeline: Timeline, n: int) -> int:
    """When frame ``n`` is shown, which can lie before the first by as many frames as the decoder holds back."""
    if n >= 0:
        return timeline.ticks[n]
    step = timeline.duration(0)
    return timeline.ticks[0] + n * step


def _packets_of(path: Path) -> list[tuple[Packet[Any], int]]:
    """The packets of a segment in decoding order, each with its place among the frames as they are shown."""
    with open_container(path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    shown = {pts: place for place, pts in enumerate(sorted(packet.pts or 0 for packet in packets))}
    return [(packet, shown[packet.pts or 0]) for packet in packets]


def _header_of(stream: Any) -> str:
    return hashlib.sha256(bytes(stream.codec_context.extradata or b"")).hexdigest()[:16]


@functools.cache
def _container_for(codec: str) -> str:
    """NUT keeps packets as the encoder makes them; Matroska keeps what VP9 says of transparency, next to them."""
    return "nut" if not codec.startswith("libvpx") and takes_codec("nut", codec) else "matroska"


class _SegmentFile:
    """One segment while it is encoded."""

    def __init__(self, folder: JobFolder, segment: Segment, picture: Picture, path: Path) -> None:
        self.segment = segment
        self._folder = folder
        self._picture = picture
        self._path = path
        self._part = folder.part_of(segment)
        self._file: BinaryIO = open(  # noqa: SIM115
            self._part, "w+b", buffering=1 << 20, opener=lambda path, flags: held.open_file(path)
        )
        self._file.truncate()
        self._quiet = QuietFile(self._file)
        self._target: Any = None
        ticks = picture.timeline.ticks[segment.first : segment.end]
        self._places: dict[int | None, int] = {tick: place for place, tick in enumerate(ticks)}
        self._count = self._delay = 0
        try:
            kind = _container_for(picture.codec)
            self._target = av.open(self._quiet, "w", format=kind, buffer_size=1 << 18)
            self._stream = add_picture(self._target, replace(picture, display_matrix=None), Notes(lambda said: None))
            start(self._target, picture, kind, path)
        except BaseException:
            self.abandon()
            raise

    def encode(self, frame: av.VideoFrame | None) -> None:
        """Encodes a frame; None is the end."""
        with encoder_errors(self._picture.codec, self._path):
            packets = list(self._stream.encode(frame))
        for packet in packets:
            # Frames are counted instead of timed: of uneven times encoders give decoding times that no container takes.
            packet.time_base = self._stream.time_base
            place = self._places.pop(packet.pts, None)
            if place is None:
                raise self._not_one_each()
            packet.pts, packet.dts = place + _MOST_REORDERED, self._count
            self._delay = max(self._delay, self._count - place)
            self._count += 1
            self._target.mux_one(packet)
        self._quiet.check()

    def _not_one_each(self) -> FieldError:
        return FieldError(
            "{name} does not make one packet of each frame, as a job in parts needs it; give {segment} 0, or another "
            "{codec}",
            name=self._picture.codec,
        )

    def finish(self) -> None:
        """Writes what the encoder holds, and keeps the segment."""
        self.encode(None)
        if self._places:
            raise self._not_one_each()
        header = _header_of(self._stream)
        self._target.close()
        self._quiet.check()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        size, digest = size_and_digest(self._part)
        record = Finished(
            first=self.segment.first,
            end=self.segment.end,
            delay=self._delay,
            header=header,
            bytes=size,
            sha256=digest,
        )
        self._folder.keep(self.segment, record)

    def abandon(self) -> None:
        """Stops without a segment."""
        if self._target is not None:
            with suppress(av.FFmpegError, OSError, ValueError, RuntimeError):
                self._target.close()
        with suppress(OSError, ValueError):
            self._file.close()
        with suppress(OSError):
            held.remove(self._part)
