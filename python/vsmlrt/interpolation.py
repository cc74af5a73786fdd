"""Frames between frames: one clip through an interpolation network, what the command line and RIFE share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import vapoursynth as vs

from . import plugin
from .backend import Arguments
from .catalog import Card

SCALES = (0.25, 0.5, 1, 2, 4)
"""Flow scales: sizes of the picture that motion is looked for on / size of the clip."""

NO_TILES = (
    "frame interpolation is not computed in tiles, because motion across a tile's edge would tear the picture; "
    "leave it out (one stream takes the least memory)"
)
"""Why a tile is refused."""


@dataclass(frozen=True, kw_only=True)
class Multiplied:
    """So many times the frames, each interval between two source frames keeping its own length."""

    by: Fraction

    def arguments(self) -> dict[str, Any]:
        """The arguments of ``core.mlrt.Interpolate``."""
        return {"multi": [self.by.numerator, self.by.denominator]}


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """A constant rate: output frame n is the picture at n / rate seconds after the first frame.

    ``ticks`` are the source frames' times in units of ``time_base`` seconds, and where the last frame ends after them;
    None leaves them to the clip's own rate or durations.
    """

    rate: Fraction
    ticks: Sequence[int] | None = None
    time_base: Fraction = Fraction(1)

    def arguments(self) -> dict[str, Any]:
        """The arguments of ``core.mlrt.Interpolate``."""
        found: dict[str, Any] = {"fps_num": self.rate.numerator, "fps_den": self.rate.denominator}
        if self.ticks is not None:
            base = [self.time_base.numerator, self.time_base.denominator]
            found |= {"timestamps": list(self.ticks), "time_base": base}
        return found


Target = Multiplied | Resampled
"""Which frames come out."""

FramesBetween = Callable[[vs.VideoNode, Target], vs.VideoNode]


def interpolate(
    clip: vs.VideoNode,
    network: Path,
    arguments: Arguments,
    target: Target,
    *,
    scale: float = 1.0,
    scene_threshold: float = 0.0,
    dedup: bool = True,
    multiple: int | None = None,
) -> vs.VideoNode:
    """``core.mlrt.Interpolate``: a clip with other frames, in the clip's own size and format.

    Arguments:
        clip: any constant format, two frames or more.
        network: an interpolation network's file.
        arguments: those that say where and how it runs.
        target: which frames come out.
        scale: one of `SCALES`.
        scene_threshold: of the built-in scene detector, 0 to 1; 0: none. Frames that say that a scene ends with them
            (``_SceneChangeNext``) are always believed.
        dedup: a pair of equal frames is not computed.
        multiple: width and height are padded to a multiple of this. Default: what the plugin reads from the network.

    Raises vapoursynth.Error for what the plugin refuses.
    """
    more = {} if multiple is None else {"multiple": multiple}
    return plugin.core().mlrt.Interpolate(
        clip,
        network_path=str(network),
        **target.arguments(),
        scale=scale,
        scene_threshold=scene_threshold,
        dedup=int(dedup),
        **arguments,
        **more,
    )


def multiple_at(card: Card, scale: float) -> int:
    """What width and height are padded to a multiple of at a flow scale."""
    return int(card.multiple / scale)
