"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

from ..errors import UserError
from .errors import FieldError, UsageError, reason


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


class PendingFile:
    """A file being written next to its final place, under a hidden name.

    ``commit`` puts it in its place whole, on the disk and not only in memory; ``discard`` removes it. Without
    ``overwrite`` a file that has the name already, or takes it meanwhile, is left as it is.
    """

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self.path = path
        self._overwrite = overwrite
        self._final = Path(os.path.realpath(path))
        check_output(path, overwrite=overwrite)
        self._part = self._final.with_name(f".{self._final.name[:200]}.{os.getpid()}.part")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(self._part, flags, 0o666)
        except OSError as error:
            raise UserError(f"cannot write into the folder {self._final.parent}: {reason(error)}") from error
        self.file: BinaryIO = os.fdopen(descriptor, "w+b", buffering=1 << 20)

    @property
    def part(self) -> Path:
        """Where the file is until it is committed."""
        return self._part

    def commit(self) -> None:
        """Flushes everything to the disk and gives the file its name."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if self._overwrite:
            os.replace(self._part, self._final)
        else:
            self._take_free_name()
        _sync_folder(self._final.parent)

    def discard(self) -> None:
        """Removes what was written; harmless after ``commit`` and when called twice."""
        with contextlib.suppress(OSError, ValueError):
            self.file.close()
        with contextlib.suppress(OSError):
            self._part.unlink()

    def _take_free_name(self) -> None:
        try:
            os.link(self._part, self._final)
        except FileExistsError:
            raise UserError(f"{self.path} appeared while this job ran; it is left as it is") from None
        except OSError:  # a file system without hard links
            check_output(self.path, overwrite=False)
            os.replace(self._part, self._final)
            return
        self._part.unlink()


def check_output(path: Path, *, overwrite: bool) -> None:
    """Raises UsageError or UserError if ``path`` cannot become a new file."""
    if path.is_dir():
        raise UsageError(f"the output {path} is a folder; give the name of a file")
    if path.exists() and not path.is_file():
        raise UsageError(f"the output {path} is not a regular file; use - to write raw video into a pipe")
    if path.exists() and not overwrite:
        raise FieldError("the output {path} exists; use {overwrite} to replace it, or another name", path=path)
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise UserError(f"the folder {folder} of the output does not exist; create it first")


def _sync_folder(folder: Path) -> None:
    """Makes the new name itself durable, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
