"""Images as a result: one PNG, numbered PNGs, or one that moves (APNG, WebP)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
import vapoursynth as vs

from .colour import Colour
from .errors import FieldError
from .formats import convert, full_gray, join_alpha
from .image_folder import ImageFolder, end_handing_over
from .incoming import files_of, is_sequence
from .job_folder import Asked, Segment
from .notes import Notes
from .output import PendingFile, QuietFile
from .picture import disk_errors
from .png import png
from .timestamps import Timeline
from .webp import end_at
from .writer import Writer

MOVING = {".apng": ("apng", "apng", {"plays": "0"}), ".webp": ("webp", "libwebp_anim", {"loop": "0"})}
"""FFmpeg's container and encoder of moving images by their ending, and what makes them begin anew for ever."""

STILL = ".png"
_WEBP = {"quality": "90"}
_MOST_TICKS = 65535
"""A second, as APNG tells lengths."""


def check_images(output: Path, *, overwrite: bool) -> None:
    """Raises FieldError where images of this name are there, those that a killed process was about to name included."""
    end_handing_over(output)
    if is_sequence(output) and (there := files_of(output)) and not overwrite:
        raise FieldError("the output {path} exists; use {overwrite} to replace it, or another name", path=there[0][1])


def image_writer(
    clip: vs.VideoNode,
    alpha: vs.VideoNode | None,
    colour: Colour,
    timeline: Timeline,
    pending: PendingFile,
    *,
    overwrite: bool,
    asked: Callable[[str], Asked] | None,
    check_input: Callable[[], None],
    restart: bool,
    notes: Notes,
) -> tuple[vs.VideoNode, Writer]:
    """The clip as images have it, RGB or gray of 8 or 16 bits, and what writes it.

    ``asked`` tells what makes the images, given their pixel format; with it numbered ones outlast the process, which
    goes on with those of an earlier one unless it is to ``restart``. ``check_input`` raises UserError where the input
    is not what it was. Raises FieldError for one image of several frames, and for an unfinished job of other images.
    """
    path = pending.path
    ending = path.suffix.lower()
    if ending == STILL and not is_sequence(path) and clip.num_frames > 1:
        raise FieldError(
            "{path} is one image, and the result has {count} frames; give {frames} A:B for one of them, a name such as "
            "{example} for all, or .apng or .webp for an image that moves",
            path=path,
            count=clip.num_frames,
            example=path.with_name(f"{path.stem}%05d.png").name,
        )
    if ending == ".webp" and clip.format.bits_per_sample > 8:
        notes(f"webp has 8 bits a sample, and the video has {clip.format.bits_per_sample}: .apng and .png keep 16")
    deep = clip.format.bits_per_sample > 8 and ending != ".webp"
    gray = clip.format.color_family == vs.GRAY and alpha is None and ending != ".webp"
    if clip.format.color_family == vs.GRAY and not gray:
        clip = clip.resize.Point(
            format=vs.core.query_video_format(vs.RGB, clip.format.sample_type, clip.format.bits_per_sample, 0, 0).id
        )
    if gray:
        clip = full_gray(clip, 16 if deep else 8, colour)
    else:
        clip, _ = convert(clip, "gbrp16le" if deep else "gbrp", colour)
    if alpha is not None:
        clip = join_alpha(clip, alpha)
    layout = _layout(gray, deep, alpha is not None)
    if is_sequence(path):
        told = {} if asked is None else asked(layout)
        folder = ImageFolder(path, told, clip.num_frames)
        with disk_errors(path):
            folder.open(restart=restart or asked is None)
        return clip, NumberedWriter(pending, layout, folder, check_input, overwrite=overwrite, outlasts=bool(told))
    if ending == STILL:
        return clip, _One(pending, layout)
    if profile_of(clip.get_frame(0)) is not None:
        notes(f"the colour profile (ICC) of the pictures is not kept in {ending}; .png keeps it")
    return clip, _Moving(pending, layout, timeline, (clip.width, clip.height))


def _layout(gray: bool, deep: bool, transparent: bool) -> str:
    if gray:
        return "gray16be" if deep else "gray"
    name = "rgba" if transparent else "rgb24"
    return {"rgb24": "rgb48be", "rgba": "rgba64be"}[name] if deep else name


def _packed(frame: vs.VideoFrame, layout: str) -> av.VideoFrame:
    planes = [np.asarray(frame[plane]) for plane in range(frame.format.num_planes)]
    if "a" in layout.removeprefix("gray"):
        with frame.props["_Alpha"] as alpha:
            planes.append(np.asarray(alpha[0]).copy())
    pixels = planes[0] if len(planes) == 1 else np.dstack(planes)
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=layout)


def profile_of(frame: vs.VideoFrame) -> bytes | None:
    """The ICC profile that came with a picture."""
    profile = frame.props.get("ICCProfile")
    return profile if isinstance(profile, bytes) else None


class _One:
    """One PNG."""

    def __init__(self, pending: PendingFile, layout: str) -> None:
        self._pending, self._layout = pending, layout

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        with disk_errors(self._pending.path):
            self._pending.file.write(png(_packed(frame, self._layout), profile_of(frame)))

    def finish(self) -> None:
        with disk_errors(self._pending.path):
            self._pending.commit()

    def abandon(self) -> None:
        self._pending.discard()


class NumberedWriter:
    """PNGs in the job's folder, which take their names when the last one is written.

    The pending file only stands for the job: while it is locked no other one has these names.
    """

    def __init__(
        self,
        pending: PendingFile,
        layout: str,
        folder: ImageFolder,
        check_input: Callable[[], None],
        *,
        overwrite: bool,
        outlasts: bool,
    ) -> None:
        self._check_input = check_input
        self._pending, self._layout, self._folder = pending, layout, folder
        self._overwrite, self._outlasts = overwrite, outlasts

    def missing(self) -> list[Segment]:
        """The images that are not there, in order."""
        return self._folder.missing()

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Writes one of them."""
        with disk_errors(self._pending.path):
            image = png(_packed(frame, self._layout), profile_of(frame))
            self._check_input()
            self._folder.write(n, image)

    def finish(self) -> None:
        """Gives all of them their places."""
        with disk_errors(self._pending.path):
            check_images(self._pending.path, overwrite=self._overwrite)
            self._folder.hand_over()
        self._pending.discard()

    def abandon(self) -> None:
        """Keeps the images that are whole, where the job can be gone on with."""
        if self._outlasts:
            self._folder.leave()
        else:
            self._folder.discard()
        self._pending.discard()


class _Moving:
    """An image of several frames that are shown one after the other, again and again."""

    def __init__(self, pending: PendingFile, layout: str, timeline: Timeline, size: tuple[int, int]) -> None:
        self._pending, self._timeline, self._layout = pending, timeline, layout
        container, codec, options = MOVING[pending.path.suffix.lower()]
        if container == "apng":  # whose last frame is else as long as the one before it
            last = (timeline.last * timeline.time_base).limit_denominator(_MOST_TICKS)
            options = options | {"final_delay": f"{last.numerator}/{last.denominator}"}
        self._file = QuietFile(pending.file)
        self._target: Any = av.open(self._file, "w", format=container, options=options)
        self._stream: Any = self._target.add_stream(codec, rate=timeline.rate)
        context: Any = self._stream.codec_context
        context.width, context.height = size
        context.time_base = self._stream.time_base = timeline.time_base
        self._webp = container == "webp"
        context.pix_fmt = "bgra" if self._webp else layout
        if self._webp:
            context.options = dict(_WEBP)

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        picture = _packed(frame, self._layout)
        if self._webp:
            picture = picture.reformat(format="bgra")
        picture.pts, picture.time_base = self._timeline.ticks[n], self._timeline.time_base
        picture.duration = self._timeline.duration(n)
        self._mux(picture)

    def finish(self) -> None:
        self._mux(None)
        with disk_errors(self._pending.path):
            self._target.close()
            self._file.check()
            if self._webp:
                shown = self._timeline.end - self._timeline.time(0)
                end_at(self._pending.file, round(shown * 1000))
            self._pending.commit()

    def abandon(self) -> None:
        self._pending.discard()
        with suppress(av.FFmpegError, OSError, ValueError, RuntimeError):
            self._target.close()

    def _mux(self, picture: av.VideoFrame | None) -> None:
        with disk_errors(self._pending.path):
            for packet in self._stream.encode(picture):
                self._target.mux_one(packet)
            self._file.check()
