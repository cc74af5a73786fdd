"""Which streams of a file a container takes, and how: found out by writing each alone into memory, before any work."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

from .comparison import is_bookkeeping, is_cover, same_fact, stream_facts, stream_names
from .covers import Covers, cover_packets
from .errors import FieldError, reason
from .movie_box import finish_movie
from .notes import Notes
from .opening import open_container
from .subtitles import STYLED, TEXT_CODEC, is_text
from .tags import kept_tags

_PACKETS = 3000
"""Packets that are looked through for the first of every stream."""


class Way(Enum):
    """What becomes of a stream."""

    COPIED = "copied"
    REWRITTEN = "rewritten"
    ENCODED = "encoded"
    ATTACHED = "attached"
    COVER = "cover"
    LEFT_OUT = "left out"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One stream of the source: its name among facts, what it is called to a person, and its way."""

    name: str
    words: str
    way: Way
    styled: bool = False
    unwanted: bool = False
    """Whether it is left out because that was asked for."""
    codec: str = ""
    """Of sound that is encoded: its encoder."""
    bitrate: int | None = None
    """Then its bits a second; None leaves them to its channels."""
    untold: tuple[str, ...] = ()
    """Facts of the stream that the container does not tell any more."""


StreamPlan = Mapping[int, Planned]
"""By the streams' indices; without the picture and without what only keeps chapters or timecodes."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which streams are wanted, and how.

    Without ``audio`` sound is left out; ``codec`` is the encoder that it is encoded with instead of being copied, and
    ``bitrate`` then its bits a second.
    ``audio_streams`` and ``subtitle_streams`` are numbers among their kind from 1 on, or languages; None wants all.
    """

    audio: bool = True
    codec: str | None = None
    bitrate: int | None = None
    audio_streams: tuple[str, ...] | None = None
    subtitle_streams: tuple[str, ...] | None = None

    def wants(self, name: str, stream: Any) -> bool:
        """Whether a stream of this name among facts is wanted."""
        kind, _, number = name.partition(" ")
        if kind == "audio" and not self.audio:
            return False
        chosen = {"audio": self.audio_streams, "subtitle": self.subtitle_streams}.get(kind)
        return chosen is None or number in chosen or stream.metadata.get("language", "und") in chosen


def _check_choice(choice: Choice, names: Mapping[int, str], file: Any) -> None:
    """Raises FieldError for a number or a language that no stream has."""
    for kind, field, chosen in (
        ("audio", "audio_streams", choice.audio_streams),
        ("subtitle", "subtitle_streams", choice.subtitle_streams),
    ):
        numbers = {name.partition(" ")[2]: index for index, name in names.items() if name.startswith(f"{kind} ")}
        languages = {file.streams[index].metadata.get("language", "und") for index in numbers.values()}
        for one in chosen or ():
            if one not in numbers and one not in languages and one != "none":
                there = [
                    f"{number} ({file.streams[index].metadata.get('language', 'und')})"
                    for number, index in numbers.items()
                ]
                raise FieldError(
                    f"{{{field}}} takes numbers or languages of the video's {kind} streams, which are {{there}}, not "
                    "{one!r}",
                    there=", ".join(there) or "none",
                    one=one,
                )


def plan_streams(path: Path, container: str, picture: int, choice: Choice = Choice()) -> StreamPlan:
    """The way of every stream of a file into a container.

    Raises FieldError that names the stream for sound that the container cannot hold, which nobody wants to lose.
    """
    plan = {}
    with open_container(path) as file:
        names = stream_names(file)
        first = _first_packets(file)
        _check_choice(choice, names, file)
        for stream in file.streams:
            if stream.index == picture or is_bookkeeping(file, stream):
                continue
            if not choice.wants(names[stream.index], stream):
                plan[stream.index] = Planned(
                    name=names[stream.index], words=_words(stream), way=Way.LEFT_OUT, unwanted=True
                )
                continue
            if stream.type == "audio" and choice.codec is not None:
                plan[stream.index] = Planned(
                    name=names[stream.index],
                    words=_words(stream),
                    way=Way.ENCODED,
                    codec=choice.codec,
                    bitrate=choice.bitrate,
                )
                continue
            way, why = _way(stream, first.get(stream.index), container)
            words = _words(stream)
            if way is Way.LEFT_OUT and stream.type == "audio" and not _has_sound(path, stream, first):
                words += ", which is empty"
            elif way is Way.LEFT_OUT and stream.type == "audio":
                raise FieldError(
                    "{container} cannot hold {stream}, and audio is copied as it is ({why}); use an output that ends "
                    "in .mkv, encode it by {audio} {other}, or leave it out by {audio} none",
                    other="libopus" if container == "webm" else "aac",
                    container=container,
                    stream=_words(stream),
                    why=why,
                )
            codec = stream.codec_context.name if stream.codec_context is not None else ""
            plan[stream.index] = Planned(
                name=names[stream.index],
                words=words,
                way=way,
                styled=way is Way.REWRITTEN and codec in STYLED,
                untold=_untold(names[stream.index], stream, first.get(stream.index), way, container),
            )
    return plan


def _has_sound(path: Path, stream: Any, first: Mapping[int, Packet[Any]]) -> bool:
    """Whether a stream has any packet: recorders announce sound that never comes."""
    if stream.index in first:
        return True
    with open_container(path) as file:
        try:
            return any(packet.size for packet in file.demux(file.streams[stream.index]))
        except (av.FFmpegError, OSError):  # a damaged file, of which the job itself says more
            return True


def name_losses(plan: StreamPlan, container: str, notes: Notes) -> None:
    """Says what of the streams does not come out as it went in."""
    for unwanted in (one for one in plan.values() if one.unwanted):  # behind which the others count differently
        kind = unwanted.name.partition(" ")[0]
        notes.expect(*(one.name for one in plan.values() if one.name.partition(" ")[0] == kind))
    for one in plan.values():
        if one.way is Way.ENCODED:
            notes.expect(*(f"{one.name}: {fact}" for fact in ("codec", "sound", "start")))
    left = [one for one in plan.values() if one.way is Way.LEFT_OUT and not one.unwanted]
    if left:
        listed = ", ".join(one.words for one in left)
        notes(f"{container} cannot hold everything; left out: {listed}", *(one.name for one in left))
    for one in plan.values():
        if one.untold:
            listed = ", ".join(fact.partition(": ")[2] for fact in one.untold)
            notes(f"{container} does not tell of {one.words}: {listed}", *one.untold)
        if one.styled:
            codec = TEXT_CODEC[container]
            notes(
                f"{one.words} becomes {codec}, which {container} takes: positions, fonts and effects are not kept",
                f"{one.name}: styling",
            )


def _way(stream: Any, packet: Packet[Any] | None, container: str) -> tuple[Way, str]:
    """A stream's way, and why it is left out if it is."""
    if stream.type == "attachment":
        return (Way.ATTACHED if container == "matroska" else Way.LEFT_OUT), ""
    if is_cover(stream):
        return (Way.COVER if packet is not None and _takes_cover(container, packet) else Way.LEFT_OUT), ""
    refusal = _refusal(stream, packet, container)
    if refusal is None:
        return Way.COPIED, ""
    if stream.type == "subtitle" and stream.codec_context is not None and is_text(stream):
        return Way.REWRITTEN, ""
    return Way.LEFT_OUT, refusal


def _takes_cover(container: str, packet: Packet[Any]) -> bool:
    """Whether a file with this cover can be made; one that is not a picture spoils the header of MP4."""
    target = av.open(io.BytesIO(), "w", format=container)
    covers = Covers(target)
    if not covers.add(packet):
        return False
    try:
        if target.streams.video:
            target.start_encoding()
            covers.write()
            target.close()
    except (av.FFmpegError, ValueError, OSError):
        return False
    return True


def _refusal(stream: Any, packet: Packet[Any] | None, container: str) -> str | None:
    """Why a container does not take a stream; None if it does."""
    if stream.type == "data" and container != "mov":
        return "data"  # Matroska writes a header for it and then refuses to end the file
    try:
        _alone(stream, packet, container, Way.COPIED)
    except (av.FFmpegError, ValueError, OSError) as error:
        return reason(error)
    return None


def _alone(stream: Any, packet: Packet[Any] | None, container: str, way: Way) -> io.BytesIO:
    """A file in memory with one stream of another file, its first packet and all that is told of it."""
    file = io.BytesIO()
    target = av.open(file, "w", format=container)
    made = add_stream(target, stream, way)
    target.start_encoding()
    if packet is not None and way is Way.COPIED:
        own = packet.stream
        packet.stream = made
        target.mux_one(packet)
        packet.stream = own
    language = made.metadata.get("language")
    target.close()
    if container == "mov":
        finish_movie(file, {}, [], quicktime=True, languages=[language])
    return file


def _untold(name: str, stream: Any, packet: Packet[Any] | None, way: Way, container: str) -> tuple[str, ...]:
    """The stream's facts that a file with it alone does not tell."""
    if way not in (Way.COPIED, Way.REWRITTEN) or stream.type == "data":
        return ()
    before = {fact: value for fact, value in stream_facts(name, stream) if _is_told(fact)}
    try:
        file = _alone(stream, packet, container, way)
        file.seek(0)
        with av.open(file, "r") as made:
            after = dict(stream_facts(name, made.streams[0]))
    except (av.FFmpegError, ValueError, OSError):  # such as a text without its picture; the file itself is compared
        return ()
    return tuple(fact for fact, value in before.items() if not same_fact(fact, value, after.get(fact)))


def _is_told(fact: str) -> bool:
    return ": tag " in fact or ": disposition " in fact


def add_stream(target: av.container.OutputContainer, stream: Any, way: Way) -> Any:
    """A stream of the target that takes another one's packets, as they are or rewritten, with its tags."""
    if way is Way.REWRITTEN:
        made: Any = target.add_stream(TEXT_CODEC[target.format.name])
        made.codec_context.subtitle_header = stream.codec_context.subtitle_header or b""
    elif stream.type == "data":
        made = target.add_stream_from_template(stream)
    else:
        made = target.add_stream_from_template(stream, opaque=True)
    if stream.type == "video" and stream.codec_context.codec_tag == "hvc1":
        made.codec_context.codec_tag = "hvc1"
    made.metadata.clear()
    made.metadata.update(kept_tags(dict(stream.metadata)))
    made.disposition = stream.disposition
    return made


def _first_packets(file: av.container.InputContainer) -> dict[int, Packet[Any]]:
    found: dict[int, Packet[Any]] = {}
    wanted = {stream.index for stream in file.streams if stream.type != "attachment"}
    for packet in cover_packets(file, [stream for stream in file.streams if is_cover(stream)]):
        found[packet.stream.index] = packet
    try:
        for count, packet in enumerate(file.demux()):
            if packet.size and packet.stream.index not in found:
                found[packet.stream.index] = packet
            if len(found) == len(wanted) or count == _PACKETS:
                break
    except (av.FFmpegError, OSError):  # a damaged file, of which the job itself says more
        pass
    return found


def _words(stream: Any) -> str:
    codec = stream.codec_context.name if stream.codec_context is not None else stream.metadata.get("filename", "")
    return f"{stream.type} stream {stream.index}" + (f" ({codec})" if codec else "")
