"""Raw video into a pipe or a file."""

from __future__ import annotations

from typing import BinaryIO

import vapoursynth as vs

from ..errors import UserError
from .errors import reason
from .output import PendingFile
from .picture import disk_errors
from .y4m import write_y4m_frame


class RawFileWriter:
    """A .y4m file, which like every other appears only when complete."""

    def __init__(self, pending: PendingFile, header: bytes) -> None:
        self._pending = pending
        with disk_errors(pending.path):
            pending.file.write(header)

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Writes frame ``n``."""
        with disk_errors(self._pending.path):
            write_y4m_frame(self._pending.file, frame)

    def finish(self) -> None:
        """Completes the file."""
        with disk_errors(self._pending.path):
            self._pending.commit()

    def abandon(self) -> None:
        """Stops without a file."""
        self._pending.discard()


class PipeWriter:
    """A stream that another program reads; ``pipe`` belongs to the caller."""

    def __init__(self, pipe: BinaryIO, header: bytes) -> None:
        self._pipe = pipe
        self._write(header)

    def take(self, n: int, frame: vs.VideoFrame) -> None:
        """Writes frame ``n``; UserError if nobody reads any more."""
        try:
            write_y4m_frame(self._pipe, frame)
        except OSError as error:
            raise _nobody_reads(error) from error

    def finish(self) -> None:
        """Hands over what is buffered."""
        try:
            self._pipe.flush()
        except OSError as error:
            raise _nobody_reads(error) from error

    def abandon(self) -> None:
        """What is in the pipe stays there."""

    def _write(self, data: bytes) -> None:
        try:
            self._pipe.write(data)
        except OSError as error:
            raise _nobody_reads(error) from error


def _nobody_reads(error: OSError) -> UserError:
    return UserError(f"writing raw video to the standard output failed: {reason(error)}")
