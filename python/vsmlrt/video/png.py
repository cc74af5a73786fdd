"""Pictures as PNG files."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av


def png(picture: av.VideoFrame) -> bytes:
    """A picture as a PNG file, in its own format, which is one that PNG has."""
    context: Any = av.CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt = picture.width, picture.height, picture.format.name
    context.time_base = picture.time_base = Fraction(1, 25)
    picture.pts = 0
    return b"".join(bytes(packet) for one in (picture, None) for packet in context.encode(one))
