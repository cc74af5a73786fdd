"""Operators and operator sets that not every backend has: `auto` runs them on one that has, and the others say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import vapoursynth as vs

from computing import expected, run
from hosting import noise, plugin_core
from middles import CHANNELS, RANDOM, Middle, body, node, number, numbers, save, weights

CORE = plugin_core()
BACKENDS = ["reference", "openvino", "onnxruntime", "auto"]


def recurrent(op: str, gates: int) -> Middle:
    """The columns of the picture as a sequence, each row for itself."""
    nodes = [
        node("Transpose", "a", "t", perm=[3, 0, 2, 1]),
        node("Shape", "t", "sizes"),
        node("Reshape", "t sequence", "q"),
        node(op, "q w r bias", "y", hidden_size=CHANNELS),
        node("Squeeze", "y one", "y1"),
        node("Reshape", "y1 sizes", "y2"),
        node("Transpose", "y2", "b", perm=[1, 3, 2, 0]),
    ]
    sides = weights(1, gates * CHANNELS, CHANNELS), weights(1, gates * CHANNELS, CHANNELS)
    more = {"w": sides[0], "r": sides[1], "bias": weights(1, 2 * gates * CHANNELS)}
    return Middle(nodes, {"sequence": numbers(0, -1, CHANNELS), "one": numbers(1), **more})


ADDED = body(
    [node("Add", "state row", "sum"), node("Identity", "sum", "seen")], {"state": 1, "row": 1}, {"sum": 1, "seen": 1}
)
SMALLER = body(
    [node("Mul", "kept share", "less"), node("Identity", "go", "on")],
    {"i": 7, "go": 9, "kept": 1},
    {"on": 9, "less": 1},
)
DOUBLE = {"scale": np.array([1, 1, 2, 2], np.float32)}

OTHERS: dict[str, Middle] = {
    "If": Middle(
        [
            node("ReduceMean", "a", "mean", keepdims=0),
            node("Greater", "mean zero", "bright"),
            node(
                "If",
                "bright",
                "b",
                then_branch=body([node("Relu", "a", "t")], {}, {"t": 1}),
                else_branch=body([node("Neg", "a", "e")], {}, {"e": 1}),
            ),
        ],
        {"zero": number(0)},
    ),
    "Loop": Middle(
        [node("Loop", "trips yes a", "b", body=SMALLER)],
        {"trips": number(3, np.int64), "yes": number(True, bool), "share": number(0.9)},
    ),
    "Scan": Middle(
        [
            node("ReduceMean", "a rows", "mean", keepdims=0),
            node("Mul", "mean zero", "none"),
            node("Scan", "none a", "end b", body=ADDED, num_scan_inputs=1, scan_input_axes=[2], scan_output_axes=[2]),
        ],
        {"zero": number(0), "rows": numbers(2)},
    ),
    "LSTM": recurrent("LSTM", 4),
    "GRU": recurrent("GRU", 3),
    "RNN": recurrent("RNN", 1),
    "DFT": Middle(
        [
            node("Unsqueeze", "a last_axis", "u"),
            node("DFT", "u - rows", "f"),
            node("Mul", "f half", "g"),
            node("DFT", "g - rows", "h", inverse=1),
            node("Gather", "h zero", "b", axis=-1),
        ],
        {"last_axis": numbers(-1), "zero": number(0, np.int64), "rows": number(2, np.int64), "half": number(0.5)},
        20,
    ),
    "DFT, one side": Middle(
        [
            node("Unsqueeze", "a last_axis", "u"),
            node("DFT", "u", "f", axis=3, onesided=1),
            node("ReduceSumSquare", "f last_axis", "p", keepdims=0),
            node("ReduceMean", "p last_axis", "q", keepdims=1),
            node("Mul", "a q", "b"),
        ],
        {"last_axis": numbers(-1)},
    ),
    "NonZero": Middle(
        [
            node("NonZero", "a", "found"),
            node("Transpose", "found", "places", perm=[1, 0]),
            node("GatherND", "a places", "values"),
            node("Mul", "values two", "doubled"),
            node("ScatterND", "a places doubled", "b"),
        ],
        {"two": number(2)},
    ),
    "OneHot": Middle(
        [
            node("ArgMax", "a", "most", axis=1, keepdims=0),
            node("OneHot", "most depth values", "one", axis=1),
            node("Mul", "a one", "b"),
        ],
        {"depth": number(CHANNELS, np.int64), "values": np.array([0, 1], np.float32)},
    ),
    "Hardmax": Middle([node("Hardmax", "a", "h", axis=1), node("Mul", "a h", "b")]),
    "LRN": Middle([node("LRN", "a", "b", size=3, alpha=0.1, beta=0.7)]),
    "LpPool": Middle(
        [
            node("LpPool", "a", "p", kernel_shape=[2, 2], strides=[2, 2]),
            node("Resize", "p - scale", "b", mode="nearest"),
        ],
        DOUBLE,
    ),
    "GlobalLpPool": Middle([node("GlobalLpPool", "a", "p"), node("Mul", "a p", "b")]),
    "MaxUnpool": Middle(
        [
            node("MaxPool", "a", "p places", kernel_shape=[2, 2], strides=[2, 2]),
            node("MaxUnpool", "p places", "b", kernel_shape=[2, 2], strides=[2, 2]),
        ]
    ),
    "AffineGrid": Middle(
        [
            node("Shape", "a", "s"),
            node("AffineGrid", "theta s", "grid"),
            node("GridSample", "a grid", "b", mode="linear"),
        ],
        {"theta": np.array([[[0.9, 0.1, 0], [0, 0.8, 0.1]]], np.float32)},
        20,
    ),
    "Col2Im": Middle(
        [
            node("Shape", "a", "s"),
            node("Slice", "s two four", "size"),
            node("Reshape", "a flat", "f"),
            node("Concat", "f f f f f f f f f", "nine", axis=1),
            node("Col2Im", "nine size kernel", "b", pads=[1, 1, 1, 1]),
        ],
        {"flat": numbers(1, CHANNELS, -1), "two": numbers(2), "four": numbers(4), "kernel": numbers(3, 3)},
    ),
    "sequences": Middle(
        [
            node("SplitToSequence", "a half", "parts", axis=1),
            node("SequenceAt", "parts zero", "p"),
            node("SequenceAt", "parts one", "q"),
            node("Concat", "q p", "b", axis=1),
        ],
        {"half": number(4, np.int64), "zero": number(0, np.int64), "one": number(1, np.int64)},
    ),
    "ConcatFromSequence": Middle(
        [
            node("SequenceConstruct", "a a", "both"),
            node("ConcatFromSequence", "both", "c", axis=1),
            node("Slice", "c four twelve one", "b"),
        ],
        {"four": numbers(4), "twelve": numbers(12), "one": numbers(1)},
    ),
    "BitShift": Middle(
        [
            node("Abs", "a", "p"),
            node("Mul", "p fifty", "m"),
            node("Cast", "m", "u", to=2),
            node("BitShift", "u one", "s", direction="RIGHT"),
            node("Cast", "s", "f", to=1),
            node("Mul", "f hundredth", "b"),
        ],
        {"fifty": number(50), "one": number(1, np.uint8), "hundredth": number(0.01)},
    ),
    "DynamicQuantizeLinear": Middle(
        [node("DynamicQuantizeLinear", "a", "q s z"), node("DequantizeLinear", "q s z", "b")]
    ),
    "ConvInteger": Middle(
        [
            node("QuantizeLinear", "a s z", "q"),
            node("ConvInteger", "q w z", "i", pads=[1, 1, 1, 1]),
            node("Cast", "i", "f", to=1),
            node("Mul", "f k", "b"),
        ],
        {
            "s": number(0.02),
            "z": number(120, np.uint8),
            "w": RANDOM.integers(-60, 60, (CHANNELS, CHANNELS, 3, 3)).astype(np.int8),
            "k": number(1e-4),
        },
    ),
}
"""Operators outside of what the reference computes."""


@pytest.mark.parametrize("name", OTHERS)
def test_auto_takes_a_backend_that_has_the_operator(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / "other.onnx", OTHERS[name])
    clip = noise(CORE, 24, 16)
    np.testing.assert_allclose(run(path, clip, "auto"), expected(path, clip), rtol=0, atol=2e-5)


@pytest.mark.parametrize("backend", ["reference", "openvino", "onnxruntime"])
@pytest.mark.parametrize("name", OTHERS)
def test_the_others_compute_the_same_or_name_the_operator(tmp_path: Path, name: str, backend: str) -> None:
    path = save(tmp_path / "other.onnx", OTHERS[name])
    clip = noise(CORE, 24, 16)
    try:
        got = run(path, clip, backend)
    except vs.Error as error:
        said = str(error)
    else:
        np.testing.assert_allclose(got, expected(path, clip), rtol=0, atol=2e-5)
        return
    ours = said.endswith("backend auto takes one that can, if this machine has one")
    assert ours or said.startswith("mlrt.Model: OpenVINO cannot read this network: ")
    assert "\n" not in said


def statistics() -> dict[str, np.ndarray]:
    return {
        "g": np.abs(weights(CHANNELS)) + 0.5,
        "h": weights(CHANNELS),
        "m": weights(CHANNELS),
        "v": np.abs(weights(CHANNELS)) + 0.5,
    }


def old_layers(opset: int) -> tuple[Middle, Middle]:
    """What a network of PyTorch, Chainer or MXNet consisted of, in an old operator set and in version 9."""
    constants = {
        **statistics(),
        "w1": weights(CHANNELS, CHANNELS, 3, 3),
        "w2": weights(CHANNELS, CHANNELS, 4, 4),
        "slopes": np.abs(weights(CHANNELS)),
        "slopes3": np.zeros(0, np.float32),
        "per_channel": weights(CHANNELS),
        "per_channel3": np.zeros(0, np.float32),
        "per_row": weights(CHANNELS, 16),
        "per_row3": np.zeros(0, np.float32),
        "shape": numbers(0, CHANNELS, -1),
        "factors": np.array([1, 1, 2, 2], np.float32),
    }
    for name, form in {
        "slopes3": (CHANNELS, 1, 1),
        "per_channel3": (CHANNELS, 1, 1),
        "per_row3": (CHANNELS, 16, 1),
    }.items():
        constants[name] = constants[name[:-1]].reshape(form)
    first, before_7 = opset < 6, opset < 7
    spoilt = {"consumed_inputs": [0]} if first else {}
    spoilt2 = {"consumed_inputs": [0, 0]} if first else {}

    def made(old: bool) -> list[onnx.NodeProto]:
        late = old and before_7
        test = {"is_test": 1} if late else {}
        along = {"broadcast": 1, "axis": 1} if late else {}
        kind = ("FLOAT16", "FLOAT") if old and first else (10, 1)
        pads = "paddings" if old and opset < 2 else "pads"
        nodes = [
            node(
                "BatchNormalization",
                "a g h m v",
                "n1",
                **test,
                **({"consumed_inputs": [0, 0, 0, 1, 1]} if old and first else {}),
                **({"spatial": 1} if old else {}),
            ),
            node("Relu", "n1", "n2", **(spoilt if old else {})),
            node("Dropout", "n2", "n3", ratio=0.3, **test),
            node("Pad", "n3", "n4", mode="reflect", **{pads: [0, 0, 1, 1, 0, 0, 1, 1]}),
            node("Conv", "n4 w1", "n5"),
            node("PRelu", "n5 slopes" if late else "n5 slopes3", "n6", **(spoilt if old else {})),
            node("Add", "n6 per_channel" if late else "n6 per_channel3", "n7", **along, **(spoilt2 if old else {})),
            node("Mul", "n7 per_row" if late else "n7 per_row3", "n8", **along, **(spoilt2 if old else {})),
            node("Slice", "n8", "n9", axes=[1], starts=[0], ends=[4]),
            node("Slice", "n8", "n10", axes=[1], starts=[4], ends=[CHANNELS]),
            node("Concat", "n10 n9", "n11", **({} if old and opset < 4 else {"axis": 1})),
            node("Clip", "n11", "n12", min=-1.0, max=1.0, **(spoilt if old else {})),
            node("ConvTranspose", "n12 w2", "n13", strides=[2, 2], pads=[1, 1, 1, 1], kernel_shape=[4, 4]),
            node("MaxPool", "n13", "n14", kernel_shape=[2, 2], strides=[2, 2]),
            node("GlobalAveragePool", "n14", "n15"),
            node("Sigmoid", "n15", "n16", **(spoilt if old else {})),
            node("Mul", "n14 n16", "n17", **({"broadcast": 1} if late else {}), **(spoilt2 if old else {})),
            node("Split", "n17", "n18 n19", axis=1),
            node("Concat", "n19 n18", "n20", axis=1),
            node("ReduceMean", "n20", "n21", axes=[2, 3], keepdims=1),
            node("Sub", "n20 n21", "n22", **({"broadcast": 1} if late else {}), **(spoilt2 if old else {})),
            node("Cast", "n22", "n23", to=kind[0]),
            node("Cast", "n23", "n24", to=kind[1]),
            node("Shape", "n24", "sizes"),
            node("Reshape", "n24", "n25", shape=[0, CHANNELS, -1])
            if old and opset < 5
            else node("Reshape", "n24 shape", "n25"),
        ]
        if old and opset < 5:
            nodes += [node("Identity", "n24", "n26")]
        else:
            nodes += [node("Reshape", "n25 sizes", "n26")]
        if old and before_7:
            scale = {"width_scale": 2.0, "height_scale": 2.0, "mode": "bilinear"}
        else:
            scale = {"scales": [1.0, 1.0, 2.0, 2.0], "mode": "linear"} if old else {"mode": "linear"}
        nodes += [
            node("Upsample", "n26" if old else "n26 factors", "n27", **scale),
            node("AveragePool", "n27", "n28", kernel_shape=[2, 2], strides=[2, 2]),
            node("Sum", "n28 n26", "b", **(spoilt2 if old else {})),
        ]
        return nodes

    return Middle(made(True), constants, opset), Middle(made(False), constants, 9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("opset", [1, 2, 4, 5, 6, 7, 8])
def test_old_operator_sets(tmp_path: Path, opset: int, backend: str) -> None:
    """ONNX Runtime has the value for the same layers in operators of version 9."""
    old, new = old_layers(opset)
    clip = noise(CORE, 24, 16)
    got = run(save(tmp_path / "old.onnx", old), clip, backend)
    np.testing.assert_allclose(got, expected(save(tmp_path / "new.onnx", new), clip), rtol=0, atol=1e-3)


TRAINING = {
    "in training": (6, "a g h m v", "b - - - -", {"is_test": 0}),
    r"by itself \(spatial=0\)": (8, "a g h m v", "b", {"spatial": 0}),
}


@pytest.mark.parametrize("said", TRAINING)
def test_batch_normalization_that_is_none_of_inference_is_refused(tmp_path: Path, said: str) -> None:
    opset, inputs, outputs, attributes = TRAINING[said]
    made = node("BatchNormalization", inputs, outputs.replace("- - - -", "c d e f"), **attributes)
    path = save(tmp_path / "training.onnx", Middle([made], statistics(), opset))
    with pytest.raises(vs.Error, match=f'BatchNormalization "b": it .*{said}'):
        run(path, noise(CORE, 24, 16), "auto")


INFINITY = {"inf": number(np.inf), "tiny": number(1e-38), "low": number(-1), "high": number(1)}
ENDS = [node("Mul", "m tiny", "t"), node("Clip", "t low high", "b")]

INFINITE: dict[str, Middle] = {
    "product": Middle([node("Abs", "a", "p"), node("Mul", "p inf", "m"), *ENDS], INFINITY),
    "sum": Middle([node("Add", "a inf", "m"), *ENDS], INFINITY),
    "some channels": Middle(
        [node("Add", "a inf", "m"), *ENDS],
        {**INFINITY, "inf": np.array([0, np.inf] * 4, np.float32).reshape(1, -1, 1, 1)},
    ),
    "chosen": Middle([node("Greater", "a low", "c"), node("Where", "c a inf", "m"), *ENDS], INFINITY),
    "bias": Middle(
        [node("Conv", "a w inf", "m", pads=[1, 1, 1, 1]), *ENDS],
        {**INFINITY, "w": weights(CHANNELS, CHANNELS, 3, 3), "inf": np.array([np.inf, -np.inf] + [0] * 6, np.float32)},
    ),
    "slope": Middle(
        [node("PRelu", "a inf", "m"), *ENDS], {**INFINITY, "inf": np.full((CHANNELS, 1, 1), np.inf, np.float32)}
    ),
    "quotient": Middle([node("Div", "a inf", "m"), node("Add", "a m", "b")], INFINITY),
    "mask": Middle(
        [node("Add", "a mask", "m"), node("Softmax", "m", "b", axis=1)],
        {"mask": np.array([0, 0, -np.inf, 0] * 2, np.float32).reshape(1, CHANNELS, 1, 1)},
    ),
    "whole mask": Middle(
        [
            node("Add", "a mask", "m"),
            node("Softmax", "m", "s", axis=1),
            node("IsNaN", "s", "n"),
            node("Where", "n a s", "b"),
        ],
        {"mask": np.full((1, CHANNELS, 1, 1), -np.inf, np.float32)},
    ),
    "difference": Middle(
        [node("Add", "a inf", "m"), node("Sub", "m m", "d"), node("IsNaN", "d", "n"), node("Where", "n a d", "b")],
        INFINITY,
    ),
    "logarithm": Middle(
        [
            node("Log", "zero", "l"),
            node("Mul", "l tiny", "t"),
            node("Clip", "t low high", "u"),
            node("Add", "a u", "b"),
        ],
        {**INFINITY, "zero": number(0)},
    ),
    "bound": Middle([node("Clip", "a low inf", "b")], INFINITY),
    "border": Middle(
        [node("Pad", "a pads inf", "p"), node("MaxPool", "p", "b", kernel_shape=[3, 3])],
        {"pads": numbers(0, 0, 1, 1, 0, 0, 1, 1), "inf": number(-np.inf)},
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", INFINITE)
def test_infinite_constants(tmp_path: Path, name: str, backend: str) -> None:
    """They are infinite, and no large number: `tiny` times the largest float is 3.4."""
    path = save(tmp_path / "infinite.onnx", INFINITE[name])
    clip = noise(CORE, 24, 16)
    wanted = expected(path, clip)
    assert np.isfinite(wanted).all()
    np.testing.assert_allclose(run(path, clip, backend), wanted, rtol=0, atol=2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("last", ["Conv", "ConvTranspose", "Add", "DepthToSpace"])
def test_results_that_are_not_finite_are_found(tmp_path: Path, last: str, value: float, backend: str) -> None:
    """Whatever the last layers are, and however a backend computes them."""
    constants = {"v": number(value), "w": weights(12, CHANNELS, 3, 3), "u": weights(CHANNELS, 3, 4, 4)}
    nodes = [node("Conv", "input first", "a", pads=[1, 1, 1, 1]), node("Mul", "a v", "m")]
    nodes += {
        "Conv": [node("Conv", "m last", "output", pads=[1, 1, 1, 1])],
        "ConvTranspose": [node("ConvTranspose", "m u", "output", strides=[2, 2], pads=[1, 1, 1, 1])],
        "Add": [node("Conv", "a last", "c", pads=[1, 1, 1, 1]), node("Add", "c v", "output")],
        "DepthToSpace": [node("Conv", "m w", "d", pads=[1, 1, 1, 1]), node("DepthToSpace", "d", "output", blocksize=2)],
    }[last]
    path = save(tmp_path / "infinite.onnx", Middle([], constants))
    network = onnx.load(path)
    del network.graph.node[:]
    network.graph.node.extend(nodes)
    onnx.save(network, path)
    with pytest.raises(vs.Error, match="gave NaN or infinite samples for frame 0 in fp32"):
        run(path, noise(CORE, 64, 48), backend)
