"""Networks in the forms that exporters of other frameworks give them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import vapoursynth as vs
from onnx import helper, numpy_helper

from computing import computed, run
from hosting import noise, picture, plugin_core

CORE = plugin_core()
BACKENDS = ["reference", "openvino", "onnxruntime", "auto"]
RANDOM = np.random.default_rng(17)
WEIGHTS = {
    "w": (RANDOM.standard_normal((3, 3, 3, 3)) / 5).astype(np.float32),
    "v": (RANDOM.standard_normal((12, 3, 3, 3)) / 5).astype(np.float32),
    "half": np.array(0.5, np.float32),
}
PADS = {"pads": [1, 1, 1, 1]}
FIRST, LAST = {"perm": [0, 3, 1, 2]}, {"perm": [0, 2, 3, 1]}
OPEN = ["n", "c", "h", "w"]


def node(op: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs.split(), [output], **attributes)


def save(path: Path, nodes: list[onnx.NodeProto], taken: Any, given: Any, kinds: tuple[int, int] = (1, 1)) -> str:
    used = {name for one in nodes for name in one.input}
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", kinds[0], taken)],
        [helper.make_tensor_value_info("y", kinds[1], given)],
        [numpy_helper.from_array(value, name) for name, value in WEIGHTS.items() if name in used],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)


TURNED = [node("Transpose", "x", "t", **FIRST), node("Conv", "t w", "c", **PADS), node("Transpose", "c", "y", **LAST)]
CHANNELS_LAST: dict[str, tuple[list[onnx.NodeProto], Any, Any]] = {
    "keras": (TURNED, [None, None, None, 3], [None, None, None, 3]),
    "tf2onnx": (TURNED, ["unk__6", "unk__7", "unk__8", 3], ["unk__9", "unk__10", "unk__11", 3]),
    "output open": (TURNED, [1, "h", "w", 3], OPEN),
    "twice as large": (
        [
            node("Transpose", "x", "t", **FIRST),
            node("Conv", "t v", "c", **PADS),
            node("DepthToSpace", "c", "d", blocksize=2),
            node("Transpose", "d", "y", **LAST),
        ],
        ["n", "h", "w", 3],
        ["n", "h2", "w2", 3],
    ),
    "scaled before": (
        [node("Mul", "x half", "m"), node("Transpose", "m", "t", **FIRST), *TURNED[1:]],
        ["n", "h", "w", 3],
        ["n", "h", "w", 3],
    ),
    "added behind": (
        [*TURNED[:2], node("Transpose", "c", "e", **LAST), node("Add", "e x", "y")],
        ["n", "h", "w", 3],
        ["n", "h", "w", 3],
    ),
    "one size": (TURNED, [1, 16, 24, 3], [1, 16, 24, 3]),
    "channels first behind": ([*TURNED[:1], node("Conv", "t w", "y", **PADS)], ["n", "h", "w", 3], ["n", 3, "h", "w"]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CHANNELS_LAST)
def test_channels_last(tmp_path: Path, name: str, backend: str) -> None:
    path = save(tmp_path / "last.onnx", *CHANNELS_LAST[name])
    clip = noise(CORE, 24, 16)
    wanted = computed(path, np.stack(picture(clip), -1)[None])
    wanted = wanted if name == "channels first behind" else wanted.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(run(path, clip, backend), wanted[0], rtol=0, atol=1e-5)


def test_bytes_are_read_as_files_are(tmp_path: Path) -> None:
    path = save(tmp_path / "last.onnx", *CHANNELS_LAST["keras"])
    clip = noise(CORE, 24, 16)
    given = CORE.mlrt.Model([clip], Path(path).read_bytes(), path_is_serialization=True, precision="fp32")
    np.testing.assert_array_equal(np.stack(picture(given)), run(path, clip, "auto"))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("taken", [OPEN, None], ids=["symbols", "no shape"])
def test_channels_by_the_weights(tmp_path: Path, taken: Any, backend: str) -> None:
    path = save(tmp_path / "open.onnx", [node("Conv", "x w", "y", **PADS)], taken, taken)
    clip = noise(CORE, 24, 16)
    np.testing.assert_allclose(run(path, clip, backend), computed(path, np.stack(picture(clip))[None])[0], atol=1e-5)


def no_names(model: onnx.ModelProto) -> None:
    for one in model.graph.node:
        one.ClearField("name")


def one_name(model: onnx.ModelProto) -> None:
    for one in model.graph.node:
        one.name = "node"


def other_sets(model: onnx.ModelProto) -> None:
    names = ("ai.onnx.ml", "ai.onnx.training", "com.microsoft.nchwc")
    model.opset_import.extend(helper.make_opsetid(name, 1) for name in names)


def stored_in_half(model: onnx.ModelProto) -> None:
    """Weights in half precision, cast where they are used."""
    (weights,) = model.graph.initializer
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights).astype(np.float16), "stored"))
    model.graph.node.insert(0, node("Cast", "stored", "w", to=1))


def in_a_node(model: onnx.ModelProto) -> None:
    weights = onnx.TensorProto()
    weights.CopyFrom(model.graph.initializer[0])
    del model.graph.initializer[:]
    model.graph.node.insert(0, helper.make_node("Constant", [], ["w"], value=weights))


def strange_names(model: onnx.ModelProto) -> None:
    names = {"x": "serving_default_输入:0", "y": "StatefulPartitionedCall/out;put", "w": "p2o.conv 1/weights 'a\"b'"}
    for one in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        one.name = names[one.name]
    for one in model.graph.node:
        one.input[:] = [names[name] for name in one.input]
        one.output[:] = [names[name] for name in one.output]


@pytest.mark.parametrize("backend", ["reference", "openvino", "auto"])
@pytest.mark.parametrize("change", [no_names, one_name, other_sets, stored_in_half, in_a_node, strange_names])
def test_what_exporters_leave(tmp_path: Path, change: Callable[[onnx.ModelProto], None], backend: str) -> None:
    plain = save(tmp_path / "plain.onnx", [node("Conv", "x w", "y", **PADS)], [1, 3, "h", "w"], [1, 3, "h", "w"])
    model = onnx.load(plain)
    change(model)
    path = str(tmp_path / "changed.onnx")
    onnx.save(model, path)
    clip = noise(CORE, 24, 16)
    wanted = computed(plain, np.stack(picture(clip))[None])[0]
    bound = 2e-3 if change is stored_in_half else 1e-5
    np.testing.assert_allclose(run(path, clip, backend), wanted, rtol=0, atol=bound)


CAST = [node("Cast", "x", "f", to=1), node("Conv", "f w", "y", **PADS)]
REFUSED: dict[str, tuple[list[onnx.NodeProto], Any, tuple[int, int]]] = {
    "it holds int32": (CAST, [1, 3, "h", "w"], (6, 1)),
    "it holds uint32": (CAST, [1, 3, "h", "w"], (12, 1)),
    "it has 3 dim": ([node("Identity", "x", "y")], ["c", "h", "w"], (1, 1)),
    "it has 5 dim": ([node("Identity", "x", "y")], [1, "n", 3, "h", "w"], (1, 1)),
    "it has 6 dim": ([node("Identity", "x", "y")], [1, 1, 2, 3, "h", "w"], (1, 1)),
    "it has 1 dim": ([node("Identity", "x", "y")], ["w"], (1, 1)),
    "does not say how many channels it has": ([node("Identity", "x", "y")], OPEN, (1, 1)),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_is_none_of_a_picture_is_told(tmp_path: Path, said: str) -> None:
    nodes, taken, kinds = REFUSED[said]
    path = save(tmp_path / "refused.onnx", nodes, taken, None, kinds)
    with pytest.raises(vs.Error, match=said):
        run(path, noise(CORE, 24, 16), "auto")
