"""The whole job on one machine: YUV420P8 clip to YUV420P8 clip through VapourSynth, for each network given, by the
formats that cross to the device as they are and by VapourSynth's own conversion, paired rounds in one process.

    python bench/whole_job.py --backend cuda --size 1920x1080 animevideov3.onnx upconv_7.onnx:7 rife.onnx

:7 has the network reflect 7 pixels around its picture first, for one whose convolutions do not pad. An interpolator, a
network of more than four channels, doubles the clip's frames: what is counted are its pairs, each of which also gives a
frame of the clip.

What the host spends on a frame is seen without a GPU by the driver of the tests, whose kernels then do nothing:

    python bench/whole_job.py --backend cuda --emulated build/dev/tests/cuda/libemulated_cuda.so rife.onnx
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import vapoursynth as vs

core = vs.core


def source(width: int, height: int, length: int) -> vs.VideoNode:
    """Eight different frames of smooth shapes and noise, kept by the cache, one after the other."""
    different = 8

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        rng = np.random.default_rng(n)
        for plane in range(3):
            target = np.asarray(out[plane])
            rows, columns = np.indices(target.shape)
            shapes = 60 * np.sin(rows / (17 + n + plane)) * np.cos(columns / (23 - n))
            target[:] = np.clip(128 + shapes + rng.normal(0, 8, target.shape), 16, 235)
        return out

    blank = core.std.BlankClip(width=width, height=height, format=vs.YUV420P8, length=different, keep=True)
    made = core.std.ModifyFrame(blank, blank, fill)
    made.std.SetVideoCache(mode=1, fixedsize=different)
    for n in range(different):
        made.get_frame(n).close()
    clip = core.std.Loop(made, times=-(-length // different))[:length]
    return core.std.SetFrameProps(clip, _Matrix=1, _Range=0)


def rate(clip: vs.VideoNode, begin_at: int, frames: int, warm: int) -> tuple[float, float]:
    """Frames a second in the steady state, and the processor's seconds a frame: as many frames are under way when the
    clock stops as when it started, and none was asked for before."""
    given = clip[begin_at:].frames(close=True)
    for _ in itertools.islice(given, warm):
        pass
    begin, used = time.perf_counter(), time.process_time()
    for _ in itertools.islice(given, frames):
        pass
    seconds, busy = time.perf_counter() - begin, time.process_time() - used
    given.close()
    return frames / seconds, busy / frames


def channels(network: Path) -> int:
    """Of the network's picture."""
    return int(onnx.load(str(network)).graph.input[0].type.tensor_type.shape.dim[1].dim_value)


def padded(network: str) -> Path:
    path, _, pixels = network.partition(":")
    if not pixels:
        return Path(path)
    model = onnx.load(path)
    graph = model.graph
    inside = f"{graph.input[0].name} padded"
    for node in graph.node:
        node.input[:] = [inside if name == graph.input[0].name else name for name in node.input]
    sides = [0, 0, int(pixels), int(pixels)] * 2
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(sides, np.int64), "sides"))
    graph.node.insert(0, onnx.helper.make_node("Pad", [graph.input[0].name, "sides"], [inside], mode="reflect"))
    changed = Path(path).with_stem(f"{Path(path).stem}_padded")
    onnx.save(model, str(changed))
    return changed


def job(network: Path, size: tuple[int, int], options: dict[str, Any]) -> tuple[vs.VideoNode, int]:
    """The clip to time, and how many of its frames are one of the network's."""
    clip = source(*size, 100000)
    inputs = channels(network)
    if inputs > 4:
        return core.mlrt.Interpolate(clip, network_path=str(network), multi=2, **options), 2
    fed = [clip]
    if inputs == 4:  # a denoiser's noise level
        fed.append(core.std.BlankClip(clip, format=vs.GRAYS, color=[0.05], keep=True))
    return core.mlrt.Model(fed, network_path=str(network), **options), 1


def emulate(driver: str, kept: str) -> None:
    """Gives the cuda backend this driver, with its compiler, and a folder for what it keeps."""
    path = str(Path(driver).resolve())
    os.environ |= {"VSMLRT_CUDA_DRIVER": path, "VSMLRT_NVRTC": path, "VSMLRT_CACHE": kept}
    ctypes.CDLL(path).emulated_stand_in()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--precision", default="fp16")
    parser.add_argument("--conversion", nargs="+", default=["auto", "host"])
    parser.add_argument("--devices", type=int, nargs="+", help="numbers of the GPUs that share the frames")
    parser.add_argument("--plugin", help="load the plugin from this file")
    parser.add_argument("--emulated", help="the tests' driver, instead of a GPU")
    given = parser.parse_args()
    kept = tempfile.TemporaryDirectory()
    if given.emulated:
        emulate(given.emulated, kept.name)
    if given.plugin:
        core.std.LoadPlugin(given.plugin)
    width, height = map(int, given.size.split("x"))
    for network in map(padded, given.networks):
        rates: dict[tuple[int, str], list[tuple[float, float]]] = {}
        clips: dict[tuple[int, str], vs.VideoNode] = {}
        first: dict[tuple[int, str], float] = {}
        for streams, conversion in itertools.product(given.streams, given.conversion):
            begin = time.perf_counter()
            options: dict[str, Any] = {"num_streams": streams, "conversion": conversion, "precision": given.precision}
            if given.devices:
                options["device_id"] = given.devices
            clip, a_run = job(network, (width, height), options | {"backend": given.backend})
            clips[streams, conversion] = clip
            clip.get_frame(a_run - 1).close()
            first[streams, conversion] = time.perf_counter() - begin
        for number, key in itertools.product(range(given.rounds), clips):
            frames = given.frames if key[1] == "auto" else max(48, given.frames // 4)
            begin_at = a_run * (1 + number * (frames + 200))
            fps, busy = rate(clips[key], begin_at, a_run * frames, a_run * 32)
            rates.setdefault(key, []).append((fps / a_run, busy * a_run))
        for (streams, conversion), found in rates.items():
            every = sorted(x[0] for x in found)
            name = f"{network.stem} {given.size}, {streams} stream(s), conversion={conversion}"
            median, busy = statistics.median(every), statistics.median(x[1] for x in found)
            print(
                f"{name}: {median:.1f} fps ({every[0]:.1f} to {every[-1]:.1f}), processor {1000 * busy:.2f} ms a frame "
                f"of {os.cpu_count()} cores, first frame {first[streams, conversion]:.2f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
