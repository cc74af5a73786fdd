"""What FFmpeg can tell of a file, and what of it another file does not tell any more.

Facts have names that a person reads ("audio 1: language"); `lost` compares two files fact by fact, so that whatever a
later FFmpeg tells in addition is compared as well. The size, format and codec of the picture are what the job changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from .hdr import HDR_FACTS, mastering_numbers
from .notes import Notes
from .opening import open_container
from .side_data import side_data
from .tags import kept_tags, same_tag, shared_name

MILLISECOND = Fraction(1, 1000)
"""How far a time may move: the tick of Matroska and WebM."""

_MPEG_AUDIO = dict.fromkeys(("mp2", "mp2float", "mp3", "mp3float"), "mp3")
"""MP4 has one name for the layers of MPEG audio, whose packets say which they are."""

_SAME_SHAPE = Fraction(4, 1000)
"""How far FFmpeg lets a pixel's shape be from what the container tells in whole pixels of the picture."""

_FULL_RANGE = 2
"""FFmpeg's number; limited range is what an untagged picture has."""

_KEPT_SIDE_DATA = (*HDR_FACTS, "picture: display matrix")

_IN_WORDS = {
    "picture: a53 cc": "closed captions",
    "picture: dynamic hdr plus": "HDR10+",
    "picture: dovi metadata": "Dolby Vision",
    "picture: dovi rpu buffer": "Dolby Vision (RPU)",
    "picture: dovi conf": "Dolby Vision (configuration)",
    "picture: afd": "active format description",
    "picture: stereo3d": "stereoscopic layout",
    "picture: spherical": "spherical projection",
    "picture: icc profile": "colour profile (ICC)",
    "picture: exif": "EXIF",
}
"""What people call the side data of pictures."""

_OWN_SIDE_DATA = ("SEI_UNREGISTERED", "cpb_properties", "audio_service_type", "GOP_TIMECODE", "PANSCAN")
"""Side data about how a stream was encoded, or that its packets carry."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """The facts of one file by name, and the times and contents of each stream's packets where they were asked for."""

    facts: Mapping[str, Any]
    packets: Mapping[str, list[tuple[Fraction, Fraction, str]]]


def describe(path: Path, *, packets: bool = False) -> Description:
    """What FFmpeg tells of a file from its headers and the first frame of its picture.

    ``packets`` reads the whole file: (start, duration, digest) of every packet in the order of their starts.
    """
    facts: dict[str, Any] = {}
    with open_container(path) as file:
        facts.update(_tags("file", file.metadata))
        for number, chapter in enumerate(file.chapters(), 1):
            start, end = (chapter[side] * Fraction(*_ratio(chapter["time_base"])) for side in ("start", "end"))
            facts[f"chapter {number}: start"], facts[f"chapter {number}: end"] = start, end
            facts.update(_tags(f"chapter {number}", chapter["metadata"]))
        names = stream_names(file)
        for stream in file.streams:
            if stream.index in names:
                facts.update(stream_facts(names[stream.index], stream))
        created = facts.get("file: tag creation_time")
        for name in names.values():
            if facts.get(f"{name}: tag creation_time") == created:  # MP4 stores the file's moment with each stream
                facts.pop(f"{name}: tag creation_time", None)
        if "picture" in names.values():
            facts.update(_frame_facts(file, next(index for index, name in names.items() if name == "picture")))
    return Description(facts=facts, packets=_packets(path) if packets else {})


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A fact that is not told any more, and a line that says so."""

    fact: str
    line: str


def lost(before: Description, after: Description, *, times: bool = True) -> list[Loss]:
    """The facts of ``before`` that ``after`` does not tell, each with what it tells instead.

    ``times`` False leaves out what a cut changes: starts, ends, packets and chapters.
    """
    found = []
    for fact, value in before.facts.items():
        if not times and fact.startswith("chapter "):
            continue
        other = after.facts.get(fact)
        if not _is_time(fact):
            kept = same_fact(fact, value, other)
        elif other is None:  # of a picture whose first packet is larger than what FFmpeg looks at it tells no start
            kept = not times or fact == "picture: start"
        else:
            kept = not times or abs(value - other) <= MILLISECOND
        if not kept:
            now = f" (now {_shown(other)})" if other is not None else ""
            found.append(Loss(fact=fact, line=f"{fact} {_shown(value)}".rstrip() + now))
    if times:
        for name, old in before.packets.items():
            found += [Loss(fact=name, line=line) for line in _moved(name, old, after.packets.get(name))]
    return found


def unkept_side_data(path: Path) -> set[str]:
    """The side data of the picture, by the names of the facts, that no new picture has: captions, dynamic HDR, ..."""
    return {
        fact
        for fact, value in describe(path).facts.items()
        if fact.startswith("picture: ") and isinstance(value, bytes) and fact not in _KEPT_SIDE_DATA
    }


def unkept_side_data_of(frame: Any) -> set[str]:
    """As `unkept_side_data`, of one frame."""
    return {fact for fact, _ in _side_data(frame) if fact not in _KEPT_SIDE_DATA}


def name_unkept_side_data(facts: set[str], notes: Notes) -> None:
    """Says that side data with these names is not kept."""
    if facts:
        listed = ", ".join(_IN_WORDS.get(fact, fact.removeprefix("picture: ")) for fact in sorted(facts))
        notes(f"of the picture's side data is not kept: {listed}", *facts)


def stream_names(file: av.container.InputContainer) -> dict[int, str]:
    """Each stream's index with the name that it has in facts: "picture", "cover 1", "audio 2", ...

    The data streams by which MP4 stores chapters and timecodes are left out: chapters and timecodes are facts.
    """
    counts: dict[str, int] = {}
    names = {}
    for stream in file.streams:
        kind = "cover" if is_cover(stream) else str(stream.type)
        if is_bookkeeping(file, stream):
            continue
        counts[kind] = counts.get(kind, 0) + 1
        first_picture = kind == "video" and counts[kind] == 1
        names[stream.index] = "picture" if first_picture else f"{kind} {counts[kind]}"
    return names


def is_cover(stream: Any) -> bool:
    """Whether a stream is one picture that stands for the whole file."""
    return stream.type == "video" and bool(stream.disposition & Disposition.attached_pic)


def is_bookkeeping(file: av.container.InputContainer, stream: Any) -> bool:
    """Whether a data stream only stores what the file's chapters or the picture's timecode tell as well."""
    if stream.type != "data":
        return False
    if "timecode" in stream.metadata:
        return True
    return bool(file.chapters()) and stream.metadata.get("handler_name") == "SubtitleHandler"


def attachment_tags(stream: Any) -> dict[str, str]:
    """What is told of an attachment in addition to its name and kind."""
    return {key: value for key, value in stream.metadata.items() if key.lower() not in ("filename", "mimetype")}


def _ratio(value: Any) -> tuple[int, int]:
    return value.numerator, value.denominator


def _tags(owner: str, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in kept_tags(dict(tags)).items():
        yield f"{owner}: tag {shared_name(key)}", value


def stream_facts(name: str, stream: Any) -> Iterator[tuple[str, Any]]:
    """What is told of a stream that has this name among facts."""
    yield name, "there"
    context = stream.codec_context
    if stream.type == "attachment":
        yield f"{name}: content", (stream.name, stream.mimetype, hashlib.sha256(stream.data).hexdigest()[:16])
        yield from _tags(name, attachment_tags(stream))
        return
    yield from _tags(name, {key: value for key, value in stream.metadata.items() if not name.startswith("cover")})
    for flag in Disposition:
        if stream.disposition & flag:
            yield f"{name}: disposition {flag.name}", True
    if context is None:
        return
    for kind, data in context.coded_side_data.items():
        if str(kind) not in _OWN_SIDE_DATA:
            yield f"{name}: {_words(kind)}", bytes(data)
    if stream.type == "subtitle" and context.codec.text_sub:
        yield f"{name}: text", True
        if context.name in ("ass", "ssa"):
            yield f"{name}: styling", True
    elif name != "picture":
        yield f"{name}: codec", _MPEG_AUDIO.get(context.name, context.name)
    if stream.type == "audio":
        yield f"{name}: sound", (context.sample_rate, context.layout.nb_channels)
    if stream.type == "video" and not name.startswith("cover") and stream.sample_aspect_ratio not in (None, 0, 1):
        yield f"{name}: sample aspect ratio", _ratio(stream.sample_aspect_ratio)
    if stream.type in ("audio", "video") and not name.startswith("cover") and stream.start_time is not None:
        yield f"{name}: start", max(Fraction(0), stream.start_time * Fraction(*_ratio(stream.time_base)))


def _side_data(frame: Any) -> Iterator[tuple[str, bytes]]:
    for side in side_data(frame):
        if side.type.name not in _OWN_SIDE_DATA and not side.type.name.startswith("UNKNOWN"):
            yield f"picture: {_words(side.type.name)}", bytes(side)


def _frame_facts(file: av.container.InputContainer, index: int) -> Iterator[tuple[str, Any]]:
    """What the first frame of the picture tells of colour, depth and side data."""
    stream = file.streams[index]
    frame: Any = None
    try:
        frame = next(file.decode(stream), None)
    except (av.FFmpegError, OSError):
        return
    if frame is None:
        return
    yield from _side_data(frame)
    for fact, value in (
        ("matrix", frame.colorspace),
        ("primaries", frame.color_primaries),
        ("transfer", frame.color_trc),
    ):
        if int(value) not in (0, 2):
            yield f"picture: {fact}", int(value)
    if int(frame.color_range) == _FULL_RANGE:
        yield "picture: range", _FULL_RANGE
    layout = frame.format
    yield "picture: bits", max(part.bits for part in layout.components)
    if len(layout.components) > 2:
        yield "picture: chroma", (layout.chroma_width(4), layout.chroma_height(4))
    if layout.name.startswith(("yuva", "rgba", "gbrap", "bgra", "argb", "abgr", "ya")) or "alpha_mode" in {
        key.lower() for key in stream.metadata
    }:
        yield "picture: transparency", True
    if frame.interlaced_frame:
        yield "picture: field order", "interlaced"


def _packets(path: Path) -> dict[str, list[tuple[Fraction, Fraction, str]]]:
    with open_container(path) as file:
        names = stream_names(file)
        found: dict[str, list[tuple[Fraction, Fraction, str]]] = {name: [] for name in names.values()}
        for packet in file.demux():
            if packet.size == 0 or packet.stream.index not in names:
                continue
            if packet.size <= 2 and packet.stream.codec_context and packet.stream.codec_context.name == "mov_text":
                continue  # how MP4 stores that there is no text
            base = Fraction(*_ratio(packet.time_base))
            start, length = (packet.pts or 0) * base, (packet.duration or 0) * base
            if packet.is_discard or (start < 0 and start + length <= 0):
                continue  # what an edit list hides
            found[names[packet.stream.index]].append((start, length, hashlib.sha256(bytes(packet)).hexdigest()[:16]))
    return {name: sorted(one) for name, one in found.items() if not name.startswith("attachment")}


def _moved(
    name: str, old: list[tuple[Fraction, Fraction, str]], new: list[tuple[Fraction, Fraction, str]] | None
) -> Iterator[str]:
    """What is wrong with a stream's packets, in one line at most."""
    if new is None:
        return
    if len(old) != len(new):
        yield f"{name}: {len(old)} packets (now {len(new)})"
        return
    if name.startswith("cover"):
        if [one[2] for one in old] != [one[2] for one in new]:
            yield f"{name}: its bytes"
        return
    for place, (one, other) in enumerate(zip(old, new, strict=True)):
        if abs(one[0] - other[0]) > MILLISECOND:
            yield f"{name}: packet {place} at {float(one[0]):g} s (now {float(other[0]):g} s)"
            return
        if name not in ("picture",) and not name.startswith("subtitle") and one[2] != other[2]:
            yield f"{name}: the bytes of packet {place}"
            return


def _is_time(name: str) -> bool:
    return name.endswith((": start", ": end"))


def same_fact(name: str, value: Any, other: Any) -> bool:
    """Whether two files tell the same; more bits and finer chroma are not less."""
    if ": tag " in name:
        return other is not None and same_tag(name.partition(": tag ")[2], str(value), str(other))
    if other is None:
        return False
    if name == "picture: bits":
        return bool(other >= value)
    if name == "picture: chroma":
        return bool(other[0] >= value[0] and other[1] >= value[1])
    if name.endswith("sample aspect ratio"):
        return bool(abs(Fraction(*value) / Fraction(*other) - 1) <= _SAME_SHAPE)
    if name.endswith("mastering display metadata"):
        sides = zip(mastering_numbers(value), mastering_numbers(other), strict=True)
        return all(abs(a - b) <= 5e-5 for a, b in sides)
    return bool(value == other)


def _words(kind: object) -> str:
    words = str(kind).lower().replace("_", " ")
    return {"displaymatrix": "display matrix"}.get(words, words)  # a frame's, and a stream's


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if value is True:
        return ""
    if isinstance(value, Fraction):
        return f"{float(value):g} s"
    return str(value)
