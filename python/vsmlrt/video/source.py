"""Opening a video file: its frames, when each is shown, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import vapoursynth as vs

from .coded_alpha import coded_alpha, stream_of_alpha
from .colour import Colour, full_where_unsaid, read_colour
from .damage import Damage
from .deinterlacing import deinterlaced, without_part_fields
from .facts import Facts
from .found_frames import FoundFrames, Look, OnError, find_frames
from .hdr import Hdr, read_hdr
from .notes import Notes
from .orientation import full_chroma, oriented
from .retiming import multiplied
from .timestamps import Timeline


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
    found = find_frames(path, facts, notes=notes, end=end, rotate=turned, index_folder=index_folder, on_error=on_error)
    _tell(found, notes, on_error)
    clip, timeline = _tagged(found.clip, facts, notes), found.timeline
    props = clip.get_frame(0).props
    alpha = _alpha_of(path, facts, clip, timeline, found.damage)
    if rotate and facts.frames_turn and facts.display_matrix is not None:
        clip = oriented(_trimmed(clip, facts), facts.display_matrix)
        alpha = alpha and oriented(alpha, facts.display_matrix)
        turned = True
    elif turned and facts.alpha_stream is not None and facts.display_matrix is not None:
        alpha = alpha and oriented(alpha, facts.display_matrix)
    if alpha is not None and double_rate:
        alpha = alpha.std.Interleave([alpha, alpha])
    if deinterlace:
        clip = deinterlaced(clip, notes, double_rate)
        notes.expect("picture: field order")
        if double_rate:
            timeline = multiplied(timeline, Fraction(2), clip.num_frames)
    else:
        _name_losses(props, notes)
        clip = without_part_fields(clip)
    return Source(
        path=path,
        clip=clip,
        timeline=timeline,
        colour=read_colour(props),
        hdr=read_hdr(props),
        facts=facts,
        damage=found.damage,
        look=found.look,
        alpha=alpha,
        width=clip.width if turned else min(facts.width, clip.width),
        height=clip.height if turned else min(facts.height, clip.height),
        fields=2 if double_rate else 1,
    )


def _tell(found: FoundFrames, notes: Notes, on_error: OnError) -> None:
    """What is said of damage and of joined recordings."""
    if found.damage:
        instead = {"skip": "left out", "repeat": "replaced by the frame before"}[on_error]
        notes(f"the video is damaged: {found.damage.in_words()}; what cannot be decoded is {instead}", "picture")
    if count := len(found.timeline.jumps):
        notes(
            f"the video's clock jumps {'once' if count == 1 else f'{count} times'}, as in recordings that were joined: "
            "what follows is shown without a gap"
        )


def _tagged(clip: vs.VideoNode, facts: Facts, notes: Notes) -> vs.VideoNode:
    """The clip with the matrix and range that its samples have, where its frames tell others or none."""
    props = clip.get_frame(0).props
    if clip.format.color_family == vs.RGB and props.get("_Matrix", vs.MATRIX_RGB) != vs.MATRIX_RGB:
        clip = clip.std.SetFrameProps(_Matrix=int(vs.MATRIX_RGB))  # JPEG's decoders tell that of its YUV
        notes.expect("picture: matrix")
    return full_where_unsaid(clip) if facts.full_range else clip


def _trimmed(clip: vs.VideoNode, facts: Facts) -> vs.VideoNode:
    """The clip without the repeated column and row of an odd size."""
    width, height = min(facts.width, clip.width), min(facts.height, clip.height)
    if (width, height) == (clip.width, clip.height):
        return clip
    return full_chroma(clip).std.CropAbs(width=width, height=height)


def _alpha_of(path: Path, facts: Facts, clip: vs.VideoNode, timeline: Timeline, damage: Damage) -> vs.VideoNode | None:
    if "_Alpha" in clip.get_frame(0).props:
        return clip.std.PropToClip(prop="_Alpha")
    if facts.alpha_stream is not None and not damage:
        return stream_of_alpha(path, facts.alpha_stream, timeline)
    # Of a damaged video it is not known which of its frames belong together.
    return coded_alpha(path, facts.stream, clip) if facts.transparent and not damage else None


def _name_losses(props: Mapping[str, Any], notes: Notes) -> None:
    if field := int(props.get("_FieldBased", 0)):
        notes(
            f"the video is interlaced ({'bottom' if field == 1 else 'top'} field first) and is processed as if it were "
            "not, and OUT does not say that it is; deinterlace it first for a clean result",
            "picture: field order",
        )
