"""ONNX files as nodes and arrays, by their wire format: what another engine needs to run them.

Source: onnx.proto of the ONNX specification. Weights in other files and sparse ones are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError

TYPES: dict[int, Any] = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
}
"""TensorProto.DataType, as far as networks on pictures hold them."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operator."""

    operator: str
    inputs: list[str]
    """Of values; empty where an optional one is left out."""
    outputs: list[str]
    attributes: dict[str, Any]


@dataclass(kw_only=True)
class Graph:
    """A network."""

    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    inputs: dict[str, int] = field(default_factory=dict)
    """Channels by name, 0 where the file leaves them open; without inputs that have weights."""
    outputs: list[str] = field(default_factory=list)
    opset: int = 1


def read(path: Path) -> Graph:
    """The network in a file. Raises UserError for a file that is not one, or holds what is refused."""
    try:
        return _model(path.read_bytes())
    except (IndexError, KeyError, ValueError, struct.error) as error:
        raise UserError(f"{path} cannot be read as an ONNX network: {error}") from error


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and contents of a message: integers of varints, bytes of all else."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        length = {1: 8, 5: 4}.get(kind)
        if length is None:
            if kind != 2:
                raise ValueError(f"wire type {kind}")
            length, at = _varint(data, at)
        if at + length > len(data):
            raise ValueError("it ends within a field")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _integers(value: int | bytes) -> list[int]:
    """A repeated integer, packed or one of several."""
    if isinstance(value, int):
        return [_signed(value)]
    found, at = [], 0
    while at < len(value):
        one, at = _varint(value, at)
        found.append(_signed(one))
    return found


def _tensor(data: bytes) -> tuple[str, np.ndarray]:
    name, kind, raw, elsewhere = "", 0, None, False
    dims: list[int] = []
    integers: list[int] = []
    floats: list[bytes] = []
    for number, value in _fields(data):
        if number == 1:
            dims += _integers(value)
        elif number == 2:
            kind = value
        elif number in (4, 10):
            floats.append(value)
        elif number in (5, 7):
            integers += _integers(value)
        elif number == 8:
            name = value.decode()
        elif number == 9:
            raw = value
        elif number == 14:
            elsewhere = value == 1
    if elsewhere:
        raise ValueError(f'the weights "{name}" lie in another file')
    if kind not in TYPES:
        raise ValueError(f'the tensor "{name}" has elements of type {kind}')
    if raw is None and not integers:
        raw = b"".join(floats)
    if raw is not None:
        return name, np.frombuffer(raw, TYPES[kind]).reshape(dims)
    if kind == 10:  # by their bits
        return name, np.array(integers, np.uint16).view(np.float16).reshape(dims)
    return name, np.array(integers, TYPES[kind]).reshape(dims)


def _attribute(data: bytes) -> tuple[str, Any]:
    name = ""
    found: Any = None
    for number, value in _fields(data):
        if number == 1:
            name = value.decode()
        elif number == 2:
            found = struct.unpack("<f", value)[0]
        elif number == 3:
            found = _signed(value)
        elif number == 4:
            found = value.decode(errors="replace")
        elif number == 5:
            found = _tensor(value)[1]
        elif number == 7:
            found = (found or []) + list(struct.unpack(f"<{len(value) // 4}f", value))
        elif number == 8:
            found = (found or []) + _integers(value)
    return name, found


def _node(data: bytes) -> Node:
    inputs: list[str] = []
    outputs: list[str] = []
    attributes: dict[str, Any] = {}
    operator = ""
    for number, value in _fields(data):
        if number == 1:
            inputs.append(value.decode())
        elif number == 2:
            outputs.append(value.decode())
        elif number == 4:
            operator = value.decode()
        elif number == 5:
            name, content = _attribute(value)
            attributes[name] = content
    return Node(operator=operator, inputs=inputs, outputs=outputs, attributes=attributes)


def _name(data: bytes) -> str:
    return next((value.decode() for number, value in _fields(data) if number == 1), "")


def _inner(data: bytes, *numbers: int) -> bytes:
    """A message within messages, by the fields that lead to it; empty where one is absent."""
    for number in numbers:
        data = next((value for found, value in _fields(data) if found == number), b"")
    return data


def _channels(data: bytes) -> int:
    """The second size of an input's type."""
    dims = [value for number, value in _fields(_inner(data, 2, 1, 2)) if number == 1]
    return int(dict(_fields(dims[1])).get(1, 0)) if len(dims) > 1 else 0


def _model(data: bytes) -> Graph:
    graph = Graph()
    inside = None
    for number, value in _fields(data):
        if number == 7:
            inside = value
        elif number == 8:
            opset = dict(_fields(value))
            if opset.get(1, b"") in (b"", b"ai.onnx"):
                graph.opset = opset.get(2, 1)
    if inside is None:
        raise ValueError("it holds no graph")
    for number, value in _fields(inside):
        if number == 1:
            graph.nodes.append(_node(value))
        elif number == 5:
            name, content = _tensor(value)
            graph.weights[name] = content
        elif number == 11:
            graph.inputs[_name(value)] = _channels(value)
        elif number == 12:
            graph.outputs.append(_name(value))
    graph.inputs = {name: channels for name, channels in graph.inputs.items() if name not in graph.weights}
    return graph
