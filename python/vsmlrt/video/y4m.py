"""Raw video as a YUV4MPEG2 stream, for a pipe or a file.

Format: https://wiki.multimedia.cx/index.php/YUV4MPEG2, with the depth tags and the colour range comment that FFmpeg
and VapourSynth's vspipe write and read.
"""

from __future__ import annotations

from fractions import Fraction
from typing import BinaryIO

import vapoursynth as vs

from .colour import Colour
from .errors import FieldError
from .formats import FORMATS, pixel_format_of

_CHROMA_TAGS = {None: "420mpeg2", 0: "420mpeg2", 1: "420jpeg", 2: "420paldv"}
_SUBSAMPLING = {(1, 1): "420", (1, 0): "422", (0, 0): "444", (2, 0): "411"}


def choose_y4m_format(clip_format: vs.VideoFormat, asked: str | None) -> str:
    """The pixel format that a clip is written in: the one asked for, else its own, else the nearest that Y4M has."""
    if asked is not None:
        return check_y4m_format(asked)
    own = pixel_format_of(clip_format)
    if own in _formats():
        return own
    bits = clip_format.bits_per_sample if clip_format.sample_type == vs.INTEGER else 10
    return "yuv444p" if bits == 8 else f"yuv444p{bits}le"


def check_y4m_format(asked: str) -> str:
    """The full name of the pixel format asked for; FieldError with what raw video takes if it is none of that."""
    name = asked if asked in _formats() else f"{asked}le"
    if name not in _formats():
        accepted = ", ".join(_formats())
        raise FieldError(
            "{pixel_format}: raw video does not take {asked!r}, but {accepted}", asked=asked, accepted=accepted
        )
    return name


def _formats() -> list[str]:
    """The pixel formats with a Y4M tag."""
    return [
        name
        for name, (family, _, sub_w, sub_h) in FORMATS.items()
        if family == vs.GRAY or (family == vs.YUV and (sub_w, sub_h) in _SUBSAMPLING)
    ]


def y4m_header(clip: vs.VideoNode, colour: Colour, rate: Fraction, sample_aspect: Fraction | None) -> bytes:
    """The stream's first line."""
    aspect = sample_aspect or Fraction(0, 1)
    shape = f"W{clip.width} H{clip.height} F{rate.numerator}:{rate.denominator} Ip"
    ratio = f"A{aspect.numerator}:{aspect.denominator}" if sample_aspect else "A0:0"
    line = f"YUV4MPEG2 {shape} {ratio} C{_tag(clip.format, colour)}"
    if colour.full_range is not None:
        line += f" XCOLORRANGE={'FULL' if colour.full_range else 'LIMITED'}"
    return line.encode() + b"\n"


def write_y4m_frame(file: BinaryIO, frame: vs.VideoFrame) -> None:
    """One frame: its marker, then its planes without padding."""
    file.write(b"FRAME\n")
    for plane in range(frame.format.num_planes):
        view = frame[plane]
        file.write(view.cast("B") if view.c_contiguous else view.tobytes())


def _tag(clip_format: vs.VideoFormat, colour: Colour) -> str:
    bits = clip_format.bits_per_sample
    if clip_format.color_family == vs.GRAY:
        return "mono" if bits == 8 else f"mono{bits}"
    name = _SUBSAMPLING[clip_format.subsampling_w, clip_format.subsampling_h]
    if bits > 8:
        return f"{name}p{bits}"
    return _CHROMA_TAGS.get(colour.chroma, "420mpeg2") if name == "420" else name
