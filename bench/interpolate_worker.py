"""One side of interpolate.py: a process that holds one interpolating script and times rounds of frames on command.

Speaks as worker.py does; runs in its own environment, so it imports nothing of this project.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import vapoursynth as vs
from worker import core, ov_model, peak_memory, seconds, source


def their_pairs(clip: vs.VideoNode, path: str, precision: str, streams: int) -> vs.VideoNode:
    """vs-mlrt's way: timestep, grids and multipliers are clips; one frame between each two."""
    width, height = clip.width, clip.height
    blank = clip.std.BlankClip(format=vs.GRAYS, length=1)

    def grid(value: Callable[[int, int], float]) -> vs.VideoNode:
        def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            out = f.copy()
            for y in range(height):
                for x in range(width):
                    out[0][y, x] = value(x, y)
            return out

        made = core.std.ModifyFrame(blank, blank, fill)
        held = made.get_frame(0)
        kept = core.std.ModifyFrame(made, made, lambda n, f: held)
        return kept.std.Loop(clip.num_frames)

    def flat(value: float) -> vs.VideoNode:
        return clip.std.BlankClip(format=vs.GRAYS, color=value, keep=True)

    clips = [clip, clip[1:] + clip[-1], flat(0.5)]
    clips += [grid(lambda x, y: 2 * x / (width - 1) - 1), grid(lambda x, y: 2 * y / (height - 1) - 1)]
    clips += [flat(2 / (width - 1)), flat(2 / (height - 1))]
    return ov_model(clips, path, precision, streams)


def their_job(clip: vs.VideoNode, path: str, precision: str, streams: int) -> vs.VideoNode:
    """The script of vs-mlrt's release notes: pad and convert, double the frames, crop and convert back."""
    width, height = -(-clip.width // 32) * 32, -(-clip.height // 32) * 32
    window = {"src_width": width, "src_height": height}
    padded = clip.resize.Bicubic(width, height, format=vs.RGBS, matrix_in=1, **window)
    both = core.std.Interleave([padded, their_pairs(padded, path, precision, streams)])
    window = {"src_width": clip.width, "src_height": clip.height}
    return both.resize.Bicubic(clip.width, clip.height, format=clip.format.id, matrix=1, **window)


def make(task: dict[str, object], clip: vs.VideoNode) -> vs.VideoNode:
    side, path = task["side"], task["network"]
    if side["plugin"] == "ov":
        return (their_job if task["job"] else their_pairs)(clip, path, side["precision"], side["streams"])
    options = {"backend": "openvino", "precision": side["precision"], "num_streams": side["streams"], "multi": 2}
    doubled = core.mlrt.Interpolate(clip, path, **options)
    return doubled if task["job"] else doubled.std.SelectEvery(2, 1)


def main() -> None:
    task = json.loads(sys.argv[1])
    core.num_threads = task["threads"]
    if task["side"].get("library"):
        core.std.LoadPlugin(task["side"]["library"])
    fmt = vs.YUV420P8 if task["job"] else vs.RGBS
    (clip,) = source(task["width"], task["height"], fmt, 1_000_000, 3)
    clip = make(task, clip)
    print("ready", flush=True)
    for line in sys.stdin:
        print(seconds(clip, int(line), task["ahead"]), flush=True)
    print(peak_memory(), flush=True)


if __name__ == "__main__":
    main()
