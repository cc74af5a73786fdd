"""Two clips and a moment through an interpolation network, frame by frame, by ``core.mlrt.Model``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import vapoursynth as vs

from . import plugin, run, store
from .backend import Arguments
from .checks import check_clip
from .resizing import pad_to_multiple

_WITH_GRIDS = 11
_WITH_SCALE = 8
_WITHOUT_GRIDS = 7


def check_merge(function: str, clipa: object, clipb: object, mask: object) -> None:
    """Two clips of constant format and a GRAY one, all of one size and length, or TypeError or ValueError."""
    first = check_clip(function, clipa, name="clipa")
    for name, other in (("clipb", clipb), ("mask", mask)):
        clip = check_clip(function, other, name=name)
        if name == "mask" and clip.format.color_family != vs.GRAY:
            raise ValueError(f'{function}: "mask" must be GRAY, got {clip.format.name}')
        mine, others = ((node.width, node.height, node.num_frames) for node in (first, clip))
        if mine != others:
            raise ValueError(
                f'{function}: "{name}" must be of the size and length of "clipa"; got {others[0]}x{others[1]} with '
                f"{others[2]} frames for {mine[0]}x{mine[1]} with {mine[2]}"
            )


def merge(
    clipa: vs.VideoNode,
    clipb: vs.VideoNode,
    mask: vs.VideoNode,
    network: Path,
    arguments: Arguments,
    *,
    multiple: int,
    scale: float = 1.0,
) -> vs.VideoNode:
    """The pictures between two clips at the mask's moments; arguments as `check_merge` lets them through.

    The clips are padded here, to `multiple`, because the grids that some networks take span the padded picture. `scale`
    is the flow scale: an input of some networks, an edit of the others.
    Raises ValueError for a network of another kind, vapoursynth.Error for what the plugin refuses.
    """
    channels = store.inspect(network)["channels"]
    if channels not in (_WITH_GRIDS, _WITH_SCALE, _WITHOUT_GRIDS):
        raise ValueError(
            f"vsmlrt.RIFEMerge: the network {network} takes {channels} channels; {_WITHOUT_GRIDS} (two pictures and a "
            f"moment), {_WITH_SCALE} (those and the flow scale) and {_WITH_GRIDS} (those and the grids) are accepted"
        )
    clips = [pad_to_multiple(clip, multiple) for clip in (clipa, clipb, _moments(mask))]
    if channels == _WITH_GRIDS:
        clips += grids(clips[0])
    if channels == _WITH_SCALE:
        clips.append(plugin.core().std.BlankClip(clips[-1], format=vs.GRAYS, color=scale, keep=True))
        scale = 1.0
    result: vs.VideoNode = run.model(clips, str(network), arguments, flow_scale=scale)
    return plugin.core().std.CropAbs(result, clipa.width, clipa.height)


def _moments(mask: vs.VideoNode) -> vs.VideoNode:
    """The mask as float, integers by their largest value."""
    if mask.format.sample_type == vs.FLOAT:
        return mask
    largest = (1 << mask.format.bits_per_sample) - 1
    return plugin.core().std.Expr(mask, f"x {largest} /", format=vs.GRAYS)


def grids(clip: vs.VideoNode) -> list[vs.VideoNode]:
    """What vs-mlrt's first representation of RIFE takes with pictures and moment, for clips of this size and length.

    Positions across and down from -1 to 1, and what one pixel is on each of these scales.
    """
    std = plugin.core().std
    blank = std.BlankClip(format=vs.GRAYS, width=clip.width, height=clip.height, length=1, keep=True)
    across = np.linspace(-1, 1, clip.width, dtype=np.float32)
    down = np.linspace(-1, 1, clip.height, dtype=np.float32)[:, np.newaxis]
    steps = [2 / (clip.width - 1), 2 / (clip.height - 1)]
    constant = [std.BlankClip(blank, length=clip.num_frames, color=step, keep=True) for step in steps]
    return [*(std.Loop(_filled(blank, values), clip.num_frames) for values in (across, down)), *constant]


def _filled(blank: vs.VideoNode, values: np.ndarray) -> vs.VideoNode:
    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        made = f.copy()
        np.asarray(made[0])[:] = values
        return made

    return blank.std.ModifyFrame(blank, fill)
