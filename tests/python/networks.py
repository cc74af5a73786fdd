"""Small ONNX networks that the tests build themselves; weights are seeded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Nodes:
    """Nodes and weights of a network in the making; values are names."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: object, kind: type = np.float32) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = np.asarray(value, kind)
        return name


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    weights: dict[str, np.ndarray],
    channels: int = 3,
    outputs: int = 3,
    inputs: dict[str, int] | None = None,
    dtype: int = TensorProto.FLOAT,
) -> str:
    """Writes a network from `input` (or the named inputs) to `output` with dynamic height and width."""
    taken = inputs or {"input": channels}
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info(n, dtype, [1, c, "height", "width"]) for n, c in taken.items()],
        [helper.make_tensor_value_info("output", dtype, [1, outputs, None, None])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return str(path)


def identity(path: Path, channels: int = 3) -> str:
    return save(path, [helper.make_node("Identity", ["input"], ["output"])], {}, channels, channels)


def _conv(rng: np.random.Generator, out: int, into: int, size: int = 3) -> np.ndarray:
    scale = 1.0 / np.sqrt(into * size * size)
    kernel: np.ndarray = rng.standard_normal((out, into, size, size)) * scale
    return kernel.astype(np.float32)


def convs(path: Path, layers: int = 3, scale: int = 1, channels: int = 3, outputs: int = 3, width: int = 8) -> str:
    """`layers` 3x3 convolutions with PReLU between them, then a pixel shuffle: receptive field `layers`."""
    rng = np.random.default_rng(7)
    nodes: list[onnx.NodeProto] = []
    weights: dict[str, np.ndarray] = {}
    previous, into = "input", channels
    for i in range(layers):
        last = i == layers - 1
        out = outputs * scale * scale if last else width
        weights[f"w{i}"] = _conv(rng, out, into)
        weights[f"b{i}"] = (rng.standard_normal(out) * 0.1).astype(np.float32)
        result = "shuffled" if last else f"c{i}"
        nodes.append(helper.make_node("Conv", [previous, f"w{i}", f"b{i}"], [result], pads=[1, 1, 1, 1]))
        if not last:
            weights[f"s{i}"] = np.full((width, 1, 1), 0.2, np.float32)
            nodes.append(helper.make_node("PRelu", [result, f"s{i}"], [f"a{i}"]))
            result = f"a{i}"
        previous, into = result, out
    nodes.append(helper.make_node("DepthToSpace", [previous], ["output"], blocksize=scale, mode="CRD"))
    return save(path, nodes, weights, channels, outputs)


def unet(path: Path, channels: int = 3, outputs: int = 3) -> str:
    """Three stride-2 steps down and up with residual adds: sizes must be multiples of 8, as for DPIR."""
    rng = np.random.default_rng(11)
    nodes: list[onnx.NodeProto] = []
    weights: dict[str, np.ndarray] = {"head": _conv(rng, 4, channels)}
    nodes.append(helper.make_node("Conv", ["input", "head"], ["d0"], pads=[1, 1, 1, 1]))
    for i in range(3):
        weights[f"down{i}"] = _conv(rng, 4, 4, 2)
        nodes.append(helper.make_node("Conv", [f"d{i}", f"down{i}"], [f"d{i + 1}"], strides=[2, 2]))
    weights["body"] = _conv(rng, 4, 4)
    nodes.append(helper.make_node("Conv", ["d3", "body"], ["u3"], pads=[1, 1, 1, 1]))
    for i in range(2, -1, -1):
        weights[f"up{i}"] = _conv(rng, 4, 4, 2)
        nodes.append(helper.make_node("ConvTranspose", [f"u{i + 1}", f"up{i}"], [f"t{i}"], strides=[2, 2]))
        nodes.append(helper.make_node("Add", [f"t{i}", f"d{i}"], [f"u{i}"]))
    weights["tail"] = _conv(rng, outputs, 4)
    nodes.append(helper.make_node("Conv", ["u0", "tail"], ["output"], pads=[1, 1, 1, 1]))
    return save(path, nodes, weights, channels, outputs)


def needs_fp32(path: Path) -> str:
    """Finite in fp32, infinite in bf16: log of the last digits of 1.001 x."""
    eye = np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1)
    nodes = [
        helper.make_node("Conv", ["input", "w"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "input"], ["rest"]),
        helper.make_node("Log", ["rest"], ["output"]),
    ]
    return save(path, nodes, {"w": eye * np.float32(1.001)})


def blend(path: Path) -> str:
    """The simplest interpolator: first + t (second - first), of 7 channels."""
    bounds = {"c0": 0, "c3": 3, "c6": 6, "c7": 7}
    weights = {name: np.array([value], np.int64) for name, value in bounds.items()} | {"axis": np.array([1])}
    nodes = [
        helper.make_node("Slice", ["input", "c0", "c3", "axis"], ["first"]),
        helper.make_node("Slice", ["input", "c3", "c6", "axis"], ["second"]),
        helper.make_node("Slice", ["input", "c6", "c7", "axis"], ["timestep"]),
        helper.make_node("Sub", ["second", "first"], ["rest"]),
        helper.make_node("Mul", ["rest", "timestep"], ["part"]),
        helper.make_node("Add", ["first", "part"], ["output"]),
    ]
    return save(path, nodes, weights, 7)
