"""ONNX Runtime itself, which tests compare with."""

from __future__ import annotations

from pathlib import Path

import onnxruntime


def session_of(
    network: str | Path | bytes, options: onnxruntime.SessionOptions | None = None
) -> onnxruntime.InferenceSession:
    """On one thread: several turn round while they wait for each other, on processors that other tests want."""
    options = options or onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
