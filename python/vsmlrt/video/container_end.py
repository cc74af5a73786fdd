"""Whether an MPEG transport stream or an AVI ends where it was ended: FFmpeg gives what is there of one that was cut.

ISO/IEC 13818-1, 2.4.3: packets of 188 bytes, in which each stream's own packets (PES) begin and end with one of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_SYNC = 0x47
_SIZES = (188, 192, 204)
"""A packet, one behind a time stamp of four bytes (M2TS), one before a checksum of 16."""

_TAIL = 4 << 20
"""Bytes at the end that are looked at."""

_ENOUGH = 5
"""Packets in a row that show where packets begin."""


@dataclass
class _Open:
    """The PES packet of a stream that was begun last."""

    stated: int
    """Bytes that it says it has; 0 where it ends with the next one, which video may."""
    there: int = 0
    full: bool = False
    """Whether its last transport packet has no room left, which the end of one in 184 has not."""

    @property
    def cut(self) -> bool:
        return self.there < self.stated if self.stated else self.full


def is_cut_avi(path: Path) -> bool:
    """Whether an AVI says that it is longer than it is; it is a row of RIFF lists, each with its length."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        at = 0
        while at + 8 <= length:
            file.seek(at)
            head = file.read(8)
            if head[:4] != b"RIFF":
                return False
            size = int.from_bytes(head[4:], "little")
            at += 8 + size + size % 2
    return at > length + 1


def is_cut(path: Path) -> bool:
    """Whether a transport stream ends inside of a packet, its own or one of its streams'."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - _TAIL))
        tail = file.read()
    for size in _SIZES:
        first = _aligned(tail, size)
        if first is not None:
            whole = (len(tail) - first) // size
            rest = tail[first + whole * size :]
            # What is behind a checksum or before a time stamp may be left out at the end.
            if len(rest) >= 4 and len(rest) < 188:
                return True
            return any(pes.cut for pes in _open_packets(tail, first, size).values())
    return False


def _aligned(tail: bytes, size: int) -> int | None:
    """The place of the first packet in a row; the last ones must be in the same row."""
    last = len(tail) - size * (_ENOUGH + 1)
    for place in range(max(0, min(size, last + 1))):
        rows = range(place, place + _ENOUGH * size, size)
        behind = place + (last - place) // size * size
        ends = range(behind, behind + _ENOUGH * size, size)
        if all(tail[at] == _SYNC for at in (*rows, *ends)):
            return place
    return None


def _open_packets(tail: bytes, first: int, size: int) -> dict[int, _Open]:
    """By its number, each stream's last PES packet, where its beginning is seen."""
    found: dict[int, _Open] = {}
    for at in range(first, len(tail) - 187, size):
        if tail[at] != _SYNC or tail[at + 1] & 0x80:  # not in the row, or received with errors
            continue
        stream = (tail[at + 1] & 0x1F) << 8 | tail[at + 2]
        field = tail[at + 3] & 0x30
        if not field & 0x10:
            continue
        begin = at + 4 + (1 + tail[at + 4] if field & 0x20 else 0)
        payload = max(0, at + 188 - begin)
        if tail[at + 1] & 0x40:
            if tail[begin : begin + 3] != b"\x00\x00\x01":  # tables
                found.pop(stream, None)
                continue
            stated = int.from_bytes(tail[begin + 4 : begin + 6], "big")
            found[stream] = _Open(stated + 6 if stated else 0)
        if stream in found:
            found[stream].there += payload
            found[stream].full = not field & 0x20
    return found
