"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

from .. import held, locks
from ..errors import UserError
from ..windows_paths import long_form, why_reserved
from .errors import FieldError, UsageError, reason

_LONGEST_NAME = 200
"""Bytes of a name that its hidden file's name has room for; most file systems take 255."""

_ROOM = 60
"""Characters that are put behind an output's path for its hidden file, and for those in the folder of its job."""


class QuietFile:
    """A file for FFmpeg to write into, which keeps its first error instead of raising it.

    FFmpeg has no way to carry an exception through its callbacks; after an error it is left to believe that it writes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Writes, or does nothing after an error."""
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.error = error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves, which also writes what is buffered."""
        if self.error is None:
            try:
                return self._file.seek(offset, whence)
            except OSError as error:
                self.error = error
        return offset

    def tell(self) -> int:
        """The position."""
        return self._file.tell() if self.error is None else 0

    @property
    def closed(self) -> bool:
        """Whether there is nothing to write into any more; FFmpeg then leaves the end of the file out."""
        return self._file.closed

    def check(self) -> None:
        """Raises the error that was kept."""
        if self.error is not None:
            raise self.error


_pending: set[Path] = set()
"""Hidden files that this process is writing."""


def discard_pending() -> None:
    """Removes every file that is not complete; for the end of the process in the middle of the work."""
    for part in _pending:
        with contextlib.suppress(OSError):
            held.remove(part)


class PendingFile:
    """A file being written next to its final place, under a hidden name.

    ``commit`` puts it in its place whole, on the disk and not only in memory; ``discard`` removes it. Without
    ``overwrite`` a file that has the name already, or takes it meanwhile, is left as it is. The hidden file is locked:
    a second job with the same name is refused, and what a killed process left of one is written over.
    """

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self.path = path
        self._overwrite = overwrite
        check_output(path, overwrite=overwrite)
        self._final = real_path(path)
        self._part = part_of(path)
        self.file: BinaryIO = os.fdopen(self._take_part(), "w+b", buffering=1 << 20)
        _pending.add(self._part)

    def _take_part(self) -> int:
        """The hidden file, open, locked and empty."""
        while True:
            try:
                descriptor = held.open_file(self._part)
            except OSError as error:
                raise UserError(f"cannot write into the folder {self._final.parent}: {reason(error)}") from error
            if not locks.try_lock(descriptor):
                os.close(descriptor)
                raise in_use(self.path)
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(descriptor), os.stat(self._part)):
                    os.ftruncate(descriptor, 0)
                    return descriptor
            os.close(descriptor)  # its owner has just completed or removed it

    @property
    def part(self) -> Path:
        """Where the file is until it is committed."""
        return self._part

    def commit(self) -> None:
        """Flushes everything to the disk and gives the file its name."""
        self.file.flush()
        os.fsync(self.file.fileno())
        if os.name == "nt":
            self.file.close()  # where an open file has no new name
        if self._overwrite:
            held.replace(self._part, self._final)
        else:
            self._take_free_name()
        _pending.discard(self._part)
        self.file.close()
        sync_folder(self._final.parent)

    def discard(self) -> None:
        """Removes what was written; harmless after ``commit`` and when called twice."""
        if self._part in _pending:
            with contextlib.suppress(OSError):
                held.remove(self._part)
            _pending.discard(self._part)
        with contextlib.suppress(OSError, ValueError):
            self.file.close()

    def _take_free_name(self) -> None:
        try:
            os.link(self._part, self._final)
        except FileExistsError:
            raise UserError(f"{self.path} appeared while this job ran; it is left as it is") from None
        except OSError:  # a file system without hard links
            check_output(self.path, overwrite=False)
            held.replace(self._part, self._final)
            return
        held.remove(self._part)


class Outputs:
    """The pending files of a job, used as a context, at whose end what is not committed is discarded.

    ``shared`` says that other processes make the same output: its file is then taken when it is made, not before.
    """

    def __init__(self, path: Path, *, overwrite: bool, shared: bool = False) -> None:
        self.path = path
        self._overwrite = overwrite
        self._shared = shared
        self._final: PendingFile | None = None

    def __enter__(self) -> Outputs:
        if not self._shared:
            self.final()
        return self

    def __exit__(self, *error: object) -> None:
        if self._final is not None:
            self._final.discard()

    def final(self) -> PendingFile:
        """The output's own file."""
        if self._final is None:
            self._final = PendingFile(self.path, overwrite=self._overwrite)
        return self._final

    def write(self, content: bytes) -> None:
        """The output is this, as a whole."""
        final = self.final()
        final.file.write(content)
        final.commit()

    @contextlib.contextmanager
    def trial(self) -> Iterator[PendingFile]:
        """A file to see what a container takes, left empty; it is never committed."""
        if not self._shared:
            yield self.final()
            return
        name = f"{self.path.stem}.{os.getpid()}-{uuid.uuid4().hex[:8]}{self.path.suffix}"
        pending = PendingFile(self.path.with_name(name), overwrite=False)
        try:
            yield pending
        finally:
            pending.discard()


def write_file(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Makes a file whole or not at all; raises what `PendingFile` raises."""
    with Outputs(path, overwrite=overwrite) as target:
        target.write(content)


def part_of(path: Path) -> Path:
    """The hidden file that becomes ``path``: the same for every process, and short enough for every file system."""
    final = usable(real_path(path), room=_ROOM)
    name, encoded = final.name, os.fsencode(final.name)
    if len(encoded) > _LONGEST_NAME:  # whole characters of it
        name = encoded[:_LONGEST_NAME].decode(errors="ignore") + "~" + hashlib.sha256(encoded).hexdigest()[:16]
    return final.with_name(f".{name}.part")


def real_path(path: Path) -> Path:
    """The path from its root on, with links followed where the file system tells of them (on Windows not all do)."""
    try:
        return Path(os.path.realpath(path))
    except OSError:
        return Path(os.path.abspath(path))


def usable(path: Path, room: int = 0) -> Path:
    """The path in the form that the system takes at any length, with ``room`` more characters behind it."""
    if sys.platform != "win32":
        return path
    whole = os.path.abspath(path)
    long = long_form(whole, room)
    return path if long == whole else Path(long)


FileIdentity = tuple[int, int, int] | None
"""What tells a file from another one that takes its name; None for no file."""


def identity_of(path: Path) -> FileIdentity:
    """That of the file with this name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def in_use(path: Path) -> UserError:
    """Why a second job cannot have an output."""
    return UserError(f"another job is writing {path}; wait for its end, or give another name")


def check_output(path: Path, *, overwrite: bool) -> None:
    """Raises UsageError or UserError if ``path`` cannot become a new file."""
    if sys.platform == "win32" and (why := why_reserved(PureWindowsPath(path))):
        raise UsageError(f"the output {path} cannot be a file: {why}; give another name")
    try:
        path.exists()
    except OSError as error:
        raise UsageError(f"the output {path} cannot be a file: {reason(error)}; give another name") from error
    if os.path.islink(real_path(path)):
        raise UsageError(f"the output {path} is a symbolic link that leads back to itself; give another name")
    if path.is_dir():
        raise UsageError(f"the output {path} is a folder; give the name of a file")
    if path.exists() and not path.is_file():
        raise UsageError(f"the output {path} is not a regular file; use - to write raw video into a pipe")
    if path.exists() and not overwrite:
        raise FieldError("the output {path} exists; use {overwrite} to replace it, or another name", path=path)
    folder = real_path(path).parent
    if not folder.is_dir():
        raise UserError(f"the folder {folder} of the output does not exist; create it first")
    if path.exists():
        _check_replaceable(path)
    if part_of(path) not in _pending and locks.is_held(part_of(path)):
        raise in_use(path)


def _check_replaceable(path: Path) -> None:
    """Raises UserError for a file that Windows will not let another take the place of, before the work is done."""
    if sys.platform != "win32":
        return
    if not os.access(path, os.W_OK):
        raise UserError(f"the output {path} exists and is read-only; make it writable, or give another name")
    try:
        held.patiently(lambda: os.rename(path, path))  # asks for what replacing it asks for
    except OSError as error:
        told = f"the output {path} is open in another program; close it there, or give another name"
        raise UserError(told) from error


def write_to_disk(path: Path, content: bytes) -> None:
    """Writes a file, whose content is on the disk when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes the new name itself durable, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
