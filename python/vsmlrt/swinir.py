"""SwinIR: restoration by shifted windows of attention (https://github.com/JingyunLiang/SwinIR)."""

from __future__ import annotations

import enum

import vapoursynth as vs

from . import run
from .backend import Backend, backendT
from .checks import check_model
from .tiles import Pair


@enum.unique
class SwinIRModel(enum.IntEnum):
    """The networks, numbered as in vs-mlrt, which leaves out 4.

    Those of ``grayDN`` and ``CAR`` take GRAY, and YUV of which they treat the luma. ``x2`` to ``x8`` is how much larger
    the result is; the others keep the size.
    """

    lightweightSR_DIV2K_s64w8_SwinIR_S_x2 = 0  # noqa: N815
    lightweightSR_DIV2K_s64w8_SwinIR_S_x3 = 1  # noqa: N815
    lightweightSR_DIV2K_s64w8_SwinIR_S_x4 = 2  # noqa: N815
    realSR_BSRGAN_DFOWMFC_s64w8_SwinIR_L_x4_GAN = 3  # noqa: N815
    realSR_BSRGAN_DFOWMFC_s64w8_SwinIR_L_x4_PSNR = 5  # noqa: N815
    classicalSR_DF2K_s64w8_SwinIR_M_x2 = 6  # noqa: N815
    classicalSR_DF2K_s64w8_SwinIR_M_x3 = 7  # noqa: N815
    classicalSR_DF2K_s64w8_SwinIR_M_x4 = 8  # noqa: N815
    classicalSR_DF2K_s64w8_SwinIR_M_x8 = 9  # noqa: N815
    realSR_BSRGAN_DFO_s64w8_SwinIR_M_x2_GAN = 10  # noqa: N815
    realSR_BSRGAN_DFO_s64w8_SwinIR_M_x2_PSNR = 11  # noqa: N815
    realSR_BSRGAN_DFO_s64w8_SwinIR_M_x4_GAN = 12  # noqa: N815
    realSR_BSRGAN_DFO_s64w8_SwinIR_M_x4_PSNR = 13  # noqa: N815
    grayDN_DFWB_s128w8_SwinIR_M_noise15 = 14  # noqa: N815
    grayDN_DFWB_s128w8_SwinIR_M_noise25 = 15  # noqa: N815
    grayDN_DFWB_s128w8_SwinIR_M_noise50 = 16  # noqa: N815
    colorDN_DFWB_s128w8_SwinIR_M_noise15 = 17  # noqa: N815
    colorDN_DFWB_s128w8_SwinIR_M_noise25 = 18  # noqa: N815
    colorDN_DFWB_s128w8_SwinIR_M_noise50 = 19  # noqa: N815
    CAR_DFWB_s126w7_SwinIR_M_jpeg10 = 20
    CAR_DFWB_s126w7_SwinIR_M_jpeg20 = 21
    CAR_DFWB_s126w7_SwinIR_M_jpeg30 = 22
    CAR_DFWB_s126w7_SwinIR_M_jpeg40 = 23
    colorCAR_DFWB_s126w7_SwinIR_M_jpeg10 = 24  # noqa: N815
    colorCAR_DFWB_s126w7_SwinIR_M_jpeg20 = 25  # noqa: N815
    colorCAR_DFWB_s126w7_SwinIR_M_jpeg30 = 26  # noqa: N815
    colorCAR_DFWB_s126w7_SwinIR_M_jpeg40 = 27  # noqa: N815


def SwinIR(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: SwinIRModel = SwinIRModel.lightweightSR_DIV2K_s64w8_SwinIR_S_x2,
    backend: backendT = Backend.OV_CPU(),
) -> vs.VideoNode:
    """Upscale, denoise or remove JPEG's traces by SwinIR.

    Arguments:
        clip: any constant format; the result has the same.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1.
        tilesize: size of a tile in pixels of the clip; one number for both, or (width, height). Takes the place of
            `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 16.
        model: which network; default lightweightSR_DIV2K_s64w8_SwinIR_S_x2.
        backend: where and how it runs.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.SwinIR"
    model = check_model(function, model, SwinIRModel)
    return run.family(function, "swinir", model.name, clip, tiles, tilesize, overlap, backend)
