"""Interpolation networks that the tests build themselves, in the layouts of RIFE's ONNX files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from networks import save

PARTS = {
    7: {"a": 3, "b": 3, "t": 1},
    11: {"a": 3, "b": 3, "t": 1, "across": 1, "down": 1, "step_across": 1, "step_down": 1},
}
"""The channels of vs-mlrt's two representations of RIFE."""


def _split(channels: int) -> tuple[onnx.NodeProto, dict[str, np.ndarray]]:
    parts = PARTS[channels]
    node = helper.make_node("Split", ["input", "sizes"], list(parts), axis=1)
    return node, {"sizes": np.array(list(parts.values()), np.int64)}


def fade(path: Path, channels: int = 7) -> Path:
    """a + t (b - a): a cross-fade."""
    path.parent.mkdir(parents=True, exist_ok=True)
    split, weights = _split(channels)
    nodes = [
        split,
        helper.make_node("Sub", ["b", "a"], ["difference"]),
        helper.make_node("Mul", ["difference", "t"], ["part"]),
        helper.make_node("Add", ["a", "part"], ["output"]),
    ]
    save(path, nodes, weights, channels)
    return path


def shown(path: Path, *parts: str) -> Path:
    """Shows three of its 11 channels as its result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    split, weights = _split(11)
    save(path, [split, helper.make_node("Concat", list(parts), ["output"], axis=1)], weights, 11)
    return path
