"""Locks that the system takes back when their process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys

if sys.platform == "win32":
    import ctypes
    import msvcrt

    class _Place(ctypes.Structure):
        """OVERLAPPED of minwinbase.h, which says where in a file the lock is."""

        _fields_ = (
            ("internal", ctypes.c_size_t),
            ("internal_high", ctypes.c_size_t),
            ("offset", ctypes.c_ulong),
            ("offset_high", ctypes.c_ulong),
            ("event", ctypes.c_void_p),
        )

    _AT_ONCE, _EXCLUSIVE = 1, 2
    _FAR = 0x4000_0000
    """Of `offset_high`: a byte that no file has, because nobody else may read a byte that is locked."""

    def try_lock(descriptor: int) -> bool:
        """Whether this process now holds the lock on an open file, or another one does."""
        lock = ctypes.WinDLL("kernel32").LockFileEx
        lock.argtypes = [ctypes.c_void_p, *[ctypes.c_ulong] * 4, ctypes.POINTER(_Place)]
        place = _Place(offset_high=_FAR)
        return bool(lock(msvcrt.get_osfhandle(descriptor), _AT_ONCE | _EXCLUSIVE, 0, 1, 0, ctypes.byref(place)))

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Whether this process now holds the lock on an open file or folder; False where another process does.

        A file system without locks (some network shares) locks nothing: True.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
        return True


def is_held(path: os.PathLike[str]) -> bool:
    """Whether another process, or another opening in this one, holds the lock on a file or folder that is there."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)
