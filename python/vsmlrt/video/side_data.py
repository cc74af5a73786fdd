"""The side data of decoded frames."""

from __future__ import annotations

import ctypes
import gc
import struct
from typing import Any

from av.dictionary import Dictionary


def side_data(frame: Any) -> list[Any]:
    """A decoded frame's side data, which may have tags (the name of a PNG's colour profile).

    PyAV gives such tags to an object that frees them when it goes, and the frame frees them as well: a crash. So that
    object, a few bytes, is never let go.
    """
    found = list(frame.side_data.values())
    for one in found:
        for held in gc.get_referents(one):
            if isinstance(held, Dictionary) and len(held):
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))
    return found


def matrix_of(frame: Any) -> tuple[int, ...] | None:
    """The display matrix that a frame tells itself, as photographs do, in FFmpeg's nine numbers."""
    for one in side_data(frame):
        if one.type.name == "DISPLAYMATRIX":
            return struct.unpack("9i", bytes(one))
    return None
