"""What the C++ edits of networks give, run in ONNX Runtime and OpenVINO and compared with the original."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from sessions import session_of

ROOT = Path(__file__).resolve().parents[2]
FLOAT = TensorProto.FLOAT


def find_tool() -> Path | None:
    """The built tool: below VSMLRT_BUILD, else the newest of build/*."""
    build = os.environ.get("VSMLRT_BUILD")
    folders = [Path(build)] if build else list((ROOT / "build").glob("*"))
    tools = [tool for folder in folders if (tool := folder / "tests" / "model" / "network_tool").is_file()]
    return max(tools, key=lambda tool: tool.stat().st_mtime, default=None)


TOOL = find_tool()
pytestmark = pytest.mark.skipif(TOOL is None, reason="network_tool is not built (set VSMLRT_BUILD to a build folder)")


class Graph:
    """Collects nodes and weights, then makes a model with one picture in and one out."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(1)

    def constant(self, name: str, value: object, dtype: type = np.float32) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def conv(self, source: str, output: str, inside: int, outside: int) -> str:
        weight = self.random.normal(0, 0.3 / inside, (outside, inside, 3, 3))
        names = [source, self.constant(output + "_w", weight), self.constant(output + "_b", np.full(outside, 0.1))]
        return self.node("Conv", names, output, pads=[1, 1, 1, 1])

    def model(self, opset: int = 17) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "test",
            [helper.make_tensor_value_info("x", FLOAT, ["n", 3, "h", "w"])],
            [helper.make_tensor_value_info("y", FLOAT, [None, None, None, None])],
            self.weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def upscaler() -> onnx.ModelProto:
    graph = Graph()
    graph.conv("x", "c1", 3, 16)
    graph.node("PRelu", ["c1", graph.constant("slope", np.full((16, 1, 1), 0.2))], "a1")
    graph.conv("a1", "c2", 16, 12)
    graph.node("DepthToSpace", ["c2"], "shuffled", blocksize=2, mode="CRD")
    graph.node("Resize", ["x", "", graph.constant("scales", [1, 1, 2, 2])], "big", mode="nearest")
    graph.node("Add", ["shuffled", "big"], "sum")
    graph.node("Clip", ["sum", graph.constant("low", 0), graph.constant("high", 3.4e38)], "y")
    return graph.model()


def warper() -> onnx.ModelProto:
    """Flow from a convolution, a grid from the picture's size, a warp: wide pictures need fp32 coordinates."""
    graph = Graph()
    graph.conv("x", "flow", 3, 2)
    graph.node("Shape", ["x"], "shape")
    graph.constant("axis_w", 3, np.int64)
    graph.node("Gather", ["shape", "axis_w"], "w_int")
    graph.node("Range", [graph.constant("zero", 0, np.int64), "w_int", graph.constant("one", 1, np.int64)], "columns")
    graph.node("Cast", ["columns"], "columns_real", to=FLOAT)
    graph.node("Cast", ["w_int"], "w_real", to=FLOAT)
    graph.node("Div", ["columns_real", "w_real"], "u")
    graph.node("Mul", ["u", graph.constant("two", 2)], "u2")
    graph.node("Sub", ["u2", graph.constant("unit", 1)], "u3")
    graph.node("Mul", ["flow", graph.constant("strength", 0.002)], "small")
    graph.node("Add", ["small", "u3"], "moved")
    graph.node("Transpose", ["moved"], "grid", perm=[0, 2, 3, 1])
    graph.node("GridSample", ["x", "grid"], "warped", mode="linear", padding_mode="border", align_corners=1)
    graph.conv("small", "hint", 2, 3)
    graph.node("Add", ["warped", "hint"], "y")
    return graph.model(opset=20)


def squeezer() -> onnx.ModelProto:
    graph = Graph()
    graph.conv("x", "c1", 3, 8)
    graph.node("GlobalAveragePool", ["c1"], "pooled")
    graph.conv("pooled", "c2", 8, 8)
    graph.node("Sigmoid", ["c2"], "gate")
    graph.node("Mul", ["c1", "gate"], "gated")
    graph.node("ReduceMean", ["gated"], "mean", axes=[1], keepdims=1)
    graph.node("Sub", ["gated", "mean"], "centred")
    graph.node("Pow", ["centred", graph.constant("exponent", 2)], "squared")
    graph.node("Add", ["squared", graph.constant("epsilon", 1e-12)], "positive")
    graph.node("Sqrt", ["positive"], "root")
    graph.conv("root", "y", 8, 3)
    return graph.model()


def filler() -> onnx.ModelProto:
    """Constants, fills, comparisons, Where, Pad with a value, Slice, Concat, Expand, a mask that is cast."""
    graph = Graph()
    graph.conv("x", "c1", 3, 4)
    graph.nodes.append(helper.make_node("Constant", [], ["half_way"], value_float=0.5))
    graph.node("Greater", ["c1", "half_way"], "mask")
    graph.node("Cast", ["mask"], "mask_real", to=FLOAT)
    graph.node("Shape", ["c1"], "shape")
    graph.node("ConstantOfShape", ["shape"], "zeros")
    graph.node("Where", ["mask", "c1", "zeros"], "chosen")
    graph.node("Concat", ["chosen", "mask_real"], "both", axis=1)
    graph.node("Pad", ["both", graph.constant("pads", [0, 0, 1, 1, 0, 0, 1, 1], np.int64), "half_way"], "padded")
    graph.node("Expand", ["half_way", "padded_shape"], "spread")
    graph.nodes.insert(-1, helper.make_node("Shape", ["padded"], ["padded_shape"]))
    graph.node("Max", ["padded", "spread"], "largest")
    graph.conv("largest", "y", 8, 3)
    return graph.model()


def brancher() -> onnx.ModelProto:
    """An If whose branches capture a value and a weight of the graph around."""
    graph = Graph()
    graph.conv("x", "c1", 3, 3)
    branches = {}
    for name, op in (("then_branch", "Add"), ("else_branch", "Sub")):
        out = helper.make_tensor_value_info(name, FLOAT, None)
        branches[name] = helper.make_graph([helper.make_node(op, ["c1", "offset"], [name])], name, [], [out])
    graph.constant("offset", 0.25)
    graph.node("If", [graph.constant("condition", True, np.bool_)], "chosen", **branches)
    graph.conv("chosen", "y", 3, 3)
    return graph.model()


NETWORKS: list[Callable[[], onnx.ModelProto]] = [upscaler, warper, squeezer, filler, brancher]


def edit(tmp_path: Path, model: onnx.ModelProto, verb: str, *rest: str) -> onnx.ModelProto:
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    onnx.save(model, source)
    assert TOOL is not None
    done = subprocess.run([TOOL, verb, source, target, *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    edited = onnx.load(target)
    onnx.checker.check_model(edited, full_check=True)
    return edited


def run(model: onnx.ModelProto, picture: np.ndarray) -> np.ndarray:
    session = session_of(model.SerializeToString())
    wanted = np.float16 if "float16" in session.get_inputs()[0].type else np.float32
    result: np.ndarray = session.run(None, {"x": picture.astype(wanted)})[0]
    return result


def picture(height: int = 32, width: int = 48) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    channels = [0.5 + 0.5 * np.sin(x / 7 + i) * np.cos(y / 5) for i in range(3)]
    return np.stack(channels)[None].astype(np.float32)


@pytest.mark.parametrize("network", NETWORKS)
def test_roundtrip_changes_nothing(tmp_path: Path, network: Callable[[], onnx.ModelProto]) -> None:
    model = network()
    assert np.array_equal(run(edit(tmp_path, model, "roundtrip"), picture()), run(model, picture()))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("flags", [[], ["--half-io"], ["--keep-nothing"]], ids=["inside", "ends", "everything"])
def test_half_is_close(tmp_path: Path, network: Callable[[], onnx.ModelProto], flags: list[str]) -> None:
    model = network()
    half = edit(tmp_path, model, "half", *flags)
    dtype = TensorProto.FLOAT16 if flags == ["--half-io"] else FLOAT
    assert half.graph.input[0].type.tensor_type.elem_type == dtype
    assert half.graph.output[0].type.tensor_type.elem_type == dtype
    result = run(half, picture())
    assert np.abs(result.astype(np.float32) - run(model, picture())).max() < 1e-2


@pytest.mark.parametrize("network", NETWORKS)
def test_half_loads_in_openvino(tmp_path: Path, network: Callable[[], onnx.ModelProto]) -> None:
    openvino = pytest.importorskip("openvino")
    model = network()
    half = edit(tmp_path, model, "half")
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(half.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    result = compiled([picture()])[0]
    assert np.abs(result - run(model, picture())).max() < 1e-2


@pytest.mark.parametrize("network", NETWORKS)
def test_no_cast_follows_a_cast(tmp_path: Path, network: Callable[[], onnx.ModelProto]) -> None:
    for flags in ([], ["--half-io"]):
        nodes = edit(tmp_path, network(), "half", *flags).graph.node
        casts = {node.output[0] for node in nodes if node.op_type == "Cast"}
        assert not [node.name for node in nodes if node.op_type == "Cast" and node.input[0] in casts]


def test_coordinates_of_wide_pictures_stay_exact(tmp_path: Path) -> None:
    # ONNX's own evaluator rounds every fp16 result; ONNX Runtime's CPU kernels compute most of them in fp32.
    def evaluate(model: onnx.ModelProto) -> np.ndarray:
        result: np.ndarray = ReferenceEvaluator(model).run(None, {"x": wide})[0]
        return result

    model, wide = warper(), picture(2, 1500)
    expected = run(model, wide)
    assert np.abs(evaluate(edit(tmp_path, model, "half")) - expected).max() < 1e-2
    # Else the test could not tell:
    assert np.abs(evaluate(edit(tmp_path, model, "half", "--keep-nothing")) - expected).max() > 5e-2


def test_half_ends_only(tmp_path: Path) -> None:
    model = upscaler()
    result = run(edit(tmp_path, model, "half-io"), picture())
    assert result.dtype == np.float16
    assert np.abs(result.astype(np.float32) - run(model, picture())).max() < 2e-3


def test_fixed_then_freed(tmp_path: Path) -> None:
    def sizes(model: onnx.ModelProto) -> list[int]:
        return [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]

    fixed = edit(tmp_path, upscaler(), "fix", "48", "32")
    assert sizes(fixed) == [1, 3, 32, 48]
    assert run(fixed, picture()).shape == (1, 3, 64, 96)
    freed = edit(tmp_path, fixed, "free")
    assert sizes(freed) == [1, 3, 0, 0]
    assert run(freed, picture(16, 16)).shape == (1, 3, 32, 32)


def test_external_data_is_read(tmp_path: Path) -> None:
    model = upscaler()
    expected = run(model, picture())
    folder = tmp_path / "external"
    folder.mkdir()
    onnx.save(model, folder / "m.onnx", save_as_external_data=True, location="m.bin", size_threshold=0)
    assert TOOL is not None
    subprocess.run([TOOL, "roundtrip", folder / "m.onnx", tmp_path / "whole.onnx"], check=True)
    assert np.array_equal(run(onnx.load(tmp_path / "whole.onnx"), picture()), expected)
