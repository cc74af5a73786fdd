"""Networks whose pictures are of other samples or axes than frames: each is fed what its file asks for, by one rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
import vapoursynth as vs
from onnx import TensorProto, helper, numpy_helper

from computing import computed
from hosting import noise, picture, plugin_core

CORE = plugin_core()
BACKENDS = ["reference", "openvino", "onnxruntime", "auto"]

Codes = Callable[[np.ndarray], np.ndarray]


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    taken: tuple[int, list[Any]],
    given: tuple[int, list[Any] | None],
    opset: int = 17,
) -> str:
    """A network from `input` to `output`, each of an element type and axes."""
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("input", *taken)],
        [helper.make_tensor_value_info("output", *given)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), str(path))
    return str(path)


def run(clips: Any, path: str, backend: str = "reference", **more: Any) -> np.ndarray:
    """The first frame's channels, heights and widths."""
    return np.stack(picture(CORE.mlrt.Model(clips, path, backend=backend, precision="fp32", **more)))


def clip(fmt: int = vs.RGBS, seed: int = 1) -> vs.VideoNode:
    """Floats from -0.1 to 1.1, beyond what codes can hold on both sides."""
    made = noise(CORE, 36, 28, fmt=fmt, seed=seed)
    return made.std.Expr("x 1.2 * 0.1 -")


def nearest(highest: int, first: int, kind: type) -> Codes:
    return lambda x: (np.clip(np.floor(x * highest + 0.5), 0, highest) + first).astype(kind)


TO_SAMPLES: dict[int, Codes] = {
    TensorProto.UINT8: nearest(255, 0, np.uint8),
    TensorProto.INT8: nearest(255, -128, np.int8),
    TensorProto.UINT16: nearest(65535, 0, np.uint16),
    TensorProto.DOUBLE: lambda x: x.astype(np.float64),
}
FROM_SAMPLES: dict[int, Codes] = {
    TensorProto.UINT8: lambda y: y / 255,
    TensorProto.INT8: lambda y: (y.astype(np.float64) + 128) / 255,
    TensorProto.UINT16: lambda y: y / 65535,
    TensorProto.DOUBLE: lambda y: y,
    TensorProto.FLOAT: lambda y: y,
    TensorProto.BOOL: lambda y: y.astype(np.float64),
}
STEPS = {TensorProto.UINT8: 1 / 255, TensorProto.INT8: 1 / 255, TensorProto.UINT16: 1 / 65535}


def through_floats(path: Path, taken: int, given: int) -> str:
    """Half of the picture plus an eighth of the input's codes, of whatever type."""
    eighth = {TensorProto.UINT8: 32, TensorProto.INT8: -48, TensorProto.UINT16: 8192}.get(taken, 0.125)
    nodes = [
        helper.make_node("Cast", ["input"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["real", "half"], ["scaled"]),
        helper.make_node("Add", ["scaled", "eighth"], ["sum"]),
        helper.make_node("Cast", ["sum"], ["output"], to=given),
    ]
    constants = {"half": np.array(0.5, np.float32), "eighth": np.array(eighth, np.float32)}
    return save(path, nodes, constants, (taken, [1, 3, "h", "w"]), (given, [1, 3, "h", "w"]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", sorted(TO_SAMPLES), ids=TensorProto.DataType.Name)
def test_samples_in_and_out(tmp_path: Path, kind: int, backend: str) -> None:
    """A network of codes gets the nearest ones and gives what they stand for."""
    path, given = through_floats(tmp_path / "net.onnx", kind, kind), clip()
    codes = TO_SAMPLES[kind](np.stack(picture(given))[None])
    wanted = FROM_SAMPLES[kind](computed(path, codes))[0]
    # The sum falls between two codes for every other one, and each library rounds down or to even by itself.
    np.testing.assert_allclose(run([given], path, backend), wanted, rtol=0, atol=1.01 * STEPS.get(kind, 1e-6))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", sorted(TO_SAMPLES), ids=TensorProto.DataType.Name)
def test_samples_reach_the_network_exactly(tmp_path: Path, kind: int, backend: str) -> None:
    nodes = [helper.make_node("Cast", ["input"], ["output"], to=TensorProto.FLOAT)]
    path = save(tmp_path / "net.onnx", nodes, {}, (kind, [1, 3, "h", "w"]), (TensorProto.FLOAT, [1, 3, "h", "w"]))
    given = clip()
    codes = TO_SAMPLES[kind](np.stack(picture(given)))
    assert np.array_equal(run([given], path, backend), codes.astype(np.float32))


def test_eight_bits_go_through_unchanged(tmp_path: Path) -> None:
    """Code for code, also where the clip is of integers."""
    nodes = [helper.make_node("Identity", ["input"], ["output"])]
    ends = TensorProto.UINT8, [1, 3, "h", "w"]
    path, given = save(tmp_path / "net.onnx", nodes, {}, ends, ends), noise(CORE, 36, 28, fmt=vs.RGB24)
    out = CORE.mlrt.Model([given], path, backend="reference")
    assert out.format.id == vs.RGB24
    assert all(np.array_equal(a, b) for a, b in zip(picture(out), picture(given), strict=True))


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.UINT16], ids=TensorProto.DataType.Name)
def test_codes_in_other_precisions(tmp_path: Path, kind: int, precision: str) -> None:
    """What a precision cannot hold (65,535 in fp16) does not become infinite or another code."""
    path, given = through_floats(tmp_path / "net.onnx", kind, kind), clip()
    wanted = FROM_SAMPLES[kind](computed(path, TO_SAMPLES[kind](np.stack(picture(given))[None])))[0]
    made = np.stack(picture(CORE.mlrt.Model([given], path, backend="reference", precision=precision)))
    np.testing.assert_allclose(made, wanted, rtol=0, atol=2e-2 if precision == "bf16" else 5e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_mask_of_truth_values(tmp_path: Path, backend: str) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1]),
        helper.make_node("Greater", ["mean", "half"], ["output"]),
    ]
    ends = (TensorProto.FLOAT, [1, 3, "h", "w"]), (TensorProto.BOOL, [1, 1, "h", "w"])
    path, given = save(tmp_path / "net.onnx", nodes, {"half": np.array(0.5, np.float32)}, *ends), clip()
    wanted = computed(path, np.stack(picture(given))[None])[0].astype(np.float32)
    made = run([given], path, backend)
    assert set(np.unique(made)) == {0, 1}
    assert np.array_equal(made, wanted)


@pytest.mark.parametrize("backend", ["reference", "onnxruntime"])
def test_bfloat16_ends(tmp_path: Path, backend: str) -> None:
    nodes = [
        helper.make_node("Cast", ["input"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["real"], ["output"], to=TensorProto.BFLOAT16),
    ]
    ends = TensorProto.BFLOAT16, [1, 3, "h", "w"]
    path, given = save(tmp_path / "net.onnx", nodes, {}, ends, ends), clip()
    wanted = np.stack(picture(given)).astype(ml_dtypes.bfloat16).astype(np.float32)
    assert np.array_equal(run([given], path, backend), wanted)


@pytest.mark.parametrize("kind", [TensorProto.INT32, TensorProto.INT64, TensorProto.INT16, TensorProto.UINT32])
def test_numbers_without_a_rule_are_refused(tmp_path: Path, kind: int) -> None:
    nodes = [helper.make_node("Cast", ["input"], ["output"], to=TensorProto.FLOAT)]
    path = save(tmp_path / "net.onnx", nodes, {}, (kind, [1, 3, "h", "w"]), (TensorProto.FLOAT, [1, 3, "h", "w"]))
    with pytest.raises(vs.Error, match="is not a picture: floats, uint8, int8 and uint16 are accepted, it holds "):
        run([clip()], path)


KERNEL = np.random.default_rng(3).normal(0, 0.3, (3, 3, 3, 3)).astype(np.float32)
PADS = {"pads": [1, 1, 1, 1]}
ONE = {"zero": np.array([0], np.int64)}


def convolved(*around: onnx.NodeProto) -> list[onnx.NodeProto]:
    """Nodes before, from `input` to `x`, a convolution from `x` to `y`, and nodes behind, to `output`."""
    before = [node for node in around if "x" in node.output]
    behind = [node for node in around if "output" in node.output]
    first = [node for node in around if node not in before and node not in behind]
    between = [node for node in first if "u" in node.output]
    after = [node for node in first if "v" in node.output]
    return [*between, *before, helper.make_node("Conv", ["x", "kernel"], ["y"], **PADS), *after, *behind]


def node(op: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs.split(), [output], **attributes)


AXES: dict[str, tuple[list[onnx.NodeProto], list[Any], list[Any], Codes, Codes]] = {
    "channels first": (
        convolved(node("Unsqueeze", "input zero", "x"), node("Squeeze", "y zero", "output")),
        [3, "h", "w"],
        [3, "h", "w"],
        lambda x: x,
        lambda y: y,
    ),
    "channels first, fixed": (
        convolved(node("Unsqueeze", "input zero", "x"), node("Squeeze", "y zero", "output")),
        [3, 28, 36],
        [3, 28, 36],
        lambda x: x,
        lambda y: y,
    ),
    "channels last": (
        convolved(
            node("Unsqueeze", "input zero", "u"),
            node("Transpose", "u", "x", perm=[0, 3, 1, 2]),
            node("Transpose", "y", "v", perm=[0, 2, 3, 1]),
            node("Squeeze", "v zero", "output"),
        ),
        ["h", "w", 3],
        ["h", "w", 3],
        lambda x: x.transpose(1, 2, 0),
        lambda y: y.transpose(2, 0, 1),
    ),
    "channels first, then last with a batch": (
        convolved(node("Unsqueeze", "input zero", "x"), node("Identity", "y", "output")),
        [3, "h", "w"],
        [1, 3, "h", "w"],
        lambda x: x,
        lambda y: y[0],
    ),
    "a mask without channels": (
        convolved(node("Identity", "input", "x"), node("ReduceMean", "y", "output", axes=[0, 1], keepdims=0)),
        [1, 3, "h", "w"],
        ["h", "w"],
        lambda x: x[None],
        lambda y: y[None],
    ),
    "a mask with a batch": (
        convolved(node("Identity", "input", "x"), node("ReduceMean", "y", "output", axes=[1], keepdims=0)),
        [1, 3, "h", "w"],
        [1, "h", "w"],
        lambda x: x[None],
        lambda y: y,
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", AXES)
def test_pictures_of_two_and_three_axes(tmp_path: Path, name: str, backend: str) -> None:
    nodes, taken, given, to_network, from_network = AXES[name]
    ends = (TensorProto.FLOAT, taken), (TensorProto.FLOAT, given)
    path, frames = save(tmp_path / "net.onnx", nodes, {"kernel": KERNEL, **ONE}, *ends), clip()
    wanted = from_network(computed(path, np.ascontiguousarray(to_network(np.stack(picture(frames))))))
    np.testing.assert_allclose(run([frames], path, backend), wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_luma_of_two_axes(tmp_path: Path, backend: str) -> None:
    nodes = [node("Mul", "input half", "output")]
    ends = (TensorProto.FLOAT, ["h", "w"]), (TensorProto.FLOAT, ["h", "w"])
    path, frames = save(tmp_path / "net.onnx", nodes, {"half": np.array(0.5, np.float32)}, *ends), clip(vs.GRAYS)
    np.testing.assert_allclose(run([frames], path, backend)[0], picture(frames)[0] * 0.5, rtol=0, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_bytes_with_the_channels_last_and_no_batch(tmp_path: Path, backend: str) -> None:
    """As programs that read images by NumPy or OpenCV have them."""
    nodes = [
        node("Cast", "input", "real", to=TensorProto.FLOAT),
        node("Unsqueeze", "real zero", "u"),
        node("Transpose", "u", "x", perm=[0, 3, 1, 2]),
        node("Conv", "x kernel", "y", **PADS),
        node("Transpose", "y", "v", perm=[0, 2, 3, 1]),
        node("Clip", "v low high", "limited"),
        node("Squeeze", "limited zero", "codes"),
        node("Cast", "codes", "output", to=TensorProto.UINT8),
    ]
    bounds = {"low": np.array(0, np.float32), "high": np.array(255, np.float32)}
    ends = TensorProto.UINT8, ["h", "w", 3]
    path, frames = save(tmp_path / "net.onnx", nodes, {"kernel": KERNEL, **bounds, **ONE}, ends, ends), clip()
    codes = TO_SAMPLES[TensorProto.UINT8](np.stack(picture(frames)).transpose(1, 2, 0))
    wanted = computed(path, np.ascontiguousarray(codes)).transpose(2, 0, 1) / 255
    np.testing.assert_allclose(run([frames], path, backend), wanted, rtol=0, atol=1.01 / 255)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_result_whose_axes_are_not_told_has_the_pictures(tmp_path: Path, backend: str) -> None:
    """Some exporters state no shape of what comes out."""
    nodes = convolved(node("Unsqueeze", "input zero", "x"), node("Squeeze", "y zero", "output"))
    path = save(
        tmp_path / "net.onnx",
        nodes,
        {"kernel": KERNEL, **ONE},
        (TensorProto.FLOAT, [3, "h", "w"]),
        (TensorProto.FLOAT, None),
    )
    frames = clip()
    wanted = computed(path, np.stack(picture(frames)))
    np.testing.assert_allclose(run([frames], path, backend), wanted, rtol=0, atol=1e-5)


def test_channels_that_are_not_told(tmp_path: Path) -> None:
    """Three axes of which none is told: nobody knows which are the channels."""
    ends = TensorProto.FLOAT, ["a", "b", "c"]
    path = save(tmp_path / "net.onnx", [node("Identity", "input", "output")], {}, ends, ends)
    with pytest.raises(
        vs.Error, match=r"is not a picture: 1, channels, height, .*it has 3 dimension\(s\) \(\?, \?, \?\)"
    ):
        run([clip()], path)


def sequence(backend: str) -> tuple[vs.VideoNode, vs.VideoNode, np.ndarray]:
    first, second = clip(seed=1), clip(seed=2)
    return first, second, np.stack([np.stack(picture(first)), np.stack(picture(second))])[None]


@pytest.mark.parametrize("backend", BACKENDS)
def test_pictures_before_their_channels(tmp_path: Path, backend: str) -> None:
    """The second picture plus half of the first: (1, 2, 3, h, w), as video networks of PyTorch take them."""
    nodes = [
        node("Gather", "input one", "second", axis=1),
        node("Gather", "input nought", "first", axis=1),
        node("Mul", "first half", "part"),
        node("Add", "second part", "output"),
    ]
    constants: dict[str, np.ndarray] = {
        "nought": np.array([0], np.int64),
        "one": np.array([1], np.int64),
        "half": np.array(0.5, np.float32),
    }
    ends = (TensorProto.FLOAT, [1, 2, 3, "h", "w"]), (TensorProto.FLOAT, [1, 1, 3, "h", "w"])
    path = save(tmp_path / "net.onnx", nodes, constants, *ends)
    first, second, pixels = sequence(backend)
    np.testing.assert_allclose(run([first, second], path, backend), computed(path, pixels)[0, 0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime", "auto"])
def test_channels_before_their_pictures(tmp_path: Path, backend: str) -> None:
    """(1, 3, 2, h, w), as a convolution over pictures, height and width takes them."""
    kernel = np.random.default_rng(4).normal(0, 0.3, (3, 3, 2, 3, 3)).astype(np.float32)
    nodes = [node("Conv", "input kernel", "output", pads=[0, 1, 1, 0, 1, 1])]
    ends = (TensorProto.FLOAT, [1, 3, 2, "h", "w"]), (TensorProto.FLOAT, [1, 3, 1, "h", "w"])
    path = save(tmp_path / "net.onnx", nodes, {"kernel": kernel}, *ends)
    first, second, pixels = sequence(backend)
    wanted = computed(path, np.ascontiguousarray(pixels.transpose(0, 2, 1, 3, 4)))[0, :, 0]
    np.testing.assert_allclose(run([first, second], path, backend), wanted, rtol=0, atol=1e-5)


def test_all_pictures_of_a_result(tmp_path: Path) -> None:
    """They come one after the other as channels, which `flexible_output_prop` takes apart."""
    ends = TensorProto.FLOAT, [1, 2, 3, "h", "w"]
    path = save(tmp_path / "net.onnx", [node("Neg", "input", "output")], {}, ends, ends)
    first, second, pixels = sequence("reference")
    made = CORE.mlrt.Model([first, second], path, backend="reference", flexible_output_prop="plane")
    assert made["num_planes"] == 6
    with made["clip"].get_frame(0) as frame:
        planes = np.stack([np.asarray(frame.props[f"plane{i}"][0]) for i in range(6)])
    np.testing.assert_allclose(planes, -pixels.reshape(6, 28, 36), rtol=0, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS[1:])
@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.UINT8], ids=TensorProto.DataType.Name)
def test_a_picture_that_a_branch_uses_by_its_name(tmp_path: Path, kind: int, backend: str) -> None:
    """Without its first axis, and of codes: the branches get it as the file has it."""

    def branch(name: str, factor: float) -> onnx.GraphProto:
        nodes = [
            node("Cast", "input", f"real_{name}", to=TensorProto.FLOAT),
            node("Constant", "", f"factor_{name}", value_float=factor),
            node("Mul", f"real_{name} factor_{name}", f"result_{name}"),
        ]
        return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(f"result_{name}", 1, None)])

    nodes = [
        node("Cast", "input", "seen", to=TensorProto.FLOAT),
        node("ReduceMean", "seen", "mean", keepdims=0),
        node("Greater", "mean nothing", "bright"),
        node("If", "bright", "output", then_branch=branch("then", 0.5), else_branch=branch("else", 2.0)),
    ]
    ends = (kind, [3, "h", "w"]), (TensorProto.FLOAT, [3, "h", "w"])
    path = save(tmp_path / "net.onnx", nodes, {"nothing": np.array(0.1, np.float32)}, *ends)
    frames = clip()
    pixels = np.stack(picture(frames))
    wanted = computed(path, TO_SAMPLES[kind](pixels) if kind in TO_SAMPLES else pixels)
    np.testing.assert_allclose(run([frames], path, backend), wanted, rtol=0, atol=1e-4)


def test_codes_that_are_given_back_untouched(tmp_path: Path) -> None:
    """The input itself is the output."""
    value = [helper.make_tensor_value_info("input", TensorProto.UINT8, [1, 3, "h", "w"])]
    model = helper.make_model(helper.make_graph([], "n", value, value), opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, str(tmp_path / "net.onnx"))
    given = noise(CORE, 36, 28, fmt=vs.RGB24)
    for backend in BACKENDS:
        out = CORE.mlrt.Model([given], str(tmp_path / "net.onnx"), backend=backend, precision="fp32")
        assert all(np.array_equal(a, b) for a, b in zip(picture(out), picture(given), strict=True))
