"""Real-ESRGAN and networks of its architecture (https://github.com/xinntao/Real-ESRGAN)."""

from __future__ import annotations

import enum
import math

import vapoursynth as vs

from . import catalog, run, store
from .backend import Backend, backendT
from .checks import check_clip, check_model
from .resizing import resize_by
from .tiles import Pair, choose


@enum.unique
class RealESRGANModel(enum.IntEnum):
    """The networks, numbered as in vs-mlrt."""

    animevideo_xsx2 = 0
    """Twice the size."""
    animevideo_xsx4 = 1
    """Four times the size."""
    animevideov3 = 2
    """Four times the size; the newest of Real-ESRGAN's for drawn video."""
    animejanaiV2L1 = 5005  # noqa: N815 - vs-mlrt's names
    animejanaiV2L2 = 5006  # noqa: N815
    animejanaiV2L3 = 5007  # noqa: N815
    animejanaiV3_HD_L1 = 5008  # noqa: N815
    animejanaiV3_HD_L2 = 5009  # noqa: N815
    animejanaiV3_HD_L3 = 5010  # noqa: N815
    Ani4Kv2_G6i2_Compact = 7000
    Ani4Kv2_G6i2_UltraCompact = 7001


RealESRGANv2Model = RealESRGANModel


def RealESRGAN(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: RealESRGANModel = RealESRGANModel.animevideo_xsx2,
    backend: backendT = Backend.OV_CPU(),
    scale: float | None = None,
) -> vs.VideoNode:
    """Upscale by Real-ESRGAN.

    Arguments:
        clip: any constant format; the result has the same.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1.
        tilesize: size of a tile in pixels of the clip; one number for both, or (width, height). Takes the place of
            `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 8.
        model: which network; default animevideo_xsx2.
        backend: where and how it runs.
        scale: size of the result / size of the clip, above 0. Default: the network's own (2 or 4). Another one is
            reached by a Lanczos resize (4 taps) behind the network; sizes are rounded down.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.RealESRGAN"
    check_clip(function, clip)
    model = check_model(function, model, RealESRGANModel)
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise ValueError(f'{function}: "scale" must be above 0, got {scale!r}')
    card = catalog.find("realesrgan", model.name, scale=_scale_of(model)).card
    tile, sides = choose(function, tiles, tilesize, overlap, (clip.width, clip.height), card)
    network = store.locate("realesrgan", model.name, scale=_scale_of(model))
    result = run.on_backend(clip, network, backend, tile=tile, overlap=sides)
    return result if scale is None else resize_by(result, clip, scale)


RealESRGANv2 = RealESRGAN


def _scale_of(model: RealESRGANModel) -> int:
    """The largest: of animevideov3, which the store has in three scales, vs-mlrt's is the one of 4."""
    return max(entry.scale for entry in catalog.families()["realesrgan"].entries if entry.model == model.name)
