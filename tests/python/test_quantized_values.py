"""Values and weights as integers with a scale and a zero, as quantized networks have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from computing import expected, run
from hosting import noise, plugin_core
from middles import CHANNELS, RANDOM, Middle, node, save

CORE = plugin_core()
BACKENDS = ["reference", "openvino", "onnxruntime", "auto"]


def quantized(kind: Any, zero: int, axis: int | None, opset: int = 19, zeros: bool = True) -> Middle:
    """Values to integers and back, by one scale or one for each index along an axis."""
    count = 1 if axis is None else CHANNELS
    scales = np.linspace(0.01, 0.02, count, dtype=np.float32)
    points = np.full(count, zero, kind)
    if axis is None:
        scales, points = scales[0].reshape(()), points[0].reshape(())
    along = {} if axis is None else {"axis": axis}
    operands = "s z" if zeros else "s"
    nodes = [
        node("QuantizeLinear", f"a {operands}", "q", **along),
        node("DequantizeLinear", f"q {operands}", "b", **along),
    ]
    return Middle(nodes, {"s": scales, "z": points} if zeros else {"s": scales}, opset)


def quantized_weights(kind: Any, axis: int | None, opset: int) -> Middle:
    count = 1 if axis is None else CHANNELS
    scales = np.linspace(0.001, 0.002, count, dtype=np.float32)
    along = {} if axis is None else {"axis": axis}
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    middle = RANDOM.integers(max(low, -127), min(high, 255), (CHANNELS, CHANNELS, 3, 3)).astype(kind)
    points = np.full(count, 0 if low < 0 else 128, kind)
    if axis is None:
        scales, points = scales[0].reshape(()), points[0].reshape(())
    nodes = [node("DequantizeLinear", "w s z", "f", **along), node("Conv", "a f", "b", pads=[1, 1, 1, 1])]
    return Middle(nodes, {"w": middle, "s": scales, "z": points}, opset)


QUANTIZED: dict[str, Middle] = {
    "unsigned": quantized(np.uint8, 120, None),
    "signed": quantized(np.int8, -3, None),
    "16 bits": quantized(np.uint16, 30000, None, 21),
    "saturated": quantized(np.int8, 127, None, 13),
    "without a zero": quantized(np.uint8, 0, None, 13, zeros=False),
    "each channel": quantized(np.uint8, 120, 1, 13),
    "each channel from the end": quantized(np.int8, 5, -3),
    "opset 10": quantized(np.uint8, 120, None, 10),
    "weights": quantized_weights(np.int8, None, 13),
    "weights of each channel": quantized_weights(np.int8, 0, 13),
    "weights of each channel from the end": quantized_weights(np.int8, -4, 19),
    "unsigned weights": quantized_weights(np.uint8, 0, 13),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", QUANTIZED)
def test_quantized_values(tmp_path: Path, name: str, backend: str) -> None:
    """A value at the edge between two integers may go to either: a step of 0.02 in the last convolution."""
    path = save(tmp_path / "quantized.onnx", QUANTIZED[name])
    clip = noise(CORE, 24, 16)
    difference = np.abs(run(path, clip, backend) - expected(path, clip))
    assert (difference > 1e-4).mean() < 0.01
    assert difference.max() < 0.03
