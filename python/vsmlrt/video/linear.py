"""Frames decoded by FFmpeg one after the other: for the beginning of a video, which needs no index of the whole."""

from __future__ import annotations

import re
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import vapoursynth as vs

from .damage import surviving_frames
from .formats import FORMATS, PLANE_ORDER
from .hdr import mastering_numbers
from .opening import all_threads, open_container
from .side_data import side_data
from .timestamps import NO_TIME, Timeline

_KEPT_FRAMES = 64
"""Decoded frames that wait for being asked for; a filter asks for some at a time, in nearly their order."""

_TOP_FIELD_FIRST = 2
"""What is taken for granted, since PyAV does not tell which field comes first."""

_FULL = 2
"""FFmpeg's number of full range."""


_COARSE = re.compile(r"(rgb|bgr)(4|8|444|555|565)(_byte)?(le|be)?|mono[wb]")
"""Pixels of less than eight bits a sample, which screen recorders and old QuickTime codecs have."""


def widened(pixel_format: str | None) -> str | None:
    """The planar format of eight bits that holds all of such a format, both by FFmpeg's names; None for others."""
    if pixel_format is None or _COARSE.fullmatch(pixel_format) is None:
        return None
    return "gray" if pixel_format.startswith("mono") else "gbrp"


class FrameGiver(Protocol):
    """What has frames by their number."""

    def frame(self, n: int) -> Any:
        """Frame ``n`` as PyAV has it."""


class LinearReader:
    """Gives frames by number; each is decoded once as long as they are asked for nearly in order."""

    def __init__(self, path: Path, stream: int, *, damaged: bool = False, converted: str | None = None) -> None:
        """``converted`` is FFmpeg's name of the format that the frames are brought to."""
        self._path = path
        self._stream = stream
        self._damaged = damaged
        self._converted = converted
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Any] = OrderedDict()
        self._frames: Iterator[Any] = iter(())
        self._next = -1

    def frame(self, n: int) -> Any:
        """Frame ``n`` as PyAV has it; IndexError behind the last one."""
        with self._lock:
            if self._next < 0 or (n < self._next and n not in self._kept):
                self._frames, self._next = self._decoded(), 0
                self._kept.clear()
            while n not in self._kept:
                frame = next(self._frames, None)
                if frame is None:
                    raise IndexError(f"the video {self._path} has no frame {n}")
                self._kept[self._next] = frame
                self._next += 1
                if len(self._kept) > _KEPT_FRAMES:
                    self._kept.popitem(last=False)
            return self._kept[n]

    def _decoded(self) -> Iterator[Any]:
        if self._converted is not None:
            return (frame.reformat(format=self._converted) for frame in decoded(self._path, self._stream))
        if not self._damaged:
            return decoded(self._path, self._stream)
        return (frame for frame, _ in surviving_frames(self._path, self._stream) if frame is not None)


def decoded(path: Path, stream: int) -> Iterator[Any]:
    """The frames of a stream in the order in which they are shown."""
    with open_container(path) as file, all_threads(file, stream) as picture:
        yield from file.decode(picture)


def beginning(path: Path, stream: int, count: int) -> tuple[list[int], Any] | None:
    """The times of the first ``count`` frames, in ticks of the stream, and the first frame.

    None where only an index can tell: fewer frames, frames without a time, fields, a format that has to be converted.
    """
    ticks = []
    first = None
    try:
        for frame in decoded(path, stream):
            first = frame if first is None else first
            same = (frame.width, frame.height, frame.format.name) == (first.width, first.height, first.format.name)
            if frame.pts in (None, NO_TIME) or frame.interlaced_frame or not same or plain_format(frame) is None:
                return None
            ticks.append(frame.pts)
            if len(ticks) == count:
                return (ticks, first) if ticks == sorted(set(ticks)) else None
    except (av.FFmpegError, OSError):
        return None
    return None


def plain_format(frame: Any) -> vs.VideoFormat | None:
    """The format of a clip with this frame's very planes; None if there is none."""
    name = frame.format.name.replace("yuvj", "yuv")
    if name not in FORMATS:
        return None
    family, bits, sub_w, sub_h = FORMATS[name]
    return vs.core.query_video_format(family, vs.INTEGER, bits, sub_w, sub_h)


def linear_clip(
    reader: FrameGiver, first: Any, timeline: Timeline, numbers: Sequence[int] | None = None
) -> vs.VideoNode:
    """A clip of the frames that ``timeline`` gives the times of; ``first`` is the first of them.

    ``numbers`` has each frame's number for the reader, where they are not just counted. A size that the format cannot
    have is rounded up, with the last column and row repeated.
    """
    made = plain_format(first)
    assert made is not None
    rate = timeline.rate
    blank = vs.core.std.BlankClip(
        format=made.id,
        width=_rounded(first.width, made.subsampling_w),
        height=_rounded(first.height, made.subsampling_h),
        length=len(timeline),
        fpsnum=rate.numerator,
        fpsden=rate.denominator,
        keep=True,
    )

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        frame = reader.frame(n if numbers is None else numbers[n])
        filled = f.copy()
        for plane, index in zip(frame.planes, PLANE_ORDER.get(made.color_family, (0, 1, 2)), strict=False):
            fill_plane(np.asarray(filled[index]), plane)
        for name, value in properties(frame).items():
            filled.props[name] = value
        shown = timeline.duration(n) * timeline.time_base
        filled.props["_DurationNum"], filled.props["_DurationDen"] = shown.numerator, shown.denominator
        return filled

    return blank.std.ModifyFrame(blank, fill)


def fill_plane(pixels: Any, plane: Any) -> None:
    """Copies a decoded plane into one of at least its size, its last column and row repeated where that is larger."""
    lines = np.frombuffer(plane, pixels.dtype).reshape(plane.height, -1)[:, : plane.width]
    down, across = pixels.shape[0] - plane.height, pixels.shape[1] - plane.width
    pixels[:] = np.pad(lines, ((0, down), (0, across)), "edge") if down or across else lines


def _rounded(size: int, subsampling: int) -> int:
    step = 1 << subsampling
    return (size + step - 1) // step * step


def properties(frame: Any) -> dict[str, Any]:
    """A frame's properties as BestSource names them."""
    rgb = frame.format.is_rgb
    props: dict[str, Any] = {
        "_Matrix": 0 if rgb else int(frame.colorspace),
        "_Primaries": int(frame.color_primaries),
        "_Transfer": int(frame.color_trc),
        "_FieldBased": _TOP_FIELD_FIRST if frame.interlaced_frame else 0,
        "_PictType": "?IPBSipb"[int(frame.pict_type)],
    }
    full = rgb or frame.format.name.startswith("yuvj") or int(frame.color_range) == _FULL
    if full or int(frame.color_range):
        props["_Range"] = vs.RANGE_FULL if full else vs.RANGE_LIMITED
    if int(frame.chroma_location):
        props["_ChromaLocation"] = int(frame.chroma_location) - 1
    for side in side_data(frame):
        if side.type.name == "MASTERING_DISPLAY_METADATA":
            props.update(_mastering(bytes(side)))
        elif side.type.name == "CONTENT_LIGHT_LEVEL":
            props["ContentLightLevelMax"], props["ContentLightLevelAverage"] = struct.unpack("2I", bytes(side))
        elif side.type.name == "ICC_PROFILE":
            props["ICCProfile"] = bytes(side)
    return props


def _mastering(data: bytes) -> dict[str, Any]:
    *numbers, primaries, luminance = mastering_numbers(data)
    told: dict[str, Any] = {}
    if primaries:
        told["MasteringDisplayPrimariesX"], told["MasteringDisplayPrimariesY"] = numbers[0:6:2], numbers[1:6:2]
        told["MasteringDisplayWhitePointX"], told["MasteringDisplayWhitePointY"] = numbers[6:8]
    if luminance:
        told["MasteringDisplayMinLuminance"], told["MasteringDisplayMaxLuminance"] = numbers[8:10]
    return told
