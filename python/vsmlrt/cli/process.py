"""``vsmlrt process``: noise removed, enlarged and with more frames, in one pass and with one encoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import typer
import vapoursynth as vs

from .. import plugin
from ..store import Network
from ..video.errors import UsageError
from ..video.job import CheckedJob, Process, picture_by_picture
from ..video.timestamps import Timeline
from . import console, options, profiles, script, upscale, values
from .interpolate import Multiplier, Rate, between, find_network, place_of, read_target, retimed
from .interpolate import script_of as interpolate_script
from .options import Height, Model, NetworkOptions, Scale, TileOptions, VideoOptions, Width, grouped
from .several import do_each
from .signals import interruptible
from .work import Done, carry_out

Denoise = Annotated[
    float | None, typer.Option(metavar="S", help="Remove noise of this strength first, 0 to 255, by DPIR.")
]
Denoiser = Annotated[str, typer.Option(metavar="NAME|PATH", help="The network that removes noise.")]
Interpolator = Annotated[
    str | None, typer.Option(metavar="NAME|PATH", help="The network that puts frames between frames.")
]


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One of the things that are done: its name, its network, and the process that it is."""

    name: str
    network: Network
    process: Process
    script: script.Filter


@grouped
def process(
    video: VideoOptions,
    where: NetworkOptions,
    tiles: TileOptions,
    denoise: Denoise = None,
    denoiser: Denoiser = upscale.DEFAULT_DENOISER,
    model: Model = upscale.DEFAULT_UPSCALER,
    scale: Scale = None,
    width: Width = None,
    height: Height = None,
    multiplier: Multiplier = None,
    fps: Rate = None,
    interpolator: Interpolator = None,
) -> int:
    """Remove noise, enlarge and put frames between frames, in this order, each where it is asked for.

    The video is decoded and encoded once. Sound, subtitles, chapters and times are kept.
    """
    upscale.check_size(scale, width, height)
    if denoise is not None:
        values.check_strength("--denoise", denoise)
    enlarges = (scale, width, height) != (None, None, None)
    retimes = (multiplier, fps) != (None, None)
    if denoise is None and not enlarges and not retimes:
        raise UsageError(
            "there is nothing to do; give --denoise S, --scale N (or --width, --height), --fps R or several"
        )
    _check_steps(console.arguments, denoises=denoise is not None, enlarges=enlarges, retimes=retimes)
    target = read_target(multiplier, fps) if retimes else None
    cleaned = upscale.filter_of(where, tiles, scale=1, strength=denoise)
    enlarged = upscale.filter_of(where, tiles, scale=scale, width=width, height=height)
    place = place_of(where)
    found = cache(lambda wanted: upscale.find_upscaler(model, wanted, None))

    def steps(job: CheckedJob) -> list[_Step]:
        made = []
        if denoise is not None:
            network = upscale.find_denoiser(denoiser)
            made.append(_clip_step("denoise", network, cleaned, where, {"scale": 1, "strength": denoise} | placed))
        if enlarges:
            wanted = upscale.scale_to(scale, width, height, upscale.size_of(job))
            size: dict[str, object] = {"scale": scale, "width": width, "height": height}
            made.append(_clip_step("upscale", found(wanted), enlarged, where, size | placed))
        if target is not None:
            network = find_network(interpolator)
            made.append(
                _Step(
                    name="interpolate",
                    network=network,
                    process=retimed(target, between(network, place)),
                    script=interpolate_script(network, where, target),
                )
            )
        return made

    told: dict[str, object] = {"denoise": denoise, "scale": scale, "width": width, "height": height}
    told |= {"multiplier": multiplier, "fps": fps}
    placed = upscale.told_of(where, tiles)
    told |= placed

    def do(job: CheckedJob) -> Done:
        with interruptible():
            plugin.core()
            todo = steps(job)
            if video.script is not None:
                return script.write(job, video.script, [one.script for one in todo])
            networks = {f"network of {one.name}": options.fingerprint_of(one.network) for one in todo}
            asked = {**networks, **options.by_option(told)}
            return carry_out(job, _one_after_the_other(todo), asked, json=video.json)

    return do_each(video, do)


def _check_steps(words: Sequence[str], *, denoises: bool, enlarges: bool, retimes: bool) -> None:
    """Raises UsageError for an option among the words that is about a step which is not asked for.

    One that a profile has may be for other commands, or for another time.
    """
    for option, of, remedy, done in (
        ("--denoiser", "removing noise", "--denoise S", denoises),
        ("--model", "enlarging", "--scale N (or --width, --height)", enlarges),
        ("--interpolator", "frames between frames", "--multiplier N or --fps R", retimes),
        ("--tile", "removing noise and enlarging", "--denoise S or --scale N", denoises or enlarges),
    ):
        if not done and profiles.given(words, option) is not None:
            raise UsageError(f"{option} is about {of}, which is not asked for; give {remedy} as well, or leave it out")


def _clip_step(
    name: str, network: Network, filtered: upscale.Filter, where: NetworkOptions, told: dict[str, object]
) -> _Step:
    process = picture_by_picture(lambda clip: filtered(clip, network))
    return _Step(name=name, network=network, process=process, script=upscale.script_of(network, told, where))


def _one_after_the_other(steps: list[_Step]) -> Process:
    def whole(clip: vs.VideoNode, timeline: Timeline) -> tuple[vs.VideoNode, Timeline]:
        for step in steps:
            clip, timeline = step.process(clip, timeline)
        return clip, timeline

    return whole
