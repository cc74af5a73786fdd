"""What a network computes: through the plugin, and in ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import vapoursynth as vs

from hosting import picture, plugin_core
from sessions import session_of


def run(path: str, clip: vs.VideoNode, backend: str, **more: Any) -> np.ndarray:
    """The first frame's C x H x W samples, in fp32."""
    made = plugin_core().mlrt.Model([clip], path, backend=backend, precision="fp32", **more)
    return np.stack(picture(made))


def computed(network: str | bytes, pixels: np.ndarray) -> np.ndarray:
    """The first output for the only input."""
    session = session_of(network)
    (given,) = session.get_inputs()
    outputs: Any = session.run(None, {given.name: pixels})
    result: np.ndarray = outputs[0]
    return result


def expected(path: str, clip: vs.VideoNode) -> np.ndarray:
    """What ``run`` has to give."""
    result: np.ndarray = computed(path, np.stack(picture(clip))[None])[0]
    return result
