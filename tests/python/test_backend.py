"""Backend keeps vs-mlrt's names, order and defaults, and says what it does not know."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from vsmlrt import Backend
from vsmlrt.backend import model_arguments

# vs-mlrt's public interface (its wiki and scripts/vsmlrt.py): fields in order with defaults.
VSMLRT_FIELDS: dict[str, list[tuple[str, Any]]] = {
    "OV_CPU": [
        ("fp16", False),
        ("num_streams", 1),
        ("bind_thread", True),
        ("fp16_blacklist_ops", None),
        ("bf16", False),
        ("num_threads", 0),
        ("supports_onnx_serialization", True),
    ],
    "OV_GPU": [
        ("fp16", False),
        ("num_streams", 1),
        ("device_id", 0),
        ("fp16_blacklist_ops", None),
        ("supports_onnx_serialization", True),
    ],
}


@pytest.mark.parametrize("name", VSMLRT_FIELDS)
def test_fields_begin_as_in_vs_mlrt(name: str) -> None:
    wanted = VSMLRT_FIELDS[name]
    found = [(field.name, field.default) for field in fields(getattr(Backend, name))]
    assert found[: len(wanted)] == wanted


def test_fields_can_be_changed_as_in_vs_mlrt() -> None:
    backend = Backend.OV_CPU()
    backend.num_streams = 3
    assert model_arguments(backend)["num_streams"] == 3


def test_cpu_arguments() -> None:
    assert model_arguments(Backend.OV_CPU(False, 2, num_threads=4, bf16=True)) == {
        "backend": "openvino",
        "device": "CPU",
        "num_streams": 2,
        "num_threads": 4,
        "precision": "bf16",
    }


def test_gpu_arguments() -> None:
    found = model_arguments(Backend.OV_GPU(fp16=True, device_id=1, fp16_blacklist_ops=("Exp",)))
    assert found["device"] == "GPU.1"
    assert found["precision"] == "fp16"
    assert found["fp16_blacklist_ops"] == ["Exp"]


@pytest.mark.parametrize(("given", "wanted"), [("2", 2), (5, 5)])
def test_streams_as_number_or_text(given: int | str, wanted: int) -> None:
    assert model_arguments(Backend.OV_CPU(num_streams=given))["num_streams"] == wanted


def test_automatic_streams_are_a_number() -> None:
    assert model_arguments(Backend.OV_CPU(num_streams="AUTO"))["num_streams"] >= 1


@pytest.mark.parametrize("given", [0, -1, "many", ""])
def test_impossible_streams_are_refused(given: int | str) -> None:
    with pytest.raises(ValueError, match="num_streams must be"):
        model_arguments(Backend.OV_CPU(num_streams=given))


def test_two_precisions_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        model_arguments(Backend.OV_CPU(fp16=True, bf16=True))


def test_unknown_backend_names_what_is_accepted() -> None:
    with pytest.raises(AttributeError, match=r"Backend has no TRT .*Backend\.OV_CPU and Backend\.OV_GPU"):
        _ = Backend.TRT


@pytest.mark.parametrize("given", [None, "openvino", Backend.OV_CPU])
def test_what_is_no_backend_is_a_type_error(given: object) -> None:
    with pytest.raises(TypeError, match='"backend" must be'):
        model_arguments(given)
