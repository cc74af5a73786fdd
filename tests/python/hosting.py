"""The plugin under test: VSMLRT_PLUGIN, else the newest build's, else the installed one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from vsmlrt.plugin import lists

ROOT = Path(__file__).resolve().parents[2]


def plugin_core() -> Any:
    core = vs.core
    if hasattr(core, "mlrt"):
        return core
    built = sorted(ROOT.glob("build/*/plugin/libvsmlrt.so"), key=lambda p: p.stat().st_mtime)
    path = os.environ.get("VSMLRT_PLUGIN") or (str(built[-1]) if built else "")
    if not path:
        pytest.skip("the plugin is neither installed nor built")
    core.std.LoadPlugin(path)
    return core


def skip_where_missing(core: Any, backend: str) -> None:
    """Skips the test, with the plugin's reason, where a backend cannot run."""
    found = lists(core.mlrt.Devices())
    for name, reason in zip(found["missing"], found["reason"], strict=True):
        if name == backend:
            pytest.skip(f"{backend}: {reason}")


def model(clips: Any, path: str, **options: Any) -> vs.VideoNode:
    """By reference, which has its programs at once, and converted by resize as for most, unless told otherwise."""
    plain = {"backend": "reference", "conversion": "host", "precision": "fp32"}
    result: vs.VideoNode = plugin_core().mlrt.Model(clips, network_path=path, **plain | options)
    return result


def planes(frame: vs.VideoFrame) -> list[np.ndarray]:
    return [np.asarray(frame[i]).copy() for i in range(frame.format.num_planes)]


def picture(clip: vs.VideoNode, n: int = 0) -> list[np.ndarray]:
    with clip.get_frame(n) as frame:
        return planes(frame)


def noise(core: Any, width: int, height: int, length: int = 1, fmt: int = vs.RGBS, seed: int = 1) -> vs.VideoNode:
    """A clip of seeded noise in [0, 1] (in the format's own range for integers), every frame another."""

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        rng = np.random.default_rng(seed * 1000 + n)
        for i in range(out.format.num_planes):
            target = np.asarray(out[i])
            if out.format.sample_type == vs.FLOAT:
                low = -0.5 if i > 0 and out.format.color_family == vs.YUV else 0.0
                target[:] = rng.random(target.shape) + low
            else:
                unit = 1 << (out.format.bits_per_sample - 8)
                target[:] = rng.integers(16 * unit, 236 * unit, target.shape)
        return out

    blank = core.std.BlankClip(width=width, height=height, format=fmt, length=length, keep=True)
    return core.std.ModifyFrame(blank, blank, fill)
