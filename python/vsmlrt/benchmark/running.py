"""Measurements one after the other, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .. import plugin
from ..backend import placing
from .cases import Case
from .worker import Job, Layer, Result


def job_of(case: Case, arguments: Mapping[str, Any], frames: int, seconds: float, *, layers: bool = False) -> Job:
    """The job for a case.

    Arguments:
        arguments: of ``core.mlrt.Model``: backend, device, precision.
        frames: most frames to time.
        seconds: after which a measurement may end earlier.
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
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__}.worker"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["without a word"]
        return Result(error=f"the measurement ended with status {done.returncode}: {words[-1]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Result(**{**found, "layers": [Layer(**layer) for layer in found["layers"]]})
