"""Text subtitles rewritten for a container that does not take them as they are."""

from __future__ import annotations

from typing import Any

import av
from av.packet import Packet

TEXT_CODEC = {"mp4": "mov_text", "mov": "mov_text", "webm": "webvtt", "matroska": "subrip"}
"""The text subtitles that each container takes."""


STYLED = ("ass", "ssa")
"""Text subtitles with positions, fonts and effects of their own."""


class SubtitleConverter:
    """Decodes the packets of one text subtitle stream and encodes them as another kind of text."""

    def __init__(self, source: av.subtitles.stream.SubtitleStream, target: av.subtitles.stream.SubtitleStream) -> None:
        self._source = source
        self._target = target
        source.codec_context.open(strict=False)
        target.codec_context.subtitle_header = source.codec_context.subtitle_header or b""

    def __call__(self, packet: Packet[Any]) -> Packet[Any] | None:
        """The same text at the same time in the new kind; None for a packet without text."""
        subtitle = self._source.codec_context.decode2(packet)
        if subtitle is None or len(subtitle) == 0:
            return None
        made = self._target.codec_context.encode_subtitle(subtitle)
        made.time_base = packet.time_base
        made.pts = made.dts = packet.pts
        made.duration = packet.duration
        return made


def is_text(stream: av.subtitles.stream.SubtitleStream) -> bool:
    """Whether the stream's subtitles are text (pictures cannot be turned into text)."""
    codec = stream.codec_context.codec
    return bool(codec.text_sub)
