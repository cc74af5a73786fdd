"""Ctrl-C and requests to end, as an exception that cleans up on its way out, and as an end where none can be raised.

A library that computes for a minute holds the main thread for a minute, and Python runs no handler meanwhile. A thread
that is told of signals by the system itself ends the process then, when the main thread has had its time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from .. import held
from .._start import ENDING
from ..folders import discard_staging
from ..video.errors import InterruptedByUserError
from ..video.job_folder import leave_all
from ..video.output import discard_pending
from . import console

PATIENCE = 0.7
"""Seconds that the main thread has for cleaning up before the process is ended without it."""

situation: Callable[[], str] = str
"""What to say of the work in addition, as it is when the process is ended; set by the work."""

_asked: list[str] = []
"""Names of the signals that came; filled by the handler, which can run between any two steps of the main thread."""

_inside = threading.local()


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, the first such signal raises InterruptedByUserError; later ones are ignored, so that cleaning up ends.

    Where an exception would be lost, in a message that a library sends through Python's logging, it is only noted, and
    where one is lost, in the callback of an object that goes, Python does not print it: `check` raises it then. Where
    the main thread does not come to that, or to the end of the outermost such block, the process ends all the same,
    with its files removed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDING}

    def interrupt(number: int, frame: FrameType | None) -> None:
        for one in ENDING:
            signal.signal(one, signal.SIG_IGN)
        _asked.append(signal.Signals(number).name)
        if not _is_logging(frame):
            check()

    told = sys.unraisablehook

    def tell(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, InterruptedByUserError):
            told(lost)

    outermost = not getattr(_inside, "yes", False)
    watch = _Watch() if outermost else None
    _inside.yes = True
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, interrupt)
        sys.unraisablehook = tell
        yield
    finally:
        sys.unraisablehook = told
        if watch is not None:
            watch.close()
            _inside.yes = False
        for number, handler in before.items():
            signal.signal(number, handler)


class _Watch:
    """Ends the process some time after a signal, unless it is closed by then."""

    def __init__(self) -> None:
        self._closed = threading.Event()
        self._arrived, self._sent = socket.socketpair()
        self._sent.setblocking(False)
        self._next = signal.set_wakeup_fd(self._sent.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def close(self) -> None:
        """The main thread is through."""
        self._closed.set()
        signal.set_wakeup_fd(self._next)
        self._sent.close()

    def _wait(self) -> None:
        while came := self._arrived.recv(64):
            if self._next >= 0:
                with contextlib.suppress(OSError):
                    os.write(self._next, came)
            names = [number.name for number in ENDING if int(number) in came]
            if names:
                if not self._closed.wait(PATIENCE):
                    end_without_main_thread(names[0])
                break
        self._arrived.close()


def end_without_main_thread(name: str) -> None:
    """Removes what is not complete, says what ended the process and how far it was, and ends it."""
    told = situation()
    held.PATIENCE = 0
    discard_pending()
    leave_all()
    discard_staging()
    sentence, cursor = console.plain(f"vsmlrt: error: interrupted ({name}){told}"), ""
    if sys.stderr is not None and sys.stderr.isatty():
        sentence = console.wrapped(sentence, shutil.get_terminal_size().columns)
        cursor = "\x1b[?25h"
    with contextlib.suppress(OSError):
        os.write(2, f"{cursor}{sentence}\n".encode(errors="surrogateescape"))
    os._exit(1)


def end_by_system() -> None:
    """Leaves the time that the interpreter takes to end to the system's own ways with these signals."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


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
