"""waifu2x (https://github.com/nagadomi/waifu2x)."""

from __future__ import annotations

import enum
from typing import Literal

import vapoursynth as vs

from . import notices, plugin, run, store
from .backend import Backend, backendT
from .checks import check_clip, check_model, check_number
from .resizing import enlarge, halve
from .tiles import Pair, choose


@enum.unique
class Waifu2xModel(enum.IntEnum):
    """The models, numbered as in vs-mlrt."""

    anime_style_art = 0
    """One channel; on an enlarged picture."""
    anime_style_art_rgb = 1
    """On an enlarged picture."""
    photo = 2
    """On an enlarged picture."""
    upconv_7_anime_style_art_rgb = 3
    upconv_7_photo = 4
    upresnet10 = 5
    cunet = 6
    swin_unet_art = 7
    """Scale 1, 2 or 4."""
    swin_unet_photo = 8
    """Scale 4, and 1 and 2 by a resize behind it; so are the two below."""
    swin_unet_photo_v2 = 9
    swin_unet_art_scan = 10


_ON_ENLARGED = (Waifu2xModel.anime_style_art, Waifu2xModel.anime_style_art_rgb, Waifu2xModel.photo)
_ALWAYS_4X = (Waifu2xModel.swin_unet_photo, Waifu2xModel.swin_unet_photo_v2, Waifu2xModel.swin_unet_art_scan)


def Waifu2x(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    noise: Literal[-1, 0, 1, 2, 3] = -1,
    scale: Literal[1, 2, 4] = 2,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: Waifu2xModel = Waifu2xModel.cunet,
    backend: backendT = Backend.OV_CPU(),
    preprocess: bool = True,
) -> vs.VideoNode:
    """Upscale and denoise by waifu2x.

    Arguments:
        clip: any constant format (anime_style_art: GRAY, or YUV of which it treats the luma); the result has the same.
        noise: strength of the denoising: -1 none, 0 to 3 stronger. anime_style_art has no 0.
        scale: size of the result / size of the clip: 1 or 2, with the swin_unet models also 4.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1.
        tilesize: size of a tile in pixels of what the network gets; one number for both, or (width, height). Takes the
            place of `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 8
            for the models up to upconv_7_photo, else 4.
        model: which model; default cunet.
        backend: where and how it runs.
        preprocess: for anime_style_art, anime_style_art_rgb and photo, which keep the size: enlarge the clip twice
            before (bicubic, b = 0, c = 0.75). False: the clip is that already. Of no effect on the other models.

    An argument of no effect on the network chosen is named once in the log.
    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.Waifu2x"
    model = check_model(function, model, Waifu2xModel)
    check_clip(function, clip, gray=model == Waifu2xModel.anime_style_art)
    check_number(function, "noise", noise, (0, -1, 1, 2, 3))
    check_number(function, "scale", scale, (1, 2, 4) if model >= Waifu2xModel.swin_unet_art else (1, 2))
    if model == Waifu2xModel.anime_style_art and noise == 0:
        raise ValueError(f'{function}: anime_style_art has "noise" -1, 1, 2 and 3; got 0')
    if model == Waifu2xModel.swin_unet_art and (noise, scale) == (-1, 1):
        raise ValueError(f'{function}: swin_unet_art with "scale" 1 has "noise" 0 to 3; got -1')

    network = store.locate("waifu2x", model.name, scale=_network_scale(model, noise, scale), noise=noise)
    if not preprocess and not network.card.enlarge_first:
        notices.once(f'{function}: "preprocess" has no effect on {model.name}, which enlarges by itself')
    picture = enlarge(clip, 2) if preprocess and network.card.enlarge_first else clip
    tile, sides = choose(function, tiles, tilesize, overlap, (picture.width, picture.height), network.card)
    result = run.on_backend(picture, network, backend, tile=tile, overlap=sides)
    if model in _ALWAYS_4X and scale != 4:
        return plugin.core().resize.Bicubic(
            result, clip.width * scale, clip.height * scale, filter_param_a=0, filter_param_b=0.5
        )
    return halve(result) if scale == 1 and result.width == 2 * clip.width else result


def _network_scale(model: Waifu2xModel, noise: int, scale: int) -> int:
    """The scale of the network that is run, which need not be the one asked for."""
    if model in _ON_ENLARGED:
        return 1
    if model in _ALWAYS_4X:
        return 4
    if model == Waifu2xModel.swin_unet_art or (model == Waifu2xModel.cunet and noise >= 0):
        return scale
    return 2
