"""The video file: the encoded picture, and the source's other streams around it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import av
import vapoursynth as vs
from av.packet import Packet

from ..errors import UserError
from .comparison import describe, lost
from .matroska_header import set_display_size
from .movie_box import finish_movie
from .notes import Notes
from .opening import open_container
from .output import PendingFile, QuietFile
from .picture import Picture, add_picture, disk_errors, encodable, encoder_errors, start
from .source import Source
from .span import Span
from .stream_plan import StreamPlan
from .streams import StreamCopier
from .tags import kept_tags, shared_name
from .timecode import timecode_after


class Writer(Protocol):
    """Takes frames in order; then either ``finish`` or ``abandon`` is called, once."""

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Writes frame ``n``."""

    def finish(self) -> None:
        """Completes the output and gives it its name."""

    def abandon(self) -> None:
        """Leaves nothing behind."""


class VideoFile:
    """An output container whose encoder is open and whose header is written.

    It takes the picture's packets in decoding order by ``mux``; the other streams' packets come along by ``advance``.
    """

    def __init__(
        self,
        pending: PendingFile,
        container: str,
        picture: Picture,
        *,
        source: Source,
        span: Span,
        first: int,
        plan: StreamPlan,
        notes: Notes,
    ) -> None:
        self.picture = picture
        self._source = source
        self._span = span
        self._first = first
        self._plan = plan
        self._notes = notes
        self._pending = pending
        self.path = pending.path
        self._file = QuietFile(self._pending.file)
        self._copier: StreamCopier | None = None
        self._target: Any = None
        try:
            self._target = av.open(self._file, "w", format=container, buffer_size=1 << 18)
            self.stream = add_picture(self._target, picture, notes)
            self.stream.metadata.update(kept_tags(source.facts.language_tags))
            self._move_timecode(self.stream.metadata)
            if picture.codec == "libvpx-vp9" and picture.pixel_format.startswith("yuva"):
                self.stream.metadata["alpha_mode"] = "1"
            self.stream.disposition = source.facts.disposition
            self._copier = StreamCopier(source.path, self._target, plan, span, source.timeline.jumps)
            self._move_timecode(self._target.metadata)
            start(self._target, picture, self._target.format.name, pending.path)
        except BaseException:
            self.abandon()
            raise

    def mux(self, packets: list[Packet[Any]]) -> None:
        """Writes packets of the picture; what the disk refuses is raised here or at the end."""
        with disk_errors(self._pending.path):
            for packet in packets:
                self._target.mux_one(packet)
            self._file.check()

    def advance(self, n: int) -> None:
        """Writes the other streams' packets up to frame ``n``."""
        if self._copier is not None:
            with disk_errors(self._pending.path):
                self._copier.advance(self.picture.timeline.time(n) + self._span.back)

    def finish(self) -> None:
        """Writes the rest of the other streams, and completes the file."""
        with disk_errors(self._pending.path):
            if self._copier is not None:
                self._copier.advance(None)
                self._copier.close()
                self._name_dropped(self._copier)
            languages = [stream.metadata.get("language") for stream in self._target.streams]
            self._target.close()
            self._file.check()
            self._complete(languages)
            self._compare()
            self._pending.commit()

    def abandon(self) -> None:
        """Stops without a file."""
        if self._copier is not None:
            self._copier.close()
        self._pending.discard()
        if self._target is not None:
            with suppress(av.FFmpegError, OSError, ValueError, RuntimeError):
                self._target.close()

    def leave(self) -> None:
        """Stops, with the pending file as it was: empty, for another of these."""
        if self._copier is not None:
            self._copier.close()
        with disk_errors(self.path):
            self._target.close()
            self._file.check()
            self._pending.file.seek(0)
            self._pending.file.truncate()

    def _name_dropped(self, copier: StreamCopier) -> None:
        for index, count in copier.dropped.items():
            planned = self._plan[index]
            packets = f"{count} damaged packet{'' if count == 1 else 's'}"
            self._notes(f"left out: {packets} of {planned.words}, which {self._target.format.name} does not take")
        if copier.unreadable:
            self._notes("parts of the input could not be read, and what they held of the other streams is left out")

    def _complete(self, languages: list[str | None]) -> None:
        """Adds what FFmpeg does not write."""
        container = self._target.format.name
        self._pending.file.flush()
        if container in ("matroska", "webm"):
            self._tell_shape()
            return
        with open_container(self._pending.part) as made:
            told = {shared_name(key) for key in made.metadata}
        wanted = kept_tags(self._source.facts.metadata)
        tags = {key: value for key, value in wanted.items() if shared_name(key) not in told}
        covers = self._copier.covers_for_index if self._copier is not None else []
        finish_movie(
            self._pending.file,
            tags,
            covers,
            quicktime=container == "mov",
            languages=languages if container == "mov" else (),
        )

    def _tell_shape(self) -> None:
        """Tells the pixels' shape where neither the stream nor FFmpeg's header does; a stream tells it more exactly."""
        shape = self.picture.sample_aspect
        if shape in (None, 1):
            return
        with open_container(self._pending.part) as made:
            told = made.streams.video[0].sample_aspect_ratio
        if told != shape:
            width = max(1, round(self.picture.width * shape))
            set_display_size(self._pending.file, width, self.picture.height)

    def _compare(self) -> None:
        """Says what the source tells and the new file does not, unless that has been said."""
        self._pending.file.flush()
        whole = self._span.start is None and self._span.end is None and not self._source.facts.start
        with suppress(UserError):
            before, after = describe(self._source.path), describe(self._pending.part)
            missing = [one.line for one in lost(before, after, times=whole) if not self._notes.has_named(one.fact)]
            if missing:
                self._notes(f"{self._pending.path} lacks what the input has: {'; '.join(missing)}")

    def _move_timecode(self, tags: dict[str, str]) -> None:
        """A timecode that is right for the first frame of the part, and for a new frame rate."""
        fields = self._source.fields
        first, rate, new = self._first // fields, self._source.timeline.rate / fields, self.picture.timeline.rate
        for key in [key for key in tags if shared_name(key) == "timecode"]:
            if first == 0 and round(rate) == round(new):
                continue
            self._notes.expect("picture: tag timecode", "file: tag timecode")
            moved = timecode_after(tags.pop(key), first, rate, new)
            if moved is not None:
                tags[key] = moved


class VideoFileWriter:
    """A video file whose picture is encoded as its frames come.

    ``check_input`` raises UserError where the input is not what it was.
    """

    def __init__(self, file: VideoFile, check_input: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self._check_input = check_input
        self._durations: dict[int, int] = {}

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Encodes frame ``n`` and writes what is ready, with the other streams' packets up to it."""
        picture = self._file.picture
        self._durations[picture.timeline.ticks[n]] = picture.timeline.duration(n)
        self._mux(encodable(frame, n, picture))
        self._file.advance(n)

    def finish(self) -> None:
        """Writes what the encoder still holds, and completes the file."""
        self._mux(None)
        self._check_input()
        self._file.finish()

    def abandon(self) -> None:
        """Stops without a file."""
        self._file.abandon()

    def _mux(self, frame: av.VideoFrame | None) -> None:
        with encoder_errors(self._file.picture.codec, self._file.path):
            packets = self._file.stream.encode(frame)
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration)
        if frame is None and packets:
            # MP4 takes a stream's length from the packet decoded last, which need not be the frame shown last.
            packets[-1].duration = self._file.picture.timeline.last
        self._file.mux(packets)
