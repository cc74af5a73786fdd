"""Numbered images on their way: each is whole once it has its name in the job's folder, and they leave it together.

The folder is that of a job in parts (job_folder.py), a part being one image, whose record is the PNG itself: its
checksums say whether it is whole.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

from .. import held
from .incoming import numbered
from .job_folder import Asked, Finished, JobFolder, Segment, folder_of, is_joined
from .output import part_of, sync_folder, write_to_disk

FIRST = 1
"""The number of the first image, as FFmpeg counts."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class ImageFolder(JobFolder):
    """The folder of a job whose output is numbered images."""

    def __init__(self, output: Path, asked: Asked, count: int) -> None:
        super().__init__(output, asked, [Segment(number=n, first=n, end=n + 1) for n in range(count)])
        self._images = output

    def file_of(self, segment: Segment) -> Path:
        """The image, under its own name."""
        return self.path / numbered(self._images, segment.number + FIRST).name

    def write(self, n: int, image: bytes) -> None:
        """Keeps image ``n``, whole or not at all."""
        segment = self.segments[n]
        write_to_disk(self.part_of(segment), image)
        held.replace(self.part_of(segment), self.file_of(segment))
        self.kept[n] = _finished(segment, len(image))

    def hand_over(self) -> None:
        """Gives every image its place."""
        self.joined(True)
        _hand_over(self.path, self._images)
        self.discard()

    def _make(self) -> None:
        self._begin({"finished": _pattern(self._images)})

    def _read(self, segment: Segment) -> Finished | None:
        path = self.file_of(segment)
        return _finished(segment, path.stat().st_size) if is_whole_png(path) else None


def end_handing_over(output: Path) -> None:
    """Gives the images their places that a process left in the folder which was killed while it did so."""
    if is_joined(output):
        _hand_over(folder_of(output), output)
        for left in folder_of(output).iterdir():
            held.remove(left)
        folder_of(output).rmdir()
        held.remove(part_of(output), missing_ok=True)


def _hand_over(folder: Path, output: Path) -> None:
    for image in sorted(folder.glob(_pattern(output))):
        held.replace(image, output.with_name(image.name))
    sync_folder(output.parent)


def _pattern(output: Path) -> str:
    return f"*{output.suffix}"


def _finished(segment: Segment, size: int) -> Finished:
    return Finished(first=segment.first, end=segment.end, delay=0, header="", bytes=size, sha256="")


def is_whole_png(path: Path) -> bool:
    """Whether a file is a PNG from its signature to its last chunk, each with the checksum that it states."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE and _has_whole_chunks(file)
    except OSError:
        return False


def _has_whole_chunks(file: Any) -> bool:
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        content, check = file.read(length), file.read(4)
        if len(content) != length or check != struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))):
            return False
        if kind == b"IEND":
            return not file.read(1)
    return False
