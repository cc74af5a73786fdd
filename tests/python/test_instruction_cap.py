"""A cap under which OpenVINO computes wrong pictures (docs/decisions/0021): named, and not computed with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hosting import plugin_core, skip_where_missing
from networks import identity

SCRIPT = """
import sys
import numpy as np
import vapoursynth as vs
from hosting import noise, picture, plugin_core
from vsmlrt.plugin import lists

core = plugin_core()
found = lists(core.mlrt.Devices())
print(*found["backend"])
print(*dict(zip(found["missing"], found["reason"], strict=True)).get("openvino", "-").splitlines())
clip = noise(core, 32, 32)
out = core.mlrt.Model(clip, sys.argv[1], backend=sys.argv[2])
print(all(np.array_equal(a, b) for a, b in zip(picture(out), picture(clip), strict=True)))
"""


CAPS = ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"]


def run(path: str, backend: str, **caps: str) -> subprocess.CompletedProcess[str]:
    """With these caps alone: all tests may run under one."""
    uncapped = {name: value for name, value in os.environ.items() if name not in CAPS}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, path, backend],
        cwd=Path(__file__).parent,
        env=uncapped | caps,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("variable", CAPS)
def test_openvino_is_not_capped_to_sse41(tmp_path: Path, variable: str) -> None:
    skip_where_missing(plugin_core(), "openvino")
    path = identity(tmp_path / "net.onnx")
    done = run(path, "auto", **{variable: "sse41"})
    assert done.returncode == 0, done.stderr
    listed, reason, same = done.stdout.splitlines()
    assert "openvino" not in listed.split()
    assert f"{variable} is sse41" in reason
    assert "unset it or set it to AVX or more, or take the backend onnxruntime" in reason
    assert same == "True"
    refused = run(path, "openvino", **{variable: "SSE41"})
    assert refused.returncode != 0
    assert (
        f"backend openvino cannot run on this machine: the environment variable {variable} is SSE41" in refused.stderr
    )


AVX512 = "avx512bw" in Path("/proc/cpuinfo").read_text().split()


@pytest.mark.skipif(not AVX512, reason="this processor has no avx512")
def test_openvino_is_not_capped_below_avx512_where_the_processor_has_it(tmp_path: Path) -> None:
    skip_where_missing(plugin_core(), "openvino")
    done = run(identity(tmp_path / "net.onnx"), "auto", ONEDNN_MAX_CPU_ISA="AVX2")
    assert done.returncode == 0, done.stderr
    listed, reason, same = done.stdout.splitlines()
    assert "openvino" not in listed.split()
    assert "set it to AVX512_CORE or more" in reason
    assert same == "True"


@pytest.mark.skipif(AVX512, reason="this processor has avx512")
def test_a_cap_of_avx_is_taken(tmp_path: Path) -> None:
    skip_where_missing(plugin_core(), "openvino")
    done = run(identity(tmp_path / "net.onnx"), "openvino", ONEDNN_MAX_CPU_ISA="AVX", DNNL_MAX_CPU_ISA="SSE41")
    assert done.returncode == 0, done.stderr
    listed, _, same = done.stdout.splitlines()
    assert "openvino" in listed.split()
    assert same == "True"
