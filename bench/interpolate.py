"""Compares frame interpolation with vs-mlrt's OpenVINO plugin: RIFE v4.6's network, random weights, in turn A B A B.

    make bench-interpolate                                # all sizes, network and whole job; a quarter of an hour
    make bench-interpolate ARGS="--sizes 640x288 --precisions bf16 --rounds 7"

"network": pairs a second, RGBS to RGBS, of sizes that need no padding. "job": output frames a second of a clip whose
frame rate is doubled, YUV420P8 to YUV420P8, theirs by the script of its release notes with its resize steps. Rounds,
ratios and memory as in peers.py.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from peers import Side, compare

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "python"))
import rife_networks

WORKER = "interpolate_worker.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="the peers' Python interpreter")
    parser.add_argument("--work", required=True, type=Path, help="a folder for the network")
    parser.add_argument("--sizes", nargs="+", default=["640x288", "1280x736", "1920x1088"])
    parser.add_argument("--kinds", nargs="+", default=["network", "job"], choices=["network", "job"])
    parser.add_argument("--precisions", nargs="+", default=["bf16", "fp32"], choices=["bf16", "fp32"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=0, help="frames a round; 0: by the size")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--streams", type=int, default=os.cpu_count() or 1, help="of both sides")
    parser.add_argument("--library", default="", help="this plugin's file, where it is not installed")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    path = rife_networks.v4_6(options.work / "rife-v4.6-random.onnx", rife_networks.random(), "grid")
    for size in options.sizes:
        width, height = (int(part) for part in size.split("x"))
        for kind in options.kinds:
            job = kind == "job"
            frames = options.frames or max(2, round(24 * (1 + job) * 640 * 288 / (width * height)))
            task = {
                "network": path,
                "job": job,
                "width": width,
                "height": height,
                "threads": options.threads,
                "ahead": options.threads,
            }
            for precision in options.precisions:
                print(f"{kind} {size} {precision}", flush=True)
                ours = {"plugin": "mlrt", "precision": precision, "library": options.library}
                ours["streams"] = options.streams
                theirs = {"plugin": "ov", "precision": precision, "streams": options.streams}
                sides = [
                    Side(f"vsmlrt {precision}", sys.executable, task | {"side": ours}, WORKER),
                    Side(f"vs-mlrt ov {precision}", options.peers, task | {"side": theirs}, WORKER),
                ]
                # Frames of several streams come out together, and every second one of a job is a source frame.
                step = 2 * options.streams
                compare(sides, options.rounds, -(-frames // step) * step)


if __name__ == "__main__":
    main()
