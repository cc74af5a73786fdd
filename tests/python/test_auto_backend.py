"""Backend auto asks one backend after the other until one can run the network, and says so once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import vapoursynth as vs
from onnx import helper, numpy_helper

from computing import expected, run
from hosting import noise, plugin_core

CORE = plugin_core()
RANDOM = np.random.default_rng(3)


def weights(*shape: int) -> np.ndarray:
    drawn: np.ndarray = RANDOM.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
    return drawn.astype(np.float32)


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    functions: list[onnx.FunctionProto] | None = None,
    opset: int = 19,
) -> str:
    """`input` to `output`, pictures of three channels, between two convolutions."""
    constants = {"first": weights(8, 3, 3, 3), "last": weights(3, 8, 3, 3), **constants}
    ends = [
        helper.make_node("Conv", ["input", "first"], ["a"], pads=[1, 1, 1, 1], name="head"),
        helper.make_node("Conv", ["b", "last"], ["output"], pads=[1, 1, 1, 1], name="tail"),
    ]
    graph = helper.make_graph(
        [ends[0], *nodes, ends[1]],
        "network",
        [helper.make_tensor_value_info("input", 1, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output", 1, [1, 3, None, None])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("mine", 1)]
    model = helper.make_model(graph, opset_imports=opsets, functions=functions or [], ir_version=9)
    onnx.save(model, str(path))
    return str(path)


def refusal(path: str, backend: str) -> str:
    with pytest.raises(vs.Error) as caught:
        run(path, noise(CORE, 16, 12), backend)
    return str(caught.value)


def test_the_next_backend_takes_what_the_best_one_cannot(tmp_path: Path, plugin_warnings: list[str]) -> None:
    """SampleOp is an operator of ONNX Runtime alone."""
    node = helper.make_node("SampleOp", ["a"], ["b"], domain="com.microsoft", name="culprit")
    path = save(tmp_path / "sample.onnx", [node], {})
    clip = noise(CORE, 24, 16)
    for _ in range(2):
        np.testing.assert_allclose(run(path, clip, "auto"), expected(path, clip), rtol=0, atol=1e-5)
    said = [line for line in plugin_warnings if "backend auto takes onnxruntime" in line]
    assert len(said) == 1
    assert 'openvino: SampleOp "culprit": OpenVINO does not have this operator' in said[0]


def test_an_operator_that_nobody_has_is_named_by_its_node(tmp_path: Path) -> None:
    """Each backend's own reason, no backend named that could not either, and no line's end in it."""
    nodes = [
        helper.make_node("Relu", ["a"], ["r"], name="innocent"),
        helper.make_node("Nothing", ["r"], ["b"], domain="nobody", name="culprit"),
    ]
    path = save(tmp_path / "nothing.onnx", nodes, {})
    message = refusal(path, "auto")
    assert "no backend here can run this (" in message
    assert 'openvino: Nothing "culprit": ' in message
    assert "onnxruntime: " in message
    assert "reference" not in message
    assert "innocent" not in message
    assert "\n" not in message
    for backend in ("openvino", "reference"):
        message = refusal(path, backend)
        assert 'Nothing "culprit"' in message
        assert message.endswith("; backend auto takes one that can, if this machine has one")
        assert "onnxruntime" not in message


def test_what_the_caller_asked_wrongly_is_not_asked_of_the_next(tmp_path: Path) -> None:
    path = save(tmp_path / "relu.onnx", [helper.make_node("Relu", ["a"], ["b"])], {})
    with pytest.raises(vs.Error, match='"tilesize" must be at least 1x1'):
        CORE.mlrt.Model([noise(CORE, 16, 12)], network_path=path, tilesize=0)
    with pytest.raises(vs.Error, match=r'"device" must be one of .*; got "Abacus"'):
        CORE.mlrt.Model([noise(CORE, 16, 12)], network_path=path, device="Abacus")


def functions(depth: int) -> list[onnx.FunctionProto]:
    """mine.F0 calls F1 twice, that calls F2, and so on; the last computes, by an attribute that comes from outside."""
    opsets = [helper.make_opsetid("", 19), helper.make_opsetid("mine", 1)]
    made = []
    for i in range(depth):
        inner: list[Any] = [helper.make_node("LeakyRelu", ["x"], ["y"]) for _ in range(2)]
        if i < depth - 1:
            inner = [helper.make_node(f"F{i + 1}", ["x"], ["y"], domain="mine") for _ in range(2)]
        inner[1].input[0], inner[0].output[0] = "between", "between"
        for node in inner:
            node.attribute.append(onnx.AttributeProto(name="alpha", type=1, ref_attr_name="alpha"))
        made.append(helper.make_function("mine", f"F{i}", ["x"], ["y"], inner, opsets, attributes=["alpha"]))
    return made


@pytest.mark.parametrize("backend", ["reference", "openvino", "onnxruntime", "auto"])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_functions_at_any_depth(tmp_path: Path, backend: str, depth: int) -> None:
    call = helper.make_node("F0", ["a"], ["b"], domain="mine", alpha=0.7)
    path = save(tmp_path / "functions.onnx", [call], {}, functions(depth))
    clip = noise(CORE, 24, 16)
    np.testing.assert_allclose(run(path, clip, backend), expected(path, clip), rtol=0, atol=1e-5)


@pytest.mark.parametrize("backend", ["reference", "openvino", "onnxruntime", "auto"])
@pytest.mark.parametrize("opset", [17, 18, 20])
def test_functions_of_another_operator_set(tmp_path: Path, backend: str, opset: int) -> None:
    """Their operators are the same ones in the network's."""
    inner = [
        helper.make_node("LeakyRelu", ["x"], ["z"], alpha=0.3),
        helper.make_node("Softmax", ["z"], ["w"], axis=1),
        helper.make_node("Mul", ["w", "x"], ["y"]),
    ]
    function = helper.make_function("mine", "F", ["x"], ["y"], inner, [helper.make_opsetid("", opset)])
    path = save(tmp_path / "functions.onnx", [helper.make_node("F", ["a"], ["b"], domain="mine")], {}, [function])
    clip = noise(CORE, 24, 16)
    np.testing.assert_allclose(run(path, clip, backend), expected(path, clip), rtol=0, atol=1e-5)


def branch(name: str, *nodes: onnx.NodeProto) -> onnx.GraphProto:
    return helper.make_graph(list(nodes), name, [], [helper.make_tensor_value_info(nodes[-1].output[0], 1, None)])


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime", "auto"])
def test_functions_with_branches(tmp_path: Path, backend: str) -> None:
    """A branch takes values of its function, and each call has branches of its own."""
    inner = [
        helper.make_node("Abs", ["x"], ["z"]),
        helper.make_node("ReduceMax", ["x"], ["most"], keepdims=0),
        helper.make_node("Constant", [], ["half"], value_float=0.5),
        helper.make_node("Greater", ["most", "half"], ["loud"]),
        helper.make_node(
            "If",
            ["loud"],
            ["y"],
            then_branch=branch(
                "then", helper.make_node("Mul", ["z", "half"], ["t"]), helper.make_node("Neg", ["t"], ["u"])
            ),
            else_branch=branch("else", helper.make_node("Add", ["x", "half"], ["t"])),
        ),
    ]
    function = helper.make_function("mine", "F", ["x"], ["y"], inner, [helper.make_opsetid("", 19)])
    calls = [helper.make_node("F", ["a"], ["m"], domain="mine"), helper.make_node("F", ["m"], ["b"], domain="mine")]
    path = save(tmp_path / "functions.onnx", calls, {}, [function])
    clip = noise(CORE, 24, 16)
    np.testing.assert_allclose(run(path, clip, backend), expected(path, clip), rtol=0, atol=1e-5)


FUSED: dict[str, tuple[list[str], dict[str, Any]]] = {
    "Gelu": (["a"], {}),
    "QuickGelu": (["a"], {"alpha": 1.3}),
    "BiasGelu": (["a", "u"], {}),
    "FusedConv Relu": (["a", "w"], {"activation": "Relu", "pads": [1, 1, 1, 1]}),
    "FusedConv LeakyRelu": (
        ["a", "w", "v"],
        {"activation": "LeakyRelu", "activation_params": [0.2], "pads": [1, 1, 1, 1]},
    ),
    "FusedConv Clip": (["a", "w", "v"], {"activation": "Clip", "activation_params": [-0.3, 0.4], "pads": [1, 1, 1, 1]}),
    "FusedConv HardSigmoid": (
        ["a", "w"],
        {"activation": "HardSigmoid", "activation_params": [0.3, 0.4], "pads": [1, 1, 1, 1]},
    ),
    "FusedConv Sigmoid": (["a", "w"], {"activation": "Sigmoid", "strides": [1, 1], "pads": [1, 1, 1, 1]}),
}
"""Operators that ONNX Runtime's optimizer writes into files."""


@pytest.mark.parametrize("name", FUSED)
def test_files_that_onnxruntime_optimized_run_on_backends_of_our_own(tmp_path: Path, name: str) -> None:
    inputs, attributes = FUSED[name]
    node = helper.make_node(name.split()[0], inputs, ["b"], domain="com.microsoft", **attributes)
    path = save(tmp_path / "fused.onnx", [node], {"w": weights(8, 8, 3, 3), "v": weights(8), "u": weights(20)})
    clip = noise(CORE, 20, 16, 1)
    np.testing.assert_allclose(run(path, clip, "reference"), expected(path, clip), atol=2e-5)


def test_what_does_not_fit_into_memory_is_not_tried_there_again(tmp_path: Path) -> None:
    """What OpenVINO refuses for its memory another backend on the same processor may underestimate, and be killed."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    factor = int((0.4 * memory / (64 * 64 * 3 * 4)) ** 0.5)
    graph = helper.make_graph(
        [helper.make_node("Resize", ["input", "", "scales"], ["output"], mode="nearest")],
        "network",
        [helper.make_tensor_value_info("input", 1, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output", 1, [1, 3, None, None])],
        [numpy_helper.from_array(np.array([1, 1, factor, factor], np.float32), "scales")],
    )
    path = str(tmp_path / "large.onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9), path)
    with pytest.raises(vs.Error, match=r"needs about .*smaller tiles \(tilesize\)$") as refused:
        CORE.mlrt.Model(noise(CORE, 64, 64, 1), network_path=path)
    assert "onnxruntime" not in str(refused.value)
