"""``vsmlrt doctor``: what is here, what is not, and whether it can run."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Collection
from pathlib import Path

import typer
import vapoursynth as vs
from rich.console import Console
from rich.table import Column, Table

from .. import folders, plugin
from ..backend import CLASSES, placing
from ..errors import SetupError
from ..video.hardware import hardware_encoders
from ..video.picture import HARDWARE
from . import console, tables

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
    screen = Console(highlight=False, emoji=False)
    screen.soft_wrap = not screen.is_terminal
    problems: list[str] = []
    _versions(screen)
    if not hasattr(vs.core.core, "bs"):
        problems.append("the package vapoursynth-bestsource is missing")
    try:
        core = plugin.core()
    except SetupError as error:
        problems.append(str(error))
    else:
        found = plugin.lists(core.mlrt.Devices())
        if not _devices(screen, found):
            problems.append("no backend can run here")
        _backends(screen, _told(placing.machine()))
    _encoders(screen)
    _folders(screen)
    if problems:
        console.put(screen, f"verdict: cannot run: {'; '.join(problems)}")
        raise typer.Exit(1)
    console.put(screen, f"verdict: ready to run, {verdict(found, graphics_cards())}")


def verdict(found: plugin.Answer, cards: Collection[int]) -> str:
    """What will compute, as ``core.mlrt.Devices`` answers, and what to install to be faster.

    ``cards`` are the vendors of the graphics cards that the system knows, by their PCI numbers.
    """
    backend, device, name = (found[key][0] for key in ("backend", "id", "name"))
    used = f"on {name} ({backend}, {device}) where nothing else is asked for"
    missing = dict(zip(found["missing"], found["reason"], strict=True))
    here = {*found["backend"]}
    if NVIDIA in cards and "cuda" not in here:
        return f"{used}; an NVIDIA GPU is here and would be many times faster: {missing.get('cuda', 'cuda is missing')}"
    on_gpu = any(not one.startswith("CPU") for one in found["id"])
    if INTEL in cards and not on_gpu:
        return f"{used}; an Intel GPU is here: its compute driver (Debian and Ubuntu: intel-opencl-icd) lets it compute"
    if AMD in cards and not on_gpu:
        return f"{used}; an AMD GPU is here: pip install onnxruntime-ep-webgpu lets it compute"
    if not cards and not on_gpu:
        return f"{used}; no graphics card is known here, and nothing to install would make it faster"
    return f"{used}; nothing to install would make it faster"


NVIDIA, AMD, INTEL = 0x10DE, 0x1002, 0x8086
"""PCI numbers of makers of graphics cards."""


def graphics_cards(folder: Path = Path("/sys/class/drm")) -> set[int]:
    """The makers of this machine's graphics cards, by their PCI numbers; none where the system does not tell."""
    found = set()
    for path in folder.glob("card*/device/vendor"):
        with contextlib.suppress(OSError, ValueError):
            found.add(int(path.read_text(), 16))
    return found & {NVIDIA, AMD, INTEL}


def _versions(screen: Console) -> None:
    from importlib import metadata

    table = Table("package", "version", box=None, pad_edge=False)
    table.add_row("python", platform.python_version())
    for package in _PACKAGES + _OPTIONAL:
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
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
        table.add_row(backend, device, tables.cell(name), f"{memory / 2**30:.1f} GiB" if memory else "")
    for backend, reason in zip(found["missing"], found["reason"], strict=True):
        table.add_row(backend, "none", tables.cell(reason), "")
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
            table.add_row(
                f"Backend.{cls.__name__}", tables.cell(place.title if place else f"cannot run here: {reason}")
            )
    screen.print(table, "")


def _encoders(screen: Console) -> None:
    """Encoders on graphics cards, each tried: those that work by name, and why others of their kind do not."""
    found = hardware_encoders()
    table = Table(Column("encoder", overflow="fold"), Column("", overflow="fold"), box=None, pad_edge=False)
    kinds: dict[str, list[str]] = {}
    for one in found:
        if one.reason is None:
            table.add_row(one.name, "works: --codec " + one.name)
        else:
            kinds.setdefault(HARDWARE[one.name.rpartition("_")[2]], []).append(one.name)
    for needed, names in kinds.items():
        table.add_row(", ".join(names), f"needs {needed}")
    if found:
        screen.print(table, "")


def _folders(screen: Console) -> None:
    table = Table("folder", Column("path", overflow="fold"), "", box=None, pad_edge=False)
    for path in folders.search_path():
        table.add_row("models", tables.cell(path), _state(path))
    cache = folders.cache()
    table.add_row("cache", tables.cell(cache), _state(cache))
    screen.print(table, "")


def _state(path: Path) -> str:
    if not path.exists():
        return "(not there yet)"
    return "" if os.access(path, os.W_OK) else "(read only)"
