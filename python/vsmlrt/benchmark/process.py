"""A measurement in a process of its own, so that the memory and the libraries of one are not another's."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def measure(worker: str, job: DataclassInstance, what: str) -> dict[str, Any]:
    """Runs a module of this package that reads the job's fields as JSON and ends with its result's as one line.

    Returns those; of a process that dies only ``error``: that ``what`` ended, how, and its last words.
    """
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__}.{worker}"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["without a word"]
        return {"error": f"{what} ended with status {done.returncode}: {words[-1]}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
