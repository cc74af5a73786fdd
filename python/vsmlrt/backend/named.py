"""A backend by its name in text, for the command line."""

from __future__ import annotations

import importlib.util
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import UserError
from . import model_arguments
from .classes import CLASSES
from .options import Arguments

MODULES = ("auto", "openvino", "onnxruntime", "cuda", "reference")
"""Backends as ``core.mlrt.Model`` names them; each takes its first device unless told otherwise."""

_CLASSES = {cls.__name__.lower(): cls for cls in CLASSES if cls.__name__.lower() not in MODULES}

NAMES = (*MODULES, *_CLASSES)
"""What is accepted as a name: the modules, and the classes of `Backend` in small letters."""


Device = int | str | list[int] | None
"""Which of a backend's devices: a number, several, or a name; None: the first."""


def offered() -> tuple[str, ...]:
    """The names of `NAMES` that this installation was built with; VapourSynth is not loaded for it."""
    found = importlib.util.find_spec("vapoursynth")
    if found is None or found.origin is None:
        return NAMES
    folder = Path(found.origin).parent / "plugins" / "mlrt"
    if not folder.is_dir():
        return NAMES
    built = {file.stem.removeprefix("libvsmlrt_") for file in folder.glob("libvsmlrt_*")}
    return tuple(name for name in NAMES if name == "auto" or name not in MODULES or name in built)


def named(name: str, precision: str = "auto", streams: int = 0, device: Device = None) -> Arguments:
    """The arguments of ``core.mlrt.Model`` for a backend's name.

    Arguments:
        name: one of `NAMES`.
        precision: ``auto``, ``fp32``, ``tf32``, ``fp16`` or ``bf16``.
        streams: frames computed side by side; 0: as many as are fastest.
        device: the device's number, those of several, between which frames are dealt, or for a module its name as
            ``core.mlrt.Devices`` gives it. Default: the first.

    Raises UserError for an unknown name and for a device that it does not have, SetupError, saying what to install, for
    a backend that cannot run here.
    """
    if name in MODULES:
        arguments: Arguments = {"backend": name, "precision": precision, "num_streams": streams}
        if device is not None:
            arguments["device" if isinstance(device, str) else "device_id"] = device
        return arguments
    if name not in _CLASSES:
        raise UserError(f"there is no backend {name}: {', '.join(NAMES)} are accepted")
    return _of_class(name, streams, device) | {"precision": precision}


def _of_class(name: str, streams: int, device: Device) -> Arguments:
    cls: Any = _CLASSES[name]
    given: dict[str, Any] = {"num_streams": streams}
    if device is not None:
        known = {field.name for field in fields(cls)}
        if isinstance(device, str) or (device and "device_id" not in known):
            accepted = "a number" if "device_id" in known else "no device but 0"
            raise UserError(f"the backend {name} takes {accepted}, got {device}")
        if "device_id" in known:
            given["device_id"] = device
    try:
        return model_arguments(cls(**given))
    except ValueError as error:
        raise UserError(str(error)) from None
