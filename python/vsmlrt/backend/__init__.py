"""How a network is run: vs-mlrt's ``Backend`` and ``BackendV2``, and what they are for ``core.mlrt.Model``."""

from __future__ import annotations

import os
from dataclasses import MISSING, Field, fields
from typing import Any

from . import options, placing
from .classes import CLASSES, Backend, backendT
from .options import Arguments, Values
from .placing import Chosen
from .providers import OPENVINO_CPU, Place
from .v2 import BackendV2

__all__ = ["CLASSES", "Arguments", "Backend", "BackendV2", "backendT", "instance", "model_arguments"]


def model_arguments(backend: object, *, half: bool = False) -> Arguments:
    """The arguments of ``core.mlrt.Model`` that stand for a backend on this machine.

    Arguments:
        backend: ``Backend.TRT(fp16=True)``; a class, ``Backend.TRT``, stands for its defaults.
        half: whether the clip has half samples, of which ``output_format=0`` of vs-mlrt's backends makes float.

    Raises TypeError for what is no backend and for an option of a wrong kind, ValueError for an option out of range,
    against another one, or naming a device that does not exist, SetupError, saying what to install, for a backend that
    cannot run here. Sets the environment variables of `custom_env`.
    """
    backend = instance(backend)
    title = f"Backend.{type(backend).__name__}"
    values = {field.name: getattr(backend, field.name) for field in fields(backend)}
    try:
        options.check(values)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{title}: {error}") from None
    values = dict(options.normalised(values))
    arguments = options.core_arguments(values)
    if half and "output_format" in values and not isinstance(backend, (Backend.Auto, Backend.CUDA)):
        arguments["output_format"] = values["output_format"]
    chosen = _choose(title, backend.places, values) if backend.places else None
    unused = _unused(backend, chosen.place.uses if chosen else frozenset(), values)
    if unused:
        placing.say_unused(title, chosen.place.title if chosen else "what is chosen", unused)
    if chosen is None:
        return {"backend": "auto", **arguments}
    if "custom_env" in chosen.place.uses:
        os.environ.update(values.get("custom_env", {}))
    if chosen.place.one_stream_is_one_a_thread and values["num_streams"] == 1:
        arguments["num_streams"] = 0
    return _where(chosen) | arguments | _settings(chosen.place, values)


def instance(backend: object) -> backendT:
    """A backend, or the one that a backend class stands for; TypeError for anything else."""
    if isinstance(backend, CLASSES):
        return backend
    if isinstance(backend, type) and issubclass(backend, CLASSES):
        return backend()
    accepted = ", ".join(name for name in vars(Backend) if not name.startswith("_"))
    raise TypeError(f'"backend" must be a Backend.NAME(...), NAME one of {accepted}; got {backend!r}')


def _choose(title: str, places: tuple[Place, ...], values: Values) -> Chosen:
    """OpenVINO on the processor needs no look at the machine: the plugin itself says what it lacks."""
    if places == (OPENVINO_CPU,):
        return Chosen(OPENVINO_CPU, 0, OPENVINO_CPU.group)
    return placing.choose(title, places, values.get("device_id", 0))


def _where(chosen: Chosen) -> Arguments:
    where: Arguments = {"device": chosen.device} if chosen.device else {"device_id": chosen.number}
    return {"backend": chosen.place.backend} | where


def _settings(place: Place, values: Values) -> Arguments:
    found: Arguments = {"num_threads": values.get("num_threads", 0)} if "num_threads" in place.uses else {}
    settings = place.settings(values)
    return found | ({"options": [f"{key}={value}" for key, value in settings.items()]} if settings else {})


def _unused(backend: backendT, uses: frozenset[str], values: Values) -> tuple[str, ...]:
    """Options that were given and make no difference at a place that uses these and those of every backend."""
    used = options.EVERYWHERE | uses
    names = [field.name for field in fields(backend) if field.name not in used]
    defaults = {field.name: _default(field) for field in fields(backend)}
    unused = [name for name in names if values[name] != defaults[name]]
    if values.get("static_shape", True):
        unused += [name for name in ("min_shapes", "max_shapes") if values.get(name) != defaults.get(name)]
    if values.get("fp16_blacklist_ops") is not None and not options.keeps_operators(values):
        unused.append(f"fp16_blacklist_ops (in {options.precision(values)})")
    if "custom_args" in uses:
        unused += [f"custom_args {one}" for one in values.get("custom_args", ()) if one.startswith("-")]
    return tuple(unused)


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
