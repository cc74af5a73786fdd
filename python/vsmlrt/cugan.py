"""Real-CUGAN (https://github.com/bilibili/ailab/tree/main/Real-CUGAN)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

import vapoursynth as vs

from . import notices, run, store
from .backend import Backend, backendT
from .checks import check_clip, check_number
from .errors import SetupError
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
    *,
    preprocess: bool = True,
) -> vs.VideoNode:
    """Upscale and denoise drawn pictures by Real-CUGAN.

    Arguments:
        clip: any constant format; the result has the same.
        noise: strength of the denoising: -1 none, 0 conservative, 1 to 3 stronger. 1 and 2 exist for scale 2 of
            version 1, and of version 2 where you have their files.
        scale: size of the result / size of the clip: 2, 3 or 4; version 2 is published with 2 and 3.
        tiles: number of tiles in each direction; one number for both, or (columns, rows). Default: 1. The networks
            average over the whole picture, so that tiles differ slightly from the untiled picture.
        tilesize: size of a tile in pixels of the clip; one number for both, or (width, height). Takes the place of
            `tiles`. Default: the frame.
        overlap: pixels on each side of a tile that its neighbour also computes; of no effect on one tile. Default: 4.
        backend: where and how it runs.
        alpha: factor on what the network's last step makes the picture of, as in vs-mlrt; 1 leaves the network as it
            is. Another one needs the package onnx.
        version: 1: the first networks; 2: those called pro.
        conformance: for version 2's ONNX files: feed them the narrower value range that they were trained on. Of no
            effect on others.
        preprocess: accepted for scripts of vs-mlrt v13; has no effect.

    An argument of no effect on the network chosen is named once in the log.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.CUGAN"
    check_clip(function, clip)
    check_number(function, "noise", noise, (-1, 0, 1, 2, 3))
    check_number(function, "scale", scale, (2, 3, 4))
    check_number(function, "version", version, (1, 2))
    if noise in (1, 2) and scale != 2:
        raise ValueError(f'{function}: "noise" 1 and 2 exist for scale 2 only; got noise {noise} with scale {scale}')

    if not preprocess:
        notices.once(f'{function}: "preprocess" has no effect')
    network = store.locate("cugan", "se" if version == 1 else "pro", scale=scale, noise=noise)
    if not conformance and network.value_range == (0.0, 1.0):
        notices.once(
            f'{function}: "conformance" has no effect on the network {network.name}, which takes values of 0..1'
        )
    tile, sides = choose(function, tiles, tilesize, overlap, (clip.width, clip.height), network.card)
    content = None if alpha == 1 else _with_alpha(function, network.path, float(alpha))
    return run.on_backend(clip, network, backend, tile=tile, overlap=sides, narrow=conformance, content=content)


def _with_alpha(function: str, path: Path, alpha: float) -> bytes:
    """The network with what enters its last transposed convolution multiplied: the same as its weights multiplied."""
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise SetupError(f'{function}: "alpha" other than 1 needs the package onnx: pip install onnx') from None
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "network.onnx"
        store.import_network(path, target)
        network = onnx.load(str(target))
    last = next((node for node in reversed(network.graph.node) if node.op_type == "ConvTranspose"), None)
    weights = next((one for one in network.graph.initializer if last and one.name == last.input[1]), None)
    if weights is None:
        raise ValueError(f'{function}: "alpha" is not accepted for {path}: it has no last transposed convolution')
    values = numpy_helper.to_array(weights)
    weights.CopyFrom(numpy_helper.from_array((values * values.dtype.type(alpha)), weights.name))
    content: bytes = network.SerializeToString()
    return content
