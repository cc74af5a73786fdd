"""Backend and BackendV2 keep vs-mlrt's names, order and defaults."""

from __future__ import annotations

import copy
import inspect
from dataclasses import MISSING, fields
from typing import Any

import pytest

import vsmlrt
from vsmlrt import Backend, BackendV2
from vsmlrt.backend import instance

SERIALIZATION = [("supports_onnx_serialization", True)]
NO_SERIALIZATION = [("supports_onnx_serialization", False)]

# vs-mlrt's public interface (its wiki and scripts/vsmlrt.py, 3.23.2): fields in order with defaults.
FIELDS: dict[str, list[tuple[str, Any]]] = {
    "ORT_CPU": [
        ("num_streams", 1),
        ("verbosity", 2),
        ("fp16", False),
        ("fp16_blacklist_ops", None),
        ("output_format", 0),
        *SERIALIZATION,
    ],
    "ORT_CUDA": [
        ("device_id", 0),
        ("cudnn_benchmark", True),
        ("num_streams", 1),
        ("verbosity", 2),
        ("fp16", False),
        ("use_cuda_graph", False),
        ("fp16_blacklist_ops", None),
        ("prefer_nhwc", False),
        ("output_format", 0),
        ("tf32", False),
        *SERIALIZATION,
    ],
    "OV_CPU": [
        ("fp16", False),
        ("num_streams", 1),
        ("bind_thread", True),
        ("fp16_blacklist_ops", None),
        ("bf16", False),
        ("num_threads", 0),
        *SERIALIZATION,
    ],
    "TRT": [
        ("max_shapes", None),
        ("opt_shapes", None),
        ("fp16", False),
        ("device_id", 0),
        ("workspace", None),
        ("verbose", False),
        ("use_cuda_graph", True),
        ("num_streams", 1),
        ("use_cublas", False),
        ("static_shape", True),
        ("tf32", False),
        ("log", True),
        ("use_cudnn", False),
        ("use_edge_mask_convolutions", True),
        ("use_jit_convolutions", True),
        ("heuristic", False),
        ("output_format", 0),
        ("min_shapes", (0, 0)),
        ("faster_dynamic_shapes", True),
        ("force_fp16", False),
        ("builder_optimization_level", 3),
        ("max_aux_streams", None),
        ("short_path", None),
        ("bf16", False),
        ("custom_env", {}),
        ("custom_args", []),
        ("engine_folder", None),
        ("max_tactics", None),
        ("tiling_optimization_level", 0),
        ("l2_limit_for_tiling", -1),
        *NO_SERIALIZATION,
    ],
    "OV_GPU": [
        ("fp16", False),
        ("num_streams", 1),
        ("device_id", 0),
        ("fp16_blacklist_ops", None),
        *SERIALIZATION,
    ],
    "NCNN_VK": [("fp16", False), ("device_id", 0), ("num_streams", 1), ("output_format", 0), *SERIALIZATION],
    "ORT_DML": [
        ("device_id", 0),
        ("num_streams", 1),
        ("verbosity", 2),
        ("fp16", False),
        ("fp16_blacklist_ops", None),
        ("output_format", 0),
        *SERIALIZATION,
    ],
    "MIGX": [
        ("device_id", 0),
        ("fp16", False),
        ("opt_shapes", None),
        ("fast_math", True),
        ("exhaustive_tune", False),
        ("num_streams", 1),
        ("short_path", None),
        ("custom_env", {}),
        ("custom_args", []),
        ("bf16", False),
        *NO_SERIALIZATION,
    ],
    "OV_NPU": [*SERIALIZATION],
    "ORT_COREML": [
        ("num_streams", 1),
        ("verbosity", 0),
        ("fp16", False),
        ("fp16_blacklist_ops", None),
        ("ml_program", 0),
        ("output_format", 0),
        *SERIALIZATION,
    ],
    "TRT_RTX": [
        ("fp16", False),
        ("device_id", 0),
        ("workspace", None),
        ("verbose", False),
        ("use_cuda_graph", False),
        ("num_streams", 1),
        ("static_shape", True),
        ("min_shapes", (0, 0)),
        ("opt_shapes", None),
        ("max_shapes", None),
        ("use_cudnn", False),
        ("use_edge_mask_convolutions", True),
        ("builder_optimization_level", 3),
        ("max_aux_streams", None),
        ("short_path", None),
        ("custom_env", {}),
        ("custom_args", []),
        ("engine_folder", None),
        ("max_tactics", None),
        ("tiling_optimization_level", 0),
        ("l2_limit_for_tiling", -1),
        *NO_SERIALIZATION,
    ],
}

# Keywords of BackendV2 in order with defaults.
KEYWORDS: dict[str, list[tuple[str, Any]]] = {
    "TRT": [
        ("num_streams", 1),
        ("fp16", False),
        ("output_format", 0),
        ("workspace", None),
        ("static_shape", True),
        ("min_shapes", (0, 0)),
        ("opt_shapes", None),
        ("max_shapes", None),
        ("device_id", 0),
    ],
    "NCNN_VK": [("num_streams", 1), ("fp16", False), ("device_id", 0)],
    "ORT_CUDA": [("num_streams", 1), ("fp16", False), ("cudnn_benchmark", True), ("device_id", 0)],
    "OV_CPU": [("num_streams", 1), ("bf16", False), ("bind_thread", True), ("num_threads", 0)],
    "ORT_CPU": [("num_streams", 1)],
    "OV_GPU": [("num_streams", 1), ("fp16", False), ("device_id", 0)],
    "ORT_DML": [("device_id", 0), ("num_streams", 1), ("fp16", False)],
    "MIGX": [("fp16", False), ("opt_shapes", None)],
    "OV_NPU": [],
    "ORT_COREML": [("num_streams", 1), ("fp16", False)],
    "TRT_RTX": [
        ("num_streams", 1),
        ("fp16", False),
        ("workspace", None),
        ("use_cuda_graph", False),
        ("static_shape", True),
        ("min_shapes", (0, 0)),
        ("opt_shapes", None),
        ("max_shapes", None),
        ("device_id", 0),
    ],
}


def defaults(backend: Any) -> list[tuple[str, Any]]:
    return [
        (field.name, field.default if field.default_factory is MISSING else field.default_factory())
        for field in fields(backend)
    ]


@pytest.mark.parametrize("name", FIELDS)
def test_fields_begin_as_in_vs_mlrt(name: str) -> None:
    assert defaults(getattr(Backend, name))[: len(FIELDS[name])] == FIELDS[name]


@pytest.mark.parametrize("name", FIELDS)
def test_positions_are_those_of_the_fields(name: str) -> None:
    given = tuple(f"value {i}" for i in range(len(FIELDS[name])))
    backend = getattr(Backend, name)(*given)
    assert tuple(getattr(backend, field) for field, _ in FIELDS[name]) == given


@pytest.mark.parametrize("name", KEYWORDS)
def test_keywords_of_the_second_interface(name: str) -> None:
    parameters = inspect.signature(getattr(BackendV2, name)).parameters.values()
    found = [(item.name, item.default) for item in parameters if item.kind is item.KEYWORD_ONLY]
    assert found == KEYWORDS[name]


@pytest.mark.parametrize("name", KEYWORDS)
def test_the_second_interface_hands_everything_on(name: str) -> None:
    given = {field: f"value of {field}" for field, _ in FIELDS[name]}
    found = getattr(BackendV2, name)(**given)
    assert isinstance(found, getattr(Backend, name))
    assert {field: getattr(found, field) for field in given} == given
    assert getattr(BackendV2, name)() == getattr(Backend, name)()


def test_no_position_in_the_second_interface() -> None:
    with pytest.raises(TypeError, match="positional"):
        BackendV2.ORT_CPU(2)  # type: ignore[call-arg]


def test_own_backends_take_keywords_alone() -> None:
    for name in ("CUDA", "Auto"):
        with pytest.raises(TypeError, match="positional"):
            getattr(Backend, name)(1)


@pytest.mark.parametrize("name", ["TRT", "TRT_RTX", "MIGX"])
def test_lists_are_not_shared(name: str) -> None:
    first, second = getattr(Backend, name)(), getattr(Backend, name)()
    first.custom_args.append("a=1")
    first.custom_env["A"] = "1"
    assert (second.custom_args, second.custom_env) == ([], {})


@pytest.mark.parametrize("name", FIELDS)
def test_backends_can_be_copied_compared_and_changed(name: str) -> None:
    backend = getattr(Backend, name)()
    twin = copy.deepcopy(backend)
    assert twin == backend
    backend.supports_onnx_serialization = not backend.supports_onnx_serialization
    assert twin != backend


@pytest.mark.parametrize("name", [*FIELDS, "CUDA", "Auto"])
def test_a_class_stands_for_its_defaults_as_in_vs_mlrt(name: str) -> None:
    assert instance(getattr(Backend, name)) == getattr(Backend, name)()


@pytest.mark.parametrize("name", [*FIELDS, "CUDA", "Auto"])
def test_every_class_is_one_of_backend_t(name: str) -> None:
    assert isinstance(getattr(Backend, name)(), vsmlrt.backendT)


@pytest.mark.parametrize("given", [None, "openvino", 3, Backend, BackendV2])
def test_what_is_no_backend_is_a_type_error(given: object) -> None:
    with pytest.raises(TypeError, match=r'"backend" must be a Backend\.NAME.*TRT_RTX.*got'):
        instance(given)
