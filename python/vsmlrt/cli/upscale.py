"""``vsmlrt upscale`` and ``vsmlrt denoise``: one video through one network into a new file."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

import vapoursynth as vs

from .. import plugin, store
from ..catalog import Entry
from ..run import upscale_clip
from ..store import Network
from ..video.errors import UsageError
from ..video.job import CheckedJob, picture_by_picture
from . import console, options, script, values
from .options import (
    Denoise,
    Height,
    Material,
    Model,
    NetworkOptions,
    PresetName,
    Scale,
    Strength,
    TileOptions,
    VideoOptions,
    Width,
    grouped,
)
from .several import do_each
from .signals import interruptible
from .work import Done, carry_out

DEFAULT_UPSCALER = "animevideov3"
DEFAULT_DENOISER = "dpir"
LEAST_PIXELS, MOST_PIXELS = 16, 16384
"""Of a side of a result."""

Filter = Callable[[vs.VideoNode, Network], vs.VideoNode]


@grouped
def upscale(
    video: VideoOptions,
    where: NetworkOptions,
    tiles: TileOptions,
    model: Model = DEFAULT_UPSCALER,
    scale: Scale = None,
    width: Width = None,
    height: Height = None,
    denoise: Denoise = None,
    preset_name: PresetName = None,
    material: Material = None,
) -> int:
    """Enlarge a video with a neural network.

    Sound, subtitles, chapters and times are kept. OUT appears only when every frame is written.
    """
    check_size(scale, width, height)
    filtered = filter_of(where, tiles, scale=scale, width=width, height=height)
    told: dict[str, object] = {"scale": scale, "width": width, "height": height} | told_of(where, tiles)
    found = cache(lambda wanted: find_upscaler(model, wanted, denoise))

    def find(job: CheckedJob) -> Network:
        return found(scale_to(scale, width, height, size_of(job)))

    return do_each(video, lambda job: _work(video, job, lambda: find(job), filtered, told, where))


@grouped
def denoise(
    video: VideoOptions,
    where: NetworkOptions,
    tiles: TileOptions,
    strength: Strength,
    model: Model = DEFAULT_DENOISER,
) -> int:
    """Remove noise from a video with a neural network that takes a strength (DPIR's), at the video's own size."""
    values.check_strength("--strength", strength)
    filtered = filter_of(where, tiles, scale=1, strength=strength)
    told = {"strength": strength} | told_of(where, tiles)
    find = cache(lambda: find_denoiser(model))
    return do_each(video, lambda job: _work(video, job, find, filtered, told, where))


def check_size(scale: float | None, width: int | None, height: int | None) -> None:
    """Raises UsageError for a size that a result cannot have."""
    if scale is not None and not 0 < scale <= 16:
        raise UsageError(f"--scale takes a number above 0 and up to 16, not {scale:g}")
    for option, size in (("--width", width), ("--height", height)):
        if size is None:
            continue
        if not MOST_PIXELS >= size >= LEAST_PIXELS:
            raise UsageError(f"{option} takes a number of pixels from {LEAST_PIXELS} to {MOST_PIXELS}, not {size}")
        if scale is not None:
            raise UsageError(f"--scale and {option} both say how large the result is; give one of them")


def size_of(job: CheckedJob) -> tuple[int, int]:
    """Of the pictures that the job is about."""
    own = job.job.crop or job.facts
    return own.width, own.height


def scale_to(scale: float | None, width: int | None, height: int | None, own: tuple[int, int]) -> float | None:
    """Size of the result / own size: as asked for, or what makes the result so wide and so high at most."""
    if width is None and height is None:
        return scale
    return min(size / of for size, of in zip((width, height), own, strict=True) if size is not None)


def find_upscaler(model: str, scale: float | None, noise: int | None) -> Network:
    """The network of this name or path that comes nearest to `scale`; UsageError for one that takes a strength."""
    network = _known(model, scale, noise)
    if "strength" in network.card.maps:
        raise UsageError(
            f"the network {network.name} removes noise by a strength, for which 'vsmlrt upscale' has no option; use "
            f"'vsmlrt denoise --model {model} --strength S'"
        )
    return store.resolve(model, scale=scale, noise=noise, fetch=True, progress=console.say)


def find_denoiser(model: str) -> Network:
    """The network of this name or path; UsageError for one that takes no strength."""
    network = _known(model, 1, None)
    if "strength" in network.card.maps:
        return store.resolve(model, scale=1, fetch=True, progress=console.say)
    levels = f"; for its denoising levels use 'vsmlrt upscale --model {model} --scale 1 --denoise N'"
    other = "" if network.noise is None else levels
    raise UsageError(
        f"--model {model}: the network {network.name} takes no strength; 'vsmlrt denoise' takes DPIR's networks "
        f"(--model dpir) and files with an input for it{other}"
    )


def _known(model: str, scale: float | None, noise: int | None) -> Entry | Network:
    """What is known of a network before it is fetched."""
    found = store.identify(model, scale, noise)
    return store.resolve(found) if isinstance(found, Path) else found[1]


def filter_of(
    where: NetworkOptions,
    tiles: TileOptions,
    *,
    scale: float | None = None,
    strength: float | None = None,
    width: int | None = None,
    height: int | None = None,
) -> Filter:
    """What runs a network on a clip as these options say; UsageError for those that cannot be."""
    options.check_network(where)
    size = values.read_tile(tiles.tile)
    if tiles.overlap is not None:
        values.at_least("--overlap", tiles.overlap, 0)
        if size is None:
            raise UsageError("--overlap applies to tiles; give --tile WxH as well, or leave it out")
        if 2 * tiles.overlap >= min(size):
            raise UsageError(
                f"--overlap {tiles.overlap} leaves nothing of a tile of {tiles.tile}; it has to be below half its size"
            )
    device = values.read_device(where.device)

    def filtered(clip: vs.VideoNode, network: Network) -> vs.VideoNode:
        return upscale_clip(
            clip,
            network,
            backend=where.backend,
            precision=where.precision,
            tile=size,
            overlap=tiles.overlap,
            streams=where.streams,
            device=device,
            scale=scale,
            strength=strength,
            width=width,
            height=height,
        )

    return filtered


def told_of(where: NetworkOptions, tiles: TileOptions) -> dict[str, object]:
    """The options that make the result what it is."""
    return {"backend": where.backend, "precision": where.precision, "tile": tiles.tile, "overlap": tiles.overlap}


def _placed(where: NetworkOptions) -> dict[str, object]:
    """The options that say where it is computed, which changes nothing of the result."""
    return {"streams": where.streams, "device": values.read_device(where.device)}


def _work(
    video: VideoOptions,
    job: CheckedJob,
    find: Callable[[], Network],
    filtered: Filter,
    told: dict[str, object],
    where: NetworkOptions,
) -> Done:
    """Finds the network, which says at once what is wrong with its name, and then does the job."""
    with interruptible():
        plugin.core()
        network = find()
        if video.script is not None:
            return script.write(job, video.script, [script_of(network, told, where)])
        process = picture_by_picture(lambda clip: filtered(clip, network))
        return carry_out(job, process, options.asked(network, **told), json=video.json)


def script_of(network: Network, told: dict[str, object], where: NetworkOptions) -> script.Filter:
    """What `filter_of` does, in a script; ``told`` are its options and what `told_of` gives."""
    given = told | _placed(where) | {"tile": values.read_tile(cast("str | None", told["tile"]))}
    return script.Filter(
        imports={"vsmlrt.run": ("upscale_clip",), "vsmlrt.store": ("resolve",)},
        lines=script.call("upscale_clip", f"clip, resolve({network_name(network)!r})", **given),
    )


def network_name(network: Network) -> str:
    """What finds a network again: its name, or the whole path of a file."""
    return network.name if network.family is not None else str(network.path.resolve())
