"""The backends for every GPU, for AMD's GPUs, and for whatever there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from .providers import CUDA_ENGINE, MIGRAPHX, ON_PROCESSOR, OPENVINO_GPU, WEBGPU, Place


@dataclass(frozen=False)
class NCNN_VK:  # noqa: N801 - vs-mlrt's name
    """A GPU of any make by Vulkan; here ONNX Runtime's WebGPU provider runs it, not ncnn.

    Elsewhere another GPU backend, and last the processor: wrappers choose this where there is no NVIDIA GPU.
    """

    places: ClassVar[tuple[Place, ...]] = (WEBGPU, CUDA_ENGINE, OPENVINO_GPU, *ON_PROCESSOR)

    fp16: bool = False
    """Compute in half precision; else in fp32."""
    device_id: int = 0
    """The GPU's number, from 0."""
    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""


@dataclass(frozen=False)
class MIGX:
    """An AMD GPU by MIGraphX.

    Elsewhere another GPU backend, and last the processor: wrappers choose this where there is no NVIDIA GPU.
    """

    places: ClassVar[tuple[Place, ...]] = (MIGRAPHX, WEBGPU, OPENVINO_GPU, *ON_PROCESSOR)

    device_id: int = 0
    """The GPU's number, from 0."""
    fp16: bool = False
    """Compute in half precision; else in fp32."""
    opt_shapes: tuple[int, int] | None = None
    """The size that is built for. Default: the tile's."""
    fast_math: bool = True
    """Accepted for vs-mlrt's scripts; has no effect."""
    exhaustive_tune: bool = False
    """Time every kernel at the start and take the fastest."""
    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    short_path: bool | None = None
    """Accepted for vs-mlrt's scripts; has no effect: a plan's file name is always short enough."""
    custom_env: dict[str, str] = field(default_factory=dict)
    """Environment variables of this process that are set before the build."""
    custom_args: list[str] = field(default_factory=list)
    """Options of the execution provider as KEY=VALUE; session.KEY=VALUE for the session."""
    bf16: bool = False
    """Compute in bfloat16."""
    supports_onnx_serialization: bool = False
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""


@dataclass(frozen=False, kw_only=True)
class Auto:
    """The fastest backend that can run on this machine, on its first device."""

    places: ClassVar[tuple[Place, ...]] = ()

    num_streams: int | str = 0
    """Frames computed side by side; 0 and "AUTO": as many as are fastest."""
    fp16: bool = False
    """Compute in half precision, for which `precision` must be "auto" or the same."""
    bf16: bool = False
    """Compute in bfloat16, for which `precision` must be "auto" or the same."""
    precision: str = "auto"
    """"auto" (processor: bf16 where it has it, else fp32; GPU: fp16), "fp32", "fp16" or "bf16"."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """In half precision: ONNX operators kept in fp32 instead of the default list."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    static_shape: bool = True
    """Build for one size; False: for a range, from min_shapes to max_shapes."""
    min_shapes: tuple[int, int] | None = None
    """With static_shape=False: the smallest size, (width, height); None: the smallest that the network takes."""
    opt_shapes: tuple[int, int] | None = None
    """The size that is built for. Default: the tile's."""
    max_shapes: tuple[int, int] | None = None
    """With static_shape=False: the largest size."""
    engine_folder: str | None = None
    """The folder of the plans; None: the user's cache folder."""
