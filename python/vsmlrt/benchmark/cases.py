"""What is measured: families, sizes, streams and shape ranges, as in the table of vs-mlrt's v13 release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import store
from ..errors import UserError
from ..store import Network
from ..tiles import Pair

SIZES: tuple[Pair, ...] = ((1920, 1080), (1280, 720), (720, 480))
STREAMS = (1, 2)
MODES = ("static", "dynamic1", "dynamic2")
"""static: a program for each size. dynamic1, dynamic2: one program for all, best at the largest or smallest size."""

_SMALLEST = (64, 64)


@dataclass(frozen=True)
class Family:
    """One group of rows of the table."""

    name: str
    title: str
    networks: tuple[str, ...]
    """Names in the model store; the first that is on disk is measured."""
    interpolates: bool = False
    """Frames between frames: sizes are raised to the network's multiple, and the result's frames are counted."""


FAMILIES = {
    family.name: family
    for family in (
        Family("waifu2x", "waifu2x upconv7", ("waifu2x-upconv_7_anime_style_art_rgb-2x",)),
        Family("dpir", "dpir color", ("dpir-drunet_color",)),
        Family("realesrgan", "real-esrgan v2", ("RealESRGANv2-animevideo-xsx2", "realesr-animevideov3-x2")),
        Family("cugan", "cugan", ("cugan-se-2x-no-denoise",)),
        Family("rife", "rife v4.4", ("rife-v4.4",), interpolates=True),
    )
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One cell of the table."""

    family: Family
    network: Network
    size: Pair
    streams: int
    mode: str
    arguments: Mapping[str, Any]
    """Of ``core.mlrt.Model``: the shape range."""


def locate(family: Family, path: Path | None = None) -> Network:
    """The network of a family: the file given, else the first of its networks that is on disk.

    Raises UserError, saying how to get it, if there is none.
    """
    network = _resolve(family, path)
    return replace(network, card=replace(network.card, multiple=store.multiple_of(network)))


def _resolve(family: Family, path: Path | None) -> Network:
    if path is not None:
        return store.resolve(path)
    for name in family.networks[:-1]:
        with suppress(UserError):
            return store.resolve(name)
    return store.resolve(family.networks[-1])  # the one that is easiest to get says how


def cases(
    family: Family, network: Network, sizes: Sequence[Pair], streams: Sequence[int], modes: Sequence[str]
) -> list[Case]:
    """The cells of a family, row by row."""
    taken = [raised(size, network.card.multiple) if family.interpolates else size for size in sizes]
    shapes = [raised(size, network.card.multiple) for size in taken]
    return [
        Case(
            family=family,
            network=network,
            size=size,
            streams=count,
            mode=mode,
            arguments=_range(mode, shapes),
        )
        for size in taken
        for count in streams
        for mode in modes
    ]


def _range(mode: str, shapes: Sequence[Pair]) -> dict[str, Any]:
    if mode == "static":
        return {}
    largest = [max(side) for side in zip(*shapes, strict=True)]
    smallest = [min(side) for side in zip(*shapes, strict=True)]
    least = [min(pair) for pair in zip(_SMALLEST, smallest, strict=True)]
    best = largest if mode == "dynamic1" else smallest
    return {"static_shape": 0, "min_shapes": least, "opt_shapes": best, "max_shapes": largest}


def raised(size: Pair, multiple: int) -> Pair:
    """The next multiples from width and height up."""
    width, height = (-(-side // multiple) * multiple for side in size)
    return width, height
