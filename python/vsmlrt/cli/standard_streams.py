"""The standard streams where nobody reads them: nothing is lost of the work, and nobody gets a traceback.

A message that cannot be written is dropped, since the work does not depend on it; what the command prints as its result
ends it with one sentence.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO, cast

from ..errors import UserError
from ..video.errors import reason


class NobodyReadsError(UserError):
    """The standard output cannot be written any more."""


class _Stream:
    """A text stream whose errors are handled where they happen; everything else is the stream's own."""

    def __init__(self, stream: TextIO | None, *, needed: bool) -> None:
        self.missing = stream is None
        self._stream = stream or open(os.devnull, "w")  # noqa: SIM115
        self._needed = needed
        self._error: NobodyReadsError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes, or does what `_failed` does; always the same again after an error, which some callers swallow."""
        if self._error is not None:
            raise self._error
        try:
            self._stream.write(text)
        except OSError as error:
            self._failed(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flushes, or does what `_failed` does."""
        if self._error is not None:
            raise self._error
        try:
            self._stream.flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        """From now on nothing is written, so that the interpreter's end finds nothing to complain of."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        if self._needed:
            self._error = NobodyReadsError(f"the standard output cannot be written: {reason(error)}")
            raise self._error from error


def keep_numbers() -> None:
    """Opens those of the first three descriptors that are closed, so that no file of ours gets such a number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)


@contextmanager
def guarded() -> Iterator[None]:
    """Inside, messages may be lost and results end with NobodyReadsError; their last bytes are written at its end."""
    keep_numbers()
    before = sys.stdout, sys.stderr
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # names that its characters do not have, as on stderr
    sys.stdout = cast(TextIO, _Stream(before[0], needed=True))
    sys.stderr = cast(TextIO, _Stream(before[1], needed=False))
    try:
        yield
    finally:
        with contextlib.suppress(NobodyReadsError):
            sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before
