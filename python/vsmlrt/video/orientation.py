"""Pictures that are to be shown turned or mirrored."""

from __future__ import annotations

import vapoursynth as vs

Matrix = tuple[int, ...]
"""FFmpeg's display matrix: nine numbers, a b u c d v x y w, for x' = a x + c y and y' = b x + d y."""


def swaps(matrix: Matrix) -> bool:
    """Whether width and height change places."""
    return matrix[0] == 0


def oriented(clip: vs.VideoNode, matrix: Matrix) -> vs.VideoNode:
    """The clip as it is to be shown: turned by quarters and mirrored; angles between them are not heeded."""
    across, down = (matrix[0], matrix[4])
    if swaps(matrix):
        if clip.format.subsampling_w != clip.format.subsampling_h:
            clip = full_chroma(clip)
        clip = clip.std.Transpose()
        across, down = matrix[3], matrix[1]
    if across < 0:
        clip = clip.std.FlipHorizontal()
    return clip.std.FlipVertical() if down < 0 else clip


def full_chroma(clip: vs.VideoNode) -> vs.VideoNode:
    """The clip with as many chroma samples as luma samples."""
    return clip.resize.Spline36(format=clip.format.replace(subsampling_w=0, subsampling_h=0).id)
