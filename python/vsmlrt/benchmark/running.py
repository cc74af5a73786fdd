"""Measurements one after the other, each in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import plugin
from ..backend import placing
from .cases import Case
from .process import measure
from .worker import Job, Layer, Result


def job_of(
    case: Case, arguments: Mapping[str, Any], frames: int | None, seconds: float, *, layers: bool = False
) -> Job:
    """The job for a case.

    Arguments:
        arguments: of ``core.mlrt.Model``: backend, device, precision.
        frames: most frames to time; None: as many as make a steady figure.
        seconds: after which a measurement ends with fewer.
        layers: time each kernel as well.
    """
    width, height = case.size
    number = arguments.get("device_id", 0)
    if "device" in arguments:
        number = placing.number_of(arguments["backend"], arguments["device"])
    card = case.network.card
    padding = {"multiple": card.multiple} if case.family.interpolates else {}
    return Job(
        network_path=str(case.network.path),
        arguments={**arguments, **case.arguments, **padding, "num_streams": case.streams},
        width=width,
        height=height,
        half=arguments.get("precision") == "fp16",
        maps=card.maps,
        interpolates=case.family.interpolates,
        streams=case.streams,
        frames=frames,
        seconds=seconds,
        plugin=plugin.path(),
        device=number,
        layers=layers,
    )


def run(job: Job) -> Result:
    """Measures; a process that dies is a result with its last words as the error."""
    found = measure("worker", job, "the measurement")
    return Result(**{**found, "layers": [Layer(**layer) for layer in found.get("layers", [])]})
