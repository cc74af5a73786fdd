"""All backends under vs-mlrt's names."""

from __future__ import annotations

from .onnxruntime import ORT_COREML, ORT_CPU, ORT_CUDA, ORT_DML
from .openvino import OV_CPU, OV_GPU, OV_NPU
from .others import MIGX, NCNN_VK, Auto
from .tensorrt import CUDA, TRT, TRT_RTX


class Backend:
    """The backends, named as in vs-mlrt: ``Backend.TRT(fp16=True)``; `Auto` and `CUDA` are this package's own."""

    ORT_CPU = ORT_CPU
    ORT_CUDA = ORT_CUDA
    OV_CPU = OV_CPU
    TRT = TRT
    OV_GPU = OV_GPU
    NCNN_VK = NCNN_VK
    ORT_DML = ORT_DML
    MIGX = MIGX
    OV_NPU = OV_NPU
    ORT_COREML = ORT_COREML
    TRT_RTX = TRT_RTX
    CUDA = CUDA
    Auto = Auto


backendT = (  # noqa: N816 - vs-mlrt's name
    OV_CPU | ORT_CPU | ORT_CUDA | TRT | OV_GPU | NCNN_VK | ORT_DML | MIGX | OV_NPU | ORT_COREML | TRT_RTX | CUDA | Auto
)
"""Any backend, for annotations."""

CLASSES: tuple[type[backendT], ...] = backendT.__args__

for _class in CLASSES:  # as of classes written inside Backend, which scripts print and pickle
    _class.__module__ = "vsmlrt"
    _class.__qualname__ = f"Backend.{_class.__name__}"
