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
class Machine:
    """What ``core.mlrt.Devices`` says: device names by backend, and what cannot run with its reason."""

    devices: Mapping[str, tuple[str, ...]]
    missing: Mapping[str, str]
    """Reasons by backend, and by backend and kind of device (``onnxruntime.WebGPU``) where only that is missing."""


def machine() -> Machine:
    """Asks the plugin. Raises SetupError without one."""
    found = plugin.lists(plugin.core().mlrt.Devices())
    devices: dict[str, tuple[str, ...]] = {}
    for backend, name in zip(found["backend"], found["id"], strict=True):
        devices[backend] = (*devices.get(backend, ()), name)
    return Machine(devices, dict(zip(found["missing"], found["reason"], strict=True)))


def obstacle(place: Place, here: Machine) -> str | None:
    """Why no device of this kind is here, with what to install; None if one is."""
    if _of_kind(place, here):
        return None
    if place.backend in here.missing:
        more = "" if place.kind in ("", "CPU") else f" ({place.title}: {place.remedy})"
        return here.missing[place.backend] + more
    if place.backend not in here.devices:
        return f"{place.title} is not part of this version of vsmlrt"
    absent = here.missing.get(f"{place.backend}.{place.kind}")
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
    """Its name as ``core.mlrt.Devices`` lists it; empty where it is opened by number."""


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
    device = _device(title, place, number, _of_kind(place, here))
    if len(places) > 1:
        _say(f"{title} runs on {place.title}", place is places[0])
    return Chosen(place, number, device)


def _of_kind(place: Place, here: Machine) -> tuple[str, ...]:
    names = here.devices.get(place.backend, ())
    return tuple(name for name in names if place.kind in ("", name.partition(".")[0]))


def _device(title: str, place: Place, number: int, names: tuple[str, ...]) -> str:
    """OpenVINO numbers its GPUs from two on; one alone is called GPU."""
    if place.kind == "" and number < len(names):
        return ""
    for name in (f"{place.kind}.{number}", place.kind if number == 0 else ""):
        if name in names:
            return name
    raise ValueError(f"{title}: there is no device {number} of {place.title}; there is {', '.join(names)}")


@functools.cache
def _say(sentence: str, expected: bool) -> None:
    """Once; another place than the first choice is what people want to know."""
    log.log(logging.INFO if expected else logging.WARNING, sentence)


def say_unused(title: str, place: str, options: tuple[str, ...]) -> None:
    """Names, once, the options given that make no difference where the network runs."""
    notices.once(f"{title}: {place} has no use for {', '.join(options)}")
