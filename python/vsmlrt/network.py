"""Any network on clips: vs-mlrt's general functions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import vapoursynth as vs

from . import notices, plugin, run
from .backend import Arguments, Backend, backendT
from .errors import NetworkNotFoundError
from .fallback import with_fallback
from .resizing import full_chroma
from .tiles import Pair, pair
from .whole_numbers import index

type Clips = vs.VideoNode | Sequence[vs.VideoNode]


def inference(
    clips: Clips,
    network_path: str | bytes,
    overlap: int | Pair = (0, 0),
    tilesize: int | Pair | None = None,
    backend: backendT = Backend.OV_CPU(),
    input_name: str | None = "input",
    batch_size: int = 1,
    path_is_serialization: bool = False,
) -> vs.VideoNode:
    """Run a network on clips.

    Arguments:
        clips: one clip or several of the same size and length, any constant formats. Their channels together are the
            network's: an RGB or YUV clip gives three, a GRAY clip one. The first is the picture. YUV of float samples
            enters as its planes are (luma 0..1, chroma -0.5..0.5; subsampled chroma at full size), as in vs-mlrt; YUV
            of integers, which vs-mlrt refuses, enters as RGB.
        network_path: an ``.onnx`` file, or an ncnn ``.param`` file with its ``.bin`` next to it.
        overlap: pixels on each side of a tile that its neighbour also computes, (width, height) or one number for both.
            Of no effect without `tilesize`, which is then named once in the log.
        tilesize: size of a tile in pixels, (width, height) or one number for both. Default: the frame.
        backend: where and how it runs; where it fails, ``vsmlrt.fallback_backend`` takes its place, if set.
        input_name: accepted for vs-mlrt's scripts; has no effect, and another one than the default is named once in the
            log: inputs are taken in the network's order.
        batch_size: frames computed together, at least 1: as many more of the backend's streams, where these
            have a number. The result is the same.
        path_is_serialization: `network_path` is the ONNX file's content.

    Returns a clip in the first clip's format if the network keeps its kind; else float GRAY for one channel and float
    RGB for three, half where the first clip is half. Of float YUV three channels are an RGB clip as well, whose planes
    are what the network made of luma and chroma. Raises TypeError or ValueError for arguments,
    NetworkNotFoundError for a missing file and SetupError for a backend that cannot run here, both RuntimeErrors,
    vapoursynth.Error for what the plugin refuses.
    """
    found: vs.VideoNode = _run(
        "vsmlrt.inference",
        clips,
        network_path,
        backend,
        batch_size,
        input_name,
        tile=tilesize,
        overlap=overlap,
        path_is_serialization=path_is_serialization,
    )
    first = clips if isinstance(clips, vs.VideoNode) else clips[0]
    return _labelled_rgb(found) if _is_float_yuv(first) and found.format.color_family == vs.YUV else found


def inference_with_fallback(
    clips: Clips,
    network_path: str | bytes,
    overlap: int | Pair,
    tilesize: int | Pair | None,
    backend: backendT,
    path_is_serialization: bool = False,
    input_name: str | None = "input",
    batch_size: int = 1,
) -> vs.VideoNode:
    """`inference` with vs-mlrt's other order of arguments."""
    return inference(clips, network_path, overlap, tilesize, backend, input_name, batch_size, path_is_serialization)


def flexible_inference(
    clips: Clips,
    network_path: str | bytes,
    overlap: int | Pair = (0, 0),
    tilesize: int | Pair | None = None,
    backend: backendT = Backend.OV_CPU(),
    input_name: str | None = "input",
    flexible_output_prop: str = "vsmlrt_flexible",
    batch_size: int = 1,
    path_is_serialization: bool = False,
) -> list[vs.VideoNode]:
    """Run a network with any number of output channels.

    Arguments as for `inference`, and
        flexible_output_prop: name of the frame properties that carry the channels to here.

    Returns one float GRAY clip for each channel that the network gives. Raises as `inference` does.
    """
    found = plugin.lists(
        _run(
            "vsmlrt.flexible_inference",
            clips,
            network_path,
            backend,
            batch_size,
            input_name,
            tile=tilesize,
            overlap=overlap,
            path_is_serialization=path_is_serialization,
            flexible_output_prop=flexible_output_prop,
        )
    )
    std, clip = plugin.core().std, found.one("clip")
    return [std.PropToClip(clip, prop=f"{flexible_output_prop}{i}") for i in range(found.one("num_planes"))]


def flexible_inference_with_fallback(
    clips: Clips,
    network_path: str | bytes,
    overlap: int | Pair,
    tilesize: int | Pair | None,
    backend: backendT,
    path_is_serialization: bool = False,
    input_name: str | None = "input",
    flexible_output_prop: str = "vsmlrt_flexible",
    batch_size: int = 1,
) -> list[vs.VideoNode]:
    """`flexible_inference` with vs-mlrt's other order of arguments."""
    return flexible_inference(
        clips,
        network_path,
        overlap,
        tilesize,
        backend,
        input_name,
        flexible_output_prop,
        batch_size,
        path_is_serialization,
    )


def _run(
    function: str,
    clips: Clips,
    network_path: str | bytes,
    backend: object,
    batch_size: int,
    input_name: str | None,
    *,
    tile: int | Pair | None,
    overlap: int | Pair,
    **more: Any,
) -> Any:
    found = _clips(function, clips)
    if input_name not in ("input", None):
        notices.once(f'{function}: "input_name" has no effect: inputs are taken in the order that the network has')
    if tile is None and any(pair(overlap, "overlap")):
        notices.once(f'{function}: "overlap" has no effect without "tilesize"')
        overlap = (0, 0)
    if tile is not None:
        tile, overlap = pair(tile, "tilesize"), pair(overlap, "overlap")
    batch = index(batch_size)
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise ValueError(f'{function}: "batch_size" must be a whole number of at least 1, got {batch_size!r}')

    if not more.get("path_is_serialization") and not Path(os.fsdecode(network_path)).is_file():
        raise NetworkNotFoundError(f"{function}: there is no network file {os.fsdecode(network_path)}")

    def make(arguments: Arguments) -> Any:
        streams = arguments["num_streams"]
        if streams == 0 and batch > 1:
            notices.once(
                f'{function}: "batch_size" has no effect where as many frames as are fastest are computed together'
            )
        together = {"num_streams": streams * batch}
        return run.model(found, network_path, arguments | together, tile=tile, overlap=overlap, **more)

    if any(_is_float_yuv(clip) for clip in found):
        found = [full_chroma(clip) if _is_float_yuv(clip) else clip for clip in found]
        more["yuv_to_rgb"] = 0
    return with_fallback(backend, make, found[0])


def _is_float_yuv(clip: vs.VideoNode) -> bool:
    return bool(clip.format.color_family == vs.YUV and clip.format.sample_type == vs.FLOAT)


def _labelled_rgb(clip: vs.VideoNode) -> vs.VideoNode:
    """The planes of YUV 4:4:4 as those of an RGB clip, values and properties as they are: what vs-mlrt returns."""
    return plugin.core().std.ShufflePlanes([clip, clip, clip], [0, 1, 2], vs.RGB)


def _clips(function: str, clips: Clips) -> list[vs.VideoNode]:
    found = list(clips) if isinstance(clips, Iterable) and not isinstance(clips, vs.VideoNode) else [clips]
    wrong = [type(clip).__name__ for clip in found if not isinstance(clip, vs.VideoNode)]
    if wrong or not found:
        raise TypeError(f'{function}: "clips" must be a clip or a list of clips, got {wrong[0] if wrong else "none"}')
    return found
