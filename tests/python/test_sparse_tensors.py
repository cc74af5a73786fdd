"""Weights of which a file stores only those that are not zero: they are read as what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import vapoursynth as vs
from onnx import TensorProto, helper

from computing import computed, run
from hosting import noise, picture, plugin_core

CORE = plugin_core()
BACKENDS = ["reference", "openvino", "onnxruntime", "auto"]
KERNEL = np.where(
    np.random.default_rng(5).random((3, 3, 3, 3)) < 0.3, np.random.default_rng(6).normal(0, 0.4, (3, 3, 3, 3)), 0
).astype(np.float32)


def sparse(values: np.ndarray, *, by_axis: bool, name: str = "kernel", kind: int = TensorProto.FLOAT) -> Any:
    """The tensor's values that are not zero, with one index each or one for each axis."""
    at = np.argwhere(values)
    places = at if by_axis else np.ravel_multi_index(tuple(at.T), values.shape)
    found = helper.make_tensor(name, kind, [len(at)], values[values != 0].ravel().tolist())
    indices = helper.make_tensor("places", TensorProto.INT64, list(places.shape), places.ravel().tolist())
    return helper.make_sparse_tensor(found, indices, list(values.shape))


def save(path: Path, nodes: list[onnx.NodeProto], stored: list[Any]) -> str:
    ends = [helper.make_tensor_value_info(name, 1, [1, 3, "h", "w"]) for name in ("input", "output")]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], sparse_initializer=stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)


CONVOLUTION = helper.make_node("Conv", ["input", "kernel"], ["output"], pads=[1, 1, 1, 1])


def dense(path: Path) -> str:
    ends = [helper.make_tensor_value_info(name, 1, [1, 3, "h", "w"]) for name in ("input", "output")]
    kernel = onnx.numpy_helper.from_array(KERNEL, "kernel")
    graph = helper.make_graph([CONVOLUTION], "network", ends[:1], ends[1:], [kernel])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("by_axis", [False, True])
@pytest.mark.parametrize("as_node", [False, True])
def test_a_sparse_kernel(tmp_path: Path, backend: str, by_axis: bool, as_node: bool) -> None:
    """As an initializer and as what a Constant gives."""
    stored = sparse(KERNEL, by_axis=by_axis)
    constant = helper.make_node("Constant", [], ["kernel"], sparse_value=stored)
    path = save(tmp_path / "net.onnx", [*([constant] if as_node else []), CONVOLUTION], [] if as_node else [stored])
    clip = noise(CORE, 36, 28)
    wanted = computed(dense(tmp_path / "dense.onnx"), np.stack(picture(clip))[None])[0]
    np.testing.assert_allclose(run(path, clip, backend), wanted, rtol=0, atol=1e-5)


def spoilt(**changed: Any) -> Any:
    made = sparse(KERNEL, by_axis=False)
    if "index" in changed:
        made.indices.int64_data[0] = changed["index"]
    if "drop" in changed:
        del made.indices.int64_data[-1]
        made.indices.dims[0] -= 1
    if "dims" in changed:
        made.dims[:] = changed["dims"]
    if "type" in changed:
        made.indices.data_type = changed["type"]
        made.indices.int32_data[:] = list(made.indices.int64_data)
        made.indices.int64_data[:] = []
    return made


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (spoilt(index=81), 'index 81 of sparse tensor "kernel" is outside of 81'),
        (spoilt(index=-1), 'index -1 of sparse tensor "kernel" is outside of 81'),
        (spoilt(drop=1), "are not one int64 a value, or one for each axis"),
        (spoilt(type=TensorProto.INT32), "are not one int64 a value, or one for each axis"),
        (spoilt(dims=[1 << 20, 1 << 20]), "bytes when its zeros are written out, more than 1024 times"),
        (spoilt(dims=[1 << 40, 1 << 40]), "is not a size that memory can hold"),
        (spoilt(dims=[-1, 81]), "is not a size that memory can hold"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, stored: Any, said: str) -> None:
    path = save(tmp_path / "net.onnx", [CONVOLUTION], [stored])
    with pytest.raises(vs.Error, match=said.replace("(", r"\(")):
        run(path, noise(CORE, 36, 28), "reference")
