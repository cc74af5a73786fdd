"""PSNR, SSIM and VMAF of each frame, by FFmpeg's filters.

PSNR is in decibels over all planes; SSIM (Wang et al., "Image quality assessment: from error visibility to structural
similarity", 2004) is 1 for equal pictures, VMAF (https://github.com/Netflix/vmaf, its model v0.6.1) 0 to 100.
"""

from __future__ import annotations

import gc
import json
import math
import os
import re
import sys
import tempfile
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.filter import Graph, filters_available

MOST_PSNR = 100.0
"""What equal pictures have, whose PSNR is infinite."""

_TICK = Fraction(1, 25)
_FILTERS = {"PSNR": "psnr", "SSIM": "ssim", "VMAF": "libvmaf"}


def available() -> list[str]:
    """The metrics that this build of FFmpeg has."""
    return [name for name, filter_name in _FILTERS.items() if filter_name in filters_available]


def _usable_processors() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Metrics:
    """Compares frames with those of a reference as they come.

    The frames are brought to the reference's size (bicubic) and format. ``add`` takes pairs in order; ``finish`` gives
    a list for each metric, with a value for each pair. One thread at a time.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="vsmlrt-compare-")
        self._graph: Graph | None = None
        self._ends: list[Any] = []
        self._sinks: list[Any] = []
        self._count = 0

    def add(self, frame: av.VideoFrame, reference: av.VideoFrame) -> None:
        """Compares a frame with the reference's."""
        if self._graph is None:
            self._open(frame, reference)
        self._push(_numbered(frame, self._count), _numbered(reference, self._count))
        self._count += 1

    def finish(self) -> dict[str, list[float]]:
        """The values, by metric."""
        self._push(None, None)
        self._ends, self._sinks, self._graph = [], [], None
        gc.collect()  # the filters complete their files when they go, and a graph and they hold each other
        folder = Path(self._folder.name)
        found = {"PSNR": _psnr(folder / "PSNR"), "SSIM": _ssim(folder / "SSIM"), "VMAF": _vmaf(folder / "VMAF")}
        self._folder.cleanup()
        return {name: values for name, values in found.items() if len(values) == self._count and values}

    def _open(self, frame: av.VideoFrame, reference: av.VideoFrame) -> None:
        self._graph = graph = Graph()
        deep = any(
            "10" in one.format.name or "12" in one.format.name or "16" in one.format.name for one in (frame, reference)
        )
        form = "yuv420p10le" if deep else "yuv420p"
        parts = []
        names = available()
        for picture in (frame, reference):
            end = graph.add_buffer(width=picture.width, height=picture.height, format=picture.format, time_base=_TICK)
            self._ends.append(end)
            scale = graph.add("scale", f"{reference.width}:{reference.height}:flags=bicubic")
            shape, split = graph.add("format", form), graph.add("split", str(len(names)))
            end.link_to(scale)
            scale.link_to(shape)
            shape.link_to(split)
            parts.append(split)
        for index, name in enumerate(names):
            path = str(Path(self._folder.name) / name)
            threads = _usable_processors()
            place = re.sub(r"([\\':])", r"\\\1", path)  # as FFmpeg wants what separates its options
            options = f"log_path={place}:log_fmt=json:n_threads={threads}" if name == "VMAF" else f"stats_file={place}"
            measure, sink = graph.add(_FILTERS[name], options), graph.add("buffersink")
            for side, split in enumerate(parts):
                split.link_to(measure, index, side)
            measure.link_to(sink)
            self._sinks.append(sink)
        graph.configure()

    def _push(self, *pictures: av.VideoFrame | None) -> None:
        for end, picture in zip(self._ends, pictures, strict=True):
            end.push(picture)
        self._drain()

    def _drain(self) -> None:
        for sink in self._sinks:
            with suppress(av.error.BlockingIOError, av.error.EOFError):
                while True:
                    sink.pull()


def _numbered(frame: av.VideoFrame, number: int) -> av.VideoFrame:
    frame.pts, frame.time_base = number, _TICK
    return frame


def _psnr(path: Path) -> list[float]:
    found = re.findall(r"psnr_avg:(\S+)", _text(path))
    return [MOST_PSNR if value == "inf" else min(MOST_PSNR, float(value)) for value in found]


def _ssim(path: Path) -> list[float]:
    return [float(value) for value in re.findall(r" All:(\S+)", _text(path))]


def _vmaf(path: Path) -> list[float]:
    with suppress(ValueError, KeyError):
        frames = json.loads(_text(path))["frames"]
        return [float(one["metrics"]["vmaf"]) for one in frames]
    return []


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def mean(values: list[float]) -> float:
    """The mean, which is not a number for an empty list."""
    return sum(values) / len(values) if values else math.nan
