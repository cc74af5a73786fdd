"""RIFE's networks (IFNet of v4.6 and of v4.25) built from their structure, with weights that the caller chooses.

Structure: Practical-RIFE's IFNet_HDv3 as published (blocks of two strided convolutions, eight residual ones and a
transposed one with pixel shuffle; warp by GridSample, align_corners, border). Forms: one input of 7, 8 or 11 channels,
or separate inputs, as vs-mlrt's exports have them; "padded" is the 7-channel one that pads and crops in itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Weights = Callable[[str, tuple[int, ...]], np.ndarray]
"""Weights by name ("block0.conv0.weight") and shape."""

FORMS = ("grid", "plain", "flow_scale", "separate", "separate_grid")
V4_6 = (8.0, 4.0, 2.0, 1.0)
V4_25 = (16.0, 8.0, 4.0, 2.0, 1.0)
RESIDUALS = 8
"""Residual convolutions of a block. What a test says of the flow, of the warps or of what is fed needs few of them."""


class Builder:
    """Nodes and initializers of one network, in order."""

    def __init__(self, weights: Weights, residuals: int) -> None:
        self.weights = weights
        self.residuals = residuals
        self.nodes: list[onnx.NodeProto] = []
        self.stored: dict[str, np.ndarray] = {}
        self.count = 0

    def node(self, op: str, inputs: list[str], **attributes: object) -> str:
        return self.many(op, inputs, 1, **attributes)[0]

    def many(self, op: str, inputs: list[str], outputs: int, **attributes: object) -> list[str]:
        names = [f"t{self.count + i}" for i in range(outputs)]
        self.count += outputs
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names

    def constant(self, value: object, dtype: type = np.float32) -> str:
        name = f"c{len(self.stored)}"
        self.stored[name] = np.asarray(value, dtype)
        return name

    def integers(self, value: object) -> str:
        return self.constant(value, np.int64)

    def listed(self, number: str) -> str:
        """A number as a list of one."""
        return self.node("Unsqueeze", [number, self.integers([0])])

    def weight(self, name: str, shape: tuple[int, ...]) -> str:
        self.stored[name] = np.asarray(self.weights(name, shape), np.float32).reshape(shape)
        return name

    def conv(self, x: str, name: str, into: int, out: int, stride: int, relu: bool = True) -> str:
        w, b = self.weight(f"{name}.weight", (out, into, 3, 3)), self.weight(f"{name}.bias", (out,))
        y = self.node("Conv", [x, w, b], pads=[1, 1, 1, 1], strides=[stride, stride])
        return self.node("LeakyRelu", [y], alpha=0.2) if relu else y

    def transposed(self, x: str, name: str, into: int, out: int) -> str:
        w, b = self.weight(f"{name}.weight", (into, out, 4, 4)), self.weight(f"{name}.bias", (out,))
        return self.node("ConvTranspose", [x, w, b], pads=[1, 1, 1, 1], strides=[2, 2], kernel_shape=[4, 4])

    def part(self, x: str, begin: int, end: int, axis: int = 1) -> str:
        bounds = [self.constant([value], np.int64) for value in (begin, end, axis)]
        return self.node("Slice", [x, *bounds])

    def resize(self, x: str, factor: float) -> str:
        scales = self.constant([1, 1, factor, factor])
        return self.node("Resize", [x, "", scales], mode="linear", coordinate_transformation_mode="half_pixel")

    def times(self, x: str, factor: float) -> str:
        return self.node("Mul", [x, self.constant(factor)])

    def cat(self, parts: list[str], axis: int = 1) -> str:
        return self.node("Concat", parts, axis=axis)

    def block(self, name: str, x: str, flow: str | None, into: int, width: int, out: int, scale: float) -> str:
        """One IFBlock: what it adds, at full size, its flow in pixels of the full size."""
        x = self.resize(x, 1 / scale)
        if flow is not None:
            x = self.cat([x, self.times(self.resize(flow, 1 / scale), 1 / scale)])
        x = self.conv(x, f"{name}.conv0", into, width // 2, 2)
        x = self.conv(x, f"{name}.conv1", width // 2, width, 2)
        for i in range(self.residuals):
            y = self.conv(x, f"{name}.res{i}", width, width, 1, relu=False)
            beta = self.weight(f"{name}.beta{i}", (1, width, 1, 1))
            x = self.node("LeakyRelu", [self.node("Add", [self.node("Mul", [y, beta]), x])], alpha=0.2)
        x = self.transposed(x, f"{name}.last", width, 4 * out)
        return self.resize(self.node("DepthToSpace", [x], blocksize=2, mode="CRD"), scale)


class Inputs:
    """The network's inputs in one of the forms, as the pieces that IFNet works with."""

    def __init__(self, b: Builder, form: str, multiple: int) -> None:
        self.b = b
        self.size: tuple[str, str] | None = None
        pieces = {"first": 3, "second": 3, "timestep": 1}
        if form == "flow_scale":
            pieces["flow_scale"] = 1
        if form.endswith("grid"):
            pieces |= {"grid": 2, "step": 2}
        if form.startswith("separate"):
            self.channels = pieces
            self.pieces = {name: name for name in pieces}
        else:
            self.channels = {"input": sum(pieces.values())}
            self.pieces = {}
            begin = 0
            whole = self.pad("input", multiple) if form == "padded" else "input"
            for name, channels in pieces.items():
                self.pieces[name] = b.part(whole, begin, begin + channels)
                begin += channels
        if "grid" not in self.pieces:
            self.make_grid()

    def pad(self, x: str, multiple: int) -> str:
        """Zeros to the right and below up to the next multiple, with the arithmetic that PyTorch exports for it."""
        b = self.b
        shape, amounts = b.node("Shape", [x]), []
        self.size = (
            b.node("Gather", [shape, b.integers(2)], axis=0),
            b.node("Gather", [shape, b.integers(3)], axis=0),
        )
        for size in reversed(self.size):
            steps = b.node("Div", [b.node("Sub", [size, b.integers(1)]), b.integers(multiple)])
            wanted = b.node("Mul", [b.node("Add", [steps, b.integers(1)]), b.integers(multiple)])
            amounts += [b.integers([0]), b.listed(b.node("Sub", [wanted, size]))]
        zero = helper.make_tensor("zero", TensorProto.INT64, [1], [0])
        rest = b.node("ConstantOfShape", [b.integers([4])], value=zero)
        pairs = b.node("Reshape", [b.cat([*amounts, rest], 0), b.integers([-1, 2])])
        pairs = b.node("Slice", [pairs, b.integers([-1]), b.integers([1 - 2**63]), b.integers([0]), b.integers([-1])])
        pads = b.node("Reshape", [b.node("Transpose", [pairs], perm=[1, 0]), b.integers([-1])])
        return b.node("Pad", [x, b.node("Cast", [pads], to=TensorProto.INT64), b.constant(0.0)], mode="constant")

    def crop(self, x: str) -> str:
        """Back to the size before `pad`, if that was called."""
        for axis, size in enumerate(self.size or (), 2):
            begin, end = self.b.integers([0]), self.b.listed(size)
            x = self.b.node("Slice", [x, begin, end, self.b.integers([axis])])
        return x

    def make_grid(self) -> None:
        """Grid and steps from the picture's own size, as the 7-channel exports do."""
        b = self.b
        shape = b.node("Shape", [self.pieces["first"]])
        axes, steps = [], []
        for axis in (3, 2):
            size = b.node("Gather", [shape, b.constant(axis, np.int64)], axis=0)
            zero, one = b.constant(0, np.int64), b.constant(1, np.int64)
            indices = b.node("Cast", [b.node("Range", [zero, size, one])], to=TensorProto.FLOAT)
            last = b.node("Sub", [b.node("Cast", [size], to=TensorProto.FLOAT), b.constant(1)])
            step = b.times(b.node("Reciprocal", [last]), 2)
            line = b.node("Sub", [b.node("Mul", [indices, step]), b.constant(1)])
            form = [1, 1, 1, -1] if axis == 3 else [1, 1, -1, 1]
            line = b.node("Reshape", [line, b.constant(form, np.int64)])
            whole = b.cat([b.constant([1, 1], np.int64), b.part(shape, 2, 4, axis=0)], 0)
            axes.append(b.node("Expand", [line, whole]))
            steps.append(b.node("Reshape", [step, b.constant([1, 1, 1, 1], np.int64)]))
        self.pieces["grid"] = b.cat(axes)
        self.pieces["step"] = b.cat(steps)

    def warp(self, x: str, flow: str) -> str:
        b = self.b
        grid = b.node("Add", [self.pieces["grid"], b.node("Mul", [flow, self.pieces["step"]])])
        grid = b.node("Transpose", [grid], perm=[0, 2, 3, 1])
        return b.node("GridSample", [x, grid], mode="bilinear", padding_mode="border", align_corners=1)


def _finish(b: Builder, inputs: Inputs, mask: str, warped: list[str], path: Path) -> str:
    mask = b.node("Sigmoid", [mask])
    rest = b.node("Sub", [b.constant(1), mask])
    left, right = b.node("Mul", [warped[0], mask]), b.node("Mul", [warped[1], rest])
    b.nodes.append(helper.make_node("Identity", [inputs.crop(b.node("Add", [left, right]))], ["output"]))
    graph = helper.make_graph(
        b.nodes,
        "ifnet",
        [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, c, "height", "width"])
            for n, c in inputs.channels.items()
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, None, None])],
        [numpy_helper.from_array(value, name) for name, value in b.stored.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)


def _encoder(b: Builder, x: str) -> str:
    x = b.conv(x, "encode.cnn0", 3, 16, 2)
    x = b.conv(x, "encode.cnn1", 16, 16, 1)
    x = b.conv(x, "encode.cnn2", 16, 16, 1)
    return b.transposed(x, "encode.cnn3", 16, 4)


def v4_6(
    path: Path,
    weights: Weights,
    form: str = "grid",
    widths: tuple[int, ...] = (192, 128, 96, 64),
    scales: tuple[float, ...] = V4_6,
    residuals: int = RESIDUALS,
) -> str:
    """IFNet v4.6; `widths` are the blocks' channels, `scales` what each of them reads smaller by."""
    b = Builder(weights, residuals)
    inputs = Inputs(b, form, 32)
    first, second, timestep = (inputs.pieces[name] for name in ("first", "second", "timestep"))
    warped = [first, second]
    flow, mask = "", ""
    for i, (scale, width) in enumerate(zip(scales, widths, strict=True)):
        if i == 0:
            out = b.block("block0", b.cat([first, second, timestep]), None, 7, width, 6, scale)
            flow, mask = b.times(b.part(out, 0, 4), scale), b.part(out, 4, 5)
        else:
            out = b.block(f"block{i}", b.cat([*warped, timestep, mask]), flow, 12, width, 6, scale)
            flow = b.node("Add", [flow, b.times(b.part(out, 0, 4), scale)])
            mask = b.node("Add", [mask, b.part(out, 4, 5)])
        warped = [inputs.warp(first, b.part(flow, 0, 2)), inputs.warp(second, b.part(flow, 2, 4))]
    return _finish(b, inputs, mask, warped, path)


def v4_25(
    path: Path,
    weights: Weights,
    form: str = "grid",
    widths: tuple[int, ...] = (192, 128, 96, 64, 32),
    residuals: int = RESIDUALS,
) -> str:
    """IFNet v4.25: an encoder whose features are warped along, five blocks, and features handed from block to block."""
    b = Builder(weights, residuals)
    inputs = Inputs(b, form, 64)
    first, second, timestep = (inputs.pieces[name] for name in ("first", "second", "timestep"))
    encoded = [_encoder(b, first), _encoder(b, second)]
    warped = [first, second]
    flow, mask, features = "", "", ""
    for i, (scale, width) in enumerate(zip(V4_25, widths, strict=True)):
        if i == 0:
            out = b.block("block0", b.cat([first, second, *encoded, timestep]), None, 15, width, 13, scale)
            flow = b.times(b.part(out, 0, 4), scale)
        else:
            moved = [inputs.warp(encoded[0], b.part(flow, 0, 2)), inputs.warp(encoded[1], b.part(flow, 2, 4))]
            x = b.cat([*warped, *moved, timestep, mask, features])
            out = b.block(f"block{i}", x, flow, 28, width, 13, scale)
            flow = b.node("Add", [flow, b.times(b.part(out, 0, 4), scale)])
        mask, features = b.part(out, 4, 5), b.part(out, 5, 13)
        warped = [inputs.warp(first, b.part(flow, 0, 2)), inputs.warp(second, b.part(flow, 2, 4))]
    return _finish(b, inputs, mask, warped, path)


def moving(dx: float, dy: float, scales: tuple[float, ...]) -> Weights:
    """Weights that make every block add its share of the flow of a picture moving by (dx, dy) from frame to frame.

    The timestep goes through each block in channel 0 (centre taps, so that borders change nothing) and comes out as
    flow -t d to the first frame and (1 - t) d to the second. The mask is one half.
    """
    timestep = 6 if scales == V4_6 else 14

    def weights(name: str, shape: tuple[int, ...]) -> np.ndarray:
        value = np.zeros(shape, np.float32)
        block = int(name[5]) if name.startswith("block") else -1
        if block < 0:
            return value
        share = 1 / (len(scales) * scales[block])
        if name.endswith("conv0.weight"):
            value[0, timestep, 1, 1] = 1
        elif name.endswith("conv1.weight"):
            value[0, 0, 1, 1] = 1
        elif name.endswith("last.weight"):
            for channel, distance in enumerate((dx, dy, dx, dy)):
                value[0, 4 * channel : 4 * channel + 4, 1:3, 1:3] = -distance * share
        elif name.endswith("last.bias"):
            for channel, distance in enumerate((dx, dy), 2):
                value[4 * channel : 4 * channel + 4] = distance * share
        return value

    return weights


def random(seed: int = 5, flow: float = 1.0) -> Weights:
    """Seeded weights, scaled so that what goes through keeps its size; the flow is some pixels times `flow`."""
    rng = np.random.default_rng(seed)

    def weights(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if ".beta" in name:
            return np.full(shape, 0.2, np.float32)
        fan = int(np.prod(shape[1:])) if len(shape) > 1 else 100
        gain = flow if ".last" in name else 1.0
        value: np.ndarray = (gain * rng.standard_normal(shape) / np.sqrt(fan)).astype(np.float32)
        return value

    return weights
