"""Which encoder to use, and the options it gets."""

from __future__ import annotations

import ctypes
import functools
import io
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import vapoursynth as vs

from .errors import FieldError, reason
from .formats import FORMATS, accepted_by, check_pixel_format

CONTAINERS = {".mkv": "matroska", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".webm": "webm"}
"""Container of a file by its ending."""

QUIET = {
    "libx265": {"x265-params": "log-level=error"},
    "libvpx-vp9": {"row-mt": "1", "cpu-used": "4", "deadline": "good"},
    "libsvtav1": {"preset": "8"},
}
"""Options that an encoder always gets."""

DEFAULT_CRF = {"libx264": 16, "libx264rgb": 16, "libx265": 18, "libvpx-vp9": 24, "libsvtav1": 24}
"""Quality where none is asked for: little enough lost that the network's work stays visible."""

_PF_AVX512F_INSTRUCTIONS_AVAILABLE = 41
"""Windows' number of the question (winnt.h)."""

_QUALITY_OPTIONS = ("crf", "cq", "global_quality")
_LAMBDA = 118
"""FFmpeg's fixed-point unit of a quantiser (FF_QP2LAMBDA)."""


def default_codec(container: str, clip_format: vs.VideoFormat) -> str:
    """VP9 for WebM, AV1 for more bits than this build's VP9 has; else H.264 for 8 bits, H.265 for more.

    H.264 plays everywhere with 8 bits, but H.265 alone is widely played with more.
    """
    if container == "webm":
        deep = clip_format.bits_per_sample > 8
        vp9_is_deep = any("10le" in name for name in accepted_by(find_encoder("libvpx-vp9")))
        return "libsvtav1" if deep and not vp9_is_deep and "libsvtav1" in encoders() else "libvpx-vp9"
    return "libx264" if clip_format.bits_per_sample <= 8 else "libx265"


def find_encoder(name: str) -> av.Codec:
    """The video encoder of this name; FieldError with what is available if there is none."""
    try:
        codec = av.Codec(name, "w")
    except (av.codec.codec.UnknownCodecError, ValueError):
        codec = None
    if codec is None or codec.type != "video":
        raise FieldError(
            "{codec}: no video encoder is called {name!r}; available are {known}",
            name=name,
            known=", ".join(encoders()),
        )
    return codec


def encoders() -> list[str]:
    """The software video encoders worth naming that this build of FFmpeg has, best known first."""
    known = ("libx264", "libx265", "libsvtav1", "libvpx-vp9", "ffv1", "prores_ks", "dnxhd", "mpeg4", "mjpeg")
    hardware = ("h264_nvenc", "hevc_nvenc", "av1_nvenc")
    return [name for name in known + hardware if name in av.codecs_available]


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How an encoder is to work; None leaves it to choose.

    ``crf`` is its constant quality, ``bitrate`` bits a second on average instead; ``preset`` and ``tune`` are its own
    words; ``options`` any of its options, by FFmpeg's names.
    """

    crf: int | None = None
    bitrate: int | None = None
    preset: str | None = None
    tune: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def given(self) -> dict[str, str | None]:
        """What was asked for, by the names of a job's fields."""
        told = {"crf": self.crf, "bitrate": self.bitrate, "preset": self.preset, "tune": self.tune}
        options = ":".join(f"{key}={value}" for key, value in self.options)
        return {name: None if value is None else str(value) for name, value in told.items()} | {
            "encoder_options": options or None
        }


def check_encoding(container: str, codec: str | None, quality: Quality, pixel_format: str | None) -> None:
    """Raises FieldError for choices that cannot go together whatever the video is."""
    encoder = find_encoder(codec or ("libvpx-vp9" if container == "webm" else "libx264"))
    check_container(container, encoder.name)
    context = av.CodecContext.create(encoder.name, "w")
    assert isinstance(context, av.VideoCodecContext)
    configure(context, quality)
    _try(context, quality)
    if pixel_format is not None and codec is not None:
        check_pixel_format(encoder, pixel_format)
    elif pixel_format is not None and not {pixel_format, f"{pixel_format}le"} & set(FORMATS):
        accepted = ", ".join(accepted_by(encoder))
        raise FieldError("{pixel_format}: {asked!r} is not among {accepted}", asked=pixel_format, accepted=accepted)


def check_container(container: str, codec: str) -> None:
    """Raises FieldError if a container cannot hold what a codec makes."""
    with av.open(io.BytesIO(), "w", format=container) as file:
        held = file.supported_codecs
    if codec not in held:
        known = [name for name in encoders() if name in held]
        other = "" if container == "matroska" else ", and a file that ends in .mkv takes nearly everything"
        raise FieldError(
            "{codec}: {container} cannot hold what {name} makes; it takes {known}" + other,
            container=container,
            name=codec,
            known=", ".join(known),
        )
    refusal = _refusal(container, codec)
    if refusal is not None:
        known = [name for name in encoders() if name in held and _refusal(container, name) is None]
        raise FieldError(
            "{codec}: {container} does not take what {name} makes ({reason}); it takes {known}",
            container=container,
            name=codec,
            reason=refusal,
            known=", ".join(known),
        )


def _blank(pixel_format: str, n: int) -> av.VideoFrame:
    frame = av.VideoFrame(128, 128, pixel_format)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.pts, frame.time_base = n, Fraction(1, 25)
    return frame


def takes_codec(container: str, codec: str) -> bool:
    """Whether FFmpeg writes an encoder's packets into a container at all."""
    with av.open(io.BytesIO(), "w", format=container) as file:
        return av.Codec(codec, "w").canonical_name in file.supported_codecs


@functools.cache
def _refusal(container: str, codec: str) -> str | None:
    """Why a container does not take a small video of this codec, written into memory as a whole; None if it does.

    An encoder that cannot be opened (one of a device that is not there) is not the container's fault.
    """
    encoder = av.Codec(codec, "w")
    formats = accepted_by(encoder)
    if not formats:
        return None
    name = "yuv420p" if "yuv420p" in formats else formats[0]
    try:
        with av.open(io.BytesIO(), "w", format=container) as file:
            stream: Any = file.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 128, 128, name
            stream.codec_context.time_base = stream.time_base = Fraction(1, 25)
            configure(stream.codec_context, Quality())
            try:
                stream.codec_context.open(strict=False)
            except (av.FFmpegError, ValueError):
                return None
            for n in (0, 1, 2, None):
                file.mux(stream.encode(None if n is None else _blank(name, n)))
    except (av.FFmpegError, ValueError) as error:
        return reason(error)
    return None


def open_small(context: av.VideoCodecContext, pixel_format: str) -> None:
    """Opens an encoder for a picture of a size that all take; raises what FFmpeg raises where it refuses."""
    context.width = context.height = 256
    context.pix_fmt = pixel_format
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    context.open(strict=False)


def _try(context: av.VideoCodecContext, quality: Quality) -> None:
    """Opens an encoder for a small picture, for words and values that it alone knows to be wrong."""
    given = [field for field in ("preset", "tune", "encoder_options") if quality.given[field] is not None]
    name, formats = context.codec.name, accepted_by(context.codec)
    if not given or not formats:
        return
    try:
        open_small(context, "yuv420p" if "yuv420p" in formats else formats[0])
    except (av.FFmpegError, ValueError) as error:
        words = " ".join(f"{{{field}}} {{{field}_given}}" for field in given)
        raise FieldError(
            "{name} does not take " + words + " ({reason}); 'ffmpeg -h encoder={name}' lists what it takes",
            name=name,
            reason=reason(error),
            **{f"{field}_given": quality.given[field] for field in given},
        ) from error


@functools.cache
def _has_avx512() -> bool:
    """Whether the system says that this processor has AVX-512."""
    if sys.platform == "win32":
        return bool(ctypes.WinDLL("kernel32").IsProcessorFeaturePresent(_PF_AVX512F_INSTRUCTIONS_AVAILABLE))
    facts = Path("/proc/cpuinfo")
    return facts.is_file() and "avx512f" in facts.read_text().split()


def _repeatable(name: str) -> dict[str, str]:
    """Options by which an encoder gives the same packets for the same frames each time (docs/decisions/0043)."""
    if name in ("libx264", "libx264rgb") and _has_avx512():
        return {"x264-params": "asm=lzcnt,fma3,bmi2,avx2"}
    return {}


_OWN = frozenset(
    """
    time_base video_size pixel_format codec_tag color_primaries color_trc colorspace color_range chroma_sample_location
    aspect sar ar frame_size flags
    """.split()  # noqa: SIM905 - a list of words is what it is
)
"""Options of every encoder that say what the job's picture is."""


def configure(context: av.VideoCodecContext, quality: Quality) -> None:
    """Gives an encoder its options and its quality.

    ``crf`` goes to whatever the encoder calls constant quality. Raises FieldError if it has no such option or does not
    take the value.
    """
    name = context.codec.name
    for option, value in (QUIET.get(name, {}) | _repeatable(name)).items():
        _add(context, option, value)
    offered = {option.name for option in context.supported_options.private}
    _set_quality(context, quality, offered)
    for word, chosen in (("preset", quality.preset), ("tune", quality.tune)):
        if chosen is not None:
            if word not in offered:
                raise FieldError(f"{{{word}}}: {{name}} has none; leave it out or use {{codec}} libx264", name=name)
            context.options[word] = chosen
    general = {option.name for option in context.supported_options.generic} - _OWN
    for option, value in quality.options:
        if option not in offered | general:
            raise FieldError(
                "{encoder_options}: {name} has no option {option!r}; 'ffmpeg -h encoder={name}' lists those it has",
                name=name,
                option=option,
            )
        _add(context, option, value)


def _add(context: av.VideoCodecContext, option: str, value: str) -> None:
    """Sets an option, or adds to one that is a list."""
    given = context.options.get(option) if option.endswith("-params") else None
    context.options[option] = f"{given}:{value}" if given else value


def _set_quality(context: av.VideoCodecContext, quality: Quality, offered: set[str]) -> None:
    name, crf = context.codec.name, quality.crf
    if quality.bitrate is not None:
        if crf is not None:
            raise FieldError("{crf} is a constant quality and {bitrate} an average size; give one of them")
        context.bit_rate = quality.bitrate
        return
    wanted = crf if crf is not None else DEFAULT_CRF.get(name)
    constant = next((option for option in _QUALITY_OPTIONS if option in offered), None)
    if constant is not None:
        if wanted is not None:
            highest = 63 if name in ("libvpx-vp9", "libsvtav1") else 51
            if not 0 <= wanted <= highest:
                raise FieldError(
                    "{crf}: {name} takes 0 (best) to {highest}, not {wanted}", name=name, highest=highest, wanted=wanted
                )
            context.options[constant] = str(wanted)
    elif crf is not None:
        raise FieldError(
            "{crf}: {name} has no constant quality option; leave {crf} out or use {codec} libx264", name=name
        )
    elif not context.codec.lossless and name != "prores_ks":
        context.qscale = True
        context.global_quality = 2 * _LAMBDA
