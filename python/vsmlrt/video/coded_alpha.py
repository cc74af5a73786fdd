"""Transparency that FFmpeg does not join with the colours.

WebM stores it with VP8 and VP9 as a second picture with each, which only libvpx's decoder joins; FFmpeg's own decoders,
which BestSource uses too, give the colours alone. AVIF and HEIC store it as a picture of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import vapoursynth as vs

from .linear import LinearReader, fill_plane, linear_clip, plain_format
from .opening import open_container
from .timestamps import Timeline

_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_ALPHA = 3
"""The plane of transparency among a frame's."""


class _AlphaReader(LinearReader):
    def _decoded(self) -> Iterator[Any]:
        with open_container(self._path) as file:
            picture: Any = file.streams[self._stream]
            decoder: Any = av.CodecContext.create(_DECODERS[picture.codec_context.name], "r")
            decoder.extradata = picture.codec_context.extradata
            for packet in file.demux(picture):
                yield from decoder.decode(packet if packet.size else None)


def coded_alpha(path: Path, stream: int, clip: vs.VideoNode) -> vs.VideoNode | None:
    """A GRAY clip of the transparency of a clip's frames, full range; None where this FFmpeg cannot decode it.

    The clip is of all frames of the stream, or of the first ones, in their order.
    """
    reader = _AlphaReader(path, stream)
    try:
        first = reader.frame(0)
    except (av.FFmpegError, KeyError, ValueError, IndexError):
        return None
    if len(first.planes) <= _ALPHA:
        return None
    bits = first.format.components[0].bits
    gray = vs.core.query_video_format(vs.GRAY, vs.INTEGER, bits, 0, 0)
    blank = vs.core.std.BlankClip(clip, format=gray.id, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        plane = reader.frame(n).planes[_ALPHA]
        filled = f.copy()
        fill_plane(np.asarray(filled[0]), plane)
        filled.props["_Range"] = vs.RANGE_FULL
        return filled

    return blank.std.ModifyFrame(blank, fill)


def stream_of_alpha(path: Path, stream: int, timeline: Timeline) -> vs.VideoNode | None:
    """A GRAY clip of the transparency that is a stream of its own, full range; None where it cannot be decoded."""
    reader = LinearReader(path, stream)
    try:
        first = reader.frame(0)
    except (av.FFmpegError, IndexError):
        return None
    if plain_format(first) is None:
        return None
    return linear_clip(reader, first, timeline).std.SetFrameProps(_Range=int(vs.RANGE_FULL))
