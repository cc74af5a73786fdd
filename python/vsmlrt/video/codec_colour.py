"""Matrices that a codec knows: where it does not know the video's, the pixels are made for one that it does."""

from __future__ import annotations

from dataclasses import replace

import vapoursynth as vs

from .colour import BT470BG, LINEAR, SMPTE170M, UNSPECIFIED, Colour, matrix_or_guess
from .encoder import find_encoder
from .notes import Notes

KNOWN = {"vp8": (BT470BG, SMPTE170M), "vp9": (1, BT470BG, SMPTE170M, 7, 9)}
"""By FFmpeg's name of the codec: VP8 is BT.601 by its definition (RFC 6386, 9.2), VP9 tells one of these."""

NAMES = {"vp8": "VP8", "vp9": "VP9"}

LIMITED = {"vp8": "VP8", "prores": "ProRes"}
"""Codecs whose players take all samples for those of limited range (VP8: RFC 6386; ProRes: SMPTE RDD 36)."""

MATRIX_FACT, RANGE_FACT = "picture: matrix", "picture: range"


def for_codec(clip: vs.VideoNode, colour: Colour, codec: str, notes: Notes) -> tuple[vs.VideoNode, Colour]:
    """The clip, with its tags, as a video of this encoder can tell them; what changes is said."""
    if clip.format.color_family != vs.YUV:
        return clip, colour
    kind = find_encoder(codec).canonical_name
    return _of_known_range(*_of_known_matrix(clip, colour, kind, notes), kind, notes)


def _of_known_matrix(clip: vs.VideoNode, colour: Colour, kind: str, notes: Notes) -> tuple[vs.VideoNode, Colour]:
    known = KNOWN.get(kind)
    if known is None or colour.matrix in (UNSPECIFIED, *known):
        if kind == "vp8" and colour.matrix == SMPTE170M:
            notes.expect(MATRIX_FACT)  # FFmpeg calls it BT470BG, which has the same numbers
        return clip, colour
    name = NAMES[kind]
    if colour.matrix not in LINEAR:
        notes(f"{name} cannot tell the video's matrix {colour.matrix}, which players will not know", MATRIX_FACT)
        return clip, colour
    matrix = BT470BG if kind == "vp8" else matrix_or_guess(UNSPECIFIED, clip.height)
    notes(
        f"{name} cannot tell the video's matrix {colour.matrix}: the pixels are made for matrix {matrix}", MATRIX_FACT
    )
    return clip.resize.Spline36(matrix_in=colour.matrix, matrix=matrix), replace(colour, matrix=matrix)


def _of_known_range(clip: vs.VideoNode, colour: Colour, kind: str, notes: Notes) -> tuple[vs.VideoNode, Colour]:
    if kind not in LIMITED or not colour.full_range:
        return clip, colour
    notes(f"{LIMITED[kind]} has limited range alone, and the video's is full: the pixels are made for it", RANGE_FACT)
    made = clip.resize.Spline36(range_in=int(vs.RANGE_FULL), range=int(vs.RANGE_LIMITED))
    return made, replace(colour, full_range=False)
