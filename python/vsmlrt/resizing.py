"""Resizes that the families' functions need before and behind a network, by VapourSynth's own resize."""

from __future__ import annotations

from fractions import Fraction

import vapoursynth as vs

from . import plugin
from .errors import RangeError


def is_half(clip: vs.VideoNode) -> bool:
    """Whether its samples are of half precision."""
    return bool(clip.format.sample_type == vs.FLOAT and clip.format.bits_per_sample == 16)


def as_float(clip: vs.VideoNode) -> vs.VideoNode:
    """The clip in 32-bit float, family and subsampling kept; itself if it is that already."""
    wanted = clip.format.replace(sample_type=vs.FLOAT, bits_per_sample=32)
    return clip if clip.format.id == wanted.id else plugin.core().resize.Point(clip, format=wanted.id)


def like(clip: vs.VideoNode, target: vs.VideoNode) -> vs.VideoNode:
    """The clip in the target's format; both are of one color family."""
    if clip.format.id == target.format.id:
        return clip
    return plugin.core().resize.Bicubic(clip, format=target.format.id)


def full_chroma(clip: vs.VideoNode) -> vs.VideoNode:
    """The clip with its chroma at luma's size; itself if it has that."""
    wanted = clip.format.replace(subsampling_w=0, subsampling_h=0)
    return clip if clip.format.id == wanted.id else plugin.core().resize.Bicubic(clip, format=wanted.id)


def resize_by(clip: vs.VideoNode, source: vs.VideoNode, scale: float) -> vs.VideoNode:
    """The clip by Lanczos (4 taps) at `scale` times the source's size; itself if it has that size.

    The size is rounded down to whole pixels, and to whole chroma samples. Raises RangeError where nothing is left.
    """
    width = _whole(source.width, scale, source.format.subsampling_w)
    height = _whole(source.height, scale, source.format.subsampling_h)
    if not (width and height):  # which resize takes for a size that varies
        raise RangeError(
            f"a scale of {scale:g} leaves no pixel of a picture of {source.width}x{source.height}; give a larger one"
        )
    return resize_to(clip, (width, height))


def fitting(source: vs.VideoNode, width: int | None, height: int | None) -> tuple[int, int]:
    """The largest size of the source's shape that is at most so wide and high, to the nearest whole chroma sample."""
    by = min(Fraction(size, own) for size, own in ((width, source.width), (height, source.height)) if size is not None)
    steps = 1 << source.format.subsampling_w, 1 << source.format.subsampling_h
    across, down = (
        max(step, round(own * by / step) * step) for own, step in zip((source.width, source.height), steps, strict=True)
    )
    return across, down


def resize_to(clip: vs.VideoNode, size: tuple[int, int]) -> vs.VideoNode:
    """The clip by Lanczos (4 taps) in this size; itself if it has it."""
    if (clip.width, clip.height) == size:
        return clip
    return plugin.core().resize.Lanczos(resizable(clip, size[1]), *size, filter_param_a=4)


def resizable(clip: vs.VideoNode, *heights: int) -> vs.VideoNode:
    """The clip as whole frames where its fields, at its own height or another, have no whole samples of chroma.

    Resize refuses them.
    """
    if all(height % (2 << clip.format.subsampling_h) == 0 for height in (clip.height, *heights)):
        return clip
    return plugin.core().std.SetFieldBased(clip, 0)


def _whole(size: int, scale: float, subsampling: int) -> int:
    return int(size * Fraction(str(scale))) >> subsampling << subsampling


def enlarge(clip: vs.VideoNode, scale: int) -> vs.VideoNode:
    """The clip enlarged by the bicubic that waifu2x's first networks were trained behind (b = 0, c = 0.75)."""
    return plugin.core().resize.Bicubic(
        clip, clip.width * scale, clip.height * scale, filter_param_a=0, filter_param_b=0.75
    )


def halve(clip: vs.VideoNode) -> vs.VideoNode:
    """The clip at half the size by the same bicubic (b = 0, c = 0.75), each pixel from the 4 x 4 around its middle.

    VapourSynth's resize widens its kernel when it shrinks a picture, so the picture is moved by half a pixel first and
    every second pixel taken then. Subsampled chroma is brought to full size for this and back behind it.
    """
    core = plugin.core()
    full = clip.format.replace(subsampling_w=0, subsampling_h=0)
    if full.sample_type == vs.INTEGER:
        full = full.replace(bits_per_sample=16)
    moved = core.resize.Bicubic(clip, format=full.id, filter_param_a=0, filter_param_b=0.75, src_left=0.5, src_top=0.5)
    width, height = clip.width // 2, clip.height // 2
    taken = core.resize.Point(moved, width, height, src_left=-0.5, src_top=-0.5)
    return like(taken, clip)


def pad_to_multiple(clip: vs.VideoNode, multiple: int) -> vs.VideoNode:
    """The clip with its right and lower edges continued to a multiple; itself if its size is one."""
    width, height = (-(-size // multiple) * multiple for size in (clip.width, clip.height))
    if (clip.width, clip.height) == (width, height):
        return clip
    core = plugin.core()
    whole = core.std.SetFieldBased(clip, 0)  # of fields resize takes few heights, and continues each by itself
    padded = core.resize.Point(whole, width, height, src_width=width, src_height=height)
    return core.std.CopyFrameProps(padded, clip, props=["_FieldBased"])
