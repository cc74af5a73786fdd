"""Ending while frames are computed: by the process's end, and by an environment that a host takes down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hosting import plugin_core, skip_where_missing
from networks import convs

HERE = Path(__file__).parent

START = """
import sys, time
sys.path.insert(0, {here!r})
import vapoursynth as vs
from hosting import noise, plugin_core

def start(core, length=6):
    '''Frames that take some 50 ms each, asked for and not waited for.'''
    reference = {backend!r} == "reference"
    clip = noise(core, *((48, 32) if reference else (320, 240)), length)
    slow = dict(options=["fault.delay_ms=50"]) if reference else dict()
    out = core.mlrt.Model(clip, network_path={network!r}, backend={backend!r}, num_streams=2, **slow)
    futures = [out.get_frame_async(n) for n in range(length)]
    futures[0].result()
    return out, futures
"""

AT_EXIT = """
plugin_core()
out, futures = start(vs.core)
print("in flight:", sum(not future.done() for future in futures) > 0)
"""

ENVIRONMENTS = """
class Policy(vs.EnvironmentPolicy):
    current = None
    def on_policy_registered(self, api): self.api = api
    def on_policy_cleared(self): pass
    def get_current_environment(self): return self.current
    def set_environment(self, environment):
        self.current, before = environment, self.current
        return before

policy = Policy()
vs.register_policy(policy)
for turn in range(2):
    environment = policy.api.create_environment()
    policy.set_environment(environment)
    plugin_core()
    out, futures = start(vs.core)
    print("in flight:", sum(not future.done() for future in futures) > 0)
    del out, futures
    policy.set_environment(None)
    policy.api.destroy_environment(environment)
print("left")
"""


@pytest.mark.parametrize("backend", ["reference", "openvino", "onnxruntime"])
@pytest.mark.parametrize(("ending", "wanted"), [(AT_EXIT, 1), (ENVIRONMENTS, 2)], ids=["exit", "environments"])
def test_frames_in_flight(tmp_path: Path, backend: str, ending: str, wanted: int) -> None:
    skip_where_missing(plugin_core(), backend)
    network = convs(tmp_path / "n.onnx", layers=4, width=48 if backend != "reference" else 4)
    script = START.format(here=str(HERE), backend=backend, network=network) + ending
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("in flight: True") == wanted, done.stdout
    if wanted == 2:
        assert done.stdout.endswith("left\n")
    assert "core dumped" not in done.stderr
    assert "Traceback" not in done.stderr
