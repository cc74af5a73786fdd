"""One measurement in a process of its own: ``python -m vsmlrt.benchmark.worker`` with a job on the standard input.

A process each, so that memory is this measurement's alone and a crash ends this measurement alone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import vapoursynth as vs

from ..plugin import lists
from ..run import strength_map
from .memory import Peak

_DISTINCT = 4
"""Pictures that take turns, so that no frame repeats the one before it."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to measure."""

    network_path: str
    arguments: dict[str, Any]
    """Of ``core.mlrt.Model``: backend, device, precision, streams and shape range."""
    width: int
    height: int
    half: bool = False
    """Half precision in and out."""
    maps: tuple[str, ...] = ()
    interpolates: bool = False
    streams: int = 1
    frames: int = 100
    """Most frames that are timed."""
    seconds: float = 10.0
    """After which a measurement ends that has timed enough of them."""
    plugin: str = ""
    """The plugin's file, where VapourSynth does not find it by itself."""
    device: int = 0
    """Whose memory is watched."""
    layers: bool = False
    """Time each kernel as well."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One kernel of a network on the device."""

    layers: str
    """What it serves: ``Conv "c1" + Relu "r1"``."""
    kernel: str
    milliseconds: float
    operations: float
    """Two a product, of convolutions and products of matrices."""
    bytes: float
    """Each operand and each result of the layers once; 0 where the kernel does nothing that has to be done."""
    operations_rate: float
    """A second, measured on this device with bare products of this precision; 0 without products."""
    bytes_rate: float
    """A second, read and written, measured on this device with a copy."""

    @property
    def floor(self) -> tuple[float, str]:
        """Milliseconds that the device needs at least, by its measured rates, and what takes them."""
        products = 1000 * self.operations / self.operations_rate if self.operations else 0.0
        moved = 1000 * self.bytes / self.bytes_rate
        return (products, "products") if products > moved else (moved, "bytes")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was measured."""

    fps: float = 0.0
    """Frames of the result per second."""
    frames: int = 0
    first_frame: float = 0.0
    """Seconds from the call to the first frame: reading, planning or building, running once."""
    memory: float = 0.0
    """In 2^20 bytes."""
    memory_of: str = ""
    """"device" or "process"."""
    layers: list[Layer] = field(default_factory=list)
    """Where the job asks for them: each kernel in the order in which they run."""
    network_milliseconds: float = 0.0
    """With them: the network as a whole, its tensors on the device before and after."""
    error: str = ""
    """Why there are no figures; empty where there are."""


def measure(job: Job) -> Result:
    """Run a job in this process. Raises vapoursynth.Error for what the plugin refuses."""
    core = vs.core.core
    if not hasattr(core, "mlrt"):
        core.std.LoadPlugin(job.plugin)
    with Peak(job.device) as peak:
        begin = time.perf_counter()
        clip = _filtered(core, job)
        clip.get_frame(0).close()
        first_frame = time.perf_counter() - begin
        frames, seconds = _time(clip, job)
    layers, network_milliseconds = _layers(core, job) if job.layers else ([], 0.0)
    return Result(
        fps=frames / seconds,
        frames=frames,
        first_frame=first_frame,
        memory=peak.megabytes,
        memory_of=peak.of,
        layers=layers,
        network_milliseconds=network_milliseconds,
    )


_LAYER_FIELDS = tuple(each.name for each in fields(Layer))


def _layers(core: vs.Core, job: Job) -> tuple[list[Layer], float]:
    picture = _pictures(core, job)
    if job.interpolates:
        found = core.mlrt.InterpolateLayers(picture, network_path=job.network_path, **_arguments(job))
    else:
        found = core.mlrt.Layers(_clips(picture, job), network_path=job.network_path, **_arguments(job))

    answer = lists(found)
    layers = [
        Layer(**dict(zip(_LAYER_FIELDS, values, strict=True)))
        for values in zip(*(answer[name] for name in _LAYER_FIELDS), strict=True)
    ]
    return layers, answer["network_milliseconds"][0]


def _arguments(job: Job) -> dict[str, Any]:
    return {**job.arguments, "output_format": 1} if job.half else dict(job.arguments)


def _clips(picture: vs.VideoNode, job: Job) -> list[vs.VideoNode]:
    return [picture, *(strength_map(picture, 5.0) for name in job.maps if name == "strength")]


def _filtered(core: vs.Core, job: Job) -> vs.VideoNode:
    picture = _pictures(core, job)
    arguments = _arguments(job)
    if job.interpolates:
        return core.mlrt.Interpolate(picture, network_path=job.network_path, multi=[2], dedup=0, **arguments)
    return core.mlrt.Model(_clips(picture, job), network_path=job.network_path, dedup=0, **arguments)


def _pictures(core: vs.Core, job: Job) -> vs.VideoNode:
    """Noise in the format that costs nothing to convert; made once."""
    rng = np.random.default_rng(1)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        frame = f.copy()
        for plane in range(3):
            target = np.asarray(frame[plane])
            target[:] = rng.random(target.shape, dtype=np.float32)
        return frame

    kind = vs.RGBH if job.half else vs.RGBS
    blank = core.std.BlankClip(width=job.width, height=job.height, format=kind, length=_DISTINCT)
    noise = core.std.ModifyFrame(blank, blank, fill)
    core.std.SetVideoCache(noise, mode=1, fixedsize=1, maxsize=_DISTINCT)
    for n in range(_DISTINCT):
        noise.get_frame(n).close()
    return core.std.Loop(noise, -(-(job.frames + _warm_up(job) + _ahead(job)) // _DISTINCT) + 1)


def _warm_up(job: Job) -> int:
    return 2 * job.streams


def _ahead(job: Job) -> int:
    return 2 * job.streams + 2


def _time(clip: vs.VideoNode, job: Job) -> tuple[int, float]:
    """Frames and seconds from the end of the warm-up on, requests always waiting for every stream."""
    warm, begin, least = _warm_up(job), 0.0, 2 * job.streams
    done, elapsed = 0, 0.0
    for n in _in_order(clip, job.frames + warm + 1, _ahead(job)):
        now = time.perf_counter()
        if n == warm:
            begin = now
        elif n > warm:
            done, elapsed = n - warm, now - begin
            if done >= least and elapsed > job.seconds:
                break
    return done, elapsed


def _in_order(clip: vs.VideoNode, count: int, ahead: int) -> Iterator[int]:
    """The numbers of the first `count` frames as each becomes ready."""
    requested: deque[Any] = deque()
    try:
        for n in range(count):
            while len(requested) < ahead and n + len(requested) < count:
                requested.append(clip.get_frame_async(n + len(requested)))
            requested.popleft().result().close()
            yield n
    finally:
        for future in requested:
            future.result().close()


def main() -> None:
    """Reads a `Job` as JSON, writes a `Result` as the last line of the standard output."""
    job = Job(**json.load(sys.stdin))
    try:
        result = measure(job)
    except vs.Error as error:
        result = Result(error=str(error))
    print(json.dumps(asdict(result)), flush=True)
    os._exit(0)  # nothing is left to say, and drivers take their time to end


if __name__ == "__main__":
    main()
