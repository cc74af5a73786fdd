"""``vsmlrt bench --against torch``: ONNX files are read as they are, and PyTorch computes what ONNX Runtime does."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import networks
from command import sentence_of, vsmlrt
from computing import computed
from hosting import ROOT, plugin_core
from vsmlrt import store
from vsmlrt.benchmark import against, cases, onnx_file, report
from vsmlrt.benchmark.against import TorchJob, TorchResult
from vsmlrt.benchmark.cases import FAMILIES
from vsmlrt.benchmark.worker import Result
from vsmlrt.errors import UserError

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


def test_a_file_is_read_as_onnx_itself_reads_it(tmp_path: Path) -> None:
    path = Path(networks.convs(tmp_path / "net.onnx", scale=2))
    found, wanted = onnx_file.read(path), onnx.load(str(path))
    assert [(n.operator, n.inputs, n.outputs) for n in found.nodes] == [
        (n.op_type, list(n.input), list(n.output)) for n in wanted.graph.node
    ]
    for node, other in zip(found.nodes, wanted.graph.node, strict=True):
        assert node.attributes == {
            a.name: value.decode() if isinstance(value := helper.get_attribute_value(a), bytes) else value
            for a in other.attribute
        }
    assert found.opset == 17
    assert found.inputs == {"input": 3}
    assert found.outputs == ["output"]
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in wanted.graph.initializer}
    assert found.weights.keys() == weights.keys()
    for name, value in weights.items():
        np.testing.assert_array_equal(found.weights[name], value)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64, TensorProto.INT32])
@pytest.mark.parametrize("raw", [False, True])
def test_every_form_of_a_tensor(tmp_path: Path, kind: int, raw: bool) -> None:
    values = np.array([[1, -2, 300]], helper.tensor_dtype_to_np_dtype(kind))
    tensor = numpy_helper.from_array(values, "w") if raw else helper.make_tensor("w", kind, (1, 3), values.ravel())
    graph = helper.make_graph([], "g", [], [], [tensor])
    onnx.save(helper.make_model(graph), str(tmp_path / "w.onnx"))
    found = onnx_file.read(tmp_path / "w.onnx").weights["w"]
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("content", [b"", b"no network", b"\x3a\xff\xff\xff\x7f", b"\x3a\x05ab"])
def test_a_file_that_is_not_a_network_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.onnx").write_bytes(content)
    with pytest.raises(UserError, match="cannot be read as an ONNX network"):
        onnx_file.read(tmp_path / "no.onnx")


def row(path: Path, result: Result) -> report.Row:
    plugin_core()
    case = cases.Case(
        family=FAMILIES["dpir"],
        network=store.resolve(networks.identity(path)),
        size=(64, 48),
        streams=1,
        mode="static",
        arguments={},
    )
    return report.Row(case, result)


def test_a_line_says_both_times_and_their_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[TorchJob] = []

    def run(job: TorchJob) -> TorchResult:
        jobs.append(job)
        return TorchResult(milliseconds=9.0, memory=512, version="2.11.0")

    monkeypatch.setattr(against, "run", run)
    monkeypatch.setattr(against, "require_torch", lambda: None)
    comparison = against.Comparison()
    measured = row(tmp_path / "net.onnx", Result(fps=1, network_milliseconds=3.0))
    assert comparison.line(measured, 1) == (
        "dpir color 64x48, tensors on the device: ours 3.000 ms (333.3 fps), PyTorch 9.000 ms (111.1 fps, 512 MB; "
        "fp16, channels last, captured graph; 2.11.0): 3 times"
    )
    comparison.line(measured, 1)  # a second number of streams
    assert jobs == [TorchJob(network_path=str(tmp_path / "net.onnx"), width=64, height=48, device=1)]


def test_what_pytorch_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against, "run", lambda job: TorchResult(error="no"))
    monkeypatch.setattr(against, "require_torch", lambda: None)
    line = against.Comparison().line(row(tmp_path / "net.onnx", Result(network_milliseconds=3.0)), 0)
    assert line == "dpir color 64x48 in PyTorch: no"


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
def test_without_pytorch_one_sentence_says_how_to_get_it() -> None:
    done = vsmlrt("bench", "--against", "torch")
    assert done.returncode != 0
    assert "--against torch needs PyTorch" in sentence_of(done)


def test_a_pytorch_that_dies_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the module, which ends the process as a fault of the driver's would."""
    (tmp_path / "torch.py").write_text("raise SystemExit(3)\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT / 'python'}")
    found = against.run(TorchJob(network_path="net.onnx", width=8, height=8))
    assert found == TorchResult(error="the measurement in PyTorch ended with status 3: without a word")


def operators(path: Path) -> str:
    """A network with what the families are made of."""
    rng = np.random.default_rng(3)

    def weights(*shape: int) -> Any:
        return rng.standard_normal(shape).astype(np.float32) * 0.2

    def integers(*values: int) -> np.ndarray:
        return np.array(values, np.int64)

    node = helper.make_node
    nodes = [
        node("Conv", ["input", "w0", "b0"], ["c0"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("LeakyRelu", ["c0"], ["l0"], alpha=0.1),
        node("Conv", ["l0", "w1"], ["c1"], pads=[1, 0, 1, 2]),
        node("PRelu", ["c1", "s1"], ["p1"]),
        node("ConvTranspose", ["p1", "w2", "b2"], ["t2"], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("GlobalAveragePool", ["t2"], ["mean"]),
        node("Sigmoid", ["mean"], ["gate"]),
        node("Mul", ["t2", "gate"], ["excited"]),
        node("Pad", ["excited", "around"], ["padded"], mode="reflect"),
        node("Slice", ["padded", "from", "to", "axes"], ["cropped"]),
        node("Concat", ["cropped", "input"], ["both"], axis=1),
        node("Split", ["both", "parts"], ["one", "two"], axis=1),
        node("Resize", ["one", "", "half"], ["small"], mode="linear", coordinate_transformation_mode="half_pixel"),
        node(
            "Resize",
            ["small", "", "twice"],
            ["large"],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
        node("DepthToSpace", ["large"], ["shuffled"], blocksize=2, mode="DCR"),
        node("Shape", ["shuffled"], ["shape"]),
        node("Gather", ["shape", "last"], ["width"]),
        node("Cast", ["width"], ["width_f"], to=TensorProto.FLOAT),
        node("Div", ["shuffled", "width_f"], ["scaled"]),
        node("ReduceMean", ["scaled"], ["rows"], axes=[3], keepdims=1),
        node("Sub", ["scaled", "rows"], ["centred"]),
        node("Transpose", ["centred"], ["turned"], perm=[0, 2, 3, 1]),
        node("Softmax", ["turned"], ["soft"], axis=2),
        node("Reshape", ["soft", "flat"], ["output"]),
    ]
    held = {
        "w0": weights(8, 3, 3, 3),
        "b0": weights(8),
        "w1": weights(8, 8, 3, 3),
        "s1": weights(8, 1, 1),
        "w2": weights(8, 5, 4, 4),
        "b2": weights(5),
        "around": integers(0, 0, 2, 3, 0, 0, 3, 2),
        "from": integers(2, 3),
        "to": integers(-3, -2),
        "axes": integers(2, 3),
        "parts": integers(4, 4),
        "half": np.array([1, 1, 0.5, 0.5], np.float32),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "last": np.array(3, np.int64),
        "flat": integers(1, 1, 0, -1),
    }
    return networks.save(path, nodes, held, 3, 1)


@needs_torch
def test_pytorch_computes_what_onnx_runtime_does(tmp_path: Path) -> None:
    import torch

    from vsmlrt.benchmark.torch_network import TorchNetwork

    path = Path(operators(tmp_path / "net.onnx"))
    picture = np.random.default_rng(4).random((1, 3, 16, 24), np.float32)
    wanted = computed(str(path), picture)
    with torch.inference_mode():
        (found,) = TorchNetwork(onnx_file.read(path), "cpu", torch.float32)(torch.from_numpy(picture))
    assert np.ptp(wanted) > 0.01
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-4, atol=1e-5)


@needs_torch
def test_operators_that_the_comparison_lacks_are_named(tmp_path: Path) -> None:
    import torch

    from vsmlrt.benchmark.torch_network import TorchNetwork

    path = networks.save(tmp_path / "n.onnx", [helper.make_node("Hardmax", ["input"], ["output"])], {})
    with pytest.raises(UserError, match="lacks: Hardmax"):
        TorchNetwork(onnx_file.read(Path(path)), "cpu", torch.float32)
