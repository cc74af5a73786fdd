"""Networks exported at one size or batch run at any: whole where their graph is free of it, else in tiles of it."""

from __future__ import annotations

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
SIZE = 32
BACKENDS = ["reference", "openvino", "onnxruntime", "auto"]
RANDOM = np.random.default_rng(5)
FIRST = (RANDOM.standard_normal((12, 3, 3, 3)) / 5).astype(np.float32)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


# Between a convolution `a` of 12 channels and the pixel shuffle of `b`: nodes and constants.
Middle = tuple[list[onnx.NodeProto], dict[str, np.ndarray]]


def node(op: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs, [output], **attributes)


def free() -> Middle:
    return [node("Relu", ["a"], "b")], {}


def free_windows() -> Middle:
    """Windows of 8 x 8 and back, by sizes that the graph computes."""
    nodes = [
        node("Shape", ["a"], "s"),
        node("Slice", ["s", "c2", "c3"], "h"),
        node("Slice", ["s", "c3", "c4"], "w"),
        node("Div", ["h", "c8"], "rows"),
        node("Div", ["w", "c8"], "columns"),
        node("Concat", ["c1", "c12", "rows", "c8", "columns", "c8"], "cut", axis=0),
        node("Reshape", ["a", "cut"], "windows"),
        node("Softmax", ["windows"], "soft", axis=-1),
        node("Reshape", ["soft", "s"], "b"),
    ]
    return nodes, {f"c{i}": numbers(i) for i in (1, 2, 3, 4, 8, 12)}


def baked_windows() -> Middle:
    nodes = [
        node("Reshape", ["a", "cut"], "windows"),
        node("Softmax", ["windows"], "soft", axis=-1),
        node("Reshape", ["soft", "whole"], "b"),
    ]
    return nodes, {"cut": numbers(1, 12, SIZE // 8, 8, SIZE // 8, 8), "whole": numbers(1, 12, SIZE, SIZE)}


def open_axis() -> Middle:
    """At other sizes the shapes still fit, and the rows would be others."""
    nodes = [
        node("Reshape", ["a", "rows"], "r"),
        node("Softmax", ["r"], "soft", axis=-1),
        node("Shape", ["a"], "s"),
        node("Reshape", ["soft", "s"], "b"),
    ]
    return nodes, {"rows": numbers(1, 12, SIZE, -1)}


def mask() -> Middle:
    return [node("Mul", ["a", "m"], "b")], {"m": RANDOM.random((1, 1, SIZE, SIZE)).astype(np.float32)}


def baked_slice() -> Middle:
    """What took the whole picture takes a corner of larger ones, and an average says nothing of sizes."""
    nodes = [
        node("Slice", ["a", "zero", "end", "axis"], "part"),
        node("GlobalAveragePool", ["part"], "mean"),
        node("Mul", ["a", "mean"], "b"),
    ]
    return nodes, {"zero": numbers(0), "end": numbers(SIZE), "axis": numbers(2)}


def baked_mean() -> Middle:
    nodes = [
        node("ReduceSum", ["a", "axes"], "sum", keepdims=1),
        node("Mul", ["sum", "share"], "mean"),
        node("Mul", ["a", "mean"], "b"),
    ]
    return nodes, {"axes": numbers(2, 3), "share": np.array(1 / SIZE**2, np.float32)}


def baked_grid() -> Middle:
    steps = np.linspace(-0.9, 0.9, SIZE, dtype=np.float32)
    grid = np.stack(np.meshgrid(steps, steps), -1)[None]
    return [node("GridSample", ["a", "grid"], "b", mode="bilinear")], {"grid": grid}


def baked_pool() -> Middle:
    nodes = [
        node("AveragePool", ["a"], "mean", kernel_shape=[SIZE, SIZE], strides=[SIZE, SIZE]),
        node("Resize", ["mean", "", "factor"], "large", mode="nearest"),
        node("Mul", ["a", "large"], "b"),
    ]
    return nodes, {"factor": np.array([1, 1, SIZE, SIZE], np.float32)}


def save(path: Path, middle: Middle, dims: list[Any], opset: int = 17) -> str:
    nodes, constants = middle
    ends = [
        node("Conv", ["input", "first"], "a", pads=[1, 1, 1, 1]),
        node("DepthToSpace", ["b"], "output", blocksize=2, mode="CRD"),
    ]
    out = [dims[0], 3, *(2 * d if isinstance(d, int) else None for d in dims[2:])]
    graph = helper.make_graph(
        [ends[0], *nodes, ends[1]],
        "network",
        [helper.make_tensor_value_info("input", 1, dims)],
        [helper.make_tensor_value_info("output", 1, out)],
        [numpy_helper.from_array(value, name) for name, value in {"first": FIRST, **constants}.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), str(path))
    return str(path)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("middle", [free, free_windows])
def test_a_free_graph_runs_at_any_size(tmp_path: Path, middle: Any, backend: str) -> None:
    stated = save(tmp_path / "stated.onnx", middle(), [1, 3, SIZE, SIZE])
    dynamic = save(tmp_path / "dynamic.onnx", middle(), [1, 3, "height", "width"])
    for width, height in [(SIZE, SIZE), (48, 24), (104, 136)]:
        clip = noise(CORE, width, height)
        expected = computed(dynamic, np.stack(picture(clip))[None])[0]
        np.testing.assert_allclose(run(stated, clip, backend), expected, rtol=0, atol=1e-5)


BOUND = [baked_windows, open_axis, mask, baked_slice, baked_mean, baked_grid, baked_pool]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("middle", BOUND)
def test_a_bound_graph_computes_tiles_of_its_size(tmp_path: Path, middle: Any, backend: str) -> None:
    path = save(tmp_path / "stated.onnx", middle(), [1, 3, SIZE, SIZE])
    exact = noise(CORE, SIZE, SIZE)
    expected = computed(path, np.stack(picture(exact))[None])[0]
    np.testing.assert_allclose(run(path, exact, backend), expected, rtol=0, atol=1e-5)

    small = noise(CORE, 20, 13)
    padded = np.pad(np.stack(picture(small)), ((0, 0), (0, SIZE - 13), (0, SIZE - 20)), "reflect")
    expected = computed(path, padded[None])[0][:, :26, :40]
    np.testing.assert_allclose(run(path, small, backend), expected, rtol=0, atol=1e-5)

    # The first tile ends where its neighbour's overlap begins to count.
    large = noise(CORE, 75, 50)
    got = run(path, large, backend)
    assert got.shape == (3, 100, 150)
    corner = computed(path, np.stack(picture(large))[None, :, :SIZE, :SIZE])[0]
    inside = 2 * (SIZE - SIZE // 2)
    np.testing.assert_allclose(got[:, :inside, :inside], corner[:, :inside, :inside], rtol=0, atol=1e-5)


def test_only_its_own_tile_is_accepted(tmp_path: Path) -> None:
    path = save(tmp_path / "stated.onnx", baked_windows(), [1, 3, SIZE, SIZE])
    clip = noise(CORE, 75, 50)
    with pytest.raises(vs.Error, match=f'made for pictures of {SIZE}x{SIZE} alone; leave "tilesize" out'):
        run(path, clip, "reference", tilesize=48)
    given = run(path, clip, "reference", tilesize=SIZE, overlap=8)
    assert given.shape == (3, 100, 150)
    np.testing.assert_array_equal(run(path, clip, "reference", tilesize=[75, 50]), run(path, clip, "reference"))


def test_one_axis_alone_may_be_stated(tmp_path: Path) -> None:
    rows = ([node("Mul", ["a", "m"], "b")], {"m": RANDOM.random((1, 1, SIZE, 1)).astype(np.float32)})
    path = save(tmp_path / "rows.onnx", rows, [1, 3, SIZE, "width"])
    clip = noise(CORE, 75, SIZE)
    expected = computed(path, np.stack(picture(clip))[None])[0]
    np.testing.assert_allclose(run(path, clip, "auto"), expected, rtol=0, atol=1e-5)
    assert run(path, noise(CORE, 75, 50), "auto").shape == (3, 100, 150)
    free_path = save(tmp_path / "free.onnx", free(), [1, 3, SIZE, "width"])
    dynamic = save(tmp_path / "dynamic.onnx", free(), [1, 3, "height", "width"])
    clip = noise(CORE, 40, 50)
    expected = computed(dynamic, np.stack(picture(clip))[None])[0]
    np.testing.assert_allclose(run(free_path, clip, "auto"), expected, rtol=0, atol=1e-5)


def batch_norm_of_groups(batch: int) -> Middle:
    """A shape that says the batch, and an axis that takes up what is left: other groups at another batch."""
    nodes = [
        node("Reshape", ["a", "groups"], "g"),
        node("InstanceNormalization", ["g", "one", "zero"], "n"),
        node("Shape", ["a"], "s"),
        node("Reshape", ["n", "s"], "b"),
    ]
    return nodes, {
        "groups": numbers(batch, 4, -1),
        "one": np.ones(4, np.float32),
        "zero": np.zeros(4, np.float32),
    }


def batch_in_shape(batch: int) -> Middle:
    nodes = [node("Reshape", ["a", "flat"], "f"), node("Relu", ["f"], "r"), node("Reshape", ["r", "whole"], "b")]
    return nodes, {"flat": numbers(batch * 12, 24, 40), "whole": numbers(batch, 12, 24, 40)}


def batch_of_free(batch: int) -> Middle:
    return free()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("middle", [batch_of_free, batch_norm_of_groups, batch_in_shape])
def test_a_stated_batch(tmp_path: Path, middle: Any, batch: int, backend: str) -> None:
    path = save(tmp_path / "batch.onnx", middle(batch), [batch, 3, 24, 40])
    clip = noise(CORE, 40, 24)
    pixels = np.stack(picture(clip))[None].repeat(batch, 0)
    np.testing.assert_allclose(run(path, clip, backend), computed(path, pixels)[0], rtol=0, atol=1e-5)
    if middle is batch_of_free:
        assert run(path, noise(CORE, 50, 30), backend).shape == (3, 60, 100)


def test_operators_outside_of_the_ir_keep_what_is_stated(tmp_path: Path) -> None:
    """Nothing is known of what they do at another size."""
    middle: Middle = ([node("LpPool", ["a"], "b", kernel_shape=[1, 1])], {})
    path = save(tmp_path / "unknown.onnx", middle, [2, 3, SIZE, SIZE])
    clip = noise(CORE, SIZE, SIZE)
    pixels = np.stack(picture(clip))[None].repeat(2, 0)
    np.testing.assert_allclose(run(path, clip, "auto"), computed(path, pixels)[0], rtol=0, atol=1e-5)
    assert run(path, noise(CORE, 75, 50), "auto").shape == (3, 100, 150)
