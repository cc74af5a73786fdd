"""What the filter adds around a network: an identity network at 1920x1080 RGBS against two plain copies of the frame,
YUV420P8 in and out against float RGB in and out, held frames against moving ones, and the first frame of a new size
of a program for a range of sizes against the next of that size. Paired rounds in one process.

    make bench-overhead
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import vapoursynth as vs
from onnx import helper, numpy_helper

core = vs.core


def identity(path: Path) -> str:
    dims = [1, 3, "height", "width"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["input"], ["output"])],
        "identity",
        [helper.make_tensor_value_info("input", 1, dims)],
        [helper.make_tensor_value_info("output", 1, dims)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)


def compact(path: Path, layers: int = 17, width: int = 64) -> str:
    """Real-ESRGAN's compact structure at 2x with seeded weights."""
    rng = np.random.default_rng(1)
    nodes, weights, last, into = [], [], "input", 3
    for i in range(layers + 1):
        out = width if i < layers else 12
        w = (rng.standard_normal((out, into, 3, 3)) / np.sqrt(9 * into) * 0.5).astype(np.float32)
        weights.append(numpy_helper.from_array(w, f"w{i}"))
        nodes.append(helper.make_node("Conv", [last, f"w{i}"], [f"c{i}"], pads=[1, 1, 1, 1]))
        last, into = f"c{i}", out
        if i < layers:
            nodes.append(helper.make_node("LeakyRelu", [last], [f"a{i}"], alpha=0.1))
            last = f"a{i}"
    nodes.append(helper.make_node("DepthToSpace", [last], ["output"], blocksize=2, mode="CRD"))
    graph = helper.make_graph(
        nodes,
        "compact",
        [helper.make_tensor_value_info("input", 1, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output", 1, [1, 3, None, None])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)


def still(width: int, height: int, fmt: int, count: int = 8) -> vs.VideoNode:
    """`count` different frames made in advance, in turn."""
    base = core.std.BlankClip(format=vs.RGBS, width=width, height=height, length=count, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        rng = np.random.default_rng(n)
        for i in range(3):
            np.asarray(out[i])[:] = rng.random((height, width), np.float32)
        return out

    made = core.std.ModifyFrame(base, base, fill)
    if fmt != vs.RGBS:
        made = made.resize.Bicubic(format=fmt, matrix=1, range=0)
    held = [made.get_frame(i) for i in range(count)]
    return core.std.Loop(core.std.ModifyFrame(made, made, lambda n, f: held[n]), 100_000)


class Position:
    """Where the next round begins: no frame is asked for twice, so that no cache answers."""

    next = 0


def seconds(clip: vs.VideoNode, frames: int, ahead: int) -> float:
    begin = Position.next
    Position.next += frames + 2 * ahead + 16
    out = clip[begin:].frames(prefetch=ahead, backlog=ahead, close=True)
    for _ in range(ahead + 1):
        next(out)
    start = time.perf_counter()
    for _ in range(frames):
        next(out)
    taken = time.perf_counter() - start
    out.close()
    return taken / frames


def paired(a: Callable[[], float], b: Callable[[], float], rounds: int) -> tuple[float, float, list[float]]:
    left, right = [], []
    for _ in range(rounds):
        left.append(a())
        right.append(b())
    return statistics.median(left), statistics.median(right), [x / y for x, y in zip(left, right, strict=True)]


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def model(clip: vs.VideoNode, path: str, **options: Any) -> vs.VideoNode:
    return core.mlrt.Model(clip, network_path=path, **options)


def copies(clip: vs.VideoNode) -> Callable[[], float]:
    """One frame of the clip copied in and out by memcpy, plane by plane, as C does it."""
    with clip.get_frame(0) as frame:
        source = [np.ascontiguousarray(np.asarray(frame[i])) for i in range(3)]
    middle = [np.empty_like(plane) for plane in source]
    targets = [np.empty_like(plane) for plane in source]

    def once() -> float:
        start = time.perf_counter()
        for _ in range(20):
            for a, b, c in zip(source, middle, targets, strict=True):
                np.copyto(b, a)
                np.copyto(c, b)
        return (time.perf_counter() - start) / 20

    return once


def new_sizes(path: str, backend: str, rounds: int) -> list[float]:
    """How much longer the first frame of a size takes than the one after it, the program being there."""
    ratios = []
    for n in range(rounds + 1):
        clip = still(300 + n, 292 - n, vs.RGBS)
        shapes = {"static_shape": 0, "min_shapes": [64, 64], "max_shapes": [400, 400]}
        out = model(clip, path, backend=backend, precision="fp32", dedup=0, **shapes)
        taken = []
        for frame in (0, 1):
            start = time.perf_counter()
            out.get_frame(frame).close()
            taken.append(time.perf_counter() - start)
        ratios.append(taken[0] / taken[1])
    return ratios[1:]  # the first made the program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--library", default="", help="this plugin's file, where it is not installed")
    options = parser.parse_args()
    if options.library:
        core.std.LoadPlugin(options.library)
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), options.rounds)


def report(folder: Path, rounds: int) -> None:
    same = identity(folder / "identity.onnx")
    network = compact(folder / "compact.onnx")
    rgb = still(1920, 1080, vs.RGBS)
    through = model(rgb, same, precision="fp32", dedup=0)
    core.num_threads = 1
    a, b, ratio = paired(lambda: seconds(through, 20, 0), copies(rgb), rounds)
    print(f"identity at 1920x1080 RGBS, one thread: {a * 1e3:.1f} ms, two copies {b * 1e3:.1f} ms, {spread(ratio)}")
    core.num_threads = 2
    a, b, ratio = paired(lambda: seconds(through, 40, 2), lambda: seconds(rgb, 40, 2), rounds)
    print(f"identity at 1920x1080 RGBS, two threads: {a * 1e3:.1f} ms a frame")

    small, yuv = still(640, 360, vs.RGBS), still(640, 360, vs.YUV420P8)
    ours, plain = model(yuv, network), model(small, network)
    a, b, ratio = paired(lambda: seconds(ours, 8, 2), lambda: seconds(plain, 8, 2), rounds)
    print(f"compact 2x at 640x360: YUV420P8 {a * 1e3:.0f} ms, RGBS {b * 1e3:.0f} ms, time ratio {spread(ratio)}")

    doubled = core.std.Interleave([small, small])
    held, moving = model(doubled, network), model(small, network)
    a, b, ratio = paired(lambda: seconds(moving, 8, 2), lambda: seconds(held, 16, 2), rounds)
    print(f"every second frame held: {a * 1e3:.0f} ms a frame without, {b * 1e3:.0f} ms with, {spread(ratio)} as fast")

    for backend in ("openvino", "onnxruntime"):
        ratios = new_sizes(network, backend, rounds)
        print(f"compact 2x, the first frame of a new size on {backend}: {spread(ratios)} times the next one")


if __name__ == "__main__":
    main()
