"""Opening the encoder of a picture, in whatever file its packets go to."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import vapoursynth as vs

from ..errors import UserError
from .colour import Colour
from .encoder import Quality, configure
from .errors import FieldError, reason
from .formats import PLANE_ORDER
from .hdr import HDR_FACTS, Hdr, can_tell, tell_container
from .hdr import encoder_options as hdr_options
from .notes import Notes
from .timestamps import Timeline

HARDWARE = {
    "nvenc": "an NVIDIA GPU",
    "qsv": "an Intel GPU",
    "amf": "an AMD GPU",
    "vaapi": "a GPU by VAAPI",
    "videotoolbox": "a Mac",
}
"""What encoders of these names run on."""

_COLOURS = 3
"""Planes of colour, behind which that of transparency stands."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is encoded, and how: frames of this size and pixel format, with these tags, at these times.

    ``codec`` is FFmpeg's name of the encoder.
    """

    width: int
    height: int
    pixel_format: str
    colour: Colour
    timeline: Timeline
    sample_aspect: Fraction | None
    display_matrix: tuple[int, ...] | None
    hdr: Hdr
    codec: str
    quality: Quality


def add_picture(target: Any, picture: Picture, notes: Notes) -> Any:
    """Adds a stream for the picture to an output container: an encoder that is configured and not yet open."""
    stream = target.add_stream(picture.codec, rate=picture.timeline.rate)
    context = stream.codec_context
    if picture.hdr:
        _add_hdr(stream, picture, notes)
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
    if context.codec.canonical_name == "hevc" and target.format.name in ("mp4", "mov"):
        context.codec_tag = "hvc1"  # Apple's players take H.265 by this name alone
    configure(context, picture.quality)
    if picture.display_matrix:
        stream.set_display_matrix(picture.display_matrix)
    return stream


def _add_hdr(stream: Any, picture: Picture, notes: Notes) -> None:
    context, hdr = stream.codec_context, picture.hdr
    more = hdr_options(picture.codec, hdr)
    if more:
        name = {"libx265": "x265-params", "libsvtav1": "svtav1-params"}.get(picture.codec, "x264-params")
        context.options[name] = ":".join(f"{key}={value}" for key, value in more.items())
    kind = context.codec.canonical_name
    if can_tell(kind):
        tell_container(stream, kind, hdr)
        context.framerate = picture.timeline.rate  # which the container's parameters have replaced
    else:
        notes("the video's HDR10 metadata is not kept by this encoder", *HDR_FACTS)


def start(target: Any, picture: Picture, container: str, path: Path) -> None:
    """Opens the encoder and writes the header of ``target``, so that what they refuse is said before a frame is made.

    ``container`` and ``path`` are what the user asked for, of which the sentences speak.
    """
    try:
        target.start_encoding()
    except (av.FFmpegError, ValueError) as error:
        raise_if_disk(error, path)
        if needed := HARDWARE.get(picture.codec.rpartition("_")[2]):
            raise FieldError(
                "{name} encodes on {needed}, and there is none here that can ({reason}); give another {codec}",
                name=picture.codec,
                needed=needed,
                reason=reason(error),
            ) from error
        raise FieldError(
            "{name} in {container} refuses {width}x{height} {used} ({reason}); try another {codec} or {pixel_format}",
            name=picture.codec,
            container=container,
            width=picture.width,
            height=picture.height,
            used=picture.pixel_format,
            reason=reason(error),
        ) from error


def encodable(frame: vs.VideoFrame, n: int, picture: Picture) -> av.VideoFrame:
    """Frame ``n`` of the picture as the encoder takes it."""
    timeline, colour = picture.timeline, picture.colour
    made = av.VideoFrame(picture.width, picture.height, picture.pixel_format)
    copy_planes(frame, made)
    made.pts = timeline.ticks[n]
    made.time_base = timeline.time_base
    made.duration = timeline.duration(n)
    made.colorspace, made.color_range = colour.matrix, colour.av_range  # which ProRes reads from each frame
    made.color_primaries, made.color_trc = colour.primaries, colour.transfer
    return made


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
        raise_if_disk(error, path)
        raise UserError(f"writing {path} failed: {reason(error)}") from error


@contextmanager
def encoder_errors(codec: str, path: Path) -> Iterator[None]:
    """Turns the failure of an encoder in the middle of the work into one sentence about it."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise_if_disk(error, path)
        needed = HARDWARE.get(codec.rpartition("_")[2])
        remedy = f"; it runs on {needed}, which may have dropped out" if needed else ""
        raise UserError(f"the encoder {codec} failed in the middle of the work ({reason(error)}){remedy}") from error


def raise_if_disk(error: BaseException, path: Path) -> None:
    """Raises UserError in one sentence if a full disk is behind an error."""
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    if any(getattr(one, "errno", None) in (errno.ENOSPC, errno.EDQUOT) for one in chain):
        sentence = f"the disk is full: {path} was not written; free some space or choose another folder"
        raise UserError(sentence) from error
