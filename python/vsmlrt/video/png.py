"""Pictures as PNG files."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from typing import Any

import av

_BEHIND_HEADER = 33
"""Where a PNG's first chunk ends, the signature before it included."""

_CHANNELS = slice(16, 20)
"""Where an ICC profile names the channels of the colours that it is about."""


def png(picture: av.VideoFrame, profile: bytes | None = None) -> bytes:
    """A picture as a PNG file, in its own format, which is one that PNG has.

    ``profile`` is an ICC profile of its colours, which is left out if it is one of other channels (CMYK's).
    """
    context: Any = av.CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt = picture.width, picture.height, picture.format.name
    context.time_base = picture.time_base = Fraction(1, 25)
    picture.pts = 0
    file = b"".join(bytes(packet) for one in (picture, None) for packet in context.encode(one))
    channels = b"GRAY" if picture.format.name.startswith("gray") else b"RGB "
    if profile is None or profile[_CHANNELS] != channels:
        return file
    content = b"iCCP" + b"ICC profile\0\0" + zlib.compress(profile)
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return file[:_BEHIND_HEADER] + chunk + file[_BEHIND_HEADER:]
