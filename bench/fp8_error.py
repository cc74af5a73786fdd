"""What fp8 would cost a network: PSNR to its fp32 result with e4m3 weights and activations, on pictures.

Usage: python bench/fp8_error.py NETWORK.onnx... --picture PATH[:X,Y,W,H]...

Convolutions of 32 channels or more on both sides, of more than one tap, read activations and weights that were rounded
to e4m3 and compute in fp32, which is what kernels with fp32 accumulation do. Weights have a scale for each output
channel, activations one for each tensor: a power of two that leaves twice the largest value seen on these very
pictures, which is better than a scale from others. Convolutions are rounded all together, their weights or their
activations alone, all but the first two, and the last half, so that one sees where it is lost. ONNX Runtime computes.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, version_converter
from PIL import Image

LARGEST = 448.0
"""Of e4m3."""

ROOM = 2.0
"""Between the largest activation seen and the largest of e4m3."""

OPSET = 19
"""The first with e4m3 in Cast."""

Pictures = Sequence[np.ndarray]
Choice = Callable[[list[onnx.NodeProto]], list[onnx.NodeProto]]

CHOICES: dict[str, tuple[Choice, bool, bool]] = {
    "all": (lambda convs: convs, True, True),
    "weights alone": (lambda convs: convs, True, False),
    "activations alone": (lambda convs: convs, False, True),
    "all but the first two": (lambda convs: convs[2:], True, True),
    "the last half": (lambda convs: convs[len(convs) // 2 :], True, True),
}
"""Which convolutions, whether their weights are rounded, whether what they read is."""


def picture(text: str) -> np.ndarray:
    """A picture or a part of one, 1 3 H W from 0 to 1."""
    path, _, part = text.partition(":")
    image = Image.open(path).convert("RGB")
    if part:
        x, y, width, height = map(int, part.split(","))
        image = image.crop((x, y, x + width, y + height))
    return (np.asarray(image, np.float32) / 255).transpose(2, 0, 1)[None]


def results(model: onnx.ModelProto, pictures: Pictures, names: list[str] | None = None) -> list[list[np.ndarray]]:
    """The outputs, or these values, for each picture."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return [session.run(names, {given.name: one}) for one in pictures]


def largest(model: onnx.ModelProto, pictures: Pictures, names: list[str]) -> dict[str, float]:
    """The largest magnitude of each value on the pictures."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    found = results(watched, pictures, names)
    return {name: max(float(np.abs(one[i]).max()) for one in found) for i, name in enumerate(names)}


def rounded_weights(weights: np.ndarray, axis: int) -> np.ndarray:
    """To e4m3 with a scale for each index of an axis."""
    others = tuple(i for i in range(weights.ndim) if i != axis)
    scale = np.abs(weights).max(axis=others, keepdims=True) / LARGEST
    scale[scale == 0] = 1
    return ((weights / scale).astype(ml_dtypes.float8_e4m3fn).astype(np.float32) * scale).astype(np.float32)


def convolutions(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """Those that tensor cores would compute in fp8."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}

    def counts(node: onnx.NodeProto) -> bool:
        shape = shapes.get(node.input[1], ()) if node.op_type in ("Conv", "ConvTranspose") else ()
        return len(shape) == 4 and min(shape[:2]) >= 32 and shape[2] * shape[3] > 1

    return [node for node in model.graph.node if counts(node)]


def rounded(
    model: onnx.ModelProto, pictures: Pictures, choice: Choice, weights: bool, activations: bool
) -> onnx.ModelProto:
    """The network with the convolutions chosen in e4m3."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    chosen = choice(convolutions(changed))
    held = {tensor.name: tensor for tensor in graph.initializer}
    most = largest(model, pictures, sorted({node.input[0] for node in chosen})) if activations else {}
    in_e4m3: dict[str, str] = {}
    numbers = {id(node) for node in chosen}
    nodes: list[onnx.NodeProto] = []
    for node in list(graph.node):
        if id(node) in numbers and weights:
            values = numpy_helper.to_array(held[node.input[1]])
            new = rounded_weights(values, 0 if node.op_type == "Conv" else 1)
            held[node.input[1]].CopyFrom(numpy_helper.from_array(new, node.input[1]))
        if id(node) in numbers and activations:
            name = node.input[0]
            if name not in in_e4m3:
                in_e4m3[name] = f"{name} in e4m3"
                scale = 2.0 ** np.ceil(np.log2(max(most[name], 1e-9) * ROOM / LARGEST))
                graph.initializer.append(numpy_helper.from_array(np.float32(scale), f"{name} scale"))
                nodes += [
                    helper.make_node("Div", [name, f"{name} scale"], [f"{name} scaled"]),
                    helper.make_node("Cast", [f"{name} scaled"], [f"{name} cast"], to=TensorProto.FLOAT8E4M3FN),
                    helper.make_node("Cast", [f"{name} cast"], [f"{name} back"], to=TensorProto.FLOAT),
                    helper.make_node("Mul", [f"{name} back", f"{name} scale"], [in_e4m3[name]]),
                ]
            node.input[0] = in_e4m3[name]
        nodes.append(node)
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
    return changed


def signal_to_noise(given: np.ndarray, wanted: np.ndarray) -> float:
    """PSNR in dB of pictures from 0 to 1, what is outside cut off."""
    apart = np.mean((np.clip(given, 0, 1) - np.clip(wanted, 0, 1)) ** 2, dtype=np.float64)
    return float(-10 * np.log10(max(apart, 1e-12)))


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("networks", nargs="+", type=Path)
    parser.add_argument("--picture", action="append", required=True)
    given = parser.parse_args()
    pictures = [picture(text) for text in given.picture]
    for path in given.networks:
        model = onnx.load(str(path))
        if next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx")) < OPSET:
            model = version_converter.convert_version(model, OPSET)
        model.ir_version = max(model.ir_version, 9)
        wanted = [one[0] for one in results(model, pictures)]
        for name, (choice, weights, activations) in CHOICES.items():
            found = [one[0] for one in results(rounded(model, pictures, choice, weights, activations), pictures)]
            figures = [signal_to_noise(one, other) for one, other in zip(found, wanted, strict=True)]
            count = len(choice(convolutions(model)))
            title = re.sub(r"\.onnx$", "", path.name)
            print(f"{title:24} {name:22} {count:3} convolutions: " + ", ".join(f"{one:.1f}" for one in figures), "dB")


if __name__ == "__main__":
    main()
