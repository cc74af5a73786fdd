"""Networks in the shape of SAFA (https://arxiv.org/abs/2310.17294), small and with seeded weights.

A head of strided convolutions at three scales, recurrent blocks that warp by their own flow and weigh features of three
scales by gates that they round, and both pictures enlarged, one above the other.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

from networks import Nodes, save

FEATURES = 8
BLOCKS = 2


class _Builder(Nodes):
    """What this network is made of."""

    def __init__(self) -> None:
        super().__init__()
        self._rng = np.random.default_rng(5)

    def random(self, *shape: int, scale: float = 1.0) -> str:
        return self.constant(self._rng.standard_normal(shape) * scale)

    def conv(self, x: str, into: int, out: int, size: int = 3, stride: int = 1, activate: bool = True) -> str:
        filters = self.random(out, into, size, size, scale=(into * size * size) ** -0.5)
        pads = [size // 2] * 4
        y = self.op("Conv", x, filters, self.random(out, scale=0.05), pads=pads, strides=[stride, stride])
        return self.op("PRelu", y, self.constant(np.full((out, 1, 1), 0.25))) if activate else y

    def resize(self, x: str, factor: float) -> str:
        scales = self.constant([1, 1, factor, factor])
        return self.op("Resize", x, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")

    def channels(self, x: str, first: int, last: int) -> str:
        return self.op("Slice", x, *(self.constant([one], np.int64) for one in (first, last, 1)))

    def residual(self, x: str, c: int) -> str:
        y = self.conv(self.conv(x, c, c), c, c, activate=False)
        y = self.op("Add", self.op("Mul", y, self.random(1, c, 1, 1, scale=0.3)), x)
        return self.op("PRelu", y, self.constant(np.full((c, 1, 1), 0.25)))

    def size(self, x: str, axis: int) -> str:
        """As a float, minus one, halved: pixels from the middle to the edge."""
        length = self.op("Gather", self.op("Shape", x), self.constant([axis], np.int64))
        less = self.op("Sub", self.op("Cast", length, to=1), self.constant([1.0]))
        return self.op("Div", less, self.constant([2.0]))

    def grid(self, x: str, axis: int) -> str:
        """From -1 to 1 along an axis."""
        length = self.op("Gather", self.op("Shape", x), self.constant(axis, np.int64))
        places = self.op("Range", self.constant(0.0), self.op("Cast", length, to=1), self.constant(1.0))
        line = self.op("Sub", self.op("Div", places, self.size(x, axis)), self.constant([1.0]))
        shape = [1, 1, 1, -1] if axis == 3 else [1, 1, -1, 1]
        return self.op("Reshape", line, self.constant(shape, np.int64))

    def warp(self, x: str, flow: str) -> str:
        sides = [
            self.op("Add", self.op("Div", self.channels(flow, i, i + 1), self.size(x, axis)), self.grid(x, axis))
            for i, axis in enumerate((3, 2))
        ]
        places = self.op("Transpose", self.op("Concat", *sides, axis=1), perm=[0, 2, 3, 1])
        return self.op("GridSample", x, places, mode="bilinear", padding_mode="border", align_corners=1)


def safa(path: Path) -> str:
    """Writes a network from two pictures, six channels, to both at twice the size."""
    b, c = _Builder(), FEATURES
    pictures = [b.channels("input", 0, 3), b.channels("input", 3, 6)]
    features = [_head(b, picture) for picture in pictures]
    first = b.conv(b.op("Concat", *features, axis=1), 2 * c, c)
    results = [_between(b, pictures, features, first, moment) for moment in (0.0, 1.0)]
    b.nodes.append(helper.make_node("Concat", results, ["output"], axis=2))
    return save(path, b.nodes, b.weights, 6)


def _head(b: _Builder, x: str) -> str:
    c = FEATURES
    x = b.op("Sub", x, b.constant(np.array([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)))
    half = b.op("Relu", b.conv(x, 3, c, 7, 2, activate=False))
    quarter = b.op("MaxPool", half, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    quarter = b.op("Relu", b.op("Add", b.conv(quarter, c, c, activate=False), quarter))
    eighth = b.conv(quarter, c, 2 * c, 3, 2)
    parts = [
        b.conv(half, c, c, 1, activate=False),
        b.resize(b.conv(quarter, c, c, 1, activate=False), 2),
        b.resize(b.conv(eighth, 2 * c, c, 1, activate=False), 4),
    ]
    return b.op("Add", b.op("Add", parts[0], parts[1]), parts[2])


def _block(b: _Builder, x: str, features: list[str], flow: str, moment: str) -> tuple[str, str]:
    c = FEATURES
    down = b.op("Mul", b.resize(flow, 0.5), b.constant(0.5))
    warped = [b.warp(one, b.channels(down, 2 * i, 2 * i + 2)) for i, one in enumerate(features)]
    joined = b.op("Concat", x, down, *warped, moment, axis=1)
    channels = 3 * c + 6 + 1
    mean = b.op("GlobalAveragePool", b.conv(b.conv(joined, channels, c, 1), c, c, 1, 2))
    gates = b.op("Gemm", b.op("Flatten", mean), b.random(2, c, scale=2.0), b.random(2), transB=1)
    gates = b.op("Reshape", b.op("Round", b.op("Sigmoid", gates)), b.constant([1, 2, 1, 1], np.int64))
    fine, coarse = b.channels(gates, 0, 1), b.channels(gates, 1, 2)
    none = [b.op("Sub", b.constant(1.0), gate) for gate in (fine, coarse)]
    stem = []
    for factor, weight in ((1.0, b.op("Mul", fine, coarse)), (0.5, b.op("Mul", none[0], coarse)), (0.25, none[1])):
        y = joined if factor == 1 else b.resize(joined, factor)
        y = b.residual(b.residual(b.conv(y, channels, c), c), c)
        stem.append(b.op("Mul", y if factor == 1 else b.resize(y, 1 / factor), weight))
    found = b.op("Add", b.op("Add", stem[0], stem[1]), stem[2])
    moved = b.op("DepthToSpace", b.conv(found, c, 24, activate=False), blocksize=2, mode="CRD")
    return found, b.op("Add", moved, flow)


def _between(b: _Builder, pictures: list[str], features: list[str], x: str, moment: float) -> str:
    c = FEATURES
    flow = b.op("Mul", "input", b.constant(0.0))
    half = b.resize(b.channels(flow, 0, 1), 0.5)
    time = b.op("Add", half, b.constant(moment))
    for _ in range(BLOCKS):
        x, flow = _block(b, x, features, flow, time)
    mask = b.op("Sigmoid", b.channels(flow, 4, 5))
    warped = [b.warp(one, b.channels(flow, 2 * i, 2 * i + 2)) for i, one in enumerate(pictures)]
    blend = b.op("Add", b.op("Mul", warped[0], mask), b.op("Mul", warped[1], b.op("Sub", b.constant(1.0), mask)))
    down = b.op("Mul", b.resize(flow, 0.5), b.constant(0.5))
    near = [b.warp(one, b.channels(down, 2 * i, 2 * i + 2)) for i, one in enumerate(features)]
    y = b.residual(b.conv(b.op("Concat", time, *near, axis=1), 2 * c + 1, c), c)
    y = b.op("DepthToSpace", b.conv(y, c, 2 * c), blocksize=2, mode="CRD")
    y = b.op("DepthToSpace", b.conv(y, c // 2, 12, activate=False), blocksize=2, mode="CRD")
    large = b.resize(blend, 2)
    return b.op("Clip", b.op("Add", large, b.op("Mul", y, b.constant(0.2))), b.constant(0.0), b.constant(1.0))
