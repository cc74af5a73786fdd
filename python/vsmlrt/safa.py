"""SAFA: two neighbouring frames enlarged together (https://arxiv.org/abs/2310.17294)."""

from __future__ import annotations

import enum
from typing import Any

import vapoursynth as vs

from . import notices, plugin, run, store
from .backend import Arguments, Backend, backendT
from .catalog import Card
from .checks import check_clip, check_model
from .fallback import with_fallback
from .resizing import like, pad_to_multiple
from .store import Network
from .tiles import Pair, choose
from .whole_numbers import index


@enum.unique
class SAFAModel(enum.IntEnum):
    """The versions, numbered as in vs-mlrt."""

    v0_1 = 1
    v0_2 = 2
    v0_3 = 3
    v0_4 = 4
    v0_5 = 5


@enum.unique
class SAFAAdaptiveMode(enum.IntEnum):
    """At which sizes the network chooses its way by the picture, numbered as in vs-mlrt."""

    non_adaptive = 0
    """At none."""
    adaptive1x = 1
    """At the picture's own size."""
    adaptive = 2
    """At 1, 1/2 and 1/4 of it."""


_OF_THE_FRAME = ["_DurationNum", "_DurationDen", "_AbsoluteTime", "_SceneChangePrev", "_SceneChangeNext", "_PictType"]
"""Properties that belong to one frame of a pair."""


def SAFA(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: SAFAModel = SAFAModel.v0_1,
    adaptive: SAFAAdaptiveMode = SAFAAdaptiveMode.non_adaptive,
    backend: backendT = Backend.OV_CPU(),
) -> vs.VideoNode:
    """Upscale by SAFA to twice the size, frames 0 and 1 together, 2 and 3, and so on.

    Arguments:
        clip: any constant format, two frames or more; the result has the same format and length.
        tiles: number of tiles side by side, or (columns, 1). Default: 1.
        tilesize: size of a tile in pixels, (width, height), height at least the clip's. Takes the place of `tiles`.
            Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 16.
        model: which version; default 0.1.
        adaptive: at which sizes the network chooses its way by the picture; default non_adaptive.
        backend: where and how it runs.

    Tiles above each other are refused, because the network's result is its two pictures above each other. Raises
    TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk, vapoursynth.Error for
    what the plugin refuses.
    """
    function = "vsmlrt.SAFA"
    check_clip(function, clip)
    if clip.num_frames < 2:
        raise ValueError(f'{function}: "clip" must be of two frames or more, got {clip.num_frames}')
    version = check_model(function, model, SAFAModel)
    mode = check_model(function, adaptive, SAFAAdaptiveMode, name="adaptive")
    network = store.locate("safa", f"{version.name.replace('_', '.')}_{mode.name}", scale=2)
    tile, sides = _tiles(function, clip, tiles, tilesize, overlap, network.card)
    return with_fallback(backend, lambda arguments: _enlarge(clip, network, arguments, tile, sides), clip)


def _tiles(
    function: str,
    clip: vs.VideoNode,
    tiles: int | Pair | None,
    tilesize: int | Pair | None,
    overlap: int | Pair | None,
    card: Card,
) -> tuple[Pair | None, Pair]:
    if isinstance(columns := index(tiles), int) and not isinstance(columns, bool):
        tiles = columns, 1
    (width, height), (across, _) = choose(function, tiles, tilesize, overlap, (clip.width, clip.height), card)
    if tiles is None and tilesize is None:
        return None, (0, 0)
    if isinstance(overlap, (tuple, list)) and overlap[1]:
        notices.once(f'{function}: the height of "overlap" has no effect, since no tile is above another')
    if height < clip.height:
        raise ValueError(
            f"{function}: tiles above each other are not accepted, because the network's result is two pictures above "
            f'each other; give "tiles" as (columns, 1) or a "tilesize" of height {clip.height} or more'
        )
    return (width, -(-height // card.multiple) * card.multiple), (across, 0)


def _enlarge(
    clip: vs.VideoNode, network: Network, arguments: Arguments, tile: Pair | None, overlap: Pair
) -> vs.VideoNode:
    std = plugin.core().std
    first, second = clip[::2], clip[1::2]
    if first.num_frames > second.num_frames:
        second += clip[-1]
    more: dict[str, Any] = {}
    if "output_format" not in arguments:
        more["format"] = _between(clip.format).id
    padded = [pad_to_multiple(frames, network.card.multiple) for frames in (first, second)]
    if tile is not None:
        more |= {"tile": (tile[0], padded[0].height), "overlap": overlap}
    both: vs.VideoNode = run.model(padded, str(network.path), arguments, **more)
    size = 2 * clip.width, 2 * clip.height
    upper = std.CropAbs(both, *size)
    lower = std.CropAbs(both, *size, top=both.height // 2)
    lower = std.CopyFrameProps(lower, second, props=_OF_THE_FRAME)
    if "output_format" not in arguments:
        upper, lower = like(upper, clip), like(lower, clip)
    return std.Interleave([upper, lower])[: clip.num_frames]


def _between(wanted: vs.VideoFormat) -> vs.VideoFormat:
    """A format in which the two pictures can be taken apart: chroma at full size, and integers of 16 bits."""
    bits = 16 if wanted.sample_type == vs.INTEGER else wanted.bits_per_sample
    return wanted.replace(subsampling_w=0, subsampling_h=0, bits_per_sample=bits)
