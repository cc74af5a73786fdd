"""One clip through one network: what the command line and the families' functions share."""

from __future__ import annotations

from typing import Any

import vapoursynth as vs

from . import catalog, notices, plugin, store
from .backend import Arguments
from .backend.named import Device, named
from .checks import check_clip
from .errors import UserError
from .fallback import with_fallback
from .resizing import as_float, enlarge, fitting, like, resize_by, resize_to
from .store import Network
from .tiles import Pair, choose


def upscale_clip(
    clip: vs.VideoNode,
    network: Network,
    backend: str = "auto",
    precision: str = "auto",
    tile: Pair | None = None,
    overlap: int | Pair | None = None,
    streams: int = 0,
    device: Device = None,
    scale: float | None = None,
    strength: float | vs.VideoNode | None = None,
    width: int | None = None,
    height: int | None = None,
) -> vs.VideoNode:
    """A clip through a network, in the clip's own format.

    Arguments:
        clip: any constant format.
        network: as ``vsmlrt.store.resolve`` gives it.
        backend: a name, as `vsmlrt.backend.named` takes it: ``auto``, ``openvino``, ``trt_rtx``.
        precision: ``auto``, ``fp32``, ``fp16`` or ``bf16``.
        tile: width and height of a tile in pixels of what the network gets. Default: the whole frame.
        overlap: pixels on each side of a tile that its neighbour also computes. Default, with tiles: the network's
            receptive field if known, else its card's; at most a quarter of the tile.
        streams: frames computed side by side; 0: as many as are fastest.
        device: the device's number, or its name, as `named` takes them. Default: the first.
        scale: size of the result / size of the clip. Default: the network's. Another one is reached by a Lanczos
            resize behind the network.
        strength: for a network with a strength input: 0..255 or a GRAY clip of it. Default: 5.
        width, height: instead of a scale, what the result is at most; the picture's shape is kept.

    Raises UserError for a clip that does not fit the network, vapoursynth.Error for what the plugin refuses.
    """
    arguments = named(backend, precision, streams, device)
    picture = enlarge(clip, 2) if network.card.enlarge_first and (scale is None or scale > 1) else clip
    result = apply(picture, network, arguments, tile=tile, overlap=overlap, strength=strength)
    if width is not None or height is not None:
        return resize_to(result, fitting(clip, width, height))
    return result if scale is None else resize_by(result, clip, scale)


def family(
    function: str,
    name: str,
    model: str,
    clip: vs.VideoNode,
    tiles: int | Pair | None,
    tilesize: int | Pair | None,
    overlap: int | Pair | None,
    backend: object,
) -> vs.VideoNode:
    """A clip through the one network of a family's model, for a public function that has no more arguments.

    Arguments:
        function: its name, for messages.
        name, model: of the family and of the model in its file.
        clip, tiles, tilesize, overlap, backend: as the function was given them.
    """
    entry = next(one for one in catalog.families()[name].entries if one.model == model)
    check_clip(function, clip, gray=entry.card.channels == 1)
    tile, sides = choose(function, tiles, tilesize, overlap, (clip.width, clip.height), entry.card)
    network = store.locate(name, model, scale=entry.scale)
    return on_backend(clip, network, backend, tile=tile, overlap=sides)


def on_backend(clip: vs.VideoNode, network: Network, backend: object, **more: Any) -> vs.VideoNode:
    """`apply` on a backend, or on ``vsmlrt.fallback_backend`` where that fails."""
    return with_fallback(backend, lambda arguments: apply(clip, network, arguments, **more), clip)


def apply(
    clip: vs.VideoNode,
    network: Network,
    arguments: Arguments,
    *,
    tile: Pair | None = None,
    overlap: int | Pair | None = None,
    strength: float | vs.VideoNode | None = None,
    narrow: bool = True,
    content: bytes | None = None,
) -> vs.VideoNode:
    """``core.mlrt.Model`` with what this network needs around it; the result has the clip's format.

    Arguments as in `upscale_clip`, and
        arguments: of ``core.mlrt.Model``: those that say where and how it runs.
        narrow: False leaves the values as they are for a network that computes on a narrower range.
        content: an ONNX file's bytes, which are run in place of the network's file.
    """
    card = network.card
    if card.task == "interpolation":
        raise UserError(f"the network {network.name} makes frames between frames: use 'vsmlrt interpolate'")
    if card.task == "chroma":
        raise UserError(f"the network {network.name} restores chroma by luma: vsmlrt.ArtCNN runs it in a script")
    if card.task != "picture":
        raise UserError(f"the network {network.name} takes {card.task}: vsmlrt.SAFA runs it in a script")
    if card.channels == 1 and clip.format.color_family == vs.RGB:
        raise UserError(f"the network {network.name} takes GRAY or YUV, got {clip.format.name}")
    if tile is not None and overlap is None:
        overlap = min(card.receptive_field or card.overlap, min(tile) // 4)
    if narrow and network.value_range != (0.0, 1.0):
        return _narrowed(clip, network, arguments, tile=tile, overlap=overlap, content=content)
    clips = [clip]
    if "strength" in card.maps:
        clips.append(strength_map(clip, 5.0 if strength is None else strength))
    if card.is_global and tile is not None and (tile[0] < clip.width or tile[1] < clip.height):
        notices.once(f"{network.name} averages over the whole picture, so that tiles change it slightly")
    more: dict[str, Any] = {"multiple": store.multiple_of(network), "padding": card.padding}
    if content is not None:
        more["path_is_serialization"] = 1
    return model(clips, content or str(network.path), arguments, tile=tile, overlap=overlap, **more)


def model(
    clips: list[vs.VideoNode],
    network_path: str | bytes,
    arguments: Arguments,
    *,
    tile: Pair | None = None,
    overlap: int | Pair | None = None,
    **more: Any,
) -> Any:
    """``core.mlrt.Model`` with tile and overlap in its own terms."""
    if tile is not None:
        more["tilesize"] = list(tile)
    if overlap is not None:
        more["overlap"] = [overlap] if isinstance(overlap, int) else list(overlap)
    if arguments.get("output_format") == 0 and isinstance(network_path, str) and _gives_half(network_path):
        arguments = {name: value for name, value in arguments.items() if name != "output_format"}
    return plugin.core().mlrt.Model(clips, network_path=network_path, **arguments, **more)


def _gives_half(network_path: str) -> bool:
    """Whether the file's own result is half, which vs-mlrt's ``output_format=0`` leaves as it is."""
    try:
        return bool(plugin.lists(plugin.core().mlrt.Inspect(network_path)).one("output_type") == "float16")
    except vs.Error:
        return False  # Model says what is amiss


def strength_map(clip: vs.VideoNode, strength: float | vs.VideoNode) -> vs.VideoNode:
    """The strength input of DPIR: 0..255 as a number or a GRAY clip's own values, as a GRAYS clip of 0..1."""
    if isinstance(strength, vs.VideoNode):
        return plugin.core().std.Expr(strength, "x 255 /", format=vs.GRAYS)
    core = plugin.core()
    return core.std.BlankClip(clip, format=vs.GRAYS, color=strength / 255, keep=True)


def _narrowed(clip: vs.VideoNode, network: Network, arguments: Arguments, **more: Any) -> vs.VideoNode:
    """The network on values squeezed into its range, and its result stretched back. Chroma has no offset."""
    core = plugin.core()
    low, high = network.value_range
    span = high - low
    picture = as_float(clip)
    squeeze, stretch = [f"x {span} * {low} +"], [f"x {low} - {span} /"]
    if clip.format.color_family == vs.YUV:
        squeeze.append(f"x {span} *")
        stretch.append(f"x {span} /")
    result = apply(core.std.Expr(picture, squeeze), network, arguments, narrow=False, **more)
    # Where the arguments say which float the result is, it is that one.
    return like(core.std.Expr(as_float(result), stretch), result if "output_format" in arguments else clip)
