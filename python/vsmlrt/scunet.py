"""SCUNet: denoising by windows of attention between convolutions (https://github.com/cszn/SCUNet)."""

from __future__ import annotations

import enum

import vapoursynth as vs

from . import run
from .backend import Backend, backendT
from .checks import check_model
from .tiles import Pair


@enum.unique
class SCUNetModel(enum.IntEnum):
    """The networks, numbered as in vs-mlrt; the gray ones take GRAY, and YUV of which they treat the luma."""

    scunet_color_15 = 0
    scunet_color_25 = 1
    scunet_color_50 = 2
    scunet_color_real_psnr = 3
    scunet_color_real_gan = 4
    scunet_gray_15 = 5
    scunet_gray_25 = 6
    scunet_gray_50 = 7


def SCUNet(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: SCUNetModel = SCUNetModel.scunet_color_real_psnr,
    backend: backendT = Backend.OV_CPU(),
) -> vs.VideoNode:
    """Denoise by SCUNet.

    Arguments:
        clip: any constant format; the result has the same.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1.
        tilesize: size of a tile in pixels of the clip; one number for both, or (width, height). Takes the place of
            `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 64.
        model: which network; default scunet_color_real_psnr.
        backend: where and how it runs.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.SCUNet"
    model = check_model(function, model, SCUNetModel)
    return run.family(function, "scunet", model.name, clip, tiles, tilesize, overlap, backend)
