"""``vsmlrt interpolate``: one video with more, or fewer, frames at their exact times."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import Annotated

import typer
import vapoursynth as vs

from .. import catalog, folders, interpolation, plugin, store
from ..backend import Arguments
from ..backend.named import named
from ..errors import UserError
from ..interpolation import FramesBetween, Multiplied, Resampled, Target
from ..store import Network
from ..video import retiming
from ..video.errors import UsageError
from ..video.job import CheckedJob, Process
from ..video.timestamps import Timeline
from . import console, options, script, values
from .options import ModelOrNone, NetworkOptions, VideoOptions, grouped
from .several import do_each
from .signals import interruptible
from .upscale import network_name
from .work import Done, carry_out

FAMILY = "rife"

CUT = 0.15
"""Of the plugin's measure of change: motion stays below a tenth, and cuts between scenes are seldom below a fifth."""

MOST = 1000
"""Frames a second and times as many frames; more is a mistyped number, whose frames have no end."""

Multiplier = Annotated[
    str | None, typer.Option(metavar="N|N/D", help="Frames of OUT / frames of IN, such as 2, 5/2 or 2.5. Default: 2.")
]
Rate = Annotated[
    str | None, typer.Option("--fps", metavar="R|N/D", help="Frames a second of OUT instead, such as 60 or 60000/1001.")
]
FlowScale = Annotated[
    float,
    typer.Option(metavar="S", help="Size that motion is looked for at / size of the video: 0.25, 0.5, 1, 2 or 4."),
]
SceneThreshold = Annotated[
    float, typer.Option(metavar="T", help="A change above this, 0 to 1, is a cut, which is kept; 0: no detection.")
]
Dedup = Annotated[
    bool, typer.Option("--dedup/--no-dedup", metavar="", help="Whether a pair of equal frames is not computed.")
]
Refused = Annotated[str | None, typer.Option(hidden=True)]


@grouped
def interpolate(
    video: VideoOptions,
    where: NetworkOptions,
    multiplier: Multiplier = None,
    fps: Rate = None,
    model: ModelOrNone = None,
    scale: FlowScale = 1.0,
    scene_threshold: SceneThreshold = CUT,
    dedup: Dedup = True,
    tile: Refused = None,
    overlap: Refused = None,
) -> int:
    """Put frames between the frames of a video with a neural network (RIFE).

    Sound, subtitles, chapters and times are kept, also at a variable frame rate. OUT appears only when every frame is
    written.
    """
    for name, value in (("--tile", tile), ("--overlap", overlap)):
        if value is not None:
            raise UsageError(f"{name}: {interpolation.NO_TILES}")
    target = read_target(multiplier, fps)
    if scale not in interpolation.SCALES:
        raise UsageError(f"--scale takes {', '.join(map(str, interpolation.SCALES))}, not {scale:g}")
    if not 0 <= scene_threshold <= 1:
        raise UsageError(f"--scene-threshold takes a number from 0 to 1, not {scene_threshold:g}")
    options.check_network(where)
    find = cache(lambda: find_network(model))
    place = place_of(where)

    def do(job: CheckedJob) -> Done:
        with interruptible():
            plugin.core()
            network = find()
            if video.script is not None:
                made = script_of(network, where, target, scale=scale, scene_threshold=scene_threshold, dedup=dedup)
                return script.write(job, video.script, [made])
            told = options.asked(
                network,
                multiplier=None if fps is not None else multiplier or "2",
                fps=fps,
                scale=scale,
                scene_threshold=scene_threshold,
                dedup=dedup,
                backend=where.backend,
                precision=where.precision,
            )
            frames_between = between(network, place, scale=scale, scene_threshold=scene_threshold, dedup=dedup)
            return carry_out(job, retimed(target, frames_between), told, json=video.json)

    return do_each(video, do)


def script_of(
    network: Network,
    where: NetworkOptions,
    target: Target,
    *,
    scale: float = 1.0,
    scene_threshold: float = CUT,
    dedup: bool = True,
) -> script.Filter:
    """What `between` does, in a script."""
    kind = "Multiplied" if isinstance(target, Multiplied) else "Resampled"
    fraction = target.by if isinstance(target, Multiplied) else target.rate
    argument = f"{'by' if isinstance(target, Multiplied) else 'rate'}=Fraction({str(fraction)!r})"
    place = f"named({where.backend!r}, {where.precision!r}, {where.streams!r}, {values.read_device(where.device)!r})"
    found = f"resolve({network_name(network)!r})"
    imports: dict[str, tuple[str, ...]] = {
        "fractions": ("Fraction",),
        "vsmlrt.backend.named": ("named",),
        "vsmlrt.interpolation": (kind, "interpolate"),
        "vsmlrt.store": ("resolve",),
    }
    call = script.call(
        "interpolate",
        f"clip, {found}.path, {place}, {kind}({argument})",
        scale=scale,
        scene_threshold=scene_threshold,
        dedup=dedup,
        multiple=_multiple(network, scale),
    )
    return script.Filter(imports=imports, lines=call)


def place_of(where: NetworkOptions) -> Arguments:
    """Where these options have a network computed."""
    return named(where.backend, where.precision, where.streams, values.read_device(where.device))


def between(
    network: Network, place: Arguments, *, scale: float = 1.0, scene_threshold: float = CUT, dedup: bool = True
) -> FramesBetween:
    """What a network makes of a clip, computed at a place."""

    def frames_between(clip: vs.VideoNode, wanted: Target) -> vs.VideoNode:
        return interpolation.interpolate(
            clip,
            network.path,
            place,
            wanted,
            scale=scale,
            scene_threshold=scene_threshold,
            dedup=dedup,
            multiple=_multiple(network, scale),
        )

    return frames_between


def _multiple(network: Network, scale: float) -> int | None:
    """Of a file that is in no family the plugin itself finds out."""
    return None if network.family is None else interpolation.multiple_at(network.card, scale)


def read_target(multiplier: str | None, fps: str | None) -> Target:
    """What ``--multiplier`` and ``--fps`` ask for."""
    if multiplier is not None and fps is not None:
        raise UsageError("--multiplier and --fps both say how many frames OUT has; give one of them")
    if fps is not None:
        return Resampled(rate=values.NTSC.get(fps) or _positive("--fps", fps, "60, 23.976 or 60000/1001"))
    return Multiplied(by=_positive("--multiplier", "2" if multiplier is None else multiplier, "2, 2.5 or 5/2"))


def _positive(option: str, text: str, examples: str) -> Fraction:
    match = re.fullmatch(r"\d{1,9}(?:\.\d{1,9}|/\d{1,9})?", text)
    if match is None or re.fullmatch(r".*/0+", text) or not (value := Fraction(text)):
        raise UsageError(f"{option} takes a number above 0 such as {examples}, not {text!r}")
    if value > MOST:
        raise UsageError(f"{option} takes a number up to {MOST} such as {examples}, not {text!r}")
    return value


def find_network(model: str | None) -> Network:
    """The network of this name or path; None: RIFE's default version if it is on disk, else the newest that is."""
    network = store.resolve(_installed() if model is None else model)
    if network.family is not None and network.card.task != "interpolation":
        known = ", ".join(family.name for family in catalog.families().values() if _interpolates(family))
        raise UserError(
            f"the network {network.name} does not make frames between frames; accepted are those of {known}"
        )
    return network


def _interpolates(family: catalog.Family) -> bool:
    return any(entry.card.task == "interpolation" for entry in family.entries)


def _installed() -> str:
    family = catalog.families()[FAMILY]
    if any(_is_here(entry) for entry in family.entries if entry.model == family.default):
        return FAMILY
    here = [entry for entry in family.entries if entry.model != family.default and _is_here(entry)]
    if not here:
        return FAMILY
    plain = [entry for entry in here if re.fullmatch(r"v[\d.]+", entry.model)]
    newest = (plain or here)[-1].name
    console.warn(f"{FAMILY} {family.default} is not on disk; {newest} is used")
    return newest


def _is_here(entry: catalog.Entry) -> bool:
    return folders.find(*entry.files) is not None


def retimed(target: Target, frames_between: FramesBetween) -> Process:
    """The process that interpolates, with the times that the frames then have."""

    def process(clip: vs.VideoNode, timeline: Timeline) -> tuple[vs.VideoNode, Timeline]:
        if isinstance(target, Multiplied):
            result = frames_between(clip, target)
            return result, retiming.multiplied(timeline, target.by, result.num_frames)
        ticks = [*timeline.ticks, timeline.ticks[-1] + timeline.last]
        result = frames_between(clip, Resampled(rate=target.rate, ticks=ticks, time_base=timeline.time_base))
        return result, retiming.resampled(timeline, target.rate, result.num_frames)

    return process
