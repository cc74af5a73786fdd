"""An interruption while the command itself is still being loaded: one line instead of a traceback.

Imported before everything else; does nothing where the package is imported by another program.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from types import FrameType

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
"""Signals that ask a process to end."""


def is_command() -> bool:
    """Whether this process is ``vsmlrt`` or ``python -m vsmlrt``."""
    given = sys.orig_argv
    by_module = any(pair == ("-m", "vsmlrt") for pair in itertools.pairwise(given))
    name = os.path.normcase(os.path.basename(sys.argv[0] if sys.argv else ""))
    return by_module or name in ("vsmlrt", "vsmlrt-python", "vsmlrt.exe")


def end_at_once(number: int, frame: FrameType | None) -> None:
    """Says what ended the process, and ends it."""
    os.write(2, f"vsmlrt: error: interrupted ({signal.Signals(number).name})\n".encode())
    os._exit(1)


if is_command() and threading.current_thread() is threading.main_thread():
    for _number in ENDING:
        if signal.getsignal(_number) is not signal.SIG_IGN:
            signal.signal(_number, end_at_once)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # which the program vsmlrt held back
