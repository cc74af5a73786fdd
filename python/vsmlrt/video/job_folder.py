"""What a long job keeps on the disk: the folder of its finished segments, from which it goes on after any kind of end.

Next to the output ``out.mkv`` it is ``.out.mkv.job``: ``job.json`` says what the job is, and each finished segment is
a file of encoded video with a record next to it. A record is written last and takes its name at once, so that a
segment is there whole or not at all, whatever ended the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av

from .. import held
from ..errors import UserError
from . import claims
from .errors import FIELDS, FieldError
from .output import part_of, sync_folder, write_to_disk

Asked = Mapping[str, str | None]
"""What was asked for, by names that a person knows; None is what was left out."""

_RECORD, _JOINED = "job.json", "joined"
_RECORDS = "[0-9]*.json"
_FORMAT = "1"
"""Of the folder; folders of another one are begun anew."""

_SAMPLES, _SAMPLE_BYTES = 16, 1 << 16
_PATIENCE = 10.0
"""Seconds that another process has between making the folder and saying what it is for."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Frames ``first`` to ``end - 1`` of the output, counted from 0."""

    number: int
    first: int
    end: int

    @property
    def name(self) -> str:
        """The name of its files, without an ending."""
        return f"{self.number:06}"


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The record of a segment that is on the disk.

    ``delay`` is how many packets stand before the one of a frame that is shown earlier than they are, at most;
    ``header`` is a digest of what the encoder puts into a container's header.
    """

    first: int
    end: int
    delay: int
    header: str
    bytes: int
    sha256: str


class JobFolder:
    """The folder of a job; used by one thread at a time.

    ``kept`` are the finished segments by their number, as they were when the folder was opened and as they are
    finished since. ``shared_as`` is a name for this process where others work in the folder as well. A job of one part
    has a folder only ``in_parts``.
    """

    def __init__(
        self, output: Path, asked: Asked, segments: Sequence[Segment], shared_as: str = "", *, in_parts: bool = False
    ) -> None:
        self.path = folder_of(output)
        self._shared_as = shared_as
        self._own_part = f"{shared_as}.part" if shared_as else "part"
        self.segments = segments
        self.kept: dict[int, Finished] = {}
        self.is_new = False
        """Whether this process made the folder."""
        self._output = output
        self.asked = dict(asked)
        self._in_parts = in_parts or len(segments) > 1

    def open(self, *, restart: bool) -> None:
        """Takes up what an earlier job of this output left, or begins anew.

        Raises FieldError where the earlier job was another one and ``restart`` does not say that it is to be thrown
        away. A segment that is not what its record says is made again.
        """
        if claims.anybody(self.path):
            raise FieldError(
                "other processes are doing the job of {path} together; {share} joins them, or wait for their end",
                path=self._output,
            )
        there = 0 if restart else unfinished(self._output)[0]
        if there:
            self._refuse_other(there)
            self._remove_parts()
            self.look()
        else:
            self.discard()
            self._make()
        _opened.add(self)

    def share(self) -> None:
        """Takes up the folder where another process made it, with whatever it has by now, or makes it."""
        try:
            self._make()
            self.is_new = True
        except FileExistsError:
            deadline = time.monotonic() + _PATIENCE
            while not (self.path / _RECORD).exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            self._refuse_other(unfinished(self._output)[0])
        self.look()

    def look(self) -> None:
        """Reads what has been finished since, by whomever."""
        for segment in self.segments:
            if segment.number not in self.kept and (record := self._read(segment)) is not None:
                self.kept[segment.number] = record

    def missing(self) -> list[Segment]:
        """The segments that are not there, in order."""
        return [segment for segment in self.segments if segment.number not in self.kept]

    def file_of(self, segment: Segment) -> Path:
        """The encoded video of a segment."""
        return self.path / f"{segment.name}.video"

    def part_of(self, segment: Segment) -> Path:
        """Where a segment is written."""
        return self.path / f"{segment.name}.{self._own_part}"

    def keep(self, segment: Segment, record: Finished) -> None:
        """The segment's file, which is on the disk as a whole, takes its name, and then its record."""
        held.replace(self.part_of(segment), self.file_of(segment))
        self._write(f"{segment.name}.json", asdict(record))
        self.kept[segment.number] = record

    def take_over(self, segment: Segment, record: Mapping[str, Any], video: bytes) -> bool:
        """Keeps a segment that another machine made; returns whether it is what its record says."""
        told = Finished(**record)
        if (len(video), hashlib.sha256(video).hexdigest()) != (told.bytes, told.sha256):
            return False
        write_to_disk(self.part_of(segment), video)
        self.keep(segment, told)
        return True

    def joined(self, done: bool) -> None:
        """Notes, before the output takes its name, that nothing here is needed after it has; False takes that back."""
        if done:
            self._write(_JOINED, {})
        else:
            held.remove(self.path / _JOINED, missing_ok=True)

    def discard(self) -> None:
        """Removes the folder."""
        held.remove_folder(self.path)
        _opened.discard(self)

    def leave(self) -> None:
        """Keeps what can be gone on with and what others are at, and nothing else."""
        if self._shared_as:
            self.look()
        if not self.kept and not (self._shared_as and claims.anybody(self.path, but=self._shared_as)):
            self.discard()
        self._remove_parts()
        _opened.discard(self)

    def _remove_parts(self) -> None:
        for leftover in self.path.glob(f"*.{self._own_part}"):
            with contextlib.suppress(OSError):
                held.remove(leftover)

    def _make(self) -> None:
        if self._in_parts:
            self._begin({})

    def _begin(self, more: Mapping[str, Any]) -> None:
        if os.path.lexists(self.path) and not self.path.is_dir():
            raise UserError(f"{self.path} is where the parts of {self._output} go, and it is not a folder; remove it")
        self.path.mkdir()
        told = {"format": _FORMAT, "segments": len(self.segments), "frames": self.segments[-1].end, **more}
        self._write(_RECORD, told | {"asked": self.asked})

    def _refuse_other(self, there: int) -> None:
        told = _read_json(self.path / _RECORD)
        before: dict[str, str | None] = told.get("asked", {})
        names = [name for name in self.asked | before if before.get(name) != self.asked.get(name)]
        if not names and told.get("frames") != self.segments[-1].end:
            names, before = ["number of frames"], {"number of frames": str(told.get("frames"))}
        if not names:
            return
        name, more = names[0], len(names) - 1
        written = f"{{{name}}}" if name in FIELDS else name
        others = f" (and {more} other{'s' * (more > 1)})" if more else ""
        raise FieldError(
            "an unfinished job of {path} is there, {there} parts of it done, and it is another one: its "
            + written
            + " was {before} and this is {now}{others}; ask for the same to go on with it, or give {restart} to begin "
            "anew",
            path=self._output,
            there=there,
            before=before.get(name) or "left out",
            now=str(self.segments[-1].end) if name == "number of frames" else self.asked.get(name) or "left out",
            others=others,
        )

    def _read(self, segment: Segment) -> Finished | None:
        """A finished segment's record, if its file is what the record says."""
        told = _read_json(self.path / f"{segment.name}.json")
        try:
            record = Finished(**told)
            found = size_and_digest(self.file_of(segment))
        except (TypeError, OSError):
            return None
        same = (record.first, record.end) == (segment.first, segment.end)
        return record if same and found == (record.bytes, record.sha256) else None

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        part = self.path / f"{name}.{self._own_part}"
        write_to_disk(part, json.dumps(content, indent=1).encode())
        held.replace(part, self.path / name)
        sync_folder(self.path)


def folder_of(output: Path) -> Path:
    """The folder of the job that makes ``output``."""
    return part_of(output).with_suffix(".job")


def unfinished(output: Path) -> tuple[int, int]:
    """How many segments of a job of this output are on the disk, and how many it has; 0 where there is none."""
    folder = folder_of(output)
    told = _read_json(folder / _RECORD)
    if told.get("format") != _FORMAT:
        return 0, 0
    return len(list(folder.glob(told.get("finished", _RECORDS)))), int(told.get("segments", 0))


def frames_done(output: Path) -> tuple[int, int]:
    """How many frames of a job of this output are on the disk, and how many it has; 0 where there is none."""
    folder = folder_of(output)
    told = _read_json(folder / _RECORD)
    records = [_read_json(path) for path in folder.glob(_RECORDS)]
    done = sum(int(record.get("end", 0)) - int(record.get("first", 0)) for record in records)
    return done, int(told.get("frames", 0))


def is_joined(output: Path) -> bool:
    """Whether a job of this output came to the point where nothing but names was left to give."""
    return (folder_of(output) / _JOINED).exists()


def forget_finished(output: Path) -> None:
    """Removes what a process left that was killed between giving an output its name and removing its folder."""
    if os.path.exists(output) and is_joined(output):
        held.remove_folder(folder_of(output))


def refuse_unfinished(output: Path) -> None:
    """Raises FieldError where an unfinished job of this output is there, of which nothing was said."""
    there, every = unfinished(output)
    if there:
        raise FieldError(
            "{there} of {all} parts of an unfinished job of {path} are there; {resume} goes on with them, {restart} "
            "begins anew",
            there=there,
            all=every,
            path=output,
        )


def leave_all() -> None:
    """For the end of the process in the middle of the work: finished segments stay, and nothing else."""
    for folder in list(_opened):
        folder.leave()


_opened: set[JobFolder] = set()
"""Folders of jobs that this process is doing."""


def fingerprint_of(path: Path) -> str:
    """What tells a file from another without reading all of it: its length, and a digest of parts all over it."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            for n in range(_SAMPLES):
                file.seek(max(0, size - _SAMPLE_BYTES) * n // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    except OSError:
        return "unreadable"
    return f"{size} bytes, {digest.hexdigest()[:16]}"


def check_unchanged(path: Path, fingerprint: str) -> None:
    """Raises UserError where an input has not the fingerprint any more that it had when the job began."""
    if fingerprint_of(path) != fingerprint:
        raise UserError(
            f"the input {path} was changed while it was read; what was kept of the job goes on when it is there again "
            "as it was"
        )


def size_and_digest(path: Path) -> tuple[int, str]:
    """The bytes of a file, and their SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def versions() -> str:
    """Of what makes the packets of a segment, which have to fit those of the others."""
    from .. import product_version

    encoder = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return f"vsmlrt {product_version}, libavcodec {encoder}"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
