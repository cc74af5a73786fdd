"""The backends that vs-mlrt runs on NVIDIA's TensorRT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from .providers import CUDA_ENGINE, TENSORRT, TENSORRT_RTX, Place


@dataclass(frozen=False)
class TRT:
    """An NVIDIA GPU: TensorRT where it is installed, else TensorRT-RTX, else this package's own engine.

    Which one it is is said in the log. A shape is (width, height) in pixels of what the network gets: the tile, padded
    to the network's multiple. The options that are accepted and have no effect come from trtexec, which is not used.
    """

    places: ClassVar[tuple[Place, ...]] = (TENSORRT, TENSORRT_RTX, CUDA_ENGINE)

    max_shapes: tuple[int, int] | None = None
    """With static_shape=False: the largest size."""
    opt_shapes: tuple[int, int] | None = None
    """The size that is built for. Default: the tile's."""
    fp16: bool = False
    """Compute in half precision; else in fp32."""
    device_id: int = 0
    """The GPU's number, from 0."""
    workspace: int | None = None
    """Most memory for scratch, in MiB; None: no limit."""
    verbose: bool = False
    """Log every step of the build."""
    use_cuda_graph: bool = True
    """Record the work once and replay it: less work for the processor."""
    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    use_cublas: bool = False
    """Let TensorRT choose among the kernels of cuBLAS and cuBLASLt as well."""
    static_shape: bool = True
    """Build for one size; False: for a range, from min_shapes to max_shapes, without a build for a size inside it."""
    tf32: bool = False
    """Accepted for vs-mlrt's scripts; has no effect: TensorRT decides by itself."""
    log: bool = True
    """Accepted for vs-mlrt's scripts; has no effect."""
    use_cudnn: bool = False
    """Let TensorRT choose among the kernels of cuDNN as well."""
    use_edge_mask_convolutions: bool = True
    """Let TensorRT choose among its edge-mask convolutions as well."""
    use_jit_convolutions: bool = True
    """Accepted for vs-mlrt's scripts; has no effect."""
    heuristic: bool = False
    """Choose kernels by rules instead of timing: a shorter build."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    min_shapes: tuple[int, int] = (0, 0)
    """With static_shape=False: the smallest size; (0, 0): the smallest that the network takes."""
    faster_dynamic_shapes: bool = True
    """Accepted for vs-mlrt's scripts; has no effect: they are so."""
    force_fp16: bool = False
    """Compute everything in half precision, also what fp16 keeps in fp32; sets fp16."""
    builder_optimization_level: int = 3
    """How long to look for fast kernels, 0 to 5."""
    max_aux_streams: int | None = None
    """Most streams in addition to the main one inside one frame's work; None: TensorRT's choice."""
    short_path: bool | None = None
    """Accepted for vs-mlrt's scripts; has no effect: a plan's file name is always short enough."""
    bf16: bool = False
    """Compute in bfloat16."""
    custom_env: dict[str, str] = field(default_factory=dict)
    """Environment variables of this process that are set before the build."""
    custom_args: list[str] = field(default_factory=list)
    """Options of the execution provider as KEY=VALUE; session.KEY=VALUE for the session."""
    engine_folder: str | None = None
    """The folder of the plans; None: the user's cache folder."""
    max_tactics: int | None = None
    """Accepted for vs-mlrt's scripts; has no effect."""
    tiling_optimization_level: int = 0
    """Accepted for vs-mlrt's scripts; has no effect."""
    l2_limit_for_tiling: int = -1
    """Accepted for vs-mlrt's scripts; has no effect."""
    supports_onnx_serialization: bool = False
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""


@dataclass(frozen=False)
class TRT_RTX:  # noqa: N801 - vs-mlrt's name
    """An NVIDIA RTX GPU: TensorRT-RTX where its wheel is installed, else this package's own engine.

    The log says once where it runs if that is not TensorRT-RTX.
    """

    places: ClassVar[tuple[Place, ...]] = (TENSORRT_RTX, CUDA_ENGINE)

    fp16: bool = False
    """Compute in half precision; else in fp32."""
    device_id: int = 0
    """The GPU's number, from 0."""
    workspace: int | None = None
    """Most memory for scratch, in MiB; None: no limit."""
    verbose: bool = False
    """Log every step of the build."""
    use_cuda_graph: bool = False
    """Record the work once and replay it: less work for the processor."""
    num_streams: int = 1
    """Frames computed side by side, at least 1."""
    static_shape: bool = True
    """Build for one size; False: for a range, from min_shapes to max_shapes, without a build for a size inside it."""
    min_shapes: tuple[int, int] = (0, 0)
    """With static_shape=False: the smallest size; (0, 0): the smallest that the network takes."""
    opt_shapes: tuple[int, int] | None = None
    """The size that is built for. Default: the tile's."""
    max_shapes: tuple[int, int] | None = None
    """With static_shape=False: the largest size."""
    use_cudnn: bool = False
    """Accepted for vs-mlrt's scripts; has no effect."""
    use_edge_mask_convolutions: bool = True
    """Accepted for vs-mlrt's scripts; has no effect."""
    builder_optimization_level: int = 3
    """Accepted for vs-mlrt's scripts; has no effect."""
    max_aux_streams: int | None = None
    """Accepted for vs-mlrt's scripts; has no effect."""
    short_path: bool | None = None
    """Accepted for vs-mlrt's scripts; has no effect: a plan's file name is always short enough."""
    custom_env: dict[str, str] = field(default_factory=dict)
    """Environment variables of this process that are set before the build."""
    custom_args: list[str] = field(default_factory=list)
    """Options of the execution provider as KEY=VALUE; session.KEY=VALUE for the session."""
    engine_folder: str | None = None
    """The folder of the plans; None: the user's cache folder."""
    max_tactics: int | None = None
    """Accepted for vs-mlrt's scripts; has no effect."""
    tiling_optimization_level: int = 0
    """Accepted for vs-mlrt's scripts; has no effect."""
    l2_limit_for_tiling: int = -1
    """Accepted for vs-mlrt's scripts; has no effect."""
    supports_onnx_serialization: bool = False
    """Accepted for vs-mlrt's scripts; has no effect: a network can always be given as bytes."""


@dataclass(frozen=False, kw_only=True)
class CUDA:
    """An NVIDIA GPU by this package's own engine: no TensorRT, no cuDNN."""

    places: ClassVar[tuple[Place, ...]] = (CUDA_ENGINE,)

    device_id: int = 0
    """The GPU's number, from 0."""
    num_streams: int | str = 1
    """Frames computed side by side, at least 1; "AUTO": one on every four processors."""
    fp16: bool = False
    """Compute in half precision, for which `precision` must be "auto" or the same."""
    bf16: bool = False
    """Compute in bfloat16, for which `precision` must be "auto" or the same."""
    precision: str = "auto"
    """"auto" (fp16), "fp32", "tf32" (fp32 whose products are rounded to TF32's 10 bits), "fp16" or "bf16"."""
    tf32: bool = False
    """Round what is multiplied in fp32 to TF32; in half precision that is what `fp16` keeps in fp32."""
    accumulate: str = "fp32"
    """"fp16": in half precision, sums of up to 32 products may be of half precision too. GeForce cards compute them at
    twice the rate; docs/performance.md says what it costs in accuracy."""
    fp16_blacklist_ops: Sequence[str] | None = None
    """In half precision: ONNX operators kept in fp32 instead of the default list."""
    force_fp16: bool = False
    """Compute everything in half precision, also what fp16 keeps in fp32; sets fp16."""
    use_cuda_graph: bool = True
    """Record the work of a frame once for each size and replay it: less work for the processor."""
    output_format: int = 0
    """1: the result is in half precision (RGBH, GRAYH); 0: it has the clip's format."""
    static_shape: bool = True
    """Plan for one size; False: for a range, from min_shapes to max_shapes, at no cost in speed."""
    min_shapes: tuple[int, int] | None = None
    """With static_shape=False: the smallest size, (width, height); None: the smallest that the network takes."""
    opt_shapes: tuple[int, int] | None = None
    """The size that kernels are timed at. Default: the tile's."""
    max_shapes: tuple[int, int] | None = None
    """With static_shape=False: the largest size."""
    engine_folder: str | None = None
    """The folder of the plans; None: the user's cache folder."""
