"""ArtCNN: small convolutional networks for drawn pictures (https://github.com/Artoriuz/ArtCNN)."""

from __future__ import annotations

import enum

import vapoursynth as vs

from . import catalog, plugin, run, store
from .backend import Backend, backendT
from .checks import check_clip, check_model
from .network import flexible_inference_with_fallback
from .resizing import as_float, like
from .tiles import Pair, choose


@enum.unique
class ArtCNNModel(enum.IntEnum):
    """The networks, numbered as in vs-mlrt.

    Those with ``Chroma`` restore the chroma of YUV by its luma, those with ``JPEG`` treat RGB; the others take GRAY, or
    YUV of which they treat the luma, and enlarge it twice (``DN`` ones denoise it as well).
    """

    ArtCNN_C4F32 = 0
    ArtCNN_C4F32_DS = 1
    ArtCNN_C16F64 = 2
    ArtCNN_C16F64_DS = 3
    ArtCNN_C4F32_Chroma = 4
    ArtCNN_C16F64_Chroma = 5
    ArtCNN_R16F96 = 6
    ArtCNN_R8F64 = 7
    ArtCNN_R8F64_DS = 8
    ArtCNN_R8F64_Chroma = 9
    ArtCNN_C4F16 = 10
    ArtCNN_C4F16_DS = 11
    ArtCNN_R16F96_Chroma = 12
    ArtCNN_C4F16_DN = 13
    ArtCNN_C4F32_DN = 14
    ArtCNN_R8F64_JPEG420 = 15
    ArtCNN_R8F64_JPEG444 = 16
    ArtCNN_R8F64_Chroma_DN = 17


def ArtCNN(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: ArtCNNModel = ArtCNNModel.ArtCNN_C16F64,
    backend: backendT = Backend.OV_CPU(),
) -> vs.VideoNode:
    """Upscale or restore by ArtCNN.

    Arguments:
        clip: any constant format that suits the model (see `ArtCNNModel`); the result has the same. The chroma models
            take YUV without subsampling: enlarge chroma before, as a rule by a bilinear resize.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1.
        tilesize: size of a tile in pixels of the clip; one number for both, or (width, height). Takes the place of
            `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 8.
        model: which network; default ArtCNN_C16F64.
        backend: where and how it runs.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.ArtCNN"
    model = check_model(function, model, ArtCNNModel)
    if "Chroma" in model.name:
        return _chroma(function, model, clip, tiles, tilesize, overlap, backend)
    return run.family(function, "artcnn", model.name, clip, tiles, tilesize, overlap, backend)


def _chroma(
    function: str,
    model: ArtCNNModel,
    clip: vs.VideoNode,
    tiles: int | Pair | None,
    tilesize: int | Pair | None,
    overlap: int | Pair | None,
    backend: backendT,
) -> vs.VideoNode:
    """Luma as it is with the chroma that the network makes of both. Inside the network grey is 0.5 in chroma."""
    check_clip(function, clip)
    if clip.format.color_family != vs.YUV:
        raise ValueError(f'{function}: "clip" must be YUV for {model.name}, got {clip.format.name}')
    if clip.format.subsampling_w or clip.format.subsampling_h:
        raise ValueError(
            f'{function}: "clip" must be without subsampling for {model.name}, got {clip.format.name}; '
            "enlarge its chroma by resize.Bilinear first"
        )
    card = catalog.find("artcnn", model.name, scale=1).card
    tile, sides = choose(function, tiles, tilesize, overlap, (clip.width, clip.height), card)
    network = store.locate("artcnn", model.name, scale=1)
    std = plugin.core().std
    picture = as_float(clip) if clip.format.sample_type == vs.INTEGER else clip
    shifted = std.Expr(picture, ["", "x 0.5 +"])
    made = flexible_inference_with_fallback([shifted], str(network.path), sides, tile, backend)
    if made[0].format.bits_per_sample != shifted.format.bits_per_sample:
        shifted = as_float(shifted)
        made = [as_float(one) for one in made]
    joined = std.ShufflePlanes([shifted, *made], [0, 0, 0], vs.YUV)
    return like(std.Expr(joined, ["", "x 0.5 -"]), clip)
