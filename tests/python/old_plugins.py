"""The plugins under vs-mlrt's names, beside the tested one, and vs-mlrt's own."""

from __future__ import annotations

from pathlib import Path

from hosting import plugin_core

CORE = plugin_core()
FOLDER = Path(next(plugin.plugin_path for plugin in CORE.plugins() if plugin.namespace == "mlrt")).parent
PEERS = {
    "ov": ("vsov", "io.github.amusementclub.vs_openvino"),
    "ort": ("vsort", "io.github.amusementclub.vs_onnxruntime"),
    "ncnn": ("vsncnn", "io.github.amusementclub.vs_ncnn"),
    "trt": ("vstrt", "io.github.amusementclub.vs_tensorrt"),
    "trt_rtx": ("vstrt_rtx", "io.github.amusementclub.vs_tensorrt_rtx"),
    "migx": ("vsmigx", "io.github.amusementclub.vs_migraphx"),
}
"""vs-mlrt's own plugins: the file's name, and what stands in it."""
NAMES = tuple(PEERS)
