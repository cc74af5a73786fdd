"""What FFmpeg's encoder of animated WebP leaves out."""

from __future__ import annotations

import struct
from typing import BinaryIO

_CHUNK = struct.Struct("<4sI")
_FILE_HEADER = 12
_LENGTH_AT = 12
"""Where an animation's frame (ANMF) has its length in milliseconds, in three bytes."""

_LONGEST = (1 << 24) - 1


def end_at(file: BinaryIO, milliseconds: int) -> None:
    """Lets an animation's last frame be shown until this time: FFmpeg gives it the average length.

    A file of one frame has no lengths and stays as it is. The format: RFC 9649.
    """
    end = file.seek(0, 2)
    before, last, place = 0, None, _FILE_HEADER
    while place + _CHUNK.size <= end:
        file.seek(place)
        kind, size = _CHUNK.unpack(file.read(_CHUNK.size))
        if kind == b"ANMF":
            file.seek(_LENGTH_AT, 1)
            length = int.from_bytes(file.read(3), "little")
            before += 0 if last is None else last[1]
            last = place + _CHUNK.size + _LENGTH_AT, length
        place += _CHUNK.size + size + size % 2
    if last is not None:
        file.seek(last[0])
        file.write(min(max(1, milliseconds - before), _LONGEST).to_bytes(3, "little"))
    file.seek(0, 2)
