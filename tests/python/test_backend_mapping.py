"""What each backend is for core.mlrt.Model, on machines that have it and on machines that do not."""

from __future__ import annotations

import logging
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from machines import machine
from vsmlrt import Backend, notices
from vsmlrt.backend import CLASSES, model_arguments, placing, providers
from vsmlrt.errors import SetupError

EVERYTHING = {
    "openvino": ("CPU", "GPU.0", "GPU.1", "NPU"),
    "onnxruntime": (
        *("CPU", "CUDA.0", "CUDA.1", "TensorRT.0", "TensorRT.1", "NvTensorRTRTX.0", "WebGPU.0", "WebGPU.1"),
        *("DML.0", "DML.1", "CoreML.0", "MIGraphX.0"),
    ),
    "cuda": ("GPU.0", "GPU.1"),
    "reference": ("CPU",),
}
PROCESSOR = machine(
    {"openvino": ("CPU",), "onnxruntime": ("CPU",), "reference": ("CPU",)},
    {"cuda": "the library libcuda.so.1 is missing; it comes with NVIDIA's driver"},
)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the plugin finds on this machine; everything there is, at first. Nothing was said before."""

    def use(found: placing.Machine) -> None:
        monkeypatch.setattr(placing, "machine", lambda: found)

    notices.once.cache_clear()
    placing._say.cache_clear()
    use(machine(EVERYTHING))
    return use


def onnxruntime(device: str, *options: str, **more: Any) -> dict[str, Any]:
    found = {"backend": "onnxruntime", "device": device, "num_streams": 1, "precision": "fp32"} | more
    return found | ({"options": list(options)} if options else {})


CUDA = [
    "provider.cudnn_conv_algo_search=EXHAUSTIVE",
    "provider.enable_cuda_graph=0",
    "provider.prefer_nhwc=0",
    "provider.use_tf32=0",
]
TRT = [
    "provider.trt_max_workspace_size=0",
    "provider.trt_cuda_graph_enable=1",
    "provider.trt_builder_optimization_level=3",
    "provider.trt_tactic_sources=-CUDNN,-CUBLAS,-CUBLAS_LT,+EDGE_MASK_CONVOLUTIONS",
]
RTX = ["provider.nv_max_workspace_size=0", "provider.enable_cuda_graph=0"]

DEFAULTS = [
    (Backend.ORT_CPU(), onnxruntime("CPU")),
    (Backend.ORT_CUDA(), onnxruntime("CUDA.0", *CUDA)),
    (Backend.ORT_DML(), onnxruntime("DML.0")),
    (Backend.ORT_COREML(), onnxruntime("CoreML.0", "provider.ModelFormat=NeuralNetwork")),
    (Backend.TRT(), onnxruntime("TensorRT.0", *TRT)),
    (Backend.TRT_RTX(), onnxruntime("NvTensorRTRTX.0", *RTX)),
    (Backend.NCNN_VK(), onnxruntime("WebGPU.0", "provider.dawnBackendType=Vulkan")),
    (Backend.MIGX(), onnxruntime("MIGraphX.0", "provider.migraphx_exhaustive_tune=0")),
    (
        Backend.OV_CPU(),
        {"backend": "openvino", "device": "CPU", "num_streams": 0, "num_threads": 0, "precision": "fp32"},
    ),
    (Backend.OV_GPU(), {"backend": "openvino", "device": "GPU.0", "num_streams": 1, "precision": "fp32"}),
    (Backend.OV_NPU(), {"backend": "openvino", "device": "NPU", "num_streams": 1, "precision": "auto"}),
    (Backend.CUDA(), {"backend": "cuda", "device_id": 0, "num_streams": 1, "precision": "auto"}),
    (Backend.Auto(), {"backend": "auto", "num_streams": 0, "precision": "auto"}),
]


@pytest.mark.parametrize(("backend", "wanted"), DEFAULTS, ids=lambda value: type(value).__name__)
def test_defaults(here: Any, backend: Any, wanted: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    assert model_arguments(backend) == wanted
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


@pytest.mark.parametrize(
    ("backend", "wanted"),
    [
        (Backend.OV_GPU(device_id=1), "GPU.1"),
        (Backend.ORT_CUDA(1), "CUDA.1"),
        (Backend.ORT_DML(device_id=1), "DML.1"),
        (Backend.TRT(device_id=1), "TensorRT.1"),
        (Backend.NCNN_VK(device_id=1), "WebGPU.1"),
    ],
)
def test_device_numbers(here: Any, backend: Any, wanted: str) -> None:
    assert model_arguments(backend)["device"] == wanted


def test_a_system_without_openvino_computes_by_onnxruntime_and_says_so_once(
    here: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert providers.on_processor("linux") == (providers.OPENVINO_CPU,)
    monkeypatch.setattr(Backend.OV_CPU, "places", providers.on_processor("win32"))
    here(machine({"onnxruntime": ("CPU",)}, {"openvino": "OpenVINO's library for Windows is another compiler's"}))
    wanted = onnxruntime("CPU", num_streams=2, precision="bf16")
    assert model_arguments(Backend.OV_CPU(num_streams=2, bf16=True)) == wanted
    assert model_arguments(Backend.OV_CPU()) == onnxruntime("CPU")
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["Backend.OV_CPU runs on ONNX Runtime on the processor"]


def test_device_numbers_of_the_own_engine(here: Any) -> None:
    assert model_arguments(Backend.CUDA(device_id=1))["device_id"] == 1


def test_openvino_calls_a_single_gpu_by_no_number(here: Any) -> None:
    here(machine({"openvino": ("CPU", "GPU")}))
    assert model_arguments(Backend.OV_GPU())["device"] == "GPU"


def test_numbers_are_the_devices_own_and_not_read_out_of_ids(here: Any) -> None:
    """OpenVINO names an NPU after its platform, and a GPU whose driver fails leaves a gap."""
    npu = placing.Device("NPU.3720", "NPU", 0)
    here(placing.Machine({"openvino": (npu, placing.Device("GPU.1", "GPU", 1))}, {}))
    assert model_arguments(Backend.OV_NPU())["device"] == "NPU.3720"
    assert model_arguments(Backend.OV_GPU(device_id=1))["device"] == "GPU.1"
    with pytest.raises(ValueError, match=r"there is no device 0 of OpenVINO on an Intel GPU; there is GPU\.1"):
        model_arguments(Backend.OV_GPU())
    assert (placing.number_of("openvino", "GPU.1"), placing.number_of("openvino", "NPU.3720")) == (1, 0)


@pytest.mark.parametrize(
    ("backend", "wanted"),
    [
        (Backend.ORT_CPU(fp16=True), {"precision": "fp16"}),
        (Backend.ORT_CPU(4), {"num_streams": 4}),
        (Backend.ORT_CPU(output_format=1), {"output_format": 1}),
        (Backend.ORT_CPU(fp16=True, fp16_blacklist_ops=("Exp",)), {"fp16_blacklist_ops": ["Exp"]}),
        (Backend.OV_CPU(False, 2, num_threads=4, bf16=True), {"num_threads": 4, "num_streams": 2, "precision": "bf16"}),
        (Backend.OV_CPU(precision="fp32"), {"precision": "fp32"}),
        (Backend.OV_CPU(num_streams="3"), {"num_streams": 3}),
        (Backend.TRT(force_fp16=True), {"precision": "fp16", "force_fp16": 1}),
        (Backend.TRT(bf16=True), {"precision": "bf16"}),
        (Backend.TRT(engine_folder="plans"), {"engine_folder": "plans"}),
        (Backend.TRT(opt_shapes=(640, 360)), {"opt_shapes": [640, 360]}),
        (Backend.TRT(opt_shapes=512), {"opt_shapes": [512, 512]}),  # type: ignore[arg-type]
        (
            Backend.TRT(static_shape=False, min_shapes=(64, 64), opt_shapes=(1280, 720), max_shapes=(1920, 1088)),
            {"static_shape": 0, "min_shapes": [64, 64], "opt_shapes": [1280, 720], "max_shapes": [1920, 1088]},
        ),
        (Backend.CUDA(static_shape=False, max_shapes=(64, 32)), {"static_shape": 0, "max_shapes": [64, 32]}),
        (Backend.Auto(precision="bf16", output_format=1), {"precision": "bf16", "output_format": 1}),
    ],
)
def test_options_that_every_backend_heeds(here: Any, backend: Any, wanted: dict[str, Any]) -> None:
    found = model_arguments(backend)
    assert {key: found.get(key) for key in wanted} == wanted


def test_a_range_without_a_smallest_size_leaves_it_to_the_plugin(here: Any) -> None:
    assert "min_shapes" not in model_arguments(Backend.TRT(static_shape=False, max_shapes=(64, 64)))


@pytest.mark.parametrize(
    ("backend", "option"),
    [
        (Backend.ORT_CUDA(cudnn_benchmark=False), "provider.cudnn_conv_algo_search=HEURISTIC"),
        (Backend.ORT_CUDA(use_cuda_graph=True), "provider.enable_cuda_graph=1"),
        (Backend.ORT_CUDA(prefer_nhwc=True), "provider.prefer_nhwc=1"),
        (Backend.ORT_CUDA(tf32=True), "provider.use_tf32=1"),
        (Backend.TRT(workspace=4096), f"provider.trt_max_workspace_size={4 << 30}"),
        (Backend.TRT(use_cuda_graph=False), "provider.trt_cuda_graph_enable=0"),
        (Backend.TRT(builder_optimization_level=5), "provider.trt_builder_optimization_level=5"),
        (
            Backend.TRT(use_cudnn=True, use_cublas=True, use_edge_mask_convolutions=False),
            "provider.trt_tactic_sources=+CUDNN,+CUBLAS,+CUBLAS_LT,-EDGE_MASK_CONVOLUTIONS",
        ),
        (Backend.TRT(max_aux_streams=0), "provider.trt_auxiliary_streams=0"),
        (Backend.TRT(heuristic=True), "provider.trt_build_heuristics_enable=1"),
        (Backend.TRT(verbose=True), "provider.trt_detailed_build_log=1"),
        (Backend.TRT(custom_args=["trt_sparsity_enable=1"]), "provider.trt_sparsity_enable=1"),
        (Backend.TRT(custom_args=["session.a.b=c=d"]), "session.a.b=c=d"),
        (Backend.TRT_RTX(workspace=1), "provider.nv_max_workspace_size=1048576"),
        (Backend.TRT_RTX(use_cuda_graph=True), "provider.enable_cuda_graph=1"),
        (Backend.TRT_RTX(verbose=True), "provider.nv_detailed_build_log=1"),
        (Backend.CUDA(tf32=True), "tf32=1"),
        (Backend.CUDA(accumulate="fp16"), "accumulate=fp16"),
        (Backend.ORT_COREML(ml_program=1), "provider.ModelFormat=MLProgram"),
        (Backend.MIGX(exhaustive_tune=True), "provider.migraphx_exhaustive_tune=1"),
        (Backend.MIGX(custom_args=["migraphx_mem_limit=1"]), "provider.migraphx_mem_limit=1"),
    ],
)
def test_options_of_the_providers(here: Any, backend: Any, option: str, caplog: pytest.LogCaptureFixture) -> None:
    found = model_arguments(backend)["options"]
    assert option in found
    assert len({one.partition("=")[0] for one in found}) == len(found)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_variables_are_set_where_a_provider_reads_them(here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSMLRT_TEST_VARIABLE", "before")
    model_arguments(Backend.TRT(custom_env={"VSMLRT_TEST_VARIABLE": "after"}))
    assert os.environ["VSMLRT_TEST_VARIABLE"] == "after"


@pytest.mark.parametrize(
    ("devices", "wanted", "said"),
    [
        ({"onnxruntime": ("TensorRT.0", "NvTensorRTRTX.0"), "cuda": ("GPU.0",)}, "TensorRT.0", "TensorRT"),
        ({"onnxruntime": ("CUDA.0", "NvTensorRTRTX.0"), "cuda": ("GPU.0",)}, "NvTensorRTRTX.0", "TensorRT-RTX"),
        ({"onnxruntime": ("CPU",), "cuda": ("GPU.0",)}, None, "the cuda backend"),
        ({"cuda": ("GPU.0",)}, None, "the cuda backend"),
    ],
)
def test_tensorrt_takes_the_best_there_is_and_says_so_once(
    here: Any, devices: Any, wanted: str | None, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    here(machine(devices))
    with caplog.at_level(logging.INFO, "vsmlrt"):
        found = model_arguments(Backend.TRT(fp16=True))
        model_arguments(Backend.TRT(fp16=True))
    assert found.get("device") == wanted
    assert found["backend"] == ("onnxruntime" if wanted else "cuda")
    level = logging.INFO if said == "TensorRT" else logging.WARNING
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (level, f"Backend.TRT runs on {said}")
    ]


@pytest.mark.parametrize(
    ("devices", "wanted", "lines"),
    [
        ({"onnxruntime": ("TensorRT.0", "NvTensorRTRTX.0"), "cuda": ("GPU.0",)}, "NvTensorRTRTX.0", 0),
        ({"onnxruntime": ("TensorRT.0",), "cuda": ("GPU.0",)}, None, 1),
        ({"cuda": ("GPU.0",)}, None, 1),
    ],
)
def test_tensorrt_rtx_falls_to_the_cuda_backend_and_says_so_once(
    here: Any, devices: Any, wanted: str | None, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    here(machine(devices))
    with caplog.at_level(logging.WARNING, "vsmlrt"):
        found = model_arguments(Backend.TRT_RTX(fp16=True))
        model_arguments(Backend.TRT_RTX(fp16=True))
    assert found.get("device") == wanted
    assert found["backend"] == ("onnxruntime" if wanted else "cuda")
    said = [record.getMessage() for record in caplog.records]
    assert said == ["Backend.TRT_RTX runs on the cuda backend"] * lines


@pytest.mark.parametrize(("asked", "options"), [(True, None), (False, ["use_cuda_graph=0"])])
def test_the_cuda_backend_records_graphs_unless_told_otherwise(here: Any, asked: bool, options: Any) -> None:
    here(machine({"cuda": ("GPU.0",)}))
    for backend in (Backend.CUDA(use_cuda_graph=asked), Backend.TRT(use_cuda_graph=asked)):
        assert model_arguments(backend).get("options") == options


@pytest.mark.parametrize(
    ("backend", "devices", "named"),
    [
        (Backend.TRT(tf32=True, log=False), EVERYTHING, "TensorRT has no use for tf32, log"),
        (Backend.TRT(custom_args=["--noTF32"]), EVERYTHING, "TensorRT has no use for custom_args --noTF32"),
        (
            Backend.TRT(use_cudnn=True, builder_optimization_level=5),
            {"onnxruntime": ("NvTensorRTRTX.0",)},
            "TensorRT-RTX has no use for use_cudnn, builder_optimization_level",
        ),
        (
            Backend.TRT(workspace=64, custom_env={"A": "b"}),
            {"cuda": ("GPU.0",)},
            "the cuda backend has no use for workspace, custom_env",
        ),
        (Backend.ORT_CPU(verbosity=0), EVERYTHING, "ONNX Runtime on the processor has no use for verbosity"),
        (Backend.OV_CPU(bind_thread=False), {}, "OpenVINO on the processor has no use for bind_thread"),
        (Backend.MIGX(fast_math=False, short_path=True), EVERYTHING, "MIGraphX has no use for fast_math, sh"),
    ],
)
def test_options_without_use_are_named_once(
    here: Any, backend: Any, devices: Any, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    here(machine(devices))
    first = model_arguments(backend)
    assert model_arguments(backend) == first
    lines = [record.getMessage() for record in caplog.records if "no use" in record.getMessage()]
    assert len(lines) == 1
    assert named in lines[0]
    assert "A" not in os.environ


OTHERS: dict[str, Any] = {
    "accumulate": "fp16",
    "custom_args": ["some_key=1"],
    "custom_env": {"VSMLRT_TEST_OTHER": "1"},
    "device_id": 1,
    "engine_folder": "plans",
    "fp16_blacklist_ops": ["Exp"],
    "max_aux_streams": 1,
    "max_shapes": (64, 64),
    "max_tactics": 1,
    "min_shapes": (64, 64),
    "num_threads": 1,
    "opt_shapes": (64, 64),
    "precision": "fp16",
    "short_path": True,
    "workspace": 64,
}
"""A value that is no default, where that does not follow from the default."""


def other_value(field: Any) -> Any:
    if field.name in OTHERS:
        return OTHERS[field.name]
    return not field.default if isinstance(field.default, bool) else 1 + (field.default if field.default < 2 else -1)


OPTIONS = [(cls, field) for cls in CLASSES for field in fields(cls)]


@pytest.mark.parametrize(("cls", "field"), OPTIONS, ids=lambda value: getattr(value, "name", "") or value.__name__)
def test_every_option_makes_a_difference_or_is_named(
    here: Any, cls: Any, field: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never both. Where something stands in the environment, that is the difference."""
    monkeypatch.setenv("VSMLRT_TEST_OTHER", "0")
    two = [f"{name}.{n}" for name in ("NvTensorRTRTX", "MIGraphX", "CoreML") for n in (0, 1)]
    here(machine({**EVERYTHING, "onnxruntime": (*EVERYTHING["onnxruntime"], *two)}))
    others = {"max_shapes": (64, 64)} if field.name == "static_shape" else {}
    before = (model_arguments(cls(**others)), "0")
    caplog.clear()
    after = (model_arguments(cls(**others, **{field.name: other_value(field)})), os.environ["VSMLRT_TEST_OTHER"])
    named = any(f"no use for {field.name}" in record.getMessage() for record in caplog.records)
    assert named == (after == before)


@pytest.mark.parametrize(
    "backend", [Backend.OV_CPU(precision="bf16"), Backend.ORT_CPU(), Backend.Auto(precision="fp32")]
)
def test_operators_that_fp16_keeps_are_of_no_use_without_it(
    here: Any, backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    listed = replace(backend, fp16_blacklist_ops=["Exp"])
    assert [model_arguments(listed) for _ in range(2)] == [model_arguments(backend)] * 2
    named = [record for record in caplog.records if "no use for fp16_blacklist_ops (in " in record.getMessage()]
    assert len(named) == 1


@pytest.mark.parametrize("cls", [Backend.OV_CPU, Backend.CUDA, Backend.Auto])
@pytest.mark.parametrize("switch", ["fp16", "bf16"])
def test_two_precisions_are_refused(here: Any, cls: Any, switch: str) -> None:
    with pytest.raises(ValueError, match=rf"{cls.__name__}: precision is fp32 and {switch} is set: give one of them"):
        model_arguments(cls(**{switch: True}, precision="fp32"))
    assert model_arguments(cls(**{switch: True}, precision=switch))["precision"] == switch


ELSEWHERE = [
    (Backend.ORT_CUDA(), r"pip install onnxruntime-gpu\[cuda,cudnn\]"),
    (Backend.ORT_DML(), "Windows alone.*pip install onnxruntime-directml"),
    (Backend.ORT_COREML(), "macOS alone"),
    (Backend.TRT_RTX(), "pip install onnxruntime-ep-nv-tensorrt-rtx-cu13"),
    (Backend.OV_GPU(), "intel-opencl-icd"),
    (Backend.OV_NPU(), "linux-npu-driver"),
    (Backend.CUDA(), r"the library libcuda\.so\.1 is missing; it comes with NVIDIA's driver"),
    (Backend.TRT(), r"TensorRT libraries.*onnxruntime-gpu.*tensorrt-rtx-cu13.*libcuda\.so\.1 is missing"),
]


@pytest.mark.parametrize(("backend", "remedy"), ELSEWHERE, ids=lambda value: type(value).__name__)
def test_what_cannot_run_here_says_what_to_install(here: Any, backend: Any, remedy: str) -> None:
    here(PROCESSOR)
    with pytest.raises(SetupError, match=rf"Backend\.{type(backend).__name__} cannot run here: .*{remedy}") as caught:
        model_arguments(backend)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("backend", [Backend.NCNN_VK(), Backend.MIGX()], ids=lambda one: type(one).__name__)
def test_what_wrappers_choose_without_an_nvidia_gpu_runs_anywhere(
    here: Any, backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    here(PROCESSOR)
    placing._say.cache_clear()
    assert model_arguments(backend)["device"] == "CPU"
    assert f"Backend.{type(backend).__name__} runs on OpenVINO on the processor" in caplog.text
    here(machine({"openvino": ("CPU", "GPU.0")}))
    assert model_arguments(backend)["device"] == "GPU.0"


def test_a_backend_of_another_version_is_said_to_be_none_of_this_one(here: Any) -> None:
    """Nobody is told to install what would not help."""
    here(machine({"openvino": ("CPU",), "onnxruntime": ("CPU",)}))
    with pytest.raises(
        SetupError, match=r"CUDA cannot run here: the cuda backend is not part of this version of vsmlr"
    ):
        model_arguments(Backend.CUDA())
    with pytest.raises(SetupError, match=r"TRT cannot run here: .*tensorrt-rtx-cu13.*; the cuda backend is not part"):
        model_arguments(Backend.TRT())


def test_a_provider_that_is_installed_and_lists_no_device_gives_its_own_reason(here: Any) -> None:
    reason = "WebGpuExecutionProvider is registered and lists no device here"
    here(machine({"onnxruntime": ("CPU",)}, {"onnxruntime.WebGPU": reason}))
    with pytest.raises(SetupError, match=rf"NCNN_VK cannot run here: WebGPU on Vulkan has no device here: {reason} \("):
        model_arguments(Backend.NCNN_VK())


def test_a_backend_that_is_missing_gives_its_own_reason(here: Any) -> None:
    here(machine({"openvino": ("CPU",)}, {"onnxruntime": "no libonnxruntime.so: pip install onnxruntime"}))
    with pytest.raises(SetupError, match=r"ORT_DML cannot run here: no libonnxruntime\.so: pip install onnxruntime"):
        model_arguments(Backend.ORT_DML())
    assert model_arguments(Backend.ORT_CPU())["backend"] == "openvino"


@pytest.mark.parametrize("backend", [Backend.ORT_CUDA(2), Backend.OV_GPU(device_id=2), Backend.CUDA(device_id=2)])
def test_a_device_that_does_not_exist(here: Any, backend: Any) -> None:
    with pytest.raises(ValueError, match=rf"Backend\.{type(backend).__name__}: there is no device 2 of .*; there is "):
        model_arguments(backend)


def test_a_folder_that_does_not_exist_yet_is_fine(here: Any, tmp_path: Path) -> None:
    assert model_arguments(Backend.TRT(engine_folder=str(tmp_path / "new")))["engine_folder"] == str(tmp_path / "new")
