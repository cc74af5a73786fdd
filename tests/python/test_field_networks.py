"""Networks re-created from public reports give on every backend what ONNX Runtime and onnx.reference, or ncnn, give.

`field/NAME.onnx` with NAME.in.npy and NAME.out.npy; those without were exported at one size or batch, and their value
is that of the same graph without it. `reorg_x2plus` is in ncnn's format, with the input x.npy.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import vapoursynth as vs

import computing
from hosting import noise, picture, plugin_core

CORE = plugin_core()
FOLDER = Path(__file__).parent / "field"
BACKENDS = ["reference", "openvino", "onnxruntime", "auto"]
STATED = ["fixed32", "fixed128", "batch2"]
WITH_VALUES = sorted(path.name[: -len(".in.npy")] for path in FOLDER.glob("*.in.npy"))


def clip_of(pixels: np.ndarray) -> vs.VideoNode:
    """One frame of C x H x W samples."""

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        out = f.copy()
        for plane in range(3):
            np.asarray(out[plane])[:] = pixels[plane]
        return out

    blank = CORE.std.BlankClip(width=pixels.shape[2], height=pixels.shape[1], format=vs.RGBS, length=1)
    filled: vs.VideoNode = blank.std.ModifyFrame(blank, fill)
    return filled


def run(name: str, clip: vs.VideoNode, backend: str) -> np.ndarray:
    return computing.run(str(FOLDER / name), clip, backend)


def test_all_files_are_used() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.onnx")) == sorted([*WITH_VALUES, *STATED])
    assert len(WITH_VALUES) == 7


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", WITH_VALUES)
def test_network(name: str, backend: str) -> None:
    got = run(f"{name}.onnx", clip_of(np.load(FOLDER / f"{name}.in.npy")), backend)
    np.testing.assert_allclose(got, np.load(FOLDER / f"{name}.out.npy"), rtol=0, atol=2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [(64, 48), (150, 131), (20, 18)])
@pytest.mark.parametrize("name", STATED)
def test_stated_size(name: str, size: tuple[int, int], backend: str) -> None:
    network = onnx.load(FOLDER / f"{name}.onnx")
    for value in [*network.graph.input, *network.graph.output]:
        for dim, symbol in zip(value.type.tensor_type.shape.dim, ("n", "c", "h", "w"), strict=True):
            if symbol != "c":
                dim.dim_param = symbol + value.name
    clip = noise(CORE, *size)
    wanted = computing.computed(network.SerializeToString(), np.stack(picture(clip))[None])[0]
    np.testing.assert_allclose(run(f"{name}.onnx", clip, backend), wanted, rtol=0, atol=2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_ncnn_network(backend: str) -> None:
    """As the ncnn wheel computes it."""
    pytest.importorskip("ncnn")
    import ncnn_files

    pixels = np.load(FOLDER / "x.npy")
    expected = ncnn_files.run_ncnn(FOLDER / "reorg_x2plus.param", pixels)
    np.testing.assert_allclose(run("reorg_x2plus.param", clip_of(pixels), backend), expected, rtol=0, atol=1e-4)
