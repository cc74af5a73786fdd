"""DPIR's network, DRUNet (Zhang et al., "Plug-and-Play Image Restoration with Deep Denoiser Prior", 2021), with seeded
weights: 4 scales of 64, 128, 256 and 512 channels, 4 residual blocks a scale, no biases, sizes in multiples of 8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

WIDTHS = (64, 128, 256, 512)
BLOCKS = 4


class _Builder:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.rng = np.random.default_rng(5)

    def _weight(self, shape: tuple[int, ...], fan: int, gain: float) -> str:
        name = f"w{len(self.weights)}"
        value = (self.rng.standard_normal(shape) * gain / np.sqrt(fan)).astype(np.float32)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def _add(self, op: str, inputs: list[str], **attributes: object) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def conv(self, x: str, into: int, out: int, gain: float = 1.0) -> str:
        weight = self._weight((out, into, 3, 3), 9 * into, gain)
        return self._add("Conv", [x, weight], pads=[1, 1, 1, 1])

    def blocks(self, x: str, width: int) -> str:
        for _ in range(BLOCKS):
            inner = self._add("Relu", [self.conv(x, width, width)])
            x = self._add("Add", [x, self.conv(inner, width, width, 0.2)])
        return x

    def down(self, x: str, into: int, out: int) -> str:
        return self._add("Conv", [x, self._weight((out, into, 2, 2), 4 * into, 1.0)], strides=[2, 2])

    def up(self, x: str, skip: str, into: int, out: int) -> str:
        total = self._add("Add", [x, skip])
        weight = self._weight((into, out, 2, 2), into, 1.0)
        return self._add("ConvTranspose", [total, weight], strides=[2, 2])

    def sum(self, a: str, b: str) -> str:
        return self._add("Add", [a, b])


def save(path: Path, channels: int = 4, outputs: int = 3) -> None:
    b = _Builder()
    skips = [b.conv("input", channels, WIDTHS[0])]
    x = skips[0]
    for i in range(3):
        x = b.down(b.blocks(x, WIDTHS[i]), WIDTHS[i], WIDTHS[i + 1])
        skips.append(x)
    x = b.blocks(x, WIDTHS[3])
    for i in range(2, -1, -1):
        x = b.blocks(b.up(x, skips[i + 1], WIDTHS[i + 1], WIDTHS[i]), WIDTHS[i])
    x = b.conv(b.sum(x, skips[0]), WIDTHS[0], outputs, 0.3)
    b.nodes[-1].output[0] = "output"
    dims = ["height", "width"]
    graph = helper.make_graph(
        b.nodes,
        "drunet",
        [helper.make_tensor_value_info("input", 1, [1, channels, *dims])],
        [helper.make_tensor_value_info("output", 1, [1, outputs, *dims])],
        b.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
