"""Encoding frames and writing the video file around them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import vapoursynth as vs
from av.packet import Packet

from ..errors import UserError
from .colour import Colour
from .comparison import describe, lost
from .encoder import configure
from .errors import FieldError, reason
from .formats import PLANE_ORDER
from .hdr import HDR_FACTS, can_tell, tell_container
from .hdr import encoder_options as hdr_options
from .matroska_header import set_display_size
from .movie_box import finish_movie
from .notes import Notes
from .opening import open_container
from .output import PendingFile, QuietFile
from .source import Source
from .span import Span
from .stream_plan import StreamPlan
from .streams import StreamCopier
from .tags import kept_tags, shared_name
from .timecode import timecode_after
from .timestamps import Timeline

_HARDWARE = {
    "nvenc": "an NVIDIA GPU",
    "qsv": "an Intel GPU",
    "amf": "an AMD GPU",
    "vaapi": "a GPU by VAAPI",
    "videotoolbox": "a Mac",
}
"""What encoders of these names run on."""

_COLOURS = 3
"""Planes of colour, behind which that of transparency stands."""


class Writer(Protocol):
    """Takes frames in order; then either ``finish`` or ``abandon`` is called, once."""

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Writes frame ``n``."""

    def finish(self) -> None:
        """Completes the output and gives it its name."""

    def abandon(self) -> None:
        """Leaves nothing behind."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is encoded: frames of this size and pixel format, with these tags, at these times."""

    width: int
    height: int
    pixel_format: str
    colour: Colour
    timeline: Timeline
    sample_aspect: Fraction | None
    display_matrix: tuple[int, ...] | None


class VideoFileWriter:
    """A video file: the encoded picture, and the source's other streams."""

    def __init__(
        self,
        pending: PendingFile,
        container: str,
        codec: str,
        picture: Picture,
        *,
        source: Source,
        span: Span,
        first: int,
        plan: StreamPlan,
        crf: int | None,
        notes: Notes,
    ) -> None:
        self._picture = picture
        self._source = source
        self._span = span
        self._first = first
        self._plan = plan
        self._notes = notes
        self._pending = pending
        self._file = QuietFile(self._pending.file)
        self._copier: StreamCopier | None = None
        self._durations: dict[int, int] = {}
        self._target: Any = None
        try:
            self._target = av.open(self._file, "w", format=container, buffer_size=1 << 18)
            self._stream = self._add_video(codec, crf)
            self._stream.metadata.update(kept_tags(source.facts.language_tags))
            self._move_timecode(self._stream.metadata)
            if codec == "libvpx-vp9" and picture.pixel_format.startswith("yuva"):
                self._stream.metadata["alpha_mode"] = "1"
            self._stream.disposition = source.facts.disposition
            self._copier = StreamCopier(source.path, self._target, plan, span)
            self._move_timecode(self._target.metadata)
            self._start(codec)
        except BaseException:
            self.abandon()
            raise

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Encodes frame ``n`` and writes what is ready, with the other streams' packets up to it."""
        timeline = self._picture.timeline
        picture = av.VideoFrame(self._picture.width, self._picture.height, self._picture.pixel_format)
        copy_planes(frame, picture)
        picture.pts = timeline.ticks[n]
        picture.time_base = timeline.time_base
        picture.duration = timeline.duration(n)
        colour = self._picture.colour  # which some encoders (ProRes) read from each frame
        picture.colorspace, picture.color_range = colour.matrix, colour.av_range
        picture.color_primaries, picture.color_trc = colour.primaries, colour.transfer
        self._durations[timeline.ticks[n]] = timeline.duration(n)
        with disk_errors(self._pending.path):
            self._mux(self._stream.encode(picture))
            if self._copier is not None:
                self._copier.advance(timeline.time(n) + self._span.back)
            self._file.check()

    def finish(self) -> None:
        """Writes what the encoder still holds and the rest of the other streams, and completes the file."""
        with disk_errors(self._pending.path):
            self._mux(self._stream.encode(None), ending=True)
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
        shape = self._picture.sample_aspect
        if shape in (None, 1):
            return
        with open_container(self._pending.part) as made:
            told = made.streams.video[0].sample_aspect_ratio
        if told != shape:
            width = max(1, round(self._picture.width * shape))
            set_display_size(self._pending.file, width, self._picture.height)

    def _compare(self) -> None:
        """Says what the source tells and the new file does not, unless that has been said."""
        self._pending.file.flush()
        whole = self._span.start is None and self._span.end is None and not self._source.facts.start
        with suppress(UserError):
            before, after = describe(self._source.path), describe(self._pending.part)
            missing = [one.line for one in lost(before, after, times=whole) if not self._notes.has_named(one.fact)]
            if missing:
                self._notes(f"{self._pending.path} lacks what the input has: {'; '.join(missing)}")

    def _add_video(self, codec: str, crf: int | None) -> Any:
        picture = self._picture
        stream = self._target.add_stream(codec, rate=picture.timeline.rate)
        context = stream.codec_context
        if self._source.hdr:
            self._add_hdr(stream, codec)
        context.width, context.height, context.pix_fmt = picture.width, picture.height, picture.pixel_format
        context.time_base = stream.time_base = picture.timeline.time_base
        if picture.sample_aspect:
            context.sample_aspect_ratio = picture.sample_aspect
            stream.sample_aspect_ratio = picture.sample_aspect
        context.colorspace = picture.colour.matrix
        context.color_primaries = picture.colour.primaries
        context.color_trc = picture.colour.transfer
        context.color_range = picture.colour.av_range
        context.chroma_sample_location = picture.colour.av_chroma
        if context.codec.canonical_name == "hevc" and self._target.format.name in ("mp4", "mov"):
            context.codec_tag = "hvc1"  # Apple's players take H.265 by this name alone
        configure(context, crf)
        if picture.display_matrix:
            stream.set_display_matrix(picture.display_matrix)
        return stream

    def _move_timecode(self, tags: dict[str, str]) -> None:
        """A timecode that is right for the first frame of the part, and for a new frame rate."""
        old, new = self._source.timeline, self._picture.timeline
        for key in [key for key in tags if shared_name(key) == "timecode"]:
            if self._first == 0 and round(old.rate) == round(new.rate):
                continue
            self._notes.expect("picture: tag timecode", "file: tag timecode")
            moved = timecode_after(tags.pop(key), self._first, old.rate, new.rate)
            if moved is not None:
                tags[key] = moved

    def _add_hdr(self, stream: Any, codec: str) -> None:
        context, hdr = stream.codec_context, self._source.hdr
        more = hdr_options(codec, hdr)
        if more:
            name = {"libx265": "x265-params", "libsvtav1": "svtav1-params"}.get(codec, "x264-params")
            context.options[name] = ":".join(f"{key}={value}" for key, value in more.items())
        kind = context.codec.canonical_name
        if can_tell(kind):
            tell_container(stream, kind, hdr)
            context.framerate = self._picture.timeline.rate  # which the container's parameters have replaced
        else:
            self._notes("the video's HDR10 metadata is not kept by this encoder", *HDR_FACTS)

    def _start(self, codec: str) -> None:
        """Opens the encoder and writes the header, so that what they refuse is said before the first frame is made."""
        picture = self._picture
        try:
            self._target.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            _raise_if_disk(error, self._pending.path)
            if needed := _HARDWARE.get(codec.rpartition("_")[2]):
                raise FieldError(
                    "{name} encodes on {needed}, and there is none here that can ({reason}); give another {codec}",
                    name=codec,
                    needed=needed,
                    reason=reason(error),
                ) from error
            raise FieldError(
                "{name} in {container} refuses {width}x{height} {used} ({reason}); try another {codec} or "
                "{pixel_format}",
                name=codec,
                container=self._target.format.name,
                width=picture.width,
                height=picture.height,
                used=picture.pixel_format,
                reason=reason(error),
            ) from error

    def _mux(self, packets: list[Packet[Any]], *, ending: bool = False) -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration)
            if ending and packet is packets[-1]:
                # MP4 takes a stream's length from the packet decoded last, which need not be the frame shown last.
                packet.duration = self._picture.timeline.last
            self._target.mux_one(packet)


def copy_planes(frame: vs.VideoFrame, picture: av.VideoFrame) -> None:
    """Copies the top left of a frame's planes into a picture of the same format and at most its size."""
    order = PLANE_ORDER.get(frame.format.color_family, (0, 1, 2))
    for plane, index in zip(picture.planes, order, strict=False):
        copy_plane(np.asarray(frame[index]), plane)
    if len(picture.planes) > _COLOURS:
        with frame.props["_Alpha"] as alpha:
            copy_plane(np.asarray(alpha[0]), picture.planes[_COLOURS])


def copy_plane(pixels: Any, plane: Any) -> None:
    """Copies the top left of a plane's samples."""
    lines = np.frombuffer(plane, pixels.dtype).reshape(plane.height, -1)
    across = min(pixels.shape[1], plane.width)
    lines[:, :across] = pixels[: plane.height, :across]


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns the failure of a write or of the encoder inside it into one sentence about the output."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        _raise_if_disk(error, path)
        raise UserError(f"writing {path} failed: {reason(error)}") from error


def _raise_if_disk(error: BaseException, path: Path) -> None:
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    if any(getattr(one, "errno", None) in (errno.ENOSPC, errno.EDQUOT) for one in chain):
        sentence = f"the disk is full: {path} was not written; free some space or choose another folder"
        raise UserError(sentence) from error
