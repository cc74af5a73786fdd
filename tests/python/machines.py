"""Machines that tests describe by the ids of their devices."""

from __future__ import annotations

from collections.abc import Mapping

from vsmlrt.backend import placing


def machine(devices: Mapping[str, tuple[str, ...]], missing: Mapping[str, str] | None = None) -> placing.Machine:
    """A machine whose devices are named GROUP or GROUP.NUMBER, by backend."""
    return placing.Machine({name: tuple(map(device, ids)) for name, ids in devices.items()}, dict(missing or {}))


def device(name: str) -> placing.Device:
    group, _, number = name.partition(".")
    return placing.Device(name, group, int(number or 0))
