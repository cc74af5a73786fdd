"""Packets tried before they are written: FFmpeg holds packets back, and tells of a bad one when another is written."""

from __future__ import annotations

import os
from typing import Any

import av
from av.packet import Packet


class _Nowhere:
    """A file that takes everything and keeps nothing."""

    def __init__(self) -> None:
        self._position = self._end = 0

    def write(self, data: bytes) -> int:
        """Counts."""
        self._position += len(data)
        self._end = max(self._end, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves."""
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position


class Trial:
    """One stream alone in a container of the same kind, which writes each packet at once."""

    def __init__(self, container: str, stream: Any) -> None:
        self._target = av.open(_Nowhere(), "w", format=container)
        if stream.type == "data":
            self._stream: Any = self._target.add_stream_from_template(stream)
        else:
            self._stream = self._target.add_stream_from_template(stream, opaque=True)

    def takes(self, packet: Packet[Any]) -> bool:
        """Whether the container takes the packet, which for its stream belongs behind those taken before."""
        own = packet.stream
        packet.stream = self._stream
        try:
            self._target.mux_one(packet)
        except (av.FFmpegError, ValueError):
            return False
        finally:
            packet.stream = own
        return True
