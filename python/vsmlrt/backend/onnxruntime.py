"""The backends that vs-mlrt runs on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .providers import CORE_ML, CUDA_ENGINE, DIRECTML, ONNXRUNTIME_CPU, ONNXRUNTIME_CUDA, OPENVINO_CPU, Place


@dataclass(frozen=False)
class ORT_CPU:  # noqa: N801 - vs-mlrt's name
    """ONNX Runtime on the processor; OpenVINO where ONNX Runtime is not installed."""

    places: ClassVar[tuple[Place, ...]] = (ONNXRUNTIME_CPU, OPENVINO_CPU)

    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    verbosity: int = 2
    """Accepted for vs-mlrt's scripts; has no effect."""
    fp16: bool = False
    """Compute in half precision; else in fp32."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """With fp16: ONNX operators kept in fp32 instead of the default list."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""


@dataclass(frozen=False)
class ORT_CUDA:  # noqa: N801 - vs-mlrt's name
    """ONNX Runtime on an NVIDIA GPU by CUDA and cuDNN, else this package's own engine."""

    places: ClassVar[tuple[Place, ...]] = (ONNXRUNTIME_CUDA, CUDA_ENGINE)

    device_id: int = 0
    """The GPU's number, from 0."""
    cudnn_benchmark: bool = True
    """Time every convolution algorithm of cuDNN at the start and take the fastest."""
    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    verbosity: int = 2
    """Accepted for vs-mlrt's scripts; has no effect."""
    fp16: bool = False
    """Compute in half precision; else in fp32."""
    use_cuda_graph: bool = False
    """Record the work once and replay it: less work for the processor; not every network allows it."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """With fp16: ONNX operators kept in fp32 instead of the default list."""
    prefer_nhwc: bool = False
    """Compute with the channels last."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    tf32: bool = False
    """Allow TensorFloat-32 in fp32 products."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""


@dataclass(frozen=False)
class ORT_DML:  # noqa: N801 - vs-mlrt's name
    """ONNX Runtime on a Direct3D 12 device (Windows)."""

    places: ClassVar[tuple[Place, ...]] = (DIRECTML,)

    device_id: int = 0
    """The device's number, from 0."""
    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    verbosity: int = 2
    """Accepted for vs-mlrt's scripts; has no effect."""
    fp16: bool = False
    """Compute in half precision; else in fp32."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """With fp16: ONNX operators kept in fp32 instead of the default list."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""


@dataclass(frozen=False)
class ORT_COREML:  # noqa: N801 - vs-mlrt's name
    """ONNX Runtime on Apple's CoreML (macOS)."""

    places: ClassVar[tuple[Place, ...]] = (CORE_ML,)

    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    verbosity: int = 0
    """Accepted for vs-mlrt's scripts; has no effect."""
    fp16: bool = False
    """Compute in half precision; else in fp32."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """With fp16: ONNX operators kept in fp32 instead of the default list."""
    ml_program: int = 0
    """1: CoreML's newer kind of model (ML Program); 0: the older one."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    supports_onnx_serialization: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""
