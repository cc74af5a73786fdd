"""Which part of the source's picture is used, and which part of the result it has become."""

from __future__ import annotations

from dataclasses import dataclass

import vapoursynth as vs

from .deinterlacing import without_part_fields
from .errors import FieldError
from .formats import FORMATS
from .orientation import full_chroma
from .source import Source


@dataclass(frozen=True, kw_only=True)
class Crop:
    """The rectangle of the source that is used, in pixels."""

    width: int
    height: int
    left: int
    top: int


def cropped(source: Source, first: int, end: int, crop: Crop | None) -> vs.VideoNode:
    """The frames from ``first`` up to ``end``, and of them the rectangle; FieldError if it does not fit."""
    clip = source.clip[first:end]
    if crop is None:
        return clip
    step_x, step_y = 1 << clip.format.subsampling_w, 1 << clip.format.subsampling_h
    text = f"{crop.width}x{crop.height}+{crop.left}+{crop.top}"
    if crop.left + crop.width > source.width or crop.top + crop.height > source.height:
        size = f"{source.width}x{source.height}"
        raise FieldError("{crop} {text} reaches outside the video, which is {size}", text=text, size=size)
    if (crop.width | crop.left) % step_x or (crop.height | crop.top) % step_y:
        raise FieldError(
            "{crop} {text} does not fit the video's {name} pixels: width and left must be multiples of {step_x}, "
            "height and top of {step_y}",
            text=text,
            name=clip.format.name,
            step_x=step_x,
            step_y=step_y,
        )
    return without_part_fields(clip.std.CropAbs(width=crop.width, height=crop.height, left=crop.left, top=crop.top))


def alpha_of(source: Source, first: int, end: int, crop: Crop | None) -> vs.VideoNode | None:
    """The transparency of the part of the source that is used; None if it has none, or an odd size."""
    alpha = source.alpha
    if alpha is None or (alpha.width, alpha.height) != (source.clip.width, source.clip.height):
        return None
    alpha = alpha[first:end]
    if crop is None:
        return alpha
    return alpha.std.CropAbs(width=crop.width, height=crop.height, left=crop.left, top=crop.top)


def own_size(source: Source, clip: vs.VideoNode, result: vs.VideoNode) -> tuple[int, int]:
    """The size of the result without what was made of the repeated column and row of an odd source."""
    if clip.width != source.clip.width or clip.height != source.clip.height:  # a rectangle inside
        return result.width, result.height
    return source.width * result.width // clip.width, source.height * result.height // clip.height


def trimmed(clip: vs.VideoNode, width: int, height: int) -> vs.VideoNode:
    """The top left of a clip, in full chroma where its format cannot have that size."""
    if (clip.width, clip.height) == (width, height):
        return clip
    if width % (1 << clip.format.subsampling_w) or height % (1 << clip.format.subsampling_h):
        clip = full_chroma(clip)
    return clip.std.CropAbs(width=width, height=height)


def takes(codec: str, pixel_format: str, size: tuple[int, int]) -> bool:
    """Whether an encoder takes a picture of this size, which for an odd one and coarse chroma some do not."""
    _, _, sub_w, sub_h = FORMATS[pixel_format]
    odd = size[0] % (1 << sub_w) or size[1] % (1 << sub_h)
    return not odd or codec not in ("libx264", "libx265", "libsvtav1", "prores_ks", "dnxhd")
