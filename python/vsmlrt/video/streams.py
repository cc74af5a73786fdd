"""Everything other than the picture: audio, subtitles, chapters, attachments and tags, copied into the new file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

from .errors import UsageError
from .source import Warn, open_container
from .span import Span
from .subtitles import TEXT_CODEC, SubtitleConverter, is_text

type Convert = Callable[[Packet[Any]], Packet[Any] | None]

_STALE = ("encoder", "major_brand", "minor_version", "compatible_brands", "duration", "vendor_id", "handler_name")
"""Tags that describe the old file and not its content."""

_LEAD = 10
"""Seconds before the span from which packets are read, to catch those that reach into it."""


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """The tags that are still true in a new file."""
    return {
        key: value
        for key, value in tags.items()
        if key.lower().partition("-")[0] not in _STALE
        and not key.upper().startswith(("_STATISTICS", "BPS", "NUMBER_OF_"))
        and not (key == "language" and value == "und")
    }


class StreamCopier:
    """Copies the other streams of a file next to its new video stream, packet by packet, in step with the frames.

    Streams are set up on construction, before the header is written. What the container cannot hold is converted
    (text subtitles) or left out with one warning that names it; audio that it cannot hold is a UsageError.
    """

    def __init__(self, path: Path, target: av.container.OutputContainer, video: int, span: Span, warn: Warn) -> None:
        self._input = open_container(path)
        self._target = target
        self._span = span
        self._routes: dict[int, tuple[av.stream.Stream, Convert | None]] = {}
        self._covers: list[Packet[Any]] = []
        dropped: list[str] = []
        for stream in self._input.streams:
            if stream.index != video and not self._add(stream):
                dropped.append(_describe(stream))
        if dropped:
            warn(f"{target.format.name} cannot hold everything; left out: {', '.join(dropped)}")
        self._add_chapters()
        target.metadata.update(kept_tags(dict(self._input.metadata)))
        self._packets = self._read()
        self._next = next(self._packets, None)

    def advance(self, until: Fraction | None) -> None:
        """Copies the packets that start before ``until`` (source time in seconds); all that are left for None."""
        while self._next is not None and (until is None or _start(self._next) < until):
            self._copy(self._next)
            self._next = next(self._packets, None)

    def close(self) -> None:
        """Closes the source file."""
        self._input.close()

    def _add(self, stream: Any) -> bool:
        if stream.type == "attachment":
            return self._add_attachment(stream)
        if stream.type == "video" and stream.disposition & av.stream.Disposition.attached_pic:
            return self._add_cover(stream)
        if (
            stream.type == "data"
            and self._input.chapters()
            and stream.metadata.get("handler_name") == "SubtitleHandler"
        ):
            return True  # how MP4 stores the chapters, which are written anew
        if stream.type not in ("audio", "subtitle") or stream.codec_context is None:
            return False
        convert: Convert | None = None
        try:
            made: Any = self._target.add_stream_from_template(stream)
        except ValueError:
            if stream.type == "audio":
                raise UsageError(
                    f"{self._target.format.name} cannot hold {_describe(stream)}, and audio is copied as it is; "
                    "use an output that ends in .mkv"
                ) from None
            if not is_text(stream):
                return False
            made = self._target.add_stream(TEXT_CODEC[self._target.format.name])
            convert = SubtitleConverter(stream, made)
        made.metadata.update(kept_tags(dict(stream.metadata)))
        made.disposition = stream.disposition
        self._routes[stream.index] = (made, convert)
        return True

    def _add_attachment(self, stream: Any) -> bool:
        if self._target.format.name != "matroska":
            return False
        self._target.add_attachment(stream.name or "attachment", stream.mimetype or "", stream.data)
        return True

    def _add_cover(self, stream: Any) -> bool:
        """A cover picture: an attachment in Matroska, a stream of one packet in MP4."""
        container, kind = self._target.format.name, stream.codec_context.name
        if container == "matroska":
            with contextlib.suppress(av.FFmpegError), open_container(Path(self._input.name)) as again:
                packet = next(p for p in again.demux(again.streams[stream.index]) if p.size)
                ending = {"mjpeg": "jpg"}.get(kind, kind)
                mime = f"image/{ {'mjpeg': 'jpeg'}.get(kind, kind) }"
                self._target.add_attachment(f"cover.{ending}", mime, bytes(packet))
                return True
            return False
        if container != "mp4":
            return False
        try:
            made = self._target.add_stream_from_template(stream, opaque=True)
        except ValueError:
            return False
        made.disposition = stream.disposition
        self._routes[stream.index] = (made, None)
        return True

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
        if self._span.start is not None:
            early = max(Fraction(0), self._span.start - _LEAD)
            with contextlib.suppress(av.FFmpegError):
                self._input.seek(int(early * av.time_base), backward=True)
        ended: set[int] = set()
        for packet in self._input.demux([self._input.streams[index] for index in self._routes]):
            if packet.pts is None or packet.size == 0:
                continue
            if self._belongs(packet):
                yield packet
            elif self._span.end is not None and _start(packet) >= self._span.end:
                ended.add(packet.stream.index)
                if len(ended) == len(self._routes):
                    return

    def _belongs(self, packet: Packet[Any]) -> bool:
        if packet.stream.type == "video":
            return True
        if packet.stream.type == "audio":
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
        made = convert(packet) if convert is not None else packet
        if made is None:
            return
        back = round(self._span.back / base)
        if back and packet.stream.type != "video":
            made.pts = (made.pts or 0) - back
            made.dts = None if made.dts is None else made.dts - back
        made.stream = target
        self._target.mux_one(made)


def _start(packet: Packet[Any]) -> Fraction:
    return (packet.pts or 0) * Fraction(packet.time_base.numerator, packet.time_base.denominator)


def _length(packet: Packet[Any]) -> Fraction:
    return (packet.duration or 0) * Fraction(packet.time_base.numerator, packet.time_base.denominator)


def _describe(stream: Any) -> str:
    codec = stream.codec_context.name if stream.codec_context is not None else stream.metadata.get("filename", "")
    return f"{stream.type} stream {stream.index}" + (f" ({codec})" if codec else "")
