"""Pixel formats: which of FFmpeg's a VapourSynth clip is, and which an encoder should get."""

from __future__ import annotations

from collections.abc import Collection

import av
import vapoursynth as vs
from av.codec.codec import find_best_pix_fmt_of_list

from .colour import Colour, matrix_or_guess
from .errors import FieldError

_SUBSAMPLING = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "440": (0, 1), "411": (2, 0), "410": (2, 2)}


def _table() -> dict[str, tuple[vs.ColorFamily, int, int, int]]:
    formats: dict[str, tuple[vs.ColorFamily, int, int, int]] = {}
    for bits in (8, 9, 10, 12, 14, 16):
        suffix = "" if bits == 8 else f"{bits}le"
        formats[f"gray{suffix}"] = (vs.GRAY, bits, 0, 0)
        formats[f"gbrp{suffix}"] = (vs.RGB, bits, 0, 0)
        for name, (w, h) in _SUBSAMPLING.items():
            formats[f"yuv{name}p{suffix}"] = (vs.YUV, bits, w, h)
    return {name: value for name, value in formats.items() if _known(name)}


def _known(name: str) -> bool:
    try:
        av.VideoFormat(name)
    except ValueError:
        return False
    return True


FORMATS = _table()
"""FFmpeg's name of every planar integer format that a VapourSynth clip can have."""

PLANE_ORDER = {vs.RGB: (1, 2, 0)}
"""FFmpeg's planar RGB is stored green, blue, red."""


def pixel_format_of(clip_format: vs.VideoFormat) -> str | None:
    """FFmpeg's name of a clip's format; None where it has no planar integer format like it (float, half)."""
    if clip_format.sample_type != vs.INTEGER:
        return None
    key = (
        clip_format.color_family,
        clip_format.bits_per_sample,
        clip_format.subsampling_w,
        clip_format.subsampling_h,
    )
    return next((name for name, value in FORMATS.items() if value == key), None)


def accepted_by(codec: av.Codec) -> list[str]:
    """The pixel formats that an encoder takes and this program can give it."""
    if codec.video_formats is None:
        return list(FORMATS)
    offered = {known.name for known in codec.video_formats}
    return [name for name in FORMATS if name in offered]


def choose_pixel_format(codec: av.Codec, clip_format: vs.VideoFormat, asked: str | None) -> str:
    """The pixel format to encode in: the one asked for, else the clip's own, else the nearest the encoder takes.

    Raises FieldError if the encoder does not take what was asked for, or nothing that this program can make.
    """
    accepted = accepted_by(codec)
    if not accepted:
        raise FieldError(
            "the encoder {name} takes no planar pixel format; use {codec} libx264 or another", name=codec.name
        )
    if asked is not None:
        return check_pixel_format(codec, asked)
    own = pixel_format_of(clip_format) or _nearest_integer(clip_format, accepted)
    if own in accepted:
        return own
    best, _ = find_best_pix_fmt_of_list(accepted, own)
    return best.name if best is not None else accepted[0]


def check_pixel_format(codec: av.Codec, asked: str) -> str:
    """The full name of the pixel format asked for; FieldError with what the encoder takes if it is none of that."""
    accepted = accepted_by(codec)
    name = asked if asked in accepted else f"{asked}le"
    if name not in accepted:
        raise FieldError(
            "{pixel_format}: {name} does not take {asked!r}, but {accepted}",
            name=codec.name,
            asked=asked,
            accepted=", ".join(accepted),
        )
    return name


def _nearest_integer(clip_format: vs.VideoFormat, accepted: Collection[str]) -> str:
    """For float and odd depths: the same planes in 16 bits where the encoder takes them, else in 10."""
    for bits in (16, 10):
        key = (clip_format.color_family, bits, clip_format.subsampling_w, clip_format.subsampling_h)
        name = next((name for name, value in FORMATS.items() if value == key), None)
        if name is not None and (name in accepted or bits == 10):
            return name
    return "yuv444p10le"


def convert(clip: vs.VideoNode, pixel_format: str, colour: Colour) -> tuple[vs.VideoNode, Colour]:
    """The clip in another pixel format, with the tags it then has; the clip itself if it already is in that format."""
    family, bits, sub_w, sub_h = FORMATS[pixel_format]
    if pixel_format_of(clip.format) == pixel_format:
        return clip, colour
    if clip.width % (1 << sub_w) or clip.height % (1 << sub_h):
        raise FieldError(
            "the pixel format {name} needs a width that is a multiple of {across} and a height that is a multiple of "
            "{down}, and the result is {width}x{height}; use {pixel_format} yuv444p or {crop}",
            name=pixel_format,
            across=1 << sub_w,
            down=1 << sub_h,
            width=clip.width,
            height=clip.height,
        )
    target = vs.core.query_video_format(family, vs.INTEGER, bits, sub_w, sub_h)
    arguments: dict[str, int | str] = {"format": target.id}
    if bits < clip.format.bits_per_sample or clip.format.sample_type == vs.FLOAT:
        arguments["dither_type"] = "error_diffusion"
    from_rgb, to_rgb = clip.format.color_family == vs.RGB, family == vs.RGB
    if to_rgb and not from_rgb:
        arguments["matrix_in"] = matrix_or_guess(colour.matrix, clip.height)
        colour = colour.as_rgb()
    elif from_rgb and not to_rgb:
        colour = colour.as_yuv(clip.height)
        arguments["matrix"] = colour.matrix
    if not to_rgb:  # which resize makes limited where it makes YUV of GRAY, whatever that was
        arguments["range"] = int(bool(colour.full_range))
    return clip.resize.Spline36(**arguments), colour


def coarser(pixel_format: str, clip_format: vs.VideoFormat) -> dict[str, str]:
    """What a pixel format does not keep of a clip's, in words by the facts of `vsmlrt.video.comparison`."""
    family, bits, sub_w, sub_h = FORMATS[pixel_format]
    lost = {}
    if bits < clip_format.bits_per_sample:
        lost["picture: bits"] = f"{clip_format.bits_per_sample} bits become {bits}"
    gray = vs.GRAY in (family, clip_format.color_family)
    if not gray and (sub_w > clip_format.subsampling_w or sub_h > clip_format.subsampling_h):
        lost["picture: chroma"] = "the chroma becomes coarser"
    if family == vs.GRAY and clip_format.color_family != vs.GRAY:
        lost["picture: chroma"] = "the colours are lost"
    return lost


def full_gray(clip: vs.VideoNode, bits: int, colour: Colour) -> vs.VideoNode:
    """A GRAY clip in integers of full range, as images have them."""
    target = vs.core.query_video_format(vs.GRAY, vs.INTEGER, bits, 0, 0)
    if clip.format.id == target.id and colour.full_range:
        return clip
    arguments: dict[str, int | str] = {"format": target.id, "range": int(vs.RANGE_FULL)}
    if clip.format.sample_type == vs.INTEGER:
        arguments["range_in"] = int(bool(colour.full_range))
    if bits < clip.format.bits_per_sample or clip.format.sample_type == vs.FLOAT:
        arguments["dither_type"] = "error_diffusion"
    return clip.resize.Point(**arguments)


ALPHA_ENCODERS = ("ffv1", "prores_ks", "libvpx-vp9")
"""Encoders whose files others read with their transparency."""


def with_alpha(codec: av.Codec, pixel_format: str) -> str | None:
    """The pixel format with a plane of transparency in addition; None if the encoder does not take it."""
    name = pixel_format.replace("yuv", "yuva", 1).replace("gbrp", "gbrap", 1)
    offered = {known.name for known in codec.video_formats or ()}
    if codec.name == "libvpx-vp9":
        offered &= {"yuva420p"}  # of which alone it makes two pictures, the second for the transparency
    return name if codec.name in ALPHA_ENCODERS and name != pixel_format and name in offered else None


def with_room_for_alpha(codec: av.Codec, pixel_format: str) -> str:
    """The pixel format, or the nearest that goes with transparency: one with full chroma or more bits.

    ProRes has it in 4444 alone, and FFV1 has no planar RGB of 8 bits.
    """
    family, bits, sub_w, sub_h = FORMATS[pixel_format]
    for chroma in ((sub_w, sub_h), (0, 0)):
        for name, (of, deep, *coarse) in FORMATS.items():
            if of == family and deep >= bits and tuple(coarse) == chroma and with_alpha(codec, name) is not None:
                return name
    return pixel_format


def join_alpha(clip: vs.VideoNode, alpha: vs.VideoNode) -> vs.VideoNode:
    """The clip with a transparency of its size and bits in the property ``_Alpha`` of each frame."""
    gray = vs.core.query_video_format(vs.GRAY, vs.INTEGER, clip.format.bits_per_sample, 0, 0)
    full = int(vs.RANGE_FULL)
    made = alpha.resize.Bicubic(width=clip.width, height=clip.height, format=gray.id, range_in=full, range=full)
    return clip.std.ClipToProp(made, prop="_Alpha")
