"""One measurement in a process of its own: ``python -m vsmlrt.benchmark.worker`` with a job on the standard input.

A process each, so that memory is this measurement's alone and a crash ends this measurement alone.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from queue import SimpleQueue
from typing import Any

import numpy as np
import vapoursynth as vs

from ..plugin import lists
from ..run import strength_map
from .memory import Peak

_DISTINCT = 4
"""Pictures that take turns, so that no frame repeats the one before it."""

_LENGTH = (2**31 - 1) // 2
"""Of the clip in frames: no measurement comes to its end, and an interpolator can double it."""

_ENOUGH_FRAMES, _ENOUGH_SECONDS = 100, 2.0
"""What a figure rests on where nobody says how many frames: a fast GPU's first 100 take 10 ms and tell little."""

_WARM_UP_SECONDS = 2.0
"""After which a warm-up ends that has computed two frames for each stream."""


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
    frames: int | None = None
    """Most frames that are timed; None: as many as make a steady figure."""
    seconds: float = 10.0
    """After which a measurement ends that has timed two frames for each stream."""
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
        requests = _Requests(clip, _at_once(core, clip, job))
        frames, seconds = _time(requests, job)
    if job.layers:
        requests.wait()  # they are timed on a device that does nothing else
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
    return core.std.Loop(noise, _LENGTH // _DISTINCT)


def _at_once(core: vs.Core, clip: vs.VideoNode, job: Job) -> int:
    """How many frames to ask for at once: one for each of VapourSynth's threads, as vspipe does and the plugin expects.

    No more than have room for their results in the memory that VapourSynth keeps all its frames within
    (``core.max_cache_size``, in 2^20 bytes), but enough for every stream.
    """
    result_bytes = clip.width * clip.height * clip.format.num_planes * clip.format.bytes_per_sample
    fitting = (core.max_cache_size << 20) // result_bytes
    return int(max(2 * job.streams + 2, min(core.num_threads, fitting)))


class _Requests:
    """Frames of a clip, always so many asked for at once; taken as they become ready, in any order, as vspipe does."""

    def __init__(self, clip: vs.VideoNode, at_once: int) -> None:
        self._clip = clip
        self._numbers = itertools.count()
        self._ready: SimpleQueue[tuple[vs.VideoFrame | None, Any]] = SimpleQueue()
        self.at_once = at_once
        for _ in range(at_once):
            self._ask()

    def times(self) -> Iterator[float]:
        """When each frame was ready, and another one asked for in its place."""
        while True:
            self._take()
            self._ask()
            yield time.perf_counter()

    def wait(self) -> None:
        """Until nothing is asked for any more."""
        for _ in range(self.at_once):
            self._take()

    def _ask(self) -> None:
        self._clip.get_frame_async(next(self._numbers), lambda *answer: self._ready.put(answer))

    def _take(self) -> None:
        frame, error = self._ready.get()
        if frame is None:
            raise vs.Error(error)
        frame.close()


def _time(requests: _Requests, job: Job) -> tuple[int, float]:
    """Frames and seconds from the end of the warm-up on. What is still asked for then is not waited for."""
    start, times = time.perf_counter(), requests.times()
    warm = next(now for done, now in enumerate(times, 1) if _is_warm(job, requests.at_once, done, now - start))
    return next((done, now - warm) for done, now in enumerate(times, 1) if _is_enough(job, done, now - warm))


def _is_warm(job: Job, at_once: int, done: int, seconds: float) -> bool:
    """Whether the network has run twice for each frame asked for at once: first things are made, then graphs recorded.

    Every other frame of an interpolator's result is its clip's. Slow processors are not waited for that long.
    """
    last = (4 if job.interpolates else 2) * at_once
    return done >= last or (done >= 2 * job.streams and seconds > _WARM_UP_SECONDS)


def _is_enough(job: Job, done: int, seconds: float) -> bool:
    """Whether a figure can rest on so many frames and seconds."""
    if done >= 2 * job.streams and seconds > job.seconds:
        return True
    if job.frames is not None:
        return done >= job.frames
    return done >= _ENOUGH_FRAMES and seconds >= _ENOUGH_SECONDS


def _result(job: Job) -> Result:
    try:
        return measure(job)
    except vs.Error as error:
        return Result(error=str(error))


def main() -> None:
    """Reads a `Job` as JSON, writes a `Result` as the last line of the standard output."""
    try:
        print(json.dumps(asdict(_result(Job(**json.load(sys.stdin))))), flush=True)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # frames may still be asked for, and drivers take their time to end


if __name__ == "__main__":
    main()
