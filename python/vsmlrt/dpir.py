"""DPIR: DRUNet as a denoiser and deblocker (https://github.com/cszn/DPIR)."""

from __future__ import annotations

import enum
import math
from typing import SupportsFloat

import vapoursynth as vs

from . import catalog, run, store
from .backend import Backend, backendT
from .checks import check_clip, check_model
from .tiles import Pair, choose


@enum.unique
class DPIRModel(enum.IntEnum):
    """The networks, numbered as in vs-mlrt."""

    drunet_gray = 0
    """Denoises GRAY."""
    drunet_color = 1
    """Denoises RGB."""
    drunet_deblocking_grayscale = 2
    drunet_deblocking_color = 3


_GRAY = (DPIRModel.drunet_gray, DPIRModel.drunet_deblocking_grayscale)


def DPIR(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    strength: SupportsFloat | vs.VideoNode | None,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: DPIRModel = DPIRModel.drunet_gray,
    backend: backendT = Backend.OV_CPU(),
) -> vs.VideoNode:
    """Denoise or deblock by DRUNet.

    Arguments:
        clip: any constant format; the gray networks take GRAY, or YUV of which they treat the luma. The result has the
            same format.
        strength: standard deviation of the noise on a scale of 0..255: a number, or a GRAY clip of the same size and
            length whose own sample values are on that scale. None: 5.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1.
        tilesize: size of a tile in pixels; one number for both, or (width, height); rounded up to a multiple of 8.
            Takes the place of `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 16.
        model: which network; default drunet_gray.
        backend: where and how it runs.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.DPIR"
    model = check_model(function, model, DPIRModel)
    check_clip(function, clip, gray=model in _GRAY)
    noise = _strength(function, clip, strength)
    card = catalog.find("dpir", model.name, scale=1).card
    tile, sides = choose(function, tiles, tilesize, overlap, (clip.width, clip.height), card)
    network = store.locate("dpir", model.name, scale=1)
    return run.on_backend(clip, network, backend, tile=tile, overlap=sides, strength=noise)


def _strength(
    function: str, clip: vs.VideoNode, strength: SupportsFloat | vs.VideoNode | None
) -> float | vs.VideoNode | None:
    if strength is None:
        return None
    if not isinstance(strength, vs.VideoNode):
        try:
            number = float(strength)
        except (TypeError, ValueError) as error:
            raise type(error)(f'{function}: "strength" must be a number or a clip, got {strength!r}') from None
        if not math.isfinite(number) or number < 0:
            raise ValueError(f'{function}: "strength" must be a number from 0 to 255, got {number}')
        return number
    if strength.format is None or strength.format.color_family != vs.GRAY:
        raise ValueError(f'{function}: "strength" must be a GRAY clip')
    mine, others = ((node.width, node.height, node.num_frames) for node in (clip, strength))
    if mine != others:
        raise ValueError(
            f'{function}: "strength" must be of the size and length of "clip"; got {others[0]}x{others[1]} with '
            f"{others[2]} frames for {mine[0]}x{mine[1]} with {mine[2]}"
        )
    return strength
