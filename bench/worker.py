"""One side of a comparison: a process that holds one filter and times rounds of frames on command.

Started by peers.py with a JSON description as its argument; runs in its own environment, so it imports nothing of this
project. For each line "COUNT" on standard input it prints the seconds that COUNT frames took in the steady state; at
the end of input it prints its peak memory in MiB.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import vapoursynth as vs

core = vs.core


def source(width: int, height: int, fmt: int, length: int, channels: int) -> list[vs.VideoNode]:
    """Eight different frames of smooth noise, in turn; a GRAY map with them for networks of four channels."""
    rng = np.random.default_rng(3)
    base = core.std.BlankClip(format=vs.RGBS, width=width, height=height, length=8, keep=True)
    coarse = rng.random((8, 3, height // 8 + 2, width // 8 + 2), np.float32)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for plane in range(3):
            tile = np.kron(coarse[n, plane], np.ones((8, 8), np.float32))
            np.asarray(out[plane])[:] = tile[:height, :width]
        return out

    made = core.std.ModifyFrame(base, base, fill)
    if fmt != vs.RGBS:
        made = made.resize.Bicubic(format=fmt, matrix=1, range=0)
    held = [made.get_frame(i) for i in range(8)]
    frames = core.std.ModifyFrame(made, made, lambda n, f: held[n])
    clips = [core.std.Loop(frames, 0)[:length]]
    if channels == 4:
        clips.append(core.std.BlankClip(clips[0], format=vs.GRAYS, color=10 / 255, keep=True))
    return clips


def ov_model(clips: list[vs.VideoNode], path: str, precision: str, streams: int) -> vs.VideoNode:
    """vs-mlrt's OpenVINO plugin, which computes in bf16 where nothing else is asked for; 0 streams: nothing is set."""
    config: dict[str, object] = {"NUM_STREAMS": streams} if streams else {}
    if precision == "fp32":
        config["INFERENCE_PRECISION_HINT"] = "f32"
    return core.ov.Model(clips, path, overlap=[0, 0], device="CPU", config=lambda: config)


def make(side: dict[str, object], clips: list[vs.VideoNode], path: str) -> vs.VideoNode:
    name = side["plugin"]
    if name == "ov":
        return ov_model(clips, path, side["precision"], side["streams"])
    if name == "ort":
        streams = {"num_streams": side["streams"]} if side["streams"] else {}
        return core.ort.Model(clips, path, overlap=[0, 0], provider="", **streams)
    return core.mlrt.Model(clips, path, backend="openvino", precision=side["precision"], num_streams=side["streams"])


class Position:
    """Where the next round begins: no frame is asked for twice, so that no cache answers."""

    next = 0


def seconds(clip: vs.VideoNode, count: int, ahead: int) -> float:
    """The clock starts when the frames that were begun before it are out, and stops `count` frames later."""
    begin = Position.next
    Position.next += count + 2 * ahead + 16
    frames = clip[begin:].frames(prefetch=ahead, backlog=ahead, close=True)
    for _ in range(ahead + 1):
        next(frames)
    start = time.perf_counter()
    for _ in range(count):
        next(frames)
    taken = time.perf_counter() - start
    frames.close()
    return taken


def peak_memory() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    task = json.loads(sys.argv[1])
    core.num_threads = task["threads"]
    if task["side"].get("library"):
        core.std.LoadPlugin(task["side"]["library"])
    fmt = getattr(vs, task["format"])
    clips = source(task["width"], task["height"], fmt, 1_000_000, task["channels"])
    clip = make(task["side"], clips, task["network"])
    print("ready", flush=True)
    for line in sys.stdin:
        print(seconds(clip, int(line), task["ahead"]), flush=True)
    print(peak_memory(), flush=True)


if __name__ == "__main__":
    main()
