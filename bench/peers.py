"""Compares this plugin with vs-mlrt's CPU plugins: same network, size, precision and thread count, in turn A B A B.

    make bench-peers                       # all families at 640x272 and 1280x720; takes an hour on two cores
    make bench-peers ARGS="--sizes 640x272 --families realesrgan --rounds 7"

Each side is a process of its own in an environment of its own. A round is `--frames` frames of the steady state (the
frames that were begun before the clock started are not counted); the ratio is taken round by round, ours over theirs
in frames per second, and printed as its median with the lowest and highest. DPIR's weights are seeded: its network is
in no registry, and speed does not depend on them.

Each is compared by its defaults (0 streams: on our side nothing is set; theirs runs twice, with nothing set as its
plugins are without vs-mlrt's Python, and with the one stream that its Python sets), then at one stream (a frame at a
time by all threads) and at a stream a thread, both sides at the same number. Rounds are of whole multiples of the
streams: frames of several streams come out together.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import drunet

HERE = Path(__file__).resolve().parent
FAMILIES = {
    "realesrgan": ("realesr-animevideov3-x4", 3),
    "waifu2x": ("waifu2x-upconv_7_anime_style_art_rgb-2x-noise0", 3),
    "cugan": ("cugan-se-2x-no-denoise", 3),
    "dpir": ("", 4),
}


class Side:
    """One worker process."""

    def __init__(self, label: str, python: str, task: dict[str, object], script: str = "worker.py") -> None:
        self.label = label
        self.process = subprocess.Popen(
            [python, str(HERE / script), json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.rates: list[float] = []
        self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        if not text:
            raise SystemExit(f"{self.label} stopped with status {self.process.wait()}")
        return text.strip()

    def round(self, frames: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{frames}\n")
        self.process.stdin.flush()
        self.rates.append(frames / float(self.line()))

    def finish(self) -> float:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return float(self.line())


def ratios(ours: Side, theirs: Side) -> list[float]:
    return [a / b for a, b in zip(ours.rates, theirs.rates, strict=True)]


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def compare(sides: list[Side], rounds: int, frames: int) -> None:
    for _ in range(rounds):
        for side in sides:
            side.round(frames)
    memory = [side.finish() for side in sides]
    for side, peak in zip(sides, memory, strict=True):
        line = f"  {side.label:28} {statistics.median(side.rates):8.3f} fps  {peak:8.0f} MiB"
        if side is not sides[0]:
            line += f"   ours / theirs {spread(ratios(sides[0], side))}, memory {memory[0] / peak:.3f}"
        print(line, flush=True)


def network(family: str, folder: Path) -> tuple[str, int]:
    """The family's network as one ONNX file that every side reads."""
    name, channels = FAMILIES[family]
    target = folder / f"{family}.onnx"
    if family == "dpir":
        if not target.exists():
            drunet.save(target)
        return str(target), channels
    from vsmlrt import plugin, store

    source = store.resolve(name, fetch=True)
    plugin.core().mlrt.Import(str(source.path), str(target))
    return str(target), channels


def theirs(plugins: list[str], streams: int) -> list[tuple[str, int]]:
    """The other sides and their streams; of the OpenVINO plugin by its defaults, also what vs-mlrt's Python sets."""
    counts = {"ov": (0, 1)} if streams == 0 else {}
    return [(name, count) for name in plugins for count in counts.get(name, (streams,))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="the peers' Python interpreter")
    parser.add_argument("--work", required=True, type=Path, help="a folder for the networks")
    parser.add_argument("--sizes", nargs="+", default=["640x272", "1280x720"])
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=list(FAMILIES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=0, help="frames a round; 0: by the size of the network")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sides", nargs="+", default=["ov bf16", "ov fp32", "ort fp32"])
    parser.add_argument("--streams", nargs="+", type=int, default=[], help="default: 0, 1 and as many as threads")
    parser.add_argument("--library", default="", help="this plugin's file, where it is not installed")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for family in options.families:
        path, channels = network(family, options.work)
        for size in options.sizes:
            width, height = (int(part) for part in size.split("x"))
            frames = options.frames or max(2, round(6 * 640 * 272 / (width * height)))
            task = {
                "network": path,
                "channels": channels,
                "width": width,
                "height": height,
                "format": "RGBS",
                "threads": options.threads,
                "ahead": options.threads,
            }
            by_precision: dict[str, list[str]] = {}
            for side in options.sides:
                plugin_name, precision = side.split()
                by_precision.setdefault(precision, []).append(plugin_name)
            for precision, plugins in by_precision.items():
                for streams in options.streams or dict.fromkeys((0, 1, options.threads)):
                    print(
                        f"{family} {size} {precision}, {f'{streams} stream(s)' if streams else 'defaults'}", flush=True
                    )
                    common = {"precision": precision, "streams": streams}
                    ours = {"plugin": "mlrt", "library": options.library} | common
                    sides = [Side(f"vsmlrt {precision}", sys.executable, task | {"side": ours})]
                    for name, count in theirs(plugins, streams):
                        side = {"plugin": name} | common | {"streams": count}
                        label = f"vs-mlrt {name} {precision}{', 1 stream' if count != streams else ''}"
                        sides.append(Side(label, options.peers, task | {"side": side}))
                    step = streams or options.threads
                    compare(sides, options.rounds, -(-frames // step) * step)


if __name__ == "__main__":
    main()
