"""The backends that run on OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from .providers import ON_PROCESSOR, OPENVINO_GPU, OPENVINO_NPU, Place


@dataclass(frozen=False)
class OV_CPU:  # noqa: N801 - vs-mlrt's name
    """OpenVINO on the processor; on Windows ONNX Runtime, since OpenVINO is not there."""

    places: ClassVar[tuple[Place, ...]] = ON_PROCESSOR

    fp16: bool = False
    """Compute in half precision. Beware: a processor without it computes in bf16 or fp32 instead."""
    num_streams: int | str = 1
    """Frames computed side by side. 1, 0 and "AUTO": as many as are fastest, as a rule one on each core, which is what
    vs-mlrt's plugin does with 1; "1": one at a time by all cores, for the shortest way to a single frame."""
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
    precision: str | None = field(default=None, repr=False)
    """Without fp16 and bf16: None and "fp32", as in vs-mlrt; "auto" (bf16 where the processor has it, else fp32),
    "fp16" or "bf16"."""


@dataclass(frozen=False)
class OV_GPU:  # noqa: N801 - vs-mlrt's name
    """OpenVINO on an Intel GPU."""

    places: ClassVar[tuple[Place, ...]] = (OPENVINO_GPU,)

    fp16: bool = False
    """Compute in half precision."""
    num_streams: int | str = 1
    """Frames computed side by side; 0 and "AUTO": as many as are fastest."""
    device_id: int = 0
    """The GPU's number, from 0."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """With fp16: ONNX operators kept in fp32 instead of the default list."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""
    precision: str | None = field(default=None, repr=False)
    """Where fp16 is not set: None and "fp32", as in vs-mlrt; "auto" (fp16) or "fp16"."""


@dataclass(frozen=False)
class OV_NPU:  # noqa: N801 - vs-mlrt's name
    """OpenVINO on an Intel NPU."""

    places: ClassVar[tuple[Place, ...]] = (OPENVINO_NPU,)

    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""
    num_streams: int | str = field(default=1, repr=False)
    """Frames computed side by side; 0 and "AUTO": as many as are fastest."""
    precision: str = field(default="auto", repr=False)
    """"auto" (fp16), "fp16" or "fp32"."""
