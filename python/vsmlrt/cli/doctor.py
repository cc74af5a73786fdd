"""``vsmlrt doctor``: what is here, what is not, and whether it can run."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

import typer
import vapoursynth as vs
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from .. import folders, plugin
from ..backend import CLASSES, placing
from ..errors import SetupError

_PACKAGES = ("vsmlrt", "vapoursynth", "openvino", "vapoursynth-bestsource", "av")
_OPTIONAL = (  # bring more backends
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-ep-nv-tensorrt-rtx-cu13",
    "onnxruntime-ep-openvino",
    "onnxruntime-ep-webgpu",
)


def doctor() -> None:
    """Show devices, backends, versions and folders, and say whether videos can be processed here."""
    screen = Console(highlight=False, soft_wrap=True)
    problems: list[str] = []
    _versions(screen)
    if not hasattr(vs.core.core, "bs"):
        problems.append("the package vapoursynth-bestsource is missing")
    try:
        core = plugin.core()
    except SetupError as error:
        problems.append(str(error))
    else:
        if not _devices(screen, plugin.lists(core.mlrt.Devices())):
            problems.append("no backend can run here")
        _backends(screen, _told(placing.machine()))
    _folders(screen)
    if problems:
        screen.print(f"verdict: cannot run: {'; '.join(problems)}", markup=False)
        raise typer.Exit(1)
    screen.print("verdict: ready to run")


def _versions(screen: Console) -> None:
    table = Table("package", "version", box=None, pad_edge=False)
    table.add_row("python", platform.python_version())
    for package in _PACKAGES + _OPTIONAL:
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            if package in _OPTIONAL:
                continue
            version = "not installed"
        table.add_row(package, version)
    screen.print(table, "")


def _devices(screen: Console, found: plugin.Answer) -> bool:
    """Prints what ``core.mlrt.Devices`` answers; whether there is a device."""
    table = Table("backend", "device", Column("name", overflow="fold"), "memory", box=None, pad_edge=False)
    columns = [found[key] for key in ("backend", "id", "name", "memory")]
    for backend, device, name, memory in zip(*columns, strict=True):
        table.add_row(backend, device, escape(name), f"{memory / 2**30:.1f} GiB" if memory else "")
    for backend, reason in zip(found["missing"], found["reason"], strict=True):
        table.add_row(backend, "none", escape(reason), "")
    screen.print(table, "")
    return bool(columns[0])


def _told(here: placing.Machine) -> placing.Machine:
    """The machine with what the first table says in full, once, named in few words."""
    return placing.Machine(here.devices, {name: f"{name} has none (see above)" for name in here.missing})


def _backends(screen: Console, here: placing.Machine) -> None:
    """Where each class of `Backend` runs, or why it cannot."""
    table = Table("backend", Column("runs on", overflow="fold"), box=None, pad_edge=False)
    for cls in CLASSES:
        if cls.places:
            place, reason = placing.standing(cls.places, here)
            table.add_row(f"Backend.{cls.__name__}", escape(place.title if place else f"cannot run here: {reason}"))
    screen.print(table, "")


def _folders(screen: Console) -> None:
    table = Table("folder", "path", "", box=None, pad_edge=False)
    for path in folders.search_path():
        table.add_row("models", str(path), _state(path))
    cache = folders.cache()
    table.add_row("cache", str(cache), _state(cache))
    screen.print(table, "")


def _state(path: Path) -> str:
    if not path.exists():
        return "(not there yet)"
    return "" if os.access(path, os.W_OK) else "(read only)"
