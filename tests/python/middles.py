"""Networks whose middle is what is tested: between two convolutions, so that inputs and outputs are pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper

RANDOM = np.random.default_rng(11)
CHANNELS = 8


def weights(*shape: int) -> np.ndarray:
    drawn: np.ndarray = RANDOM.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
    return drawn.astype(np.float32)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def number(value: float, kind: Any = np.float32) -> np.ndarray:
    return np.array(value, kind)


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    """Names apart by spaces; `-` is an input that is left out."""
    return helper.make_node(op, [i.replace("-", "") for i in inputs.split()], outputs.split(), **attributes)


def body(nodes: list[onnx.NodeProto], inputs: dict[str, int], outputs: dict[str, int]) -> onnx.GraphProto:
    def values(names: dict[str, int]) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(name, kind, [] if kind != 1 else None) for name, kind in names.items()]

    return helper.make_graph(nodes, "body", values(inputs), values(outputs))


class Middle(NamedTuple):
    """From value `a` of eight channels to `b` of as many."""

    nodes: list[onnx.NodeProto]
    constants: Mapping[str, np.ndarray] = MappingProxyType({})
    opset: int = 18


def save(path: Path, middle: Middle) -> str:
    """`input` to `output`, pictures of three channels, between two convolutions."""
    fixed = np.random.default_rng(5)
    constants = {
        "first": (fixed.standard_normal((CHANNELS, 3, 3, 3)) / 5).astype(np.float32),
        "last": (fixed.standard_normal((3, CHANNELS, 3, 3)) / 8).astype(np.float32),
        **middle.constants,
    }
    pads = {"pads": [1, 1, 1, 1]}
    inputs = [helper.make_tensor_value_info("input", 1, [1, 3, "height", "width"])]
    if middle.opset < 9:  # then constants are inputs too
        inputs += [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
            for name, value in constants.items()
        ]
    graph = helper.make_graph(
        [node("Conv", "input first", "a", **pads), *middle.nodes, node("Conv", "b last", "output", **pads)],
        "network",
        inputs,
        [helper.make_tensor_value_info("output", 1, [1, 3, None, None])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    version = 3 if middle.opset < 9 else 8 if middle.opset < 21 else 10
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", middle.opset)], ir_version=version)
    onnx.save(model, str(path))
    return str(path)
