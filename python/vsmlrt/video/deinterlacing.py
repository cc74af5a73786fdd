"""Interlaced video made of whole frames, by the plugin Bwdif."""

from __future__ import annotations

import vapoursynth as vs

from ..errors import SetupError
from .notes import Notes

BOTTOM_FIRST, TOP_FIRST = 1, 2
"""The frame property ``_FieldBased``, which is 0 of whole frames."""


def deinterlaced(clip: vs.VideoNode, notes: Notes, double_rate: bool = False) -> vs.VideoNode:
    """The clip with as many frames, each of the field that comes first and what is made of its neighbours.

    With ``double_rate`` it has twice as many, one of each field. Bwdif's ``field`` is documented at
    https://github.com/HomeOfVapourSynthEvolution/VapourSynth-Bwdif: 0 and 1 keep the bottom or the top field, 2 and 3
    both, beginning with it.

    Raises SetupError where the plugin is missing. A video that does not say that it is interlaced is taken as top field
    first, which is said.
    """
    if not hasattr(vs.core.core, "bwdif"):
        raise SetupError(
            "deinterlacing needs VapourSynth's plugin Bwdif, which is not installed: pip install vapoursynth-bwdif"
        )
    order = int(clip.get_frame(0).props.get("_FieldBased", 0))
    if not order:
        notes("the video does not say that it is interlaced; it is deinterlaced as top field first")
    top = order != BOTTOM_FIRST
    fields = clip.std.SetFieldBased(TOP_FIRST if top else BOTTOM_FIRST)
    whole: vs.VideoNode = fields.bwdif.Bwdif(field=int(top) + 2 * double_rate).std.SetFieldBased(0)
    return whole


def without_part_fields(clip: vs.VideoNode) -> vs.VideoNode:
    """The clip as whole frames where its fields are not whole in every format, which resize refuses to convert."""
    if clip.height % 4 == 0 and clip.format.subsampling_h <= 1:
        return clip
    whole: vs.VideoNode = clip.std.SetFieldBased(0)
    return whole
