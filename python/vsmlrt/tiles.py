"""From vs-mlrt's three ways to ask for tiles to a tile size and an overlap."""

from __future__ import annotations

from . import notices
from .catalog import Card
from .whole_numbers import index

Pair = tuple[int, int]


def pair(value: int | Pair, what: str) -> Pair:
    """Width and height from one number for both or two; TypeError or ValueError for anything else."""
    number = index(value)
    if isinstance(number, int) and not isinstance(number, bool):
        return number, number
    try:
        width, height = map(index, value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f'"{what}" must be a number or two, width and height; got {value!r}') from None
    if not (isinstance(width, int) and isinstance(height, int)):
        raise TypeError(f'"{what}" must be whole numbers, got {value!r}')
    return width, height


def calc_size(width: int, tiles: int, overlap: int, multiple: int = 1) -> int:
    """The smallest size of a tile, in pixels and a multiple of `multiple`, so that `tiles` of them cover `width`.

    Each tile shares `overlap` pixels a side with its neighbour: tiles x size >= width + 2 x overlap x (tiles - 1).
    ValueError if `tiles` is below 1.
    """
    if tiles < 1:
        raise ValueError(f'"tiles" must be at least 1, got {tiles}')
    needed = width + 2 * overlap * (tiles - 1)
    return -(-needed // (tiles * multiple)) * multiple


def calc_tilesize(
    tiles: int | Pair | None,
    tilesize: int | Pair | None,
    width: int,
    height: int,
    multiple: int,
    overlap_w: int,
    overlap_h: int,
) -> tuple[Pair, Pair]:
    """Tile size and overlap, each (width, height) in pixels of the input.

    Arguments:
        tiles: how many tiles in each direction; one number for both, or two. Looked at where `tilesize` is None.
        tilesize: size of a tile in pixels; one number for both, or two.
        width, height: of the frame.
        multiple: tiles computed from `tiles` are a multiple of this.
        overlap_w, overlap_h: pixels on each side that a neighbour also computes. 0 where there is one tile only.

    With neither, the tile is the frame. Raises TypeError or ValueError for what is no size.
    """
    if tilesize is not None:
        return pair(tilesize, "tilesize"), (overlap_w, overlap_h)
    if tiles is None:
        return (width, height), (0, 0)
    columns, rows = pair(tiles, "tiles")
    size = calc_size(width, columns, overlap_w, multiple), calc_size(height, rows, overlap_h, multiple)
    return size, (overlap_w, overlap_h)


def choose(
    function: str,
    tiles: int | Pair | None,
    tilesize: int | Pair | None,
    overlap: int | Pair | None,
    size: Pair,
    card: Card,
) -> tuple[Pair, Pair]:
    """`calc_tilesize` for the arguments of a family's function, those of no effect being named once in the log.

    Arguments:
        function: its name, for messages.
        tiles, tilesize, overlap: as it was given them.
        size: width and height of what the network gets.
        card: the network's; its multiple and default overlap are used.
    """
    if tiles is not None and tilesize is not None:
        notices.once(f'{function}: "tiles" has no effect where "tilesize" is given')
    if overlap is not None and tiles is None and tilesize is None:
        notices.once(f'{function}: "overlap" has no effect without "tiles" or "tilesize"')
    sides = pair(card.overlap if overlap is None else overlap, "overlap")
    return calc_tilesize(tiles, tilesize, *size, card.multiple, *sides)
