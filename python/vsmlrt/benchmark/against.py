"""The same network in PyTorch, next to ours: for who wants to know what the cuda backend gains on their card."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass

from ..errors import UserError
from .process import measure
from .report import Row

ENGINES = ("torch",)


@dataclass(frozen=True, kw_only=True)
class TorchJob:
    """What to time."""

    network_path: str
    width: int
    height: int
    device: int = 0


@dataclass(frozen=True, kw_only=True)
class TorchResult:
    """What was measured."""

    milliseconds: float = 0.0
    """Of the network as a whole, its tensors on the device before and after."""
    memory: float = 0.0
    """All that PyTorch took of the device, in 2^20 bytes."""
    version: str = ""
    error: str = ""
    """Why there are no figures; empty where there are."""


def require_torch() -> None:
    """Raises UserError, saying how to get it, where this Python has no PyTorch."""
    if importlib.util.find_spec("torch") is None:
        raise UserError(
            f"--against torch needs PyTorch, which {sys.executable} does not have; install it there with CUDA "
            "(pip install torch) or leave the option out"
        )


def run(job: TorchJob) -> TorchResult:
    """Measures in a process of its own; one that dies is a result with its last words as the error."""
    return TorchResult(**measure("torch_worker", job, "the measurement in PyTorch"))


class Comparison:
    """PyTorch's figures, each network and size once."""

    def __init__(self) -> None:
        """Raises UserError where there is no PyTorch."""
        require_torch()
        self._known: dict[TorchJob, TorchResult] = {}

    def line(self, row: Row, device: int) -> str:
        """PyTorch's time for a row's network next to ours, and how many times as fast ours is."""
        width, height = row.case.size
        job = TorchJob(network_path=str(row.case.network.path), width=width, height=height, device=device)
        if job not in self._known:
            self._known[job] = run(job)
        theirs, ours = self._known[job], row.result.network_milliseconds
        if theirs.error:
            return f"{row.title} in PyTorch: {theirs.error}"
        return (
            f"{row.title}, tensors on the device: ours {ours:.3f} ms ({1000 / ours:.4g} fps), PyTorch "
            f"{theirs.milliseconds:.3f} ms ({1000 / theirs.milliseconds:.4g} fps, {theirs.memory:.0f} MB; fp16, "
            f"channels last, captured graph; {theirs.version}): {theirs.milliseconds / ours:.3g} times"
        )
