"""What a backend module has to say goes where the plugin's own lines go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
sys.path.insert(0, {here!r})
import vapoursynth as vs
from hosting import plugin_core
from vsmlrt.plugin import lists
said = []
vs.core.add_log_handler(lambda kind, line: said.append((kind, line)))
core = plugin_core()
found = lists(core.mlrt.Devices())
if "onnxruntime" in found["missing"]:
    print("skip:", found["reason"][found["missing"].index("onnxruntime")])
lists(core.mlrt.Devices())
print([(vs.MessageType(kind).name, line) for kind, line in said if "/no/such/provider.so" in line])
"""


def test_a_modules_warning_is_in_vapoursynths_log_once() -> None:
    environment = os.environ | {"VSMLRT_ONNXRUNTIME_PROVIDERS": "/no/such/provider.so"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(here=str(Path(__file__).parent))],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environment,
    )
    if done.stdout.startswith("skip"):
        pytest.skip(f"onnxruntime: {done.stdout.splitlines()[0].removeprefix('skip: ')}")
    line = "mlrt: the provider library /no/such/provider.so is not used: there is no such file"
    assert done.stdout == f"{[('MESSAGE_TYPE_WARNING', line)]}\n"
    assert "vsmlrt: the provider" not in done.stderr  # the form that a module without a sink writes
