"""vs-mlrt's second interface to the backends: keywords alone."""

from __future__ import annotations

from typing import Any

from .classes import Backend
from .onnxruntime import ORT_COREML, ORT_CPU, ORT_CUDA, ORT_DML
from .openvino import OV_CPU, OV_GPU, OV_NPU
from .others import MIGX, NCNN_VK
from .tensorrt import TRT, TRT_RTX


class BackendV2:
    """The backends with keyword-only options; the ones not listed here are taken as `Backend` has them."""

    @staticmethod
    def TRT(  # noqa: N802
        *,
        num_streams: int = 1,
        fp16: bool = False,
        output_format: int = 0,
        workspace: int | None = None,
        static_shape: bool = True,
        min_shapes: tuple[int, int] = (0, 0),
        opt_shapes: tuple[int, int] | None = None,
        max_shapes: tuple[int, int] | None = None,
        device_id: int = 0,
        **kwargs: Any,
    ) -> TRT:
        """`Backend.TRT`."""
        return Backend.TRT(
            num_streams=num_streams,
            fp16=fp16,
            output_format=output_format,
            workspace=workspace,
            static_shape=static_shape,
            min_shapes=min_shapes,
            opt_shapes=opt_shapes,
            max_shapes=max_shapes,
            device_id=device_id,
            **kwargs,
        )

    @staticmethod
    def NCNN_VK(*, num_streams: int = 1, fp16: bool = False, device_id: int = 0, **kwargs: Any) -> NCNN_VK:  # noqa: N802
        """`Backend.NCNN_VK`."""
        return Backend.NCNN_VK(num_streams=num_streams, fp16=fp16, device_id=device_id, **kwargs)

    @staticmethod
    def ORT_CUDA(  # noqa: N802
        *,
        num_streams: int = 1,
        fp16: bool = False,
        cudnn_benchmark: bool = True,
        device_id: int = 0,
        **kwargs: Any,
    ) -> ORT_CUDA:
        """`Backend.ORT_CUDA`."""
        return Backend.ORT_CUDA(
            num_streams=num_streams, fp16=fp16, cudnn_benchmark=cudnn_benchmark, device_id=device_id, **kwargs
        )

    @staticmethod
    def OV_CPU(  # noqa: N802
        *,
        num_streams: int | str = 1,
        bf16: bool = False,
        bind_thread: bool = True,
        num_threads: int = 0,
        **kwargs: Any,
    ) -> OV_CPU:
        """`Backend.OV_CPU`."""
        return Backend.OV_CPU(
            num_streams=num_streams, bf16=bf16, bind_thread=bind_thread, num_threads=num_threads, **kwargs
        )

    @staticmethod
    def ORT_CPU(*, num_streams: int = 1, **kwargs: Any) -> ORT_CPU:  # noqa: N802
        """`Backend.ORT_CPU`."""
        return Backend.ORT_CPU(num_streams=num_streams, **kwargs)

    @staticmethod
    def OV_GPU(*, num_streams: int | str = 1, fp16: bool = False, device_id: int = 0, **kwargs: Any) -> OV_GPU:  # noqa: N802
        """`Backend.OV_GPU`."""
        return Backend.OV_GPU(num_streams=num_streams, fp16=fp16, device_id=device_id, **kwargs)

    @staticmethod
    def ORT_DML(*, device_id: int = 0, num_streams: int = 1, fp16: bool = False, **kwargs: Any) -> ORT_DML:  # noqa: N802
        """`Backend.ORT_DML`."""
        return Backend.ORT_DML(device_id=device_id, num_streams=num_streams, fp16=fp16, **kwargs)

    @staticmethod
    def MIGX(*, fp16: bool = False, opt_shapes: tuple[int, int] | None = None, **kwargs: Any) -> MIGX:  # noqa: N802
        """`Backend.MIGX`."""
        return Backend.MIGX(fp16=fp16, opt_shapes=opt_shapes, **kwargs)

    @staticmethod
    def OV_NPU(**kwargs: Any) -> OV_NPU:  # noqa: N802
        """`Backend.OV_NPU`."""
        return Backend.OV_NPU(**kwargs)

    @staticmethod
    def ORT_COREML(*, num_streams: int = 1, fp16: bool = False, **kwargs: Any) -> ORT_COREML:  # noqa: N802
        """`Backend.ORT_COREML`."""
        return Backend.ORT_COREML(num_streams=num_streams, fp16=fp16, **kwargs)

    @staticmethod
    def TRT_RTX(  # noqa: N802
        *,
        num_streams: int = 1,
        fp16: bool = False,
        workspace: int | None = None,
        use_cuda_graph: bool = False,
        static_shape: bool = True,
        min_shapes: tuple[int, int] = (0, 0),
        opt_shapes: tuple[int, int] | None = None,
        max_shapes: tuple[int, int] | None = None,
        device_id: int = 0,
        **kwargs: Any,
    ) -> TRT_RTX:
        """`Backend.TRT_RTX`."""
        return Backend.TRT_RTX(
            num_streams=num_streams,
            fp16=fp16,
            workspace=workspace,
            use_cuda_graph=use_cuda_graph,
            static_shape=static_shape,
            min_shapes=min_shapes,
            opt_shapes=opt_shapes,
            max_shapes=max_shapes,
            device_id=device_id,
            **kwargs,
        )
