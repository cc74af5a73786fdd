"""One sentence for each option that is none, out of range, or against another one, before anything is built."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from vsmlrt import Backend
from vsmlrt.backend import CLASSES, model_arguments, options, placing

SIZES = {"min_shapes": (64, 64), "opt_shapes": (128, 128), "max_shapes": (256, 256)}


def dynamic(**given: Any) -> dict[str, Any]:
    return {"static_shape": False} | SIZES | given


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"min_shapes": "64x64"}, TypeError, r"min_shapes must be width and height, .*got '64x64'"),
        ({"opt_shapes": "ab"}, TypeError, "opt_shapes must be width and height"),
        ({"opt_shapes": (1, 2, 3)}, TypeError, r"opt_shapes must be width and height.*got \(1, 2, 3\)"),
        ({"opt_shapes": (640.0, 360)}, TypeError, "opt_shapes must be two whole numbers"),
        ({"opt_shapes": ("640", "360")}, TypeError, "opt_shapes must be two whole numbers"),
        ({"opt_shapes": True}, TypeError, "opt_shapes must be width and height"),
        ({"max_shapes": {1: 2, 3: 4}}, TypeError, "max_shapes must be width and height"),
        ({"opt_shapes": (-1, 360)}, ValueError, "opt_shapes must be a width and a height of at least 1, got -1x360"),
        ({"max_shapes": (640, 0)}, ValueError, "max_shapes must be a width and a height of at least 1, got 640x0"),
        (dynamic(min_shapes=(128, 129)), ValueError, "min_shapes must not exceed opt_shapes.*got 128x129 and 128x128"),
        (dynamic(opt_shapes=(257, 256)), ValueError, "opt_shapes must not exceed max_shapes.*got 257x256 and 256x256"),
        (
            dynamic(opt_shapes=None, min_shapes=(1, 999)),
            ValueError,
            "min_shapes must not exceed max_shapes.*got 1x999 and 256x256",
        ),
        ({"fp16": "yes"}, TypeError, "fp16 must be True or False, got 'yes'"),
        ({"short_path": 2}, TypeError, "short_path must be True or False, got 2"),
        ({"num_streams": -1}, ValueError, "num_streams must be 0 .as many as are fastest. or more, got -1"),
        ({"num_streams": "many"}, ValueError, 'num_streams must be a number or "AUTO", got "many"'),
        ({"num_streams": ""}, ValueError, "num_streams must be a number or"),
        ({"num_streams": 1.5}, TypeError, "num_streams must be a number, got float"),
        ({"device_id": -1}, ValueError, "device_id must be from 0 up; got -1"),
        ({"device_id": "0"}, TypeError, "device_id must be a whole number from 0 up; got '0'"),
        ({"workspace": -1}, ValueError, "workspace must be from 0 up, or None for no limit .*MiB.*; got -1"),
        ({"workspace": 1.5}, TypeError, "workspace must be a whole number from 0 up, or None for no limit"),
        ({"output_format": 2}, ValueError, "output_format must be from 0 to 1; got 2"),
        ({"builder_optimization_level": 6}, ValueError, "builder_optimization_level must be from 0 to 5; got 6"),
        ({"builder_optimization_level": None}, TypeError, "builder_optimization_level must be a whole number"),
        ({"max_aux_streams": -1}, ValueError, "max_aux_streams must be from 0 up, or None for the provider's choice"),
        ({"custom_env": "A=1"}, TypeError, "custom_env must be a dict of texts, got 'A=1'"),
        ({"custom_env": {"A": 1}}, TypeError, "custom_env must name variables and their values as texts, got 'A': 1"),
        ({"custom_env": {"A=B": "1"}}, TypeError, "custom_env must name variables"),
        ({"custom_args": "a=1"}, TypeError, "custom_args must be a list of texts, got 'a=1'"),
        ({"custom_args": [1]}, TypeError, "custom_args must be a list of texts, got 1 in it"),
        ({"custom_args": ["fast"]}, ValueError, "custom_args must be KEY=VALUE.*got 'fast'"),
        ({"engine_folder": 3}, TypeError, "engine_folder must be the path of a folder, .*got 3"),
        ({"engine_folder": ""}, TypeError, "engine_folder must be the path of a folder"),
        ({"engine_folder": __file__}, ValueError, "engine_folder must be a folder, and .* is a file: name another one"),
    ],
)
def test_bad_options(given: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=rf"^Backend\.TRT: {sentence}") as caught:
        model_arguments(Backend.TRT(**given))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        (Backend.OV_CPU(precision="int8"), "precision must be one of auto, fp32, tf32, fp16, bf16; got 'int8'"),
        (Backend.OV_CPU(num_threads=-1), "num_threads must be from 0 up; got -1"),
        (Backend.ORT_CPU(verbosity=5), "verbosity must be from 0 to 4; got 5"),
        (Backend.ORT_COREML(ml_program=2), "ml_program must be from 0 to 1; got 2"),
        (Backend.CUDA(force_fp16=True, fp16_blacklist_ops=["Exp"]), "force_fp16 leaves no operator in fp32"),
        (Backend.CUDA(precision="fp32", bf16=True), "precision is fp32 and bf16 is set: give one of them"),
    ],
)
def test_bad_options_of_the_others(backend: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=rf"^Backend\.{type(backend).__name__}: .*{sentence}"):
        model_arguments(backend)


LOOSE: list[tuple[Any, dict[str, Any]]] = [
    (Backend.ORT_CPU(verbosity=False), {"num_streams": 1}),
    (Backend.ORT_CPU(output_format=True), {"output_format": 1}),
    (Backend.ORT_CPU(fp16=None), {"precision": "fp32"}),  # type: ignore[arg-type]
    (Backend.ORT_CPU(num_streams=2.0), {"num_streams": 2}),  # type: ignore[arg-type]
    (Backend.OV_CPU(fp16=True, bf16=True), {"precision": "fp16"}),
    (Backend.CUDA(force_fp16=True, bf16=True), {"precision": "fp16", "force_fp16": 1}),
    (Backend.CUDA(static_shape=False), {"static_shape": 0}),
    (
        Backend.CUDA(static_shape=False, min_shapes=(0, 0), opt_shapes=(64, 32)),
        {"static_shape": 0, "opt_shapes": [64, 32], "max_shapes": [64, 32]},
    ),
    (Backend.CUDA(opt_shapes=(64, 32), max_shapes=(128, 64), min_shapes=(8, 8)), {"opt_shapes": [64, 32]}),
]
"""Options as loose as scripts have them, and what they are for the plugin."""


@pytest.mark.parametrize(("backend", "wanted"), LOOSE, ids=range(len(LOOSE)))
def test_options_as_loose_as_in_vs_mlrt(backend: Any, wanted: dict[str, Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(placing, "machine", everything)
    found = model_arguments(backend)
    wanted = {"min_shapes": None, "opt_shapes": None, "max_shapes": None} | wanted
    assert {key: found.get(key) for key in wanted} == wanted


def test_no_workspace_is_as_much_as_there_is(monkeypatch: Any) -> None:
    monkeypatch.setattr(placing, "machine", everything)
    found = [model_arguments(Backend.TRT(workspace=size))["options"] for size in (0, 0.0, None)]  # type: ignore[arg-type]
    assert found[0] == found[1] == found[2]


def everything() -> placing.Machine:
    groups = {"openvino": ("CPU",), "onnxruntime": ("CPU", "TensorRT"), "cuda": ("",)}
    made = {name: tuple(placing.Device(one, one, 0) for one in ones) for name, ones in groups.items()}
    return placing.Machine(made, {})


@pytest.mark.parametrize(("bits", "given"), [(True, 0), (False, None)])
def test_half_clips_become_float_unless_asked_otherwise(bits: bool, given: int | None, monkeypatch: Any) -> None:
    monkeypatch.setattr(placing, "machine", everything)
    assert model_arguments(Backend.ORT_CPU(), half=bits).get("output_format") == given
    assert model_arguments(Backend.ORT_CPU(output_format=1), half=bits)["output_format"] == 1
    assert "output_format" not in model_arguments(Backend.Auto(), half=bits)


@pytest.mark.parametrize("given", ["Exp", [1], 3])
def test_operators_are_a_list_of_names(given: Any) -> None:
    with pytest.raises(TypeError, match=r"Backend\.OV_CPU: fp16_blacklist_ops must be a list of texts, got"):
        model_arguments(Backend.OV_CPU(fp16_blacklist_ops=given))


def test_equal_shapes_are_static() -> None:
    options.check({"static_shape": True} | dict.fromkeys(SIZES, (64, 64)))


def test_equal_shapes_are_a_range_as_well() -> None:
    options.check({"static_shape": False} | dict.fromkeys(SIZES, (64, 64)))


@pytest.mark.parametrize("count", [1, 0, "auto", "AUTO"])
def test_one_stream_of_openvino_on_the_processor_is_what_vs_mlrt_computes_then(count: int | str) -> None:
    """A frame on each thread; the plugin chooses how many."""
    assert model_arguments(Backend.OV_CPU(num_streams=count))["num_streams"] == 0


@pytest.mark.parametrize(("count", "found"), [("1", 1), (2, 2), ("2", 2)])
def test_streams_that_are_asked_for_by_number_are_taken_literally(count: int | str, found: int) -> None:
    assert model_arguments(Backend.OV_CPU(num_streams=count))["num_streams"] == found


def test_every_field_of_every_backend_is_checked() -> None:
    names = {field.name for cls in CLASSES for field in fields(cls)}
    assert names == set(options.CHECKS)


def test_every_option_that_a_place_uses_is_one(tmp_path: Path) -> None:
    for cls in CLASSES:
        for place in cls.places:
            assert place.uses <= set(options.CHECKS), place.title
