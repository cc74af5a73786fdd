"""Real-CUGAN (https://github.com/bilibili/ailab/tree/main/Real-CUGAN)."""

from __future__ import annotations

from typing import Literal

import vapoursynth as vs

from . import notices, run, store
from .backend import Backend, backendT
from .checks import check_clip, check_number
from .tiles import Pair, choose


def CUGAN(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    noise: Literal[-1, 0, 1, 2, 3] = -1,
    scale: Literal[2, 3, 4] = 2,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    backend: backendT = Backend.OV_CPU(),
    alpha: float = 1.0,
    version: Literal[1, 2] = 1,
    conformance: bool = True,
) -> vs.VideoNode:
    """Upscale and denoise drawn pictures by Real-CUGAN.

    Arguments:
        clip: any constant format; the result has the same.
        noise: strength of the denoising: -1 none, 0 conservative, 1 to 3 stronger. 1 and 2 exist for scale 2 of
            version 1 only.
        scale: size of the result / size of the clip: 2, 3 or 4; version 2 has 2 and 3.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1. The networks
            average over the whole picture, so that tiles differ slightly from the untiled picture.
        tilesize: size of a tile in pixels of the clip; one number for both, or (width, height). Takes the place of
            `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 4.
        backend: where and how it runs.
        alpha: strength of the network's last correction; only 1 is accepted in this version.
        version: 1: the first networks; 2: those called pro.
        conformance: for version 2's ONNX files: feed them the narrower value range that they were trained on. Of no
            effect on others.

    An argument of no effect on the network chosen is named once in the log.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.CUGAN"
    check_clip(function, clip)
    check_number(function, "noise", noise, (-1, 0, 1, 2, 3))
    check_number(function, "scale", scale, (2, 3, 4))
    check_number(function, "version", version, (1, 2))
    if alpha != 1:
        raise ValueError(f'{function}: "alpha" other than 1 is not supported yet, got {alpha!r}')
    if noise in (1, 2) and (scale != 2 or version == 2):
        raise ValueError(f'{function}: "noise" 1 and 2 exist for scale 2 of version 1 only; got noise {noise}')
    if version == 2 and scale == 4:
        raise ValueError(f'{function}: version 2 has "scale" 2 and 3; got 4')

    network = store.locate("cugan", "se" if version == 1 else "pro", scale=scale, noise=noise)
    if not conformance and network.value_range == (0.0, 1.0):
        notices.once(
            f'{function}: "conformance" has no effect on the network {network.name}, which takes values of 0..1'
        )
    tile, sides = choose(function, tiles, tilesize, overlap, (clip.width, clip.height), network.card)
    return run.on_backend(clip, network, backend, tile=tile, overlap=sides, narrow=conformance)
