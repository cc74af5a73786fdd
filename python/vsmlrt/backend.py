"""How a network is run: vs-mlrt's ``Backend`` with the classes that this package has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

Arguments = dict[str, Any]
"""Arguments of ``core.mlrt.Model``."""


def _streams(given: int | str) -> int:
    """vs-mlrt also takes a text: a number, or AUTO for one stream on every four processors."""
    if isinstance(given, str):
        if given.upper() == "AUTO":
            return max(1, (os.cpu_count() or 1) // 4)
        if not given.isdecimal():
            raise ValueError(f'num_streams must be a number or "AUTO", got "{given}"')
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"num_streams must be a number, got {type(given).__name__}")
    if given < 1:
        raise ValueError(f"num_streams must be at least 1, got {given}")
    return given


def _precision(fp16: bool, bf16: bool, precision: str) -> str:
    if fp16 and bf16:
        raise ValueError("fp16 and bf16 exclude each other, and both are set")
    return "fp16" if fp16 else "bf16" if bf16 else precision


@dataclass(frozen=False)
class OV_CPU:  # noqa: N801 - vs-mlrt's name
    """OpenVINO on the processor."""

    fp16: bool = False
    """Compute in half precision. Beware: a processor without it computes in bf16 or fp32 instead."""
    num_streams: int | str = 1
    """Frames computed side by side, at least 1; "AUTO": one on every four processors."""
    bind_thread: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: OpenVINO places its threads itself."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """With fp16: ONNX operators kept in fp32 instead of the default list."""
    bf16: bool = False
    """Compute in bfloat16."""
    num_threads: int = 0
    """Threads of all streams together; 0: all processors."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""
    precision: str = "auto"
    """Without fp16 and bf16: "auto" (bf16 where the processor has it, else fp32), "fp32", "fp16" or "bf16"."""

    def model_arguments(self) -> Arguments:
        """The arguments of ``core.mlrt.Model`` that stand for this backend."""
        found: Arguments = {
            "backend": "openvino",
            "device": "CPU",
            "num_streams": _streams(self.num_streams),
            "num_threads": self.num_threads,
            "precision": _precision(self.fp16, self.bf16, self.precision),
        }
        if self.fp16_blacklist_ops is not None:
            found["fp16_blacklist_ops"] = list(self.fp16_blacklist_ops)
        return found


@dataclass(frozen=False)
class OV_GPU:  # noqa: N801 - vs-mlrt's name
    """OpenVINO on an Intel GPU."""

    fp16: bool = False
    """Compute in half precision."""
    num_streams: int | str = 1
    """Frames computed side by side, at least 1; "AUTO": one on every four processors."""
    device_id: int = 0
    """The GPU's number, from 0."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """With fp16: ONNX operators kept in fp32 instead of the default list."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""
    precision: str = "auto"
    """Where fp16 is not set: "auto" (fp16), "fp32", "fp16"."""

    def model_arguments(self) -> Arguments:
        """The arguments of ``core.mlrt.Model`` that stand for this backend."""
        found: Arguments = {
            "backend": "openvino",
            "device": f"GPU.{self.device_id}",
            "num_streams": _streams(self.num_streams),
            "precision": _precision(self.fp16, False, self.precision),
        }
        if self.fp16_blacklist_ops is not None:
            found["fp16_blacklist_ops"] = list(self.fp16_blacklist_ops)
        return found


class _Backends(type):
    def __getattr__(cls, name: str) -> NoReturn:
        raise AttributeError(f"Backend has no {name} in this version: Backend.OV_CPU and Backend.OV_GPU are accepted")


class Backend(metaclass=_Backends):
    """The backends, named as in vs-mlrt: ``Backend.OV_CPU(num_streams=2)``."""

    OV_CPU = OV_CPU
    OV_GPU = OV_GPU


backendT = OV_CPU | OV_GPU  # noqa: N816 - vs-mlrt's name
"""Any backend, for annotations."""


def model_arguments(backend: object) -> Arguments:
    """The arguments of ``core.mlrt.Model`` for a backend; TypeError for anything that is none.

    vs-mlrt's functions take ``Backend.OV_CPU()``; a class without its brackets is told what is missing.
    """
    if isinstance(backend, (OV_CPU, OV_GPU)):
        return backend.model_arguments()
    if isinstance(backend, type) and issubclass(backend, (OV_CPU, OV_GPU)):
        raise TypeError(f'"backend" must be an instance: Backend.{backend.__name__}(), with its brackets')
    raise TypeError(f'"backend" must be Backend.OV_CPU(...) or Backend.OV_GPU(...), got {type(backend).__name__}')
