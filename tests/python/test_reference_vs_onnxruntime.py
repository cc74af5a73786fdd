"""The reference backend against ONNX Runtime's CPU provider, on every network of the conformance suite.

The networks and the tool that runs them are built with the C++ tests (tests/conformance). They are looked for in the
build folder that `VSMLRT_BUILD` names, else in the newest one under `build/`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

ort = pytest.importorskip("onnxruntime")

ROOT = Path(__file__).resolve().parents[2]

# ONNX Runtime sums in single precision and approximates some functions; the reference does neither.
LOOSER = {
    "float16": 2e-3,  # it rounds inside of convolutions
}

# What ONNX Runtime's CPU provider computes otherwise than the ONNX operator says, or not at all.
NOT_COMPARABLE: dict[str, str] = {}


def find_build() -> Path | None:
    """The build folder with the tool, or None."""
    stated = os.environ.get("VSMLRT_BUILD")
    folders = [Path(stated)] if stated else list((ROOT / "build").glob("*"))
    tools = [folder / "tests/conformance/run_network" for folder in folders]
    built = [tool for tool in tools if tool.is_file()]
    return max(built, key=lambda tool: tool.stat().st_mtime).parents[2] if built else None


BUILD = find_build()

pytestmark = pytest.mark.skipif(
    BUILD is None, reason="the C++ tests are not built (no build/*/tests/conformance/run_network)"
)


class Network(NamedTuple):
    """One network of the suite and the sizes to run it at."""

    path: Path
    sizes: list[tuple[int, int]]


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Network]:
    """All networks of the suite, by name."""
    assert BUILD is not None
    folder = tmp_path_factory.mktemp("networks")
    subprocess.run([BUILD / "tests/conformance/conformance_networks", folder], check=True)
    found = {}
    for line in (folder / "networks.txt").read_text().splitlines():
        name, _, *sizes = line.split()
        pairs = [size.split("x") for size in sizes]
        found[name] = Network(folder / f"{name}.onnx", [(int(w), int(h)) for w, h in pairs])
    return found


def run_reference(network: Path, inputs: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """The first output of the network, computed by the reference module at (width, height)."""
    assert BUILD is not None
    files = []
    for index, values in enumerate(inputs):
        files.append(network.with_suffix(f".in{index}.raw"))
        files[-1].write_bytes(values.astype(np.float32).tobytes())
    out = network.with_suffix(".out.raw")
    tool = BUILD / "tests/conformance/run_network"
    module = BUILD / "plugin/libvsmlrt_reference.so"
    options = ["--size", f"{size[0]}x{size[1]}", "--out", str(out)]
    done = subprocess.run(
        [str(tool), str(module), *map(str, [network, *files]), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return np.fromfile(out, np.float32).reshape([int(n) for n in done.stdout.split()])


def relative_difference(given: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference over the largest expected value (at least 1); NaN agrees with NaN."""
    assert given.shape == expected.shape
    assert np.array_equal(np.isnan(given), np.isnan(expected))
    same = np.isnan(given) | (given == expected)
    apart = np.abs(np.where(same, 0, given - expected)).max()
    finite = np.abs(expected[np.isfinite(expected)])
    return float(apart / max(1.0, finite.max() if finite.size else 1.0))


def compare(network: Network) -> float:
    """The largest relative difference over all sizes."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(network.path, options, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(7)
    worst = 0.0
    for width, height in network.sizes:
        feeds = {}
        for value in session.get_inputs():
            kind = np.float16 if "float16" in value.type else np.float32
            feeds[value.name] = random.uniform(-1, 1, (1, value.shape[1], height, width)).astype(kind)
        expected = session.run(None, feeds)[0].astype(np.float32)
        given = run_reference(network.path, list(feeds.values()), (width, height))
        worst = max(worst, relative_difference(given, expected))
    return worst


def test_every_network_agrees_with_onnxruntime(networks: dict[str, Network]) -> None:
    """Within 1e-5 of the result's range, or what LOOSER says."""
    apart = {}
    for name, network in networks.items():
        if name in NOT_COMPARABLE:
            continue
        try:
            difference = compare(network)
        except Exception as failure:  # a report of all networks is worth more than the first failure
            apart[name] = str(failure)[:200]
            continue
        if difference > LOOSER.get(name, 1e-5):
            apart[name] = f"{difference:.2e}"
    assert not apart, "\n".join(f"{name}: {what}" for name, what in apart.items())
