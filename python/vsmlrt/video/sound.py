"""Sound that is encoded anew, for containers and players that do not take it as it is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
from av.packet import Packet

from .encoder import takes_codec
from .errors import FieldError

_NAMES = {"opus": "libopus", "mp3": "libmp3lame", "vorbis": "libvorbis"}
"""Encoders by what people call them, where FFmpeg's own of that name is not the one to take."""

_KNOWN = ("aac", "opus", "flac", "mp3", "ac3", "eac3", "vorbis", "alac", "pcm_s16le", "pcm_s24le")
_BITS_A_CHANNEL = 96_000
"""A second, of encoders that lose something."""

_JUMP = Fraction(1, 20)
"""Seconds between frames that make a gap, behind which times begin anew; less is rounding of the container's clock."""


def check_sound(container: str, name: str, bitrate: int | None = None) -> str:
    """FFmpeg's name of an audio encoder.

    Raises FieldError where there is none, the container cannot hold its sound, or it does not take so many bits a
    second.
    """
    full = _NAMES.get(name, name)
    try:
        codec = av.Codec(full, "w")
    except (av.codec.codec.UnknownCodecError, ValueError):
        codec = None
    if codec is None or codec.type != "audio":
        raise FieldError(
            "{audio} takes copy, none or an audio encoder, such as {known}, not {name!r}",
            name=name,
            known=", ".join(_KNOWN),
        )
    if not takes_codec(container, full):
        known = ", ".join(
            one
            for one in _KNOWN
            if (other := _NAMES.get(one, one)) in av.codecs_available and takes_codec(container, other)
        )
        raise FieldError(
            "{audio}: {container} cannot hold {name}; it takes {known}", container=container, name=name, known=known
        )
    if bitrate is not None:
        _check_bitrate(full, bitrate)
    return full


def _check_bitrate(name: str, bitrate: int) -> None:
    if not _loses(name):
        raise FieldError("{audio_bitrate}: {name} keeps every sample, in as many bits as that takes", name=name)
    context: Any = av.CodecContext.create(name, "w")
    context.sample_rate, context.layout, context.bit_rate = 48000, "stereo", bitrate
    context.format = context.codec.audio_formats[0]
    try:
        context.open(strict=False)
    except (av.FFmpegError, ValueError) as error:
        raise FieldError(
            "{audio_bitrate}: {name} does not take {given} bits a second; leave it out, or give a usual number such as "
            "128k",
            name=name,
            given=bitrate,
        ) from error
    if abs(context.bit_rate - bitrate) > bitrate / 10:
        raise FieldError(
            "{audio_bitrate}: {name} makes {made} bits a second of two channels where {given} are asked for; give a "
            "usual number such as 128k",
            name=name,
            made=context.bit_rate,
            given=bitrate,
        )


def _loses(name: str) -> bool:
    """Whether an encoder leaves something out, by which there is a choice of how much."""
    return name not in ("flac", "alac", "wavpack", "tta", "truehd", "mlp") and not name.startswith("pcm_")


def add_sound(target: Any, stream: Any, name: str, bitrate: int | None = None) -> Any:
    """A stream of ``target`` for the sound of another one, in so many bits a second where that is asked for."""
    codec: Any = av.Codec(name, "w")
    source = stream.codec_context
    rates = codec.audio_rates
    rate = source.sample_rate
    if rates and rate not in rates:
        rate = min((one for one in rates if one >= rate), default=max(rates))
    made = target.add_stream(name, rate=rate)
    context = made.codec_context
    context.layout = _layout(name, source.layout)
    if _loses(name):
        context.bit_rate = bitrate or _BITS_A_CHANNEL * context.layout.nb_channels
    return made


def _layout(name: str, layout: Any) -> str:
    """The source's own channels; stereo where the encoder does not take them."""
    context: Any = av.CodecContext.create(name, "w")
    context.sample_rate, context.layout = 48000, layout.name
    try:
        context.open(strict=False)
    except (av.FFmpegError, ValueError):
        return "stereo"
    return str(layout.name)


class SoundEncoder:
    """Decodes the packets of one audio stream and encodes them as another kind."""

    def __init__(self, source: Any, target: Any) -> None:
        self._source = source
        self._target = target
        self._resampler: Any = None
        self._next: Fraction | None = None

    def encode(self, packet: Packet[Any]) -> list[Packet[Any]]:
        """What is ready behind this packet."""
        return [made for frame in self._source.codec_context.decode(packet) for made in self._encoded(frame)]

    def finish(self) -> list[Packet[Any]]:
        """What decoder and encoder still hold."""
        made = [one for frame in self._source.codec_context.decode(None) for one in self._encoded(frame)]
        for frame in self._flushed():
            made += self._target.encode(frame)
        return made + list(self._target.encode(None))

    def _encoded(self, frame: Any) -> list[Packet[Any]]:
        made: list[Packet[Any]] = []
        if frame.pts is not None:
            begins = frame.pts * Fraction(frame.time_base.numerator, frame.time_base.denominator)
            if self._next is not None and abs(begins - self._next) > _JUMP:
                for one in self._flushed():
                    made += self._target.encode(one)
            elif self._next is not None:
                begins = self._next
            self._next = begins + Fraction(frame.samples, frame.sample_rate)
            frame.time_base = Fraction(1, frame.sample_rate)
            frame.pts = round(begins * frame.sample_rate)
        if self._resampler is None:
            context = self._target.codec_context
            self._resampler = av.AudioResampler(
                format=context.format, layout=context.layout, rate=context.sample_rate, frame_size=context.frame_size
            )
        for one in self._resampler.resample(frame):
            made += self._target.encode(one)
        return made

    def _flushed(self) -> list[Any]:
        if self._resampler is None:
            return []
        left, self._resampler = self._resampler.resample(None), None
        return list(left)
