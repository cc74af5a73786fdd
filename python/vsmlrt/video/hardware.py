"""Encoders that run on a graphics card, tried rather than listed."""

from __future__ import annotations

from dataclasses import dataclass

import av

from .encoder import open_small
from .errors import reason
from .picture import HARDWARE


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """An encoder by FFmpeg's name, and why it cannot work here; None where it can."""

    name: str
    reason: str | None


def hardware_encoders() -> list[Hardware]:
    """The encoders of this build of FFmpeg that run on a graphics card, each opened for a small picture."""
    names = [name for name in sorted(av.codecs_available) if name.rpartition("_")[2] in HARDWARE]
    return [Hardware(name=name, reason=_refusal(name)) for name in names if _is_encoder(name)]


def _is_encoder(name: str) -> bool:
    try:
        codec = av.Codec(name, "w")
    except (av.codec.codec.UnknownCodecError, ValueError):
        return False
    return codec.type == "video" and name.partition("_")[0] in ("h264", "hevc", "av1", "vp9")


def _refusal(name: str) -> str | None:
    codec = av.Codec(name, "w")
    offered = [known.name for known in codec.video_formats or ()]
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    try:
        open_small(context, next((one for one in ("yuv420p", "nv12") if one in offered), "yuv420p"))
    except (av.FFmpegError, ValueError, OSError) as error:
        return reason(error)
    return None
