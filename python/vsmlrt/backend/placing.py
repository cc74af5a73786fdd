"""Which device of this machine a backend runs on, or why it cannot."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from .. import notices, plugin
from ..errors import SetupError
from .providers import Place

log = logging.getLogger("vsmlrt")


@dataclass(frozen=True)
class Device:
    """A device as ``core.mlrt.Devices`` lists it."""

    id: str
    """The argument ``device`` of ``core.mlrt.Model``: ``CUDA.0``."""
    group: str
    """The backend's devices that are numbered together: ``CUDA``."""
    number: int
    """In its group, from 0."""


@dataclass(frozen=True)
class Machine:
    """What ``core.mlrt.Devices`` says: devices by backend, and what cannot run with its reason."""

    devices: Mapping[str, tuple[Device, ...]]
    missing: Mapping[str, str]
    """Reasons by backend, and by backend and group of devices (``onnxruntime.WebGPU``) where only that is missing."""


def machine() -> Machine:
    """Asks the plugin. Raises SetupError without one."""
    found = plugin.lists(plugin.core().mlrt.Devices())
    devices: dict[str, tuple[Device, ...]] = {}
    for backend, *device in zip(*(found[key] for key in ("backend", "id", "group", "number")), strict=True):
        devices[backend] = (*devices.get(backend, ()), Device(*device))
    return Machine(devices, dict(zip(found["missing"], found["reason"], strict=True)))


def obstacle(place: Place, here: Machine) -> str | None:
    """Why no device of this place is here, with what to install; None if one is."""
    if _devices(place, here):
        return None
    if place.backend in here.missing:
        more = "" if place.group in ("", "CPU") else f" ({place.title}: {place.remedy})"
        return here.missing[place.backend] + more
    if place.backend not in here.devices:
        return f"{place.title} is not part of this version of vsmlrt"
    absent = here.missing.get(f"{place.backend}.{place.group}")
    if absent is not None:
        return f"{place.title} has no device here: {absent} ({place.remedy})"
    return f"{place.title} has no device here ({place.remedy})"


def standing(places: tuple[Place, ...], here: Machine) -> tuple[Place | None, str]:
    """The first place that this machine has, or None and why it has none of them."""
    obstacles = []
    for place in places:
        reason = obstacle(place, here)
        if reason is None:
            return place, ""
        obstacles.append(reason)
    return None, "; ".join(obstacles)


@dataclass(frozen=True)
class Chosen:
    """A device of a place."""

    place: Place
    number: int
    device: str
    """Its id as ``core.mlrt.Devices`` lists it; empty where it is opened by number."""


def choose(title: str, places: tuple[Place, ...], number: int) -> Chosen:
    """The first place that this machine has.

    Arguments:
        title: the backend's name for messages.
        places: the preferred first.
        number: of the device.

    Raises SetupError, saying what to install, where there is none; ValueError for a number that no device has.
    """
    here = machine()
    place, reason = standing(places, here)
    if place is None:
        raise SetupError(f"{title} cannot run here: {reason}")
    device = _device(title, place, number, _devices(place, here))
    if len(places) > 1:
        _say(f"{title} runs on {place.title}", place is places[0])
    return Chosen(place, number, device)


def number_of(backend: str, device: str) -> int:
    """The number, in its group, of the device with this id; 0 for one that the plugin does not list."""
    devices = machine().devices.get(backend, ())
    return next((one.number for one in devices if one.id == device), 0)


def _devices(place: Place, here: Machine) -> tuple[Device, ...]:
    devices = here.devices.get(place.backend, ())
    return tuple(device for device in devices if place.group in ("", device.group))


def _device(title: str, place: Place, number: int, devices: tuple[Device, ...]) -> str:
    """The id of the device of this number."""
    if place.group == "" and number < len(devices):
        return ""
    for device in devices:
        if place.group != "" and device.number == number:
            return device.id
    known = ", ".join(device.id for device in devices)
    raise ValueError(f"{title}: there is no device {number} of {place.title}; there is {known}")


@functools.cache
def _say(sentence: str, expected: bool) -> None:
    """Once; another place than the first choice is what people want to know."""
    log.log(logging.INFO if expected else logging.WARNING, sentence)


def say_unused(title: str, place: str, options: tuple[str, ...]) -> None:
    """Names, once, the options given that make no difference where the network runs."""
    notices.once(f"{title}: {place} has no use for {', '.join(options)}")
