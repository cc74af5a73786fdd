"""An ONNX network in PyTorch, operator by operator: what the networks of the benchmark are made of, in inference.

Sizes are computed on the processor, so that a run can be recorded as a CUDA graph. Operators follow the ONNX
specification; of Resize and Pad, the modes that PyTorch has.
"""

# PyTorch is not among the project's tools.
# mypy: ignore-errors
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ..errors import UserError
from .onnx_file import TYPES, Graph, Node

_DTYPES = {kind: torch.from_numpy(np.zeros(1, dtype)).dtype for kind, dtype in TYPES.items()}


class TorchNetwork:
    """Runs a network; floats are of `dtype` and on `device`, pictures and filters with channels last.

    What follows from the sizes alone is computed in the first run and kept, so that all runs have to be of one size.
    """

    def __init__(self, graph: Graph, device: str, dtype: torch.dtype) -> None:
        """Takes the weights to the device. Raises UserError naming operators that there are none for."""
        if unknown := sorted({node.operator for node in graph.nodes} - set(_OPERATORS)):
            raise UserError(f"the network has operators that the comparison in PyTorch lacks: {', '.join(unknown)}")
        self.graph, self.device, self.dtype = graph, device, dtype
        self._known: dict[str, Any] = {"": None}
        for name, value in graph.weights.items():
            self._keep(name, self._constant(value))
        self._held = [
            self._constant(node.attributes["value"]) if isinstance(node.attributes.get("value"), np.ndarray) else None
            for node in graph.nodes
        ]

    def _constant(self, value: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(np.array(value))
        return self.floats(tensor) if tensor.is_floating_point() else tensor

    def _keep(self, name: str, value: Any) -> None:
        """Sizes and factors are read on the processor, which may not wait for the device while a run is recorded."""
        if isinstance(value, torch.Tensor) and value.numel() <= _MOST_READ:
            value.numbers = value.tolist()
        self._known[name] = value

    def floats(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor of floats as the network computes with it."""
        placed = tensor.to(self.device, self.dtype)
        return placed.contiguous(memory_format=torch.channels_last) if placed.dim() == 4 else placed

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """The outputs for inputs in the graph's order."""
        values: dict[str, Any] = dict(zip(self.graph.inputs, inputs, strict=True))
        for node, held in zip(self.graph.nodes, self._held, strict=True):
            if node.outputs[0] in self._known:
                continue
            given = [values[name] if name in values else self._known[name] for name in node.inputs]
            found = _OPERATORS[node.operator](self, node, held, *given)
            several = found if isinstance(found, tuple | list) else (found,)
            fixed = node.operator == "Shape" or all(name in self._known for name in node.inputs)
            for name, value in zip(node.outputs, several, strict=False):
                if fixed:
                    self._keep(name, value)
                else:
                    values[name] = value
        return [values[name] if name in values else self._known[name] for name in self.graph.outputs]


_MOST_READ = 64
"""Elements of what is a size, a factor or an axis."""


def _numbers(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return list(value)
    known = getattr(value, "numbers", None)
    return value.tolist() if known is None else known


def _together(*given: torch.Tensor) -> list[torch.Tensor]:
    """On one device: integers that size floats come from the processor."""
    device = next((one.device for one in given if one.is_floating_point()), given[0].device)
    return [one.to(device) if one.device != device else one for one in given]


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda network, node, held, *given: function(*_together(*given))


def _halves(node: Node) -> tuple[list[int], bool]:
    """Padding in front of each axis, and whether it is the same behind."""
    if node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise UserError(
            f"{node.operator} with auto_pad {node.attributes['auto_pad']} is not in the comparison in PyTorch"
        )
    pads = node.attributes.get("pads", [0, 0, 0, 0])
    before, behind = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    return before, before == behind


def _conv(network: TorchNetwork, node: Node, held: Any, x: Any, weights: Any, bias: Any = None) -> torch.Tensor:
    before, same = _halves(node)
    if not same:
        top, left, bottom, right = node.attributes["pads"]
        x, before = functional.pad(x, (left, right, top, bottom)), [0, 0]
    take = node.attributes.get
    return functional.conv2d(
        x, weights, bias, take("strides", [1, 1]), before, take("dilations", [1, 1]), take("group", 1)
    )


def _transposed(network: TorchNetwork, node: Node, held: Any, x: Any, weights: Any, bias: Any = None) -> torch.Tensor:
    before, same = _halves(node)
    take = node.attributes.get
    if not same or "output_shape" in node.attributes:
        raise UserError("ConvTranspose of uneven padding or a stated size is not in the comparison in PyTorch")
    return functional.conv_transpose2d(
        x,
        weights,
        bias,
        take("strides", [1, 1]),
        before,
        take("output_padding", [0, 0]),
        take("group", 1),
        take("dilations", [1, 1]),
    )


def _prelu(network: TorchNetwork, node: Node, held: Any, x: Any, slope: Any) -> torch.Tensor:
    return (
        functional.prelu(x, slope.reshape(-1)) if slope.numel() in (1, x.shape[1]) else torch.where(x < 0, x * slope, x)
    )


def _clip(network: TorchNetwork, node: Node, held: Any, x: Any, low: Any = None, high: Any = None) -> torch.Tensor:
    ends = [node.attributes.get("min", low), node.attributes.get("max", high)]
    low, high = (float(one) if one is not None and not isinstance(one, torch.Tensor) else one for one in ends)
    return torch.clamp(x, low, high)


def _depth_to_space(network: TorchNetwork, node: Node, held: Any, x: Any) -> torch.Tensor:
    block = node.attributes["blocksize"]
    if node.attributes.get("mode", "DCR") == "DCR":
        n, c, h, w = x.shape
        x = x.reshape(n, block * block, c // (block * block), h, w).transpose(1, 2).reshape(n, c, h, w)
    return functional.pixel_shuffle(x, block)


def _space_to_depth(network: TorchNetwork, node: Node, held: Any, x: Any) -> torch.Tensor:
    block = node.attributes["blocksize"]
    n, c, h, w = x.shape
    return (
        functional.pixel_unshuffle(x, block)
        .reshape(n, c, block * block, h // block, w // block)
        .transpose(1, 2)
        .reshape(n, -1, h // block, w // block)
    )


def _slice(network: TorchNetwork, node: Node, held: Any, x: Any, *given: Any) -> torch.Tensor:
    take = node.attributes.get
    starts, ends, axes, steps = (
        _numbers(given[i]) if len(given) > i and given[i] is not None else take(name)
        for i, name in enumerate(("starts", "ends", "axes", "steps"))
    )
    for i, axis in enumerate(axes if axes is not None else range(len(starts))):
        step = steps[i] if steps is not None else 1
        if step > 0:
            at: Any = [slice(None)] * x.dim()
            at[axis] = slice(starts[i], ends[i], step)
            x = x[tuple(at)]
        else:
            places = range(x.shape[axis])[starts[i] : (None if ends[i] < -x.shape[axis] else ends[i]) : step]
            x = x.index_select(axis, torch.tensor(list(places), device=x.device))
    return x


def _split(network: TorchNetwork, node: Node, held: Any, x: Any, sizes: Any = None) -> Any:
    axis = node.attributes.get("axis", 0)
    given = node.attributes.get("split") if sizes is None else _numbers(sizes)
    return torch.split(x, given if given is not None else -(-x.shape[axis] // len(node.outputs)), axis)


def _resize(network: TorchNetwork, node: Node, held: Any, x: Any, *given: Any) -> torch.Tensor:
    take = node.attributes.get
    mode = take("mode", "nearest")
    place = take("coordinate_transformation_mode", "asymmetric" if node.operator == "Upsample" else "half_pixel")
    if node.operator == "Upsample" or len(given) == 1:
        scales, size = given[0], None
    else:
        scales, size = given[1], given[2] if len(given) > 2 else None
    target = (
        _numbers(size)[2:]
        if size is not None
        else [int(old * scale) for old, scale in zip(x.shape[2:], _numbers(scales)[2:], strict=True)]
    )
    if mode == "nearest":
        return functional.interpolate(x, target, mode="nearest")
    kinds = {"linear": "bilinear", "cubic": "bicubic"}
    if mode not in kinds or place not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise UserError(f"Resize with {mode} and {place} is not in the comparison in PyTorch")
    return functional.interpolate(x, target, mode=kinds[mode], align_corners=place == "align_corners")


def _pad(
    network: TorchNetwork, node: Node, held: Any, x: Any, pads: Any = None, value: Any = None, axes: Any = None
) -> Any:
    take = node.attributes.get
    amounts = _numbers(pads) if pads is not None else take("pads")
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}[take("mode", "constant")]
    count = len(amounts) // 2
    around = dict.fromkeys(range(x.dim()), (0, 0))
    for i, axis in enumerate(_numbers(axes) if axes is not None else range(count)):
        around[axis % x.dim()] = (amounts[i], amounts[i + count])
    flat = [side for axis in sorted(around, reverse=True) for side in around[axis]]
    if mode == "constant":
        return functional.pad(
            x, flat, value=float(np.ravel(_numbers(value))[0]) if value is not None else take("value", 0.0)
        )
    return functional.pad(x, flat[: 2 * (x.dim() - 2)], mode=mode)


def _axes(node: Node, axes: Any) -> Any:
    return _numbers(axes) if axes is not None else node.attributes.get("axes")


def _reduced(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def run(network: TorchNetwork, node: Node, held: Any, x: Any, axes: Any = None) -> torch.Tensor:
        over = _axes(node, axes) or list(range(x.dim()))
        return function(x, over, bool(node.attributes.get("keepdims", 1)))

    return run


def _unsqueeze(network: TorchNetwork, node: Node, held: Any, x: Any, axes: Any = None) -> torch.Tensor:
    over = _axes(node, axes)
    rank = x.dim() + len(over)
    for axis in sorted(one % rank for one in over):
        x = x.unsqueeze(axis)
    return x


def _squeeze(network: TorchNetwork, node: Node, held: Any, x: Any, axes: Any = None) -> torch.Tensor:
    over = _axes(node, axes)
    return x.squeeze() if over is None else x.squeeze(tuple(over))


def _gather(network: TorchNetwork, node: Node, held: Any, x: Any, indices: Any) -> torch.Tensor:
    axis = node.attributes.get("axis", 0) % x.dim()
    places = torch.where(indices < 0, indices + x.shape[axis], indices)
    if places.dim() == 0:
        return x.select(axis, int(places))
    found = x.index_select(axis, places.reshape(-1).to(x.device))
    return found.reshape(*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])


def _reshape(network: TorchNetwork, node: Node, held: Any, x: Any, shape: Any) -> torch.Tensor:
    wanted = _numbers(shape)
    if not node.attributes.get("allowzero", 0):
        wanted = [x.shape[i] if size == 0 else size for i, size in enumerate(wanted)]
    return x.reshape(wanted)


def _flatten(network: TorchNetwork, node: Node, held: Any, x: Any) -> torch.Tensor:
    axis = node.attributes.get("axis", 1) % (x.dim() + 1)
    return x.reshape(int(np.prod(x.shape[:axis])), -1)


def _shape(network: TorchNetwork, node: Node, held: Any, x: Any) -> torch.Tensor:
    return torch.tensor(list(x.shape)[node.attributes.get("start", 0) : node.attributes.get("end")])


def _constant(network: TorchNetwork, node: Node, held: Any) -> torch.Tensor:
    if held is not None:
        return held
    kinds = {"value_int": torch.int64, "value_ints": torch.int64}
    name, value = next(iter(node.attributes.items()))
    return torch.tensor(value, dtype=kinds[name]) if name in kinds else network.floats(torch.tensor(value))


def _constant_of_shape(network: TorchNetwork, node: Node, held: Any, shape: Any) -> torch.Tensor:
    if held is None:
        return torch.zeros(_numbers(shape), dtype=network.dtype, device=network.device)
    return held.reshape(()).expand(_numbers(shape))


def _cast(network: TorchNetwork, node: Node, held: Any, x: Any) -> torch.Tensor:
    dtype = _DTYPES[node.attributes["to"]]
    if dtype.is_floating_point:
        return x.to(network.device, network.dtype)
    return x.to("cpu", dtype) if x.device.type == "cpu" or x.numel() <= 8 else x.to(dtype)


def _range(network: TorchNetwork, node: Node, held: Any, start: Any, limit: Any, delta: Any) -> torch.Tensor:
    place = {"device": network.device, "dtype": network.dtype} if start.is_floating_point() else {}
    return torch.arange(*(np.ravel(_numbers(one))[0].item() for one in (start, limit, delta)), **place)


def _grid_sample(network: TorchNetwork, node: Node, held: Any, x: Any, grid: Any) -> torch.Tensor:
    take = node.attributes.get
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(take("mode", "bilinear"), take("mode", "bilinear"))
    return functional.grid_sample(
        x, grid.to(x.dtype), mode, take("padding_mode", "zeros"), bool(take("align_corners", 0))
    )


def _pool(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(network: TorchNetwork, node: Node, held: Any, x: Any) -> torch.Tensor:
        before, same = _halves(node)
        take = node.attributes.get
        if not same or take("ceil_mode", 0):
            raise UserError(f"{node.operator} of uneven padding is not in the comparison in PyTorch")
        more = {"count_include_pad": bool(take("count_include_pad", 0))} if node.operator == "AveragePool" else {}
        return function(x, take("kernel_shape"), take("strides", [1, 1]), before, **more)

    return run


def _divide(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def _layer_normalization(network: TorchNetwork, node: Node, held: Any, x: Any, scale: Any, bias: Any = None) -> Any:
    return functional.layer_norm(x, scale.shape, scale, bias, node.attributes.get("epsilon", 1e-5))


def _gemm(network: TorchNetwork, node: Node, held: Any, a: Any, b: Any, c: Any = None) -> torch.Tensor:
    take = node.attributes.get
    product = take("alpha", 1.0) * ((a.T if take("transA", 0) else a) @ (b.T if take("transB", 0) else b))
    return product if c is None else product + take("beta", 1.0) * c


def _by(function: Callable[..., Any], name: str, default: Any) -> Callable[..., Any]:
    """A function of a tensor and one attribute."""
    return lambda network, node, held, x: function(x, node.attributes.get(name, default))


def _of_all(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two tensors, over any number of them."""

    def run(network: TorchNetwork, node: Node, held: Any, first: Any, *others: Any) -> torch.Tensor:
        for other in others:
            first = function(*_together(first, other))
        return first

    return run


_OPERATORS: dict[str, Callable[..., Any]] = {
    "Abs": _plain(torch.abs),
    "Add": _plain(torch.add),
    "And": _plain(torch.logical_and),
    "AveragePool": _pool(functional.avg_pool2d),
    "Cast": _cast,
    "Ceil": _plain(torch.ceil),
    "Clip": _clip,
    "Concat": lambda network, node, held, *given: torch.cat(_together(*given), node.attributes["axis"]),
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "Cos": _plain(torch.cos),
    "DepthToSpace": _depth_to_space,
    "Div": _plain(_divide),
    "Equal": _plain(torch.eq),
    "Erf": _plain(torch.erf),
    "Exp": _plain(torch.exp),
    "Expand": lambda network, node, held, x, shape: (
        x * torch.ones((), dtype=x.dtype, device=x.device).expand(_numbers(shape))
    ),
    "Flatten": _flatten,
    "Floor": _plain(torch.floor),
    "Gather": _gather,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda network, node, held, x: x.mean((2, 3), keepdim=True),
    "Greater": _plain(torch.gt),
    "GridSample": _grid_sample,
    "Identity": lambda network, node, held, x: x,
    "LayerNormalization": _layer_normalization,
    "LeakyRelu": _by(functional.leaky_relu, "alpha", 0.01),
    "Less": _plain(torch.lt),
    "Log": _plain(torch.log),
    "MatMul": _plain(torch.matmul),
    "Max": _of_all(torch.maximum),
    "MaxPool": _pool(functional.max_pool2d),
    "Min": _of_all(torch.minimum),
    "Mod": _plain(torch.remainder),
    "Mul": _plain(torch.mul),
    "Neg": _plain(torch.neg),
    "Not": _plain(torch.logical_not),
    "PRelu": _prelu,
    "Pad": _pad,
    "Pow": lambda network, node, held, x, y: torch.pow(*_together(x, y)).to(x.dtype),
    "Range": _range,
    "Reciprocal": _plain(torch.reciprocal),
    "ReduceMax": _reduced(lambda x, over, keep: torch.amax(x, over, keep)),
    "ReduceMean": _reduced(lambda x, over, keep: torch.mean(x, over, keep)),
    "ReduceMin": _reduced(lambda x, over, keep: torch.amin(x, over, keep)),
    "ReduceSum": _reduced(lambda x, over, keep: torch.sum(x, over, keep)),
    "Relu": _plain(torch.relu),
    "Reshape": _reshape,
    "Resize": _resize,
    "Round": _plain(torch.round),
    "Shape": _shape,
    "Sigmoid": _plain(torch.sigmoid),
    "Sin": _plain(torch.sin),
    "Slice": _slice,
    "Softmax": _by(torch.softmax, "axis", -1),
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Sqrt": _plain(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _plain(torch.sub),
    "Tanh": _plain(torch.tanh),
    "Tile": lambda network, node, held, x, repeats: x.repeat(_numbers(repeats)),
    "Transpose": lambda network, node, held, x: x.permute(node.attributes.get("perm", list(range(x.dim()))[::-1])),
    "Unsqueeze": _unsqueeze,
    "Upsample": _resize,
    "Where": _plain(torch.where),
}
