"""The display size in the header of a finished Matroska or WebM file, which FFmpeg does not get to know by way of PyAV.

Between the list of where things are (SeekHead) and the next element FFmpeg leaves room (Void). The elements up to the
tracks move into it by what the tracks grow, so that everything behind them stays where it is
(https://www.matroska.org/technical/elements.html).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_SEGMENT, _SEEK_HEAD, _SEEK, _SEEK_POSITION = 0x18538067, 0x114D9B74, 0x4DBB, 0x53AC
_TRACKS, _TRACK, _VIDEO, _CLUSTER, _VOID, _CRC = 0x1654AE6B, 0xAE, 0xE0, 0x1F43B675, 0xEC, 0xBF
_DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
_HEAD = 1 << 24
"""Bytes in which the header is looked for; one with larger attachments in front of the tracks is left as it is."""


@dataclass(frozen=True, kw_only=True)
class _Element:
    name: int
    start: int
    content: int
    end: int


def set_display_size(file: BinaryIO, width: int, height: int) -> bool:
    """Tells the size at which the first picture is shown; False, and nothing changed, in a file that is made otherwise.

    The file is open for reading and writing.
    """
    file.seek(0)
    data = file.read(_HEAD)
    segment = next((one for one in _elements(data, 0, len(data)) if one.name == _SEGMENT), None)
    if segment is None:
        return False
    parts = []
    for one in _elements(data, segment.content, len(data)):
        parts.append(one)
        if one.name == _TRACKS:
            break
    names = [one.name for one in parts]
    if names[:2] != [_SEEK_HEAD, _VOID] or names[-1] != _TRACKS or parts[-1].end > len(data):
        return False
    head, void, tracks = parts[0], parts[1], parts[-1]
    shown = _whole(_DISPLAY_WIDTH, width) + _whole(_DISPLAY_HEIGHT, height)
    content = _with_shown(data[tracks.content : tracks.end], shown)
    if content is None:
        return False
    made = element(_TRACKS, content)
    more = len(made) - (tracks.end - tracks.start)
    room = void.end - void.start - more
    if room < 9:
        return False
    moved = {one.start - segment.content: one.start - segment.content - more for one in parts[2:]}
    seek = element(_SEEK_HEAD, _with_positions(data[head.content : head.end], moved), head.content - head.start - 4)
    if len(seek) != head.end - head.start:
        return False
    empty = element(_VOID, bytes(room - 9), 8)
    file.seek(head.start)
    file.write(seek + empty + data[void.end : tracks.start] + made)
    return True


def _elements(data: bytes, start: int, end: int) -> Iterator[_Element]:
    """The elements side by side in a part of ``data``; the last one may end behind it."""
    while start < end:
        length = 9 - data[start].bit_length() if data[start] else 9
        if length > 4 or start + length >= end or not data[start + length]:
            return
        size_length = 9 - data[start + length].bit_length()
        content = start + length + size_length
        size = int.from_bytes(data[start + length : content], "big") & (1 << 7 * size_length) - 1
        name = int.from_bytes(data[start : start + length], "big")
        yield _Element(name=name, start=start, content=content, end=content + size)
        if name in (_SEGMENT, _CLUSTER):
            return
        start = content + size


def _with_shown(content: bytes, shown: bytes) -> bytes | None:
    """The content of the tracks with the display size in the first picture; None if it has one, or there is none."""
    made = []
    found = False
    for track in _elements(content, 0, len(content)):
        inner = content[track.content : track.end]
        if track.name == _TRACK and not found:
            for part in _elements(inner, 0, len(inner)):
                if part.name == _VIDEO:
                    video = inner[part.content : part.end]
                    sides = list(_elements(video, 0, len(video)))
                    if any(one.name == _DISPLAY_WIDTH for one in sides):
                        return None
                    # FFmpeg says that the unit of the size is unknown, which makes it no size at all.
                    video = b"".join(video[one.start : one.end] for one in sides if one.name != _DISPLAY_UNIT)
                    grown = element(_VIDEO, video + shown)
                    inner = inner[: part.start] + grown + inner[part.end :]
                    found = True
                    break
            made.append(element(_TRACK, inner, track.content - track.start - 1))
        elif track.name != _CRC:
            made.append(content[track.start : track.end])
    return _checked(b"".join(made), content) if found else None


def _with_positions(content: bytes, moved: dict[int, int]) -> bytes:
    """The content of the list of where things are, with new positions; each as long as it was."""
    made = []
    for entry in _elements(content, 0, len(content)):
        if entry.name == _CRC:
            continue
        inner = content[entry.content : entry.end]
        for part in _elements(inner, 0, len(inner)):
            if entry.name == _SEEK and part.name == _SEEK_POSITION:
                position = int.from_bytes(inner[part.content : part.end], "big")
                new = moved.get(position, position).to_bytes(part.end - part.content, "big")
                inner = inner[: part.content] + new + inner[part.end :]
        made.append(content[entry.start : entry.content] + inner)
    return _checked(b"".join(made), content)


def _checked(made: bytes, before: bytes) -> bytes:
    """With a checksum in front where there was one."""
    if not before.startswith(bytes([_CRC])):
        return made
    return element(_CRC, zlib.crc32(made).to_bytes(4, "little"), 1) + made


def element(name: int, content: bytes, size_length: int = 0) -> bytes:
    """An EBML element; its size takes `size_length` bytes, 0: as few as it can."""
    written = name.to_bytes((name.bit_length() + 7) // 8, "big")
    length = size_length or next(n for n in range(1, 9) if len(content) < (1 << 7 * n) - 1)
    return written + (len(content) | 1 << 7 * length).to_bytes(length, "big") + content


def _whole(name: int, value: int) -> bytes:
    return element(name, value.to_bytes((value.bit_length() + 7) // 8, "big"))
