"""Cover pictures: an attachment in Matroska, a stream of one packet in MP4, a box of the index in MOV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
from av.packet import Packet

from .movie_box import COVER_TYPES, Cover

_MATROSKA = {
    "mjpeg": ("jpg", "image/jpeg"),
    "png": ("png", "image/png"),
    "gif": ("gif", "image/gif"),
    "tiff": ("tif", "image/tiff"),
}
_IN_MP4 = (*COVER_TYPES, "bmp")
"""Codecs of the pictures that FFmpeg stores as a cover in MP4."""


def cover_packets(file: av.container.InputContainer, covers: list[Any]) -> Iterator[Packet[Any]]:
    """The one packet of each cover, which FFmpeg gives before those of the other streams and without a time."""
    if not covers:
        return
    wanted = {stream.index for stream in covers}
    for packet in file.demux(covers):
        if packet.size and packet.stream.index in wanted:
            wanted.remove(packet.stream.index)
            yield packet
        if not wanted:
            return


class Covers:
    """The covers of a new file."""

    def __init__(self, target: av.container.OutputContainer) -> None:
        self._target = target
        self._packets: list[Packet[Any]] = []
        self.for_index: list[Cover] = []
        """Covers that belong into the index of a MOV file when it is finished."""

    def add(self, packet: Packet[Any]) -> bool:
        """Takes a cover, or tells that the container cannot hold it; before the header is written."""
        container, codec, data = self._target.format.name, packet.stream.codec_context.name, bytes(packet)
        if container == "matroska" and codec in _MATROSKA:
            ending, mime = _MATROSKA[codec]
            number = sum(1 for stream in self._target.streams if stream.type == "attachment")
            name = packet.stream.metadata.get("filename") or f"cover{number or ''}.{ending}"
            self._target.add_attachment(name, mime, data)
        elif container == "mp4" and codec in _IN_MP4:
            made = self._target.add_stream_from_template(packet.stream, opaque=True)
            made.disposition = packet.stream.disposition
            packet.stream = made
            packet.pts = packet.dts = 0
            self._packets.append(packet)
        elif container == "mov" and codec in COVER_TYPES:
            self.for_index.append(Cover(codec=codec, data=data))
        else:
            return False
        return True

    def write(self) -> None:
        """Writes those that are streams; after the header."""
        for packet in self._packets:
            self._target.mux_one(packet)
        self._packets.clear()
