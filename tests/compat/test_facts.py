"""Every public name, signature, default, enumeration and field of vs-mlrt's script is here: a mechanical comparison."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import vsmlrt

FACTS = json.loads((Path(__file__).parent / "facts.json").read_text())
NAMESPACE = vars(vsmlrt)


def value_of(text: str) -> Any:
    """What a recorded default is here."""
    return eval(text, NAMESPACE)


def parameters(function: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def check(function: Any, wanted: list[list[str | None]]) -> None:
    found = parameters(function)
    positional = [name for name, kind, _ in wanted if kind == "positional"]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    assert [name for name, one in found.items() if one.kind in kinds][: len(positional)] == positional
    for name, kind, default in wanted:
        assert name in found
        if kind == "rest":
            assert found[name].kind == inspect.Parameter.VAR_KEYWORD
        elif default is None:
            assert found[name].default is inspect.Parameter.empty
        else:
            assert found[name].default == value_of(default)
    added = [name for name in found if name not in [one[0] for one in wanted]]
    assert all(found[name].default is not inspect.Parameter.empty for name in added)


def test_the_version_is_the_one_that_was_read() -> None:
    assert FACTS["__version__"] == vsmlrt.__version__
    assert (len(FACTS["functions"]), len(FACTS["enumerations"]), len(FACTS["backends"])) == (29, 9, 11)


def test_every_name_is_here() -> None:
    assert not [name for name in (*FACTS["__all__"], *FACTS["names"]) if not hasattr(vsmlrt, name)]
    assert not [name for name in FACTS["__all__"] if name not in vsmlrt.__all__]


@pytest.mark.parametrize("name", FACTS["functions"])
def test_a_functions_parameters(name: str) -> None:
    check(getattr(vsmlrt, name), FACTS["functions"][name])


@pytest.mark.parametrize("name", FACTS["enumerations"])
def test_an_enumerations_members(name: str) -> None:
    assert {one.name: one.value for one in getattr(vsmlrt, name)} == FACTS["enumerations"][name]


@pytest.mark.parametrize("name", FACTS["backends"])
def test_a_backends_fields(name: str) -> None:
    cls = getattr(vsmlrt.Backend, name)
    found = [one for one in dataclasses.fields(cls) if one.init]
    wanted = FACTS["backends"][name]
    assert [one.name for one in found][: len(wanted)] == [field for field, _ in wanted]
    made = cls()
    for field, default in wanted:
        assert getattr(made, field) == value_of(default)
        assert type(getattr(made, field)) is type(value_of(default))


@pytest.mark.parametrize("name", FACTS["backends_v2"])
def test_a_backend_of_the_second_interface(name: str) -> None:
    check(getattr(vsmlrt.BackendV2, name), FACTS["backends_v2"][name])
    assert isinstance(getattr(vsmlrt.BackendV2, name)(), getattr(vsmlrt.Backend, name))


# Of the plugins in vs-mlrt's wheels 17.1 (17.1.1 for ort), and of its repository where a plugin's wheel was not read.
PLUGINS = {
    "ov": "clips:vnode[] network_path:data overlap:int[]:opt tilesize:int[]:opt device:data:opt num_streams:int:opt "
    "fp16:int:opt config:func:opt path_is_serialization:int:opt fp16_blacklist_ops:data[]:opt "
    "flexible_output_prop:data:opt",
    "ort": "clips:vnode[] network_path:data overlap:int[]:opt tilesize:int[]:opt provider:data:opt device_id:int:opt "
    "num_streams:int:opt verbosity:int:opt cudnn_benchmark:int:opt fp16:int:opt path_is_serialization:int:opt "
    "use_cuda_graph:int:opt fp16_blacklist_ops:data[]:opt prefer_nhwc:int:opt output_format:int:opt tf32:int:opt "
    "flexible_output_prop:data:opt",
    "ncnn": "clips:vnode[] network_path:data overlap:int[]:opt tilesize:int[]:opt device_id:int:opt "
    "num_streams:int:opt fp16:int:opt path_is_serialization:int:opt flexible_output_prop:data:opt "
    "output_format:int:opt batch_tiles:int:opt",
    "trt": "clips:vnode[] engine_path:data overlap:int[]:opt tilesize:int[]:opt device_id:int:opt "
    "use_cuda_graph:int:opt num_streams:int:opt verbosity:int:opt flexible_output_prop:data:opt",
    "migx": "clips:vnode[] program_path:data overlap:int[]:opt tilesize:int[]:opt device_id:int:opt "
    "num_streams:int:opt flexible_output_prop:data:opt",
}
PLUGINS["trt_rtx"] = PLUGINS["trt"]


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugins_arguments(name: str) -> None:
    found = getattr(vsmlrt.core, name).Model.signature.rstrip(";").split(";")
    wanted = PLUGINS[name].split()
    assert found[: len(wanted)] == wanted
    assert all(one.endswith(":opt") for one in found[len(wanted) :])
