"""Opening a video file: its frames through BestSource, everything else about it through FFmpeg."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import av
import vapoursynth as vs
from av.codec.codec import find_best_pix_fmt_of_list

from ..errors import UserError
from .coded_alpha import coded_alpha
from .colour import Colour, read_colour
from .comparison import is_cover
from .damage import Counted, Damage, DecodedLook, PacketCount, find_damage, has_errors
from .deinterlacing import deinterlaced
from .errors import reason
from .formats import FORMATS
from .hdr import Hdr, read_hdr
from .index import count_of, index_of, open_indexed
from .linear import LinearReader, beginning, decoded, linear_clip, plain_format, widened
from .notes import Notes
from .opening import open_container
from .orientation import Matrix, full_chroma, oriented, swaps
from .retiming import multiplied
from .side_data import matrix_of
from .tags import shared_name
from .timestamps import NO_TIME, Timeline, make_timeline

OnError = Literal["stop", "skip", "repeat"]

_STILL = (
    *("apng", "avif", "bmp", "dpx", "gif", "jpeg2000", "jpegls", "jpegxl", "jpegxl_anim", "ljpeg", "mjpeg", "pam"),
    *("pbm", "pcx", "pgm", "pgmyuv", "png", "ppm", "psd", "qoi", "sgi", "sunrast", "targa", "tiff", "webp", "xwd"),
)
"""FFmpeg's names of codecs of still pictures, whose samples are of full range and which photographs turn by EXIF."""

_TELL_TURNS = ("h264", "hevc", "vvc")
"""Codecs of video whose frames may say that they are to be turned."""

_FIRST_PACKETS = 64
"""Packets that a first frame is looked for in."""

_BEGINNING = 500
"""Frames of which the times are found by decoding them, which for more of them is the work of an index."""


class _ChangingError(UserError):
    """A video whose frames are not all alike."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the container says about a video file and its first video stream."""

    stream: int
    sample_aspect: Fraction | None
    display_matrix: Matrix | None
    frames_turn: bool
    """Whether the matrix is told by the frames, as by those of photographs, and not by the container."""
    still: bool
    """Whether the pictures are coded as still ones are."""
    metadata: dict[str, str]
    language_tags: dict[str, str]
    disposition: int
    last_duration: int | None
    clocked: bool
    """Whether times are those of a broadcaster's clock."""
    start: Fraction
    """When that clock begins, which is not kept; 0 elsewhere."""
    first: Fraction
    """When the container says that the stream begins."""
    width: int
    height: int
    time_base: Fraction
    rate: Fraction | None
    """Frames a second as the container tells them, on average."""
    pixel_format: str | None
    """FFmpeg's name of it, where the container knows."""
    transparent: bool
    """Whether the stream says that it has a second picture of its transparency, as VP8 and VP9 store it."""

    @property
    def turned(self) -> bool:
        """Whether the display matrix swaps width and height."""
        return self.display_matrix is not None and swaps(self.display_matrix)

    @property
    def full_gray(self) -> bool:
        """Whether the samples are gray and of full range by what still pictures are, whatever is said of them."""
        return self.still and (self.pixel_format or "").startswith("gray")


class Look:
    """What only all frames together tell, found while they are used and kept with what is known of the file."""

    def __init__(self, path: Path, stream: int, counting: PacketCount) -> None:
        """Starts looking, unless all is known."""
        self._counting = counting
        counted = counting.result()
        self._known = counted if counted is not None and counted.patched is not None else None
        self._looking = DecodedLook(path, stream) if self._known is None else None

    def result(self) -> tuple[Damage, set[str]]:
        """What the decoder had to patch, and the names of side data that is not kept, when all is decoded."""
        if self._looking is not None:
            patched, side_data = self._looking.result()
            self._counting.decoded(patched, side_data)
            return Damage(concealed=patched), side_data
        assert self._known is not None
        return Damage(concealed=self._known.patched or 0), set(self._known.side_data)

    def end(self) -> None:
        """Stops looking."""
        if self._looking is not None:
            self._looking.end()


@dataclass(frozen=True, kw_only=True)
class Source:
    """An opened video: a clip of constant format and size, and when and how its frames are shown."""

    path: Path
    clip: vs.VideoNode
    timeline: Timeline
    colour: Colour
    hdr: Hdr
    facts: Facts
    damage: Damage
    look: Look | None
    """What is looked for while the frames are used; None where only a few of them are."""
    alpha: vs.VideoNode | None
    """The transparency where it was decoded, a GRAY clip; what a file says of it is in the facts."""
    width: int
    height: int
    """The picture's own size; the clip's is larger by a repeated column or row where its format cannot have it."""
    fields: int = 1
    """The clip's frames for each frame of the file: 2 where each field became one."""


def open_source(
    path: Path,
    facts: Facts,
    *,
    notes: Notes,
    rotate: bool = False,
    end: int | None = None,
    index_folder: Path | None = None,
    on_error: OnError = "repeat",
    deinterlace: bool = False,
    double_rate: bool = False,
) -> Source:
    """Opens the first video stream of a file, of which `read_facts` gave the facts.

    ``rotate`` turns the frames as the container's display matrix says; otherwise they stay as they are coded and the
    matrix is in the facts. ``end`` tells that no frame from that number on is needed: if that is near the beginning,
    the clip is made of the frames before it and one more, and the rest of the file is not looked at. ``index_folder``
    is where what is learned of the whole file is kept. ``on_error`` is what to do about frames that cannot be decoded:
    raise an error, leave them out, or show the frame before in their place. ``deinterlace`` makes whole frames of
    fields, with ``double_rate`` one of each, of which ``end`` counts. ``notes`` gets one sentence for each thing
    that will not come out as it is in the file. Raises UserError in one sentence if the file cannot be read, holds no
    video, or changes size or format on the way.
    """
    if double_rate and end is not None:
        end = (end + 1) // 2
    turned = rotate and facts.display_matrix is not None and not facts.frames_turn
    found = None if end is None or end > _BEGINNING or turned else _open_beginning(path, facts, end)
    damage, look = Damage(), None
    if found is None:
        kept = None if index_folder is None else index_of(path, facts.stream, index_folder)
        counting = PacketCount(path, facts.stream, None if kept is None else count_of(kept))
        try:
            wider = widened(facts.pixel_format)
            found = _open_in_order(path, facts, wider) if wider else _open_whole(path, facts, rotate, index_folder)
        except _ChangingError:
            raise
        except UserError:  # so damaged that there is no index, of which FFmpeg may still decode something
            damage = _damage_of(path, facts, counting, None, on_error)
            found = _open_frame_by_frame(path, facts, None, damage) if damage else None
            if found is None:
                counted = counting.result()
                if counted is not None and counted.packets == 0:
                    raise UserError(f"the video {path} has no frame, only a header; was it cut off?") from None
                if damage or not facts.still:
                    raise
                found = _open_in_order(path, facts, _nearest(facts, notes))  # BestSource wants to use its ICC profile
        else:
            damage = _damage_of(path, facts, counting, found[1], on_error)
        if damage and on_error == "stop":
            raise UserError(f"the video {path} is damaged: {damage.in_words()}")
        odd = (found[0].width, found[0].height) != (facts.width, facts.height) and not turned
        if found[1].jumps:  # frames of one time, which no index tells apart
            odd = True
        if (damage or odd) and (other := _open_frame_by_frame(path, facts, found[1], damage)) is not None:
            found = other
        look = Look(path, facts.stream, counting)
    clip, timeline = found
    if damage:
        instead = {"skip": "left out", "repeat": "replaced by the frame before"}[on_error]
        notes(f"the video is damaged: {damage.in_words()}; what cannot be decoded is {instead}", "picture")
    if count := len(timeline.jumps):
        notes(
            f"the video's clock jumps {'once' if count == 1 else f'{count} times'}, as in recordings that were joined: "
            "what follows is shown without a gap"
        )
    if clip.format.color_family == vs.RGB and clip.get_frame(0).props.get("_Matrix", vs.MATRIX_RGB) != vs.MATRIX_RGB:
        clip = clip.std.SetFrameProps(_Matrix=int(vs.MATRIX_RGB))  # JPEG's decoders tell that of its YUV
        notes.expect("picture: matrix")
    if facts.full_gray and "_Range" not in clip.get_frame(0).props:
        clip = clip.std.SetFrameProps(_Range=int(vs.RANGE_FULL))
    props = clip.get_frame(0).props
    alpha = _alpha_of(path, facts, clip, damage)
    if rotate and facts.frames_turn and facts.display_matrix is not None:
        clip = oriented(_trimmed(clip, facts), facts.display_matrix)
        alpha = alpha and oriented(alpha, facts.display_matrix)
        turned = True
    if alpha is not None and double_rate:
        alpha = alpha.std.Interleave([alpha, alpha])
    if deinterlace:
        clip = deinterlaced(clip, notes, double_rate)
        notes.expect("picture: field order")
        if double_rate:
            timeline = multiplied(timeline, Fraction(2), clip.num_frames)
    else:
        _name_losses(props, notes)
    return Source(
        path=path,
        clip=clip,
        timeline=timeline,
        colour=read_colour(props),
        hdr=read_hdr(props),
        facts=facts,
        damage=damage,
        look=look,
        alpha=alpha,
        width=clip.width if turned else min(facts.width, clip.width),
        height=clip.height if turned else min(facts.height, clip.height),
        fields=2 if double_rate else 1,
    )


def _trimmed(clip: vs.VideoNode, facts: Facts) -> vs.VideoNode:
    """The clip without the repeated column and row of an odd size."""
    width, height = min(facts.width, clip.width), min(facts.height, clip.height)
    if (width, height) == (clip.width, clip.height):
        return clip
    return full_chroma(clip).std.CropAbs(width=width, height=height)


def _alpha_of(path: Path, facts: Facts, clip: vs.VideoNode, damage: Damage) -> vs.VideoNode | None:
    if "_Alpha" in clip.get_frame(0).props:
        return clip.std.PropToClip(prop="_Alpha")
    # Of a damaged video it is not known which of its frames belong together.
    return coded_alpha(path, facts.stream, clip) if facts.transparent and not damage else None


def _open_beginning(path: Path, facts: Facts, end: int) -> tuple[vs.VideoNode, Timeline] | None:
    """The frames before ``end`` and one more, which tells how long the last of them is shown."""
    found = beginning(path, facts.stream, end + 1)
    if found is None:
        return None
    ticks, first = found
    timeline = make_timeline(ticks, facts.time_base, last=facts.last_duration, fps=facts.rate, gaps=facts.clocked)
    return linear_clip(LinearReader(path, facts.stream), first, timeline), timeline


def _nearest(facts: Facts, notes: Notes) -> str | None:
    """The planar format nearest to that of the pictures; None if theirs is planar."""
    name = (facts.pixel_format or "").replace("yuvj", "yuv")
    if name in FORMATS:
        return None
    layout = av.VideoFormat(name)
    if len(layout.components) in (2, 4):
        notes("the transparency of the video is not kept, as its colour profile (ICC) is damaged")
    best, _ = find_best_pix_fmt_of_list(list(FORMATS), name)
    return best.name if best is not None else "gbrp"


def _open_in_order(path: Path, facts: Facts, converted: str | None) -> tuple[vs.VideoNode, Timeline]:
    """The frames of a file that BestSource does not decode, brought to a format that clips have."""
    try:
        ticks = [NO_TIME if frame.pts is None else frame.pts for frame in decoded(path, facts.stream)]
        timeline = make_timeline(ticks, facts.time_base, last=facts.last_duration, fps=facts.rate, gaps=facts.clocked)
        reader = LinearReader(path, facts.stream, converted=converted)
        return linear_clip(reader, reader.frame(0), timeline), timeline
    except (av.FFmpegError, OSError, IndexError) as error:
        raise UserError(f"the video {path} cannot be decoded: {reason(error)}") from error


def _open_whole(path: Path, facts: Facts, rotate: bool, folder: Path | None) -> tuple[vs.VideoNode, Timeline]:
    answer = open_indexed(path, track=facts.stream, rotate=rotate, folder=folder)
    clip: vs.VideoNode = answer["clip"]
    if clip.width == 0 or clip.height == 0 or clip.format.id == vs.NONE:
        raise _ChangingError(
            f"the video {path} changes its size or pixel format on the way; "
            "only videos of one size and format can be processed, so split it at the change first"
        )
    ticks = [int(tick) for tick in _as_list(answer["timestamps"])]
    base = Fraction(int(answer["timebasenum"]), int(answer["timebaseden"]))
    timeline = make_timeline(ticks, base, last=facts.last_duration, fps=clip.fps or None, gaps=facts.clocked)
    if NO_TIME in ticks:  # frames that were counted, the first of which is shown when the container says
        timeline = timeline.in_units_of(facts.time_base).moved(facts.first)
    return clip, timeline


def _damage_of(path: Path, facts: Facts, counting: PacketCount, timeline: Timeline | None, on_error: OnError) -> Damage:
    """What cannot be decoded, looked for where the packets do not fit the frames of the index."""
    counted = counting.result()
    if counted is not None and timeline is not None:
        known = counted.patched == 0 or (counted.patched is None and on_error != "stop")
        if counted.fits(len(timeline), round(timeline.time(0) / facts.time_base)) and known:
            return Damage()
        named = counted.complaints or counted.missing or counted.cut or counted.patched
        if not named and not has_errors(path, facts.stream):
            counting.is_whole()
            return Damage()
    told = counted or Counted(packets=0, complaints=0, missing=0)
    repeat = on_error == "repeat"
    found = find_damage(path, facts.stream, told, repeat=repeat, gaps=facts.clocked)
    if found.jumps and not replace(found, complaints=0):
        with open_container(path) as file:  # where recordings were joined, each stream misses what would be next
            found.complaints = max(0, found.complaints - len(found.jumps) * len(file.streams))
    return found


def _open_frame_by_frame(
    path: Path, facts: Facts, timeline: Timeline | None, damage: Damage
) -> tuple[vs.VideoNode, Timeline] | None:
    """The frames as FFmpeg decodes them one after the other; None where they have to be converted or have no times."""
    if not damage:
        assert timeline is not None
        reader = LinearReader(path, facts.stream)
        first = reader.frame(0)
        if plain_format(first) is None or first.interlaced_frame:
            return None
        return linear_clip(reader, first, timeline), timeline
    if damage.first is None or plain_format(damage.first) is None or not damage.shown:
        return None
    ticks, numbers = [list(column) for column in zip(*damage.shown, strict=True)]
    made = make_timeline(
        ticks, facts.time_base, last=facts.last_duration, fps=timeline.rate if timeline else facts.rate
    )
    made = replace(made, jumps=damage.jumps)
    return linear_clip(LinearReader(path, facts.stream, damaged=True), damage.first, made, numbers), made


def _name_losses(props: Mapping[str, Any], notes: Notes) -> None:
    if field := int(props.get("_FieldBased", 0)):
        notes(
            f"the video is interlaced ({'bottom' if field == 1 else 'top'} field first) and is processed as if it were "
            "not, and OUT does not say that it is; deinterlace it first for a clean result",
            "picture: field order",
        )


def read_facts(path: Path) -> Facts:
    """What the container says, without decoding; UserError if it cannot be read or holds no video."""
    with open_container(path) as container:
        pictures = [s for s in container.streams.video if s.codec_context is not None and not is_cover(s)]
        if not pictures:
            if any(is_cover(stream) for stream in container.streams):
                raise UserError(f"{path} has no video stream; its only picture is a cover")
            kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "none"
            raise UserError(f"{path} has no video stream (its streams: {kinds})")
        stream = pictures[0]
        aspect = stream.sample_aspect_ratio
        coded = stream.codec_context.coded_side_data.get("display_matrix")
        kind = stream.codec_context.codec.canonical_name
        told = None if coded or kind not in (*_STILL, *_TELL_TURNS) else _matrix_of_frames(path, stream.index)
        start = container.start_time
        clocked = container.format.name in ("mpegts", "mpeg") and start is not None and start != NO_TIME
        return Facts(
            stream=stream.index,
            sample_aspect=Fraction(aspect.numerator, aspect.denominator) if aspect else None,
            display_matrix=struct.unpack("9i", coded) if coded else told,
            frames_turn=told is not None,
            still=kind in _STILL,
            metadata=dict(container.metadata),
            language_tags=dict(stream.metadata),
            disposition=int(stream.disposition),
            last_duration=_last_duration(path, container, stream),
            clocked=clocked,
            start=Fraction(start, av.time_base) if clocked else Fraction(0),
            first=(stream.start_time or 0) * Fraction(stream.time_base.numerator, stream.time_base.denominator),
            width=stream.width,
            height=stream.height,
            time_base=Fraction(stream.time_base.numerator, stream.time_base.denominator),
            rate=Fraction(rate.numerator, rate.denominator) if (rate := stream.average_rate) else None,
            pixel_format=stream.codec_context.format.name if stream.codec_context.format else None,
            transparent="alpha_mode" in {shared_name(key) for key in stream.metadata},
        )


def _matrix_of_frames(path: Path, stream: int) -> Matrix | None:
    """The display matrix that the first frame tells; None if it tells none or cannot be decoded."""
    with open_container(path) as file, suppress(av.FFmpegError, OSError, ValueError):
        for packet in islice(file.demux(file.streams[stream]), _FIRST_PACKETS):
            for frame in packet.decode():
                return matrix_of(frame)
    return None


def _timed(container: av.container.InputContainer, stream: Any) -> list[Any]:
    return [packet for packet in container.demux(stream) if packet.pts is not None]


def _last_duration(path: Path, container: av.container.InputContainer, stream: av.VideoStream) -> int | None:
    """The duration of the frame shown last, read from the last packets of the file; None where the file has none."""
    if container.size == 0 or not stream.duration:
        end = container.duration or 0
    else:
        end = int(((stream.start_time or 0) + stream.duration) * stream.time_base * av.time_base)
    packets: list[Any] = []
    with suppress(av.FFmpegError, OSError):
        container.seek(max(0, end - 2 * av.time_base), backward=True)
        packets = _timed(container, stream)
    if not packets:  # what is not sought in well, such as WebP, is read from its beginning
        with open_container(path) as again, suppress(av.FFmpegError, OSError):
            packets = _timed(again, again.streams[stream.index])
    last = max(packets, key=lambda packet: packet.pts or 0, default=None)
    return last.duration or None if last is not None else None


def _as_list(value: Any) -> list[Any]:
    return list(value) if hasattr(value, "__iter__") else [value]
