"""What the numbers of a picture mean: colour tags as VapourSynth's frame properties and as FFmpeg store them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import vapoursynth as vs

UNSPECIFIED = 2
RGB_MATRIX = 0
BT709, BT470BG, SMPTE170M = 1, 5, 6
LINEAR = (1, 4, 5, 6, 7, 8, 9)
"""Matrices that turn YUV into RGB and back by themselves, without the curve and the primaries of the video."""
WITH_CURVE = (10, 12, 13, 14)
"""Matrices that need both for it."""


@dataclass(frozen=True, kw_only=True)
class Colour:
    """Colour tags, numbered as ITU-T H.273 does; ``full_range`` and ``chroma`` are None where nothing is said.

    ``chroma`` is the chroma location as VapourSynth counts (0 left, 1 centre, 2 top left, ...).
    """

    matrix: int = UNSPECIFIED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    full_range: bool | None = None
    chroma: int | None = None

    @property
    def av_range(self) -> int:
        """FFmpeg's number: 0 unspecified, 1 limited, 2 full."""
        return 0 if self.full_range is None else 1 + self.full_range

    @property
    def av_chroma(self) -> int:
        """FFmpeg's number: 0 unspecified, else VapourSynth's plus one."""
        return 0 if self.chroma is None else self.chroma + 1

    def as_rgb(self) -> Colour:
        """The tags of the same picture as RGB."""
        return replace(self, matrix=RGB_MATRIX, full_range=True, chroma=None)

    def as_yuv(self, height: int) -> Colour:
        """The tags of the same RGB picture as YUV: the matrix by size, since RGB has none, and limited range."""
        return replace(self, matrix=matrix_or_guess(UNSPECIFIED, height), full_range=False, chroma=0)


def full_where_unsaid(clip: vs.VideoNode) -> vs.VideoNode:
    """The clip, of full range where the first frame says nothing of its range."""
    if "_Range" in clip.get_frame(0).props:
        return clip
    return clip.std.SetFrameProps(_Range=int(vs.RANGE_FULL))


def read_colour(props: Mapping[str, Any]) -> Colour:
    """The tags that a frame carries."""
    full = props.get("_Range")
    chroma = props.get("_ChromaLocation")
    return Colour(
        matrix=int(props.get("_Matrix", UNSPECIFIED)),
        primaries=int(props.get("_Primaries", UNSPECIFIED)),
        transfer=int(props.get("_Transfer", UNSPECIFIED)),
        full_range=None if full is None else int(full) == vs.RANGE_FULL,
        chroma=None if chroma is None else int(chroma),
    )


def matrix_or_guess(matrix: int, height: int) -> int:
    """``matrix``, or what untagged video of this height has by convention: BT.709 above 576 lines, else BT.601."""
    if matrix not in (UNSPECIFIED, RGB_MATRIX):
        return matrix
    return BT709 if height > 576 else SMPTE170M
