"""HDR10: the display that a picture was graded on and how bright it becomes, in the stream and in the container.

FFmpeg's containers take them from the parameters of a stream, which PyAV lets nobody set; a stream of a Matroska header
that is written here has them, and its parameters are copied (https://www.matroska.org/technical/elements.html).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import av
from av.bitstream import BitStreamFilterContext

from .matroska_header import element

_MATROSKA_CODEC = {
    "h264": b"V_MPEG4/ISO/AVC",
    "hevc": b"V_MPEGH/ISO/HEVC",
    "vp9": b"V_VP9",
    "av1": b"V_AV1",
    "ffv1": b"V_FFV1",
    "prores": b"V_PRORES",
    "mpeg4": b"V_MPEG4/ISO/ASP",
    "mjpeg": b"V_MJPEG",
}
"""Matroska's names of the codecs, by FFmpeg's."""

HDR_FACTS = ("picture: mastering display metadata", "picture: content light level")
"""Names of these facts, as `vsmlrt.video.comparison` has them."""

_EBML, _DOCTYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _TRACKS, _TRACK, _NUMBER, _UID, _TYPE, _CODEC = 0x18538067, 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83, 0x86
_CLUSTER, _TIMESTAMP = 0x1F43B675, 0xE7
_VIDEO, _WIDTH, _HEIGHT, _COLOUR = 0xE0, 0xB0, 0xBA, 0x55B0
_MAX_CLL, _MAX_FALL, _MASTERING = 0x55BC, 0x55BD, 0x55D0
_CHROMATICITIES = range(0x55D1, 0x55D9)
"""Red, green, blue and white, x and y of each."""
_BRIGHTEST, _DARKEST = 0x55D9, 0x55DA


@dataclass(frozen=True, kw_only=True)
class Mastering:
    """The display: (x, y) of red, green, blue and white by CIE 1931, and its luminances in candela / m2."""

    points: tuple[tuple[float, float], ...]
    darkest: float
    brightest: float


def mastering_numbers(data: bytes) -> list[float]:
    """The numbers of FFmpeg's AVMasteringDisplayMetadata: ten fractions, and whether either half is there."""
    *parts, primaries, luminance = struct.unpack("22i", data)
    numbers = [top / bottom if bottom else 0.0 for top, bottom in zip(parts[::2], parts[1::2], strict=True)]
    return [*numbers, primaries, luminance]


@dataclass(frozen=True, kw_only=True)
class Hdr:
    """What HDR10 says of a whole video; None where it says nothing. ``light`` is (MaxCLL, MaxFALL) in candela / m2."""

    mastering: Mastering | None = None
    light: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.mastering is not None or self.light is not None


def read_hdr(props: Mapping[str, Any]) -> Hdr:
    """What a frame's properties tell."""
    mastering, light = None, None
    if "MasteringDisplayPrimariesX" in props and "MasteringDisplayMaxLuminance" in props:
        across = [*props["MasteringDisplayPrimariesX"], props["MasteringDisplayWhitePointX"]]
        up = [*props["MasteringDisplayPrimariesY"], props["MasteringDisplayWhitePointY"]]
        mastering = Mastering(
            points=tuple((float(x), float(y)) for x, y in zip(across, up, strict=True)),
            darkest=float(props["MasteringDisplayMinLuminance"]),
            brightest=float(props["MasteringDisplayMaxLuminance"]),
        )
    if "ContentLightLevelMax" in props:
        light = int(props["ContentLightLevelMax"]), int(props.get("ContentLightLevelAverage", 0))
    return Hdr(mastering=mastering, light=light)


def encoder_options(encoder: str, hdr: Hdr) -> dict[str, str]:
    """The options by which an encoder writes them into its stream, to be joined by colons; empty if it has none."""
    made = {}
    if hdr.mastering is not None and encoder in ("libx264", "libx264rgb", "libx265"):
        key = "master-display" if encoder == "libx265" else "mastering-display"
        made[key] = _display(hdr.mastering, 50000, 10000, "{:.0f}")
    if hdr.mastering is not None and encoder == "libsvtav1":
        made["mastering-display"] = _display(hdr.mastering, 1, 1, "{:.5f}")
    if hdr.light is not None and encoder in ("libx264", "libx264rgb", "libx265", "libsvtav1"):
        key = {"libx265": "max-cll", "libsvtav1": "content-light"}.get(encoder, "cll")
        made[key] = f"{hdr.light[0]},{hdr.light[1]}"
    return made


def can_tell(codec: str) -> bool:
    """Whether `tell_container` knows this codec, by FFmpeg's name of the format."""
    return codec in _MATROSKA_CODEC


def tell_container(stream: Any, codec: str, hdr: Hdr) -> None:
    """Gives a new video stream the parameters that the container writes; before the encoder is set up."""
    with av.open(io.BytesIO(_header(_MATROSKA_CODEC[codec], hdr)), "r", format="matroska") as file:
        BitStreamFilterContext("null", in_stream=file.streams.video[0], out_stream=stream)


def _display(mastering: Mastering, point: int, luminance: int, number: str) -> str:
    red, green, blue, white = (
        "(" + ",".join(number.format(side * point) for side in place) + ")" for place in mastering.points
    )
    light = ",".join(number.format(side * luminance) for side in (mastering.brightest, mastering.darkest))
    return f"G{green}B{blue}R{red}WP{white}L({light})"


def _header(codec: bytes, hdr: Hdr) -> bytes:
    colour = []
    if hdr.light is not None:
        colour += [_whole(_MAX_CLL, hdr.light[0]), _whole(_MAX_FALL, hdr.light[1])]
    if hdr.mastering is not None:
        sides = [side for place in hdr.mastering.points for side in place]
        numbers = [_real(name, side) for name, side in zip(_CHROMATICITIES, sides, strict=True)]
        numbers += [_real(_BRIGHTEST, hdr.mastering.brightest), _real(_DARKEST, hdr.mastering.darkest)]
        colour.append(_element(_MASTERING, b"".join(numbers)))
    video = _whole(_WIDTH, 16) + _whole(_HEIGHT, 16) + _element(_COLOUR, b"".join(colour))
    track = _whole(_NUMBER, 1) + _whole(_UID, 1) + _whole(_TYPE, 1) + _element(_CODEC, codec) + _element(_VIDEO, video)
    tracks = _element(_TRACKS, _element(_TRACK, track))
    cluster = _element(_CLUSTER, _whole(_TIMESTAMP, 0))
    return _element(_EBML, _element(_DOCTYPE, b"matroska")) + _element(_SEGMENT, tracks + cluster)


def _element(name: int, content: bytes) -> bytes:
    return element(name, content, 8)


def _whole(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(8, "big"))


def _real(name: int, value: float) -> bytes:
    return _element(name, struct.pack(">d", value))
