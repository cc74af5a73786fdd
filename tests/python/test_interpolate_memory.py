"""HD and 4K: the memory that docs/reference.md states for one stream is enough for RIFE v4.6."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import rife_networks

RUN = """
import sys
import vapoursynth as vs
from hosting import picture, plugin_core
from vsmlrt.benchmark.memory import process_peak

core, (width, height) = plugin_core(), map(int, sys.argv[2:])
blank = core.std.BlankClip(format=vs.YUV420P8, width=width, height=height, length=1, fpsnum=24)
clip = blank.std.BlankClip(color=[50, 100, 140]) + blank.std.BlankClip(color=[90, 120, 110])
before = process_peak()
result = core.mlrt.Interpolate(clip, sys.argv[1], matrix=1, num_streams=1)
shapes = [plane.shape for plane in picture(result, 1)]
assert shapes == [(height, width), (height // 2, width // 2), (height // 2, width // 2)]
for n in (0, 2):
    for mine, source in zip(picture(result, n), picture(clip, n // 2), strict=True):
        assert (mine == source).all()
print((process_peak() - before) / 2**30)
"""


@pytest.mark.parametrize(("width", "height", "gibibytes"), [(1920, 1080, 1.1), (3840, 2160, 3.4)])
def test_memory(tmp_path: Path, width: int, height: int, gibibytes: float) -> None:
    path = rife_networks.v4_6(tmp_path / "network.onnx", rife_networks.random(flow=0.5), "plain")
    here = Path(__file__).parent
    # Memory goes back to the system here as it does for users (tests/base/keep_memory.cpp).
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, path, str(width), str(height)],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 0.2 < float(done.stdout) < gibibytes
