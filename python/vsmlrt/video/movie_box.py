"""Finishing an MP4 or MOV file: tags and covers that FFmpeg leaves out, and the index in front of the media.

Formats: ISO/IEC 14496-12 (boxes, stco and co64), Apple's QuickTime File Format (metadata: hdlr mdta, keys, ilst).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

_INNER = (b"trak", b"mdia", b"minf", b"stbl")
"""The boxes between the index (moov) and its tables of chunk offsets."""

_TEXT = 1
COVER_TYPES = {"mjpeg": 13, "png": 14}
"""Pictures that a cover can be, by FFmpeg's name, as the data box numbers them."""

_STEP = 1 << 22

_LARGE = 1 << 32
"""Where an offset needs 64 bits."""


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A cover picture: its codec, a key of `COVER_TYPES`, and its file's bytes."""

    codec: str
    data: bytes


def finish_movie(
    file: BinaryIO,
    tags: Mapping[str, str],
    covers: Sequence[Cover],
    *,
    quicktime: bool,
    languages: Sequence[str | None] = (),
) -> None:
    """Completes a file whose index is its last box, as FFmpeg leaves it; the file is open for reading and writing.

    ``tags`` are added as QuickTime metadata, ``covers`` as iTunes' list of covers; then the index is moved to where the
    media starts, so that players can begin before they have read the whole file. ``quicktime`` tells MOV from MP4,
    whose metadata boxes have a version. ``languages`` are those of the tracks, by ISO 639-2; FFmpeg writes into MOV
    only those that Apple had numbered.
    """
    boxes = {kind: (start, size) for kind, start, size in _top_boxes(file)}
    start, size = boxes[b"moov"]
    if start + size != file.seek(0, 2):
        return
    file.seek(start + 8)
    body = file.read(size - 8)
    version = b"" if quicktime else bytes(4)
    if covers:
        body = _with_user_data(body, _box(b"meta", version + _handler(b"mdir") + _cover_list(covers)))
    if tags:
        body += _box(b"meta", version + _handler(b"mdta") + _keys_and_values(tags))
    if languages:
        body = _with_languages(body, list(languages))
    first = sum(boxes[b"ftyp"])
    movie = _box(b"moov", _for_front(body, first, start))
    _shift(file, first, start, len(movie))
    file.seek(first)
    file.write(movie)
    file.truncate(start + len(movie))


def _top_boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and size of the file's boxes."""
    end = file.seek(0, 2)
    start = 0
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
        size = size or end - start
        yield kind, start, size
        start += size


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the boxes of a part of the index, whose sizes have 32 bits."""
    start = 0
    while start + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8:
            return
        yield kind, data[start + 8 : start + size]
        start += size


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _for_front(body: bytes, first: int, end: int) -> bytes:
    """The index's content with chunk offsets for media that moves behind the index."""
    wide = False
    by = len(_box(b"moov", body))
    if end + by >= _LARGE:
        wide = True
        by = len(_box(b"moov", _relocated(body, first, 0, wide=True)))
    return _relocated(body, first, by, wide=wide)


def _relocated(body: bytes, first: int, by: int, *, wide: bool) -> bytes:
    """``body`` with every chunk offset from ``first`` on increased; ``wide`` makes all of them 64-bit."""
    made = []
    for kind, content in _boxes(body):
        if kind in _INNER:
            made.append(_box(kind, _relocated(content, first, by, wide=wide)))
        elif kind in (b"stco", b"co64"):
            (count,) = struct.unpack_from(">I", content, 4)
            offsets = struct.unpack_from(f">{count}{'I' if kind == b'stco' else 'Q'}", content, 8)
            moved = [offset + by if offset >= first else offset for offset in offsets]
            large = wide or kind == b"co64"
            packed = struct.pack(f">II{count}{'Q' if large else 'I'}", 0, count, *moved)
            made.append(_box(b"co64" if large else b"stco", packed))
        else:
            made.append(_box(kind, content))
    return b"".join(made)


def _with_user_data(body: bytes, more: bytes) -> bytes:
    """The index's content with one more box among the user data."""
    boxes = dict(_boxes(body))
    if b"udta" not in boxes:
        return body + _box(b"udta", more)
    return b"".join(_box(kind, content + more if kind == b"udta" else content) for kind, content in _boxes(body))


def _with_languages(body: bytes, left: list[str | None]) -> bytes:
    """The index's content with the media header of each track telling its language; takes them off the list."""
    made = []
    for kind, content in _boxes(body):
        if kind in (b"trak", b"mdia"):
            content = _with_languages(content, left)
        elif kind == b"mdhd" and left:
            language = left.pop(0)
            if language is not None and len(language) == 3 and language.isascii() and language.islower():
                at = 32 if content[0] else 20
                packed = sum((ord(letter) - 0x60) << shift for letter, shift in zip(language, (10, 5, 0), strict=True))
                content = content[:at] + struct.pack(">H", packed) + content[at + 2 :]
        made.append(_box(kind, content))
    return b"".join(made)


def _handler(kind: bytes) -> bytes:
    return _box(b"hdlr", bytes(8) + kind + bytes(13))


def _data(kind: int, value: bytes) -> bytes:
    return _box(b"data", struct.pack(">II", kind, 0) + value)


def _cover_list(covers: Sequence[Cover]) -> bytes:
    return _box(b"ilst", _box(b"covr", b"".join(_data(COVER_TYPES[one.codec], one.data) for one in covers)))


def _keys_and_values(tags: Mapping[str, str]) -> bytes:
    keys = b"".join(_box(b"mdta", key.encode()) for key in tags)
    values = b"".join(
        _box(struct.pack(">I", number), _data(_TEXT, value.encode())) for number, value in enumerate(tags.values(), 1)
    )
    return _box(b"keys", struct.pack(">II", 0, len(tags)) + keys) + _box(b"ilst", values)


def _shift(file: BinaryIO, start: int, end: int, by: int) -> None:
    """Moves a part of the file towards its end, the last piece first."""
    while end > start:
        begin = max(start, end - _STEP)
        file.seek(begin)
        piece = file.read(end - begin)
        file.seek(begin + by)
        file.write(piece)
        end = begin
