"""Ctrl-C and requests to end, as an exception that cleans up on its way out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ..video.errors import InterruptedByUserError

_ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

_asked: list[str] = []
"""Names of the signals that came; filled by the handler, which can run between any two steps of the main thread."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, the first such signal raises InterruptedByUserError; later ones are ignored, so that cleaning up ends.

    Where an exception would be lost, in a message that a library sends through Python's logging, it is only noted:
    `check` raises it then.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDING}

    def interrupt(number: int, frame: FrameType | None) -> None:
        for one in _ENDING:
            signal.signal(one, signal.SIG_IGN)
        _asked.append(signal.Signals(number).name)
        if not _is_logging(frame):
            check()

    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def forget() -> None:
    """Begins anew, as a process does."""
    _asked.clear()


def check() -> None:
    """Raises InterruptedByUserError if a signal has come; from any thread."""
    if _asked:
        raise InterruptedByUserError(f"interrupted ({_asked[0]})")


def _is_logging(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith("logging"):
            return True
        frame = frame.f_back
    return False
