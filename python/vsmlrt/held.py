"""Files that another program holds: on Windows virus scanners and indexers open whatever is new, for a moment.

Nobody can rename or remove a file there that somebody has open, so that what is done to files is tried for a while.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable

PATIENCE = 2.0
"""Seconds; none where the process is about to end."""


def patiently[Result](step: Callable[[], Result]) -> Result:
    """What a step gives, which is tried again where another program may hold what it needs; on Windows alone.

    Raises PermissionError where that is so after `PATIENCE` seconds as well.
    """
    if sys.platform != "win32":
        return step()
    pause, end = 0.001, time.monotonic() + PATIENCE
    while True:
        try:
            return step()
        except PermissionError:
            if time.monotonic() > end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, 0.1)


if sys.platform == "win32":
    import ctypes
    import msvcrt

    _READ_AND_WRITE, _SHARED, _MADE_IF_MISSING = 0xC000_0000, 7, 4

    def open_file(path: str | os.PathLike[str]) -> int:
        """The descriptor of a file to read and write, made where it is missing, which may be removed while it is open.

        Raises OSError.
        """
        create = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
        number, pointer = ctypes.c_ulong, ctypes.c_void_p
        create.argtypes = [ctypes.c_wchar_p, number, number, pointer, number, number, pointer]
        create.restype = ctypes.c_void_p
        handle = create(os.fspath(path), _READ_AND_WRITE, _SHARED, None, _MADE_IF_MISSING, 0, None)
        if handle in (None, ctypes.c_void_p(-1).value):
            error = ctypes.WinError(ctypes.get_last_error())
            raise OSError(error.errno, error.strerror, os.fspath(path), error.winerror)
        return msvcrt.open_osfhandle(handle, os.O_RDWR | os.O_BINARY | os.O_NOINHERIT)

else:

    def open_file(path: str | os.PathLike[str]) -> int:
        """The descriptor of a file to read and write, made where it is missing; raises OSError."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)


def replace(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Gives a file its name, in place of one that has it."""
    patiently(lambda: os.replace(source, target))


def remove(path: str | os.PathLike[str], *, missing_ok: bool = False) -> None:
    """Removes a file."""
    try:
        patiently(lambda: os.unlink(path))
    except FileNotFoundError:
        if not missing_ok:
            raise


def remove_folder(path: str | os.PathLike[str]) -> None:
    """Removes a folder with all that is in it, as far as that can be."""

    def again(work: Callable[..., object], name: str, error: BaseException) -> None:
        if isinstance(error, PermissionError):
            patiently(lambda: work(name))

    if sys.platform != "win32":
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        shutil.rmtree(path, onexc=again)
    except OSError:
        shutil.rmtree(path, ignore_errors=True)
