"""Where networks can run: backend modules and ONNX Runtime's execution providers, and the options they have."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from .options import Values

Settings = dict[str, str]
"""Key and value of what goes into the argument ``options`` of ``core.mlrt.Model``."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A group of devices of one backend module."""

    title: str
    """What people call it."""
    backend: str
    """The module: an argument of ``core.mlrt.Model``."""
    group: str
    """As ``core.mlrt.Devices`` names it: ``CUDA``; empty: all of the module's devices, by number."""
    remedy: str
    """What brings it where it is missing."""
    uses: frozenset[str] = frozenset()
    """Options that it has a use for in addition to those that every backend heeds."""
    settings: Callable[[Values], Settings] = lambda values: {}
    """Its own options for those in `uses`."""
    one_stream_is_one_a_thread: bool = False
    """vs-mlrt's plugin for it computes, of one stream, a whole frame on each of VapourSynth's threads."""


def _switch(value: object) -> str:
    return "1" if value else "0"


def _cuda(values: Values) -> Settings:
    return {
        "provider.cudnn_conv_algo_search": "EXHAUSTIVE" if values["cudnn_benchmark"] else "HEURISTIC",
        "provider.enable_cuda_graph": _switch(values["use_cuda_graph"]),
        "provider.prefer_nhwc": _switch(values["prefer_nhwc"]),
        "provider.use_tf32": _switch(values["tf32"]),
    }


def _own_settings(values: Values) -> Settings:
    """custom_args: KEY=VALUE is an option of the provider, session.KEY=VALUE one of the session."""
    found = {}
    for argument in values["custom_args"]:
        key, _, value = argument.partition("=")
        if not key.startswith("-"):  # an argument of trtexec, which nobody runs here
            found[key if key.startswith(("provider.", "session.")) else f"provider.{key}"] = value
    return found


def _workspace(values: Values) -> str:
    """Bytes; 0 is as much as the device has."""
    return str(0 if values["workspace"] is None else values["workspace"] << 20)


def _tensorrt(values: Values) -> Settings:
    sources = {"CUDNN": "use_cudnn", "CUBLAS": "use_cublas", "CUBLAS_LT": "use_cublas"}
    sources["EDGE_MASK_CONVOLUTIONS"] = "use_edge_mask_convolutions"
    settings = {
        "provider.trt_max_workspace_size": _workspace(values),
        "provider.trt_cuda_graph_enable": _switch(values["use_cuda_graph"]),
        "provider.trt_builder_optimization_level": str(values["builder_optimization_level"]),
        "provider.trt_tactic_sources": ",".join(
            f"{'+' if values[option] else '-'}{source}" for source, option in sources.items()
        ),
    }
    if values["heuristic"]:
        settings["provider.trt_build_heuristics_enable"] = "1"
    if values["max_aux_streams"] is not None:
        settings["provider.trt_auxiliary_streams"] = str(values["max_aux_streams"])
    if values["verbose"]:
        settings["provider.trt_detailed_build_log"] = "1"
    return settings | _own_settings(values)


def _tensorrt_rtx(values: Values) -> Settings:
    settings = {
        "provider.nv_max_workspace_size": _workspace(values),
        "provider.enable_cuda_graph": _switch(values["use_cuda_graph"]),
    }
    if values["verbose"]:
        settings["provider.nv_detailed_build_log"] = "1"
    return settings | _own_settings(values)


def _cuda_engine(values: Values) -> Settings:
    settings = {} if values.get("use_cuda_graph", True) else {"use_cuda_graph": "0"}
    if values.get("tf32"):
        settings["tf32"] = "1"
    if values.get("accumulate", "fp32") != "fp32":
        settings["accumulate"] = values["accumulate"]
    return settings


def _core_ml(values: Values) -> Settings:
    return {"provider.ModelFormat": "MLProgram" if values["ml_program"] else "NeuralNetwork"}


def _migraphx(values: Values) -> Settings:
    return {"provider.migraphx_exhaustive_tune": _switch(values["exhaustive_tune"]), **_own_settings(values)}


_TENSORRT_RTX = frozenset(("workspace", "use_cuda_graph", "verbose", "custom_args", "custom_env"))

OPENVINO_CPU = Place(
    title="OpenVINO on the processor",
    backend="openvino",
    group="CPU",
    remedy="install it with: pip install openvino",
    uses=frozenset(("num_threads",)),
    one_stream_is_one_a_thread=True,
)
OPENVINO_GPU = Place(
    title="OpenVINO on an Intel GPU",
    backend="openvino",
    group="GPU",
    remedy="it needs an Intel GPU and its compute driver (Debian and Ubuntu: intel-opencl-icd)",
)
OPENVINO_NPU = Place(
    title="OpenVINO on an Intel NPU",
    backend="openvino",
    group="NPU",
    remedy="it needs an Intel NPU and its driver (https://github.com/intel/linux-npu-driver)",
)
ONNXRUNTIME_CPU = Place(
    title="ONNX Runtime on the processor",
    backend="onnxruntime",
    group="CPU",
    remedy="install it with: pip install onnxruntime",
)
ONNXRUNTIME_CUDA = Place(
    title="ONNX Runtime with CUDA",
    backend="onnxruntime",
    group="CUDA",
    remedy="it needs an NVIDIA GPU with its driver, and: pip install onnxruntime-gpu[cuda,cudnn]",
    uses=frozenset(("cudnn_benchmark", "use_cuda_graph", "prefer_nhwc", "tf32")),
    settings=_cuda,
)
TENSORRT = Place(
    title="TensorRT",
    backend="onnxruntime",
    group="TensorRT",
    remedy="it needs an NVIDIA GPU with its driver, NVIDIA's TensorRT libraries, and: pip install onnxruntime-gpu",
    uses=_TENSORRT_RTX
    | {"use_cudnn", "use_cublas", "use_edge_mask_convolutions", "builder_optimization_level"}
    | {"heuristic", "max_aux_streams"},
    settings=_tensorrt,
)
TENSORRT_RTX = Place(
    title="TensorRT-RTX",
    backend="onnxruntime",
    group="NvTensorRTRTX",
    remedy="it needs an NVIDIA RTX GPU (compute capability 8.6, 8.9, or 12.0 and above) with its driver, and: "
    "pip install onnxruntime-ep-nv-tensorrt-rtx-cu13",
    uses=_TENSORRT_RTX,
    settings=_tensorrt_rtx,
)
CUDA_ENGINE = Place(
    title="the cuda backend",
    backend="cuda",
    group="",
    remedy="it needs an NVIDIA GPU with its driver, and: pip install vsmlrt[cuda]",
    uses=frozenset(("use_cuda_graph", "tf32", "accumulate")),
    settings=_cuda_engine,
)
WEBGPU = Place(
    title="WebGPU on Vulkan",
    backend="onnxruntime",
    group="WebGPU",
    remedy="it needs a GPU with a Vulkan driver, and: pip install onnxruntime onnxruntime-ep-webgpu",
    settings=lambda values: {"provider.dawnBackendType": "Vulkan"},
)
DIRECTML = Place(
    title="DirectML",
    backend="onnxruntime",
    group="DML",
    remedy="it exists on Windows alone: pip install onnxruntime-directml",
)
CORE_ML = Place(
    title="CoreML",
    backend="onnxruntime",
    group="CoreML",
    remedy="it exists on macOS alone: pip install onnxruntime",
    uses=frozenset(("ml_program",)),
    settings=_core_ml,
)
MIGRAPHX = Place(
    title="MIGraphX",
    backend="onnxruntime",
    group="MIGraphX",
    remedy="it needs an AMD GPU with ROCm, and: pip install onnxruntime-migraphx",
    uses=frozenset(("exhaustive_tune", "custom_args", "custom_env")),
    settings=_migraphx,
)


def on_processor(system: str) -> tuple[Place, ...]:
    """Where a processor computes for who asks for OpenVINO. Windows has none here; there ONNX Runtime does it.

    Arguments:
        system: as ``sys.platform`` names it.
    """
    return (OPENVINO_CPU, ONNXRUNTIME_CPU) if system == "win32" else (OPENVINO_CPU,)


ON_PROCESSOR = on_processor(sys.platform)
