"""``vsmlrt preview``: a few frames of a video through a network, before and after, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import av
import numpy as np
import typer
import vapoursynth as vs

from .. import plugin, store
from ..compare import picking
from ..errors import UserError
from ..video.colour import BT709, UNSPECIFIED, full_where_unsaid, matrix_or_guess
from ..video.deinterlacing import without_part_fields
from ..video.errors import FieldError, UsageError, reason
from ..video.facts import read_facts
from ..video.incoming import STANDARD_INPUT, readable_file
from ..video.job import refusal
from ..video.orientation import oriented
from ..video.output import write_file
from ..video.png import png
from . import console, tables, upscale, values
from .options import Denoise, Framerate, Height, Model, NetworkOptions, Scale, TileOptions, Width, grouped
from .signals import interruptible

MOST_FRAMES = 50

In = Annotated[
    Path,
    typer.Argument(metavar="IN", help="The video to look at, images such as frame%05d.png, or -.", show_default=False),
]
Folder = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the pictures go.")]
Count = Annotated[int, typer.Option(metavar="N", help="How many frames: the ones with the most detail.")]
At = Annotated[str | None, typer.Option(metavar="TIME,...", help="The frames shown at these times instead.")]
Strength = Annotated[float | None, typer.Option(metavar="S", help="Of networks with a strength, 0 to 255. Default: 5.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", metavar="", help="Replace pictures that exist.")]


@grouped
def preview(
    where: NetworkOptions,
    tiles: TileOptions,
    source: In,
    output: Folder = Path("preview"),
    model: Model = upscale.DEFAULT_UPSCALER,
    scale: Scale = None,
    width: Width = None,
    height: Height = None,
    denoise: Denoise = None,
    strength: Strength = None,
    count: Count = 3,
    at: At = None,
    framerate: Framerate = None,
    overwrite: Overwrite = False,
) -> None:
    """Run a network on a few frames of a video and write PNGs: before, after, and both side by side.

    Before is enlarged by a plain resize to the size of the result. The video is not read as a whole.
    """
    values.at_least("--count", count, 1)
    if count > MOST_FRAMES:
        raise UsageError(f"--count takes a number from 1 to {MOST_FRAMES}, not {count}")
    upscale.check_size(scale, width, height)
    if strength is not None:
        values.check_strength("--strength", strength)
    filtered = upscale.filter_of(where, tiles, scale=scale, strength=strength, width=width, height=height)
    moments = None if at is None else [values.read_time("--at", one) for one in at.split(",")]
    rate = values.read_rate("--framerate", framerate)
    with interruptible(), readable_file(source, console.warn, framerate=rate) as path:
        plugin.core()
        picked = (
            picking.pick(path, count)
            if moments is None
            else picking.at(path, [float(one) for one in moments if one is not None])
        )
        facts = read_facts(path)
        clip = without_part_fields(tagged(picking.clip_of(picked), full_range=facts.full_range))
        wanted = upscale.scale_to(scale, width, height, (clip.width, clip.height))
        network = store.resolve(model, scale=wanted, noise=denoise, fetch=True, progress=console.say)
        if strength is not None and "strength" not in network.card.maps:
            raise UsageError(f"--strength: the network {network.name} takes none; leave it out")
        try:
            after = filtered(clip, network)
            plain = clip if after.height == clip.height else clip.std.SetFieldBased(0)
            before = plain.resize.Bicubic(after.width, after.height, format=vs.RGB24)
            after = after.resize.Bicubic(format=vs.RGB24)
            if facts.display_matrix is not None:
                before, after = (oriented(one, facts.display_matrix) for one in (before, after))
            _write(source, output, picked, before, after, overwrite=overwrite)
        except vs.Error as error:
            raise refusal(reason(error)) from error


def tagged(clip: vs.VideoNode, *, full_range: bool = False) -> vs.VideoNode:
    """With the matrix that untagged video of its size has, and of gray, which looks alike by all of them, any.

    ``full_range`` is what samples are of which nothing is said.
    """
    if full_range:
        clip = full_where_unsaid(clip)
    if clip.format.color_family == vs.GRAY:
        return clip.std.SetFrameProps(_Matrix=BT709)
    matrix = int(clip.get_frame(0).props.get("_Matrix", UNSPECIFIED))
    if clip.format.color_family != vs.YUV or matrix != UNSPECIFIED:
        return clip
    return clip.std.SetFrameProps(_Matrix=matrix_or_guess(matrix, clip.height))


def _write(
    source: Path,
    output: Path,
    picked: list[picking.Picked],
    before: vs.VideoNode,
    after: vs.VideoNode,
    *,
    overwrite: bool,
) -> None:
    kinds = {"before": before, "after": after, "both": vs.core.std.StackHorizontal([before, after])}
    stem = "input" if source == STANDARD_INPUT else source.stem
    names = [f"{stem}-{one.seconds:08.3f}" for one in picked]
    files = [output / f"{name}-{kind}.png" for name in names for kind in kinds]
    there = [file for file in files if file.exists()]
    if there and not overwrite:
        raise FieldError("the output {path} exists; use {overwrite} to replace it, or another folder", path=there[0])
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"the folder {output} cannot be made: {reason(error)}; give another one") from error
    for n, name in enumerate(names):
        for kind, clip in kinds.items():
            with clip.get_frame(n) as frame:
                pixels = np.dstack([np.asarray(frame[plane]) for plane in range(3)])
            shown = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            file = output / f"{name}-{kind}.png"
            write_file(file, png(shown), overwrite=overwrite)
            tables.show(str(file))
