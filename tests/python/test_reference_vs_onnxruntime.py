"""The reference backend against ONNX Runtime's CPU provider, on every network of the conformance suite, and against
onnx.reference on those that take the attributes of the specification one by one.

The networks and the tool that runs them are built with the C++ tests (tests/conformance). They are looked for in the
build folder that `VSMLRT_BUILD` names, else in the newest one under `build/`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx.reference")

import onnx
import onnx.reference as onnx_reference
import onnxruntime as ort

from sessions import session_of

ROOT = Path(__file__).resolve().parents[2]

# ONNX Runtime sums in single precision and approximates some functions; the reference does neither.
LOOSER = {
    "float16": 2e-3,  # it rounds inside of convolutions
}

# What ONNX Runtime's CPU provider computes otherwise than the ONNX operator says, or not at all.
NOT_COMPARABLE = {
    "rule_Resize_linear_excluding_*": "it has exclude_outside for cubic alone",
    "rule_Resize_negative_axes": "it reads them as others",
    "rule_*Pool_dilated_same*": "it takes padding that keeps the size as if there were no dilation",
    "rule_Conv_SAME_*_dilated": "it has no dilation where padding keeps the size",
}

# The same of onnx.reference.
NOT_COMPARABLE_WITH_ONNX = {
    "rule_*Softmax_9*": "it takes one axis in every opset",
    "rule_*Softmax_11*": "it takes one axis in every opset",
    "rule_*Softmax_12*": "it takes one axis in every opset",
    "rule_BatchNormalization_*9": "it normalises a training's batch",
    "rule_Resize_*_align_corners_antialias*": "its positions follow from sizes that are not whole",
    "rule_Resize_*_region_scales": "its positions follow from sizes that are not whole",
    "rule_Resize_cubic_pytorch_to_one": "it takes one pixel from half a pixel before the first",
    "rule_Resize_*_for_nn": "it knows the coordinates of the newest opset",
    "rule_Resize_*_9": "it enlarges by whole factors alone",
    "rule_Resize_*_10": "it does not know this opset",
    "rule_MaxPool_SAME_LOWER*": "its result is smaller than the input over the stride",
    "rule_MaxPool_uneven_pads": "it takes horizontal padding for vertical",
    "rule_*Pool_VALID_ceil": "it rounds down all the same",
    "rule_AveragePool_SAME_*_ceil": "it refuses to round up where padding keeps the size",
    "rule_Resize_negative_axes": "it fails",
    "rule_MaxPool_dilated_same_strides": "its result is smaller than the input over the stride",
    "rule_AveragePool_dilated_same*": "it counts padding among what it averages",
    "rule_ConvTranspose_*groups": "it fails where there are groups",
    "rule_ConvTranspose_uneven_all": "it fails where there are groups",
    "rule_ConvTranspose_output_shape*": "it fails where the result's size is stated",
    "rule_Pad_*_crop": "it fails where padding is negative",
    "rule_Pad_*_mixed": "it fails where padding is negative",
    "rule_GridSample_bi*": "it knows the names of the newest opset",
    "rule_GridSample_cubic_border_*": "it brings the point inside before the kernel is laid around it",
}


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


Feeds = dict[str, np.ndarray]


class Computed(NamedTuple):
    """What the reference made of a network's inputs at one size: a result, or why there is none."""

    feeds: Feeds
    result: np.ndarray | str


def feeds_of(network: Network) -> list[Feeds]:
    """Seeded noise for each size."""
    inputs = onnx.load(network.path, load_external_data=False).graph.input
    random = np.random.default_rng(7)
    found = []
    for width, height in network.sizes:
        feeds = {}
        for value in inputs:
            tensor = value.type.tensor_type
            kind = np.float16 if tensor.elem_type == onnx.TensorProto.FLOAT16 else np.float32
            shape = (1, tensor.shape.dim[1].dim_value, height, width)
            feeds[value.name] = random.uniform(-1, 1, shape).astype(kind)
        found.append(feeds)
    return found


@pytest.fixture(scope="session")
def computed(networks: dict[str, Network], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Computed]]:
    """The first output of each network, computed by the reference module in one process, by name and size."""
    assert BUILD is not None
    folder = tmp_path_factory.mktemp("computed")
    lines, given = [], []
    for name, network in networks.items():
        for (width, height), feeds in zip(network.sizes, feeds_of(network), strict=True):
            stem = folder / f"{name}-{width}x{height}"
            files = []
            for index, values in enumerate(feeds.values()):
                files.append(f"{stem}.in{index}.raw")
                values.astype(np.float32).tofile(files[-1])
            lines.append(f"{network.path} {' '.join(files)} --size {width}x{height} --out {stem}.out.raw")
            given.append((name, feeds, Path(f"{stem}.out.raw")))
    (folder / "list.txt").write_text("\n".join(lines) + "\n")
    tool, module = BUILD / "tests/conformance/run_network", BUILD / "plugin/libvsmlrt_reference.so"
    done = subprocess.run(
        [tool, module, "--list", folder / "list.txt"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    answers = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(answers) == len(given)
    found: dict[str, list[Computed]] = {name: [] for name in networks}
    for (name, feeds, out), answer in zip(given, answers, strict=True):
        failed = answer.startswith("failed: ")
        shape = [] if failed else [int(n) for n in answer.split()]
        found[name].append(Computed(feeds, answer if failed else np.fromfile(out, np.float32).reshape(shape)))
    return found


def elements(computed: Computed) -> int:
    """Of all inputs."""
    return sum(values.size for values in computed.feeds.values())


def relative_difference(given: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference over the largest expected value (at least 1); NaN agrees with NaN."""
    assert given.shape == expected.shape
    assert np.array_equal(np.isnan(given), np.isnan(expected))
    same = np.isnan(given) | (given == expected)
    apart = np.abs(np.where(same, 0, given - expected)).max()
    finite = np.abs(expected[np.isfinite(expected)])
    return float(apart / max(1.0, finite.max() if finite.size else 1.0))


Run = Callable[[Feeds], np.ndarray]


def onnxruntime_of(network: Network) -> Run:
    """The first output as ONNX Runtime computes it node by node."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = session_of(network.path, options)
    return lambda feeds: session.run(None, feeds)[0]


def onnx_of(network: Network) -> Run:
    """The first output as onnx.reference computes it."""
    evaluator = onnx_reference.ReferenceEvaluator(str(network.path))
    return lambda feeds: np.asarray(evaluator.run(None, feeds)[0])


def compare(computed: list[Computed], run: Run) -> float:
    """The largest relative difference over all sizes."""
    worst = 0.0
    for feeds, result in computed:
        if isinstance(result, str):
            raise AssertionError(result)
        worst = max(worst, relative_difference(result, run(feeds).astype(np.float32)))
    return worst


def differences(
    networks: dict[str, Network],
    computed: dict[str, list[Computed]],
    make: Callable[[Network], Run],
    skipped: dict[str, str],
) -> list[str]:
    """A line for each network that is off by more than 1e-5 of its result's range, or than LOOSER says."""
    apart = {}
    for name, network in networks.items():
        if any(fnmatchcase(name, pattern) for pattern in skipped):
            continue
        try:
            difference = compare(computed[name], make(network))
        except Exception as failure:  # a report of all networks is worth more than the first failure
            apart[name] = str(failure)[:200]
            continue
        if not difference <= LOOSER.get(name, 1e-5):
            apart[name] = f"{difference:.2e}"
    return [f"{name}: {what}" for name, what in apart.items()]


def test_every_network_agrees_with_onnxruntime(
    networks: dict[str, Network], computed: dict[str, list[Computed]]
) -> None:
    """ONNX Runtime's CPU provider, its optimisations off."""
    apart = differences(networks, computed, onnxruntime_of, NOT_COMPARABLE)
    assert not apart, "\n".join(apart)


def test_every_rule_agrees_with_onnx(networks: dict[str, Network], computed: dict[str, list[Computed]]) -> None:
    """onnx.reference, on the tables of attributes: at the smallest size, since it loops over pixels in Python."""
    rules = {name: network for name, network in networks.items() if name.startswith("rule_")}
    assert len(rules) > 400
    smallest = {name: [min(computed[name], key=elements)] for name in rules}
    apart = differences(rules, smallest, onnx_of, NOT_COMPARABLE_WITH_ONNX)
    assert not apart, "\n".join(apart)
