"""Backends by name, as the command line takes them, and what doctor says of each."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from hosting import noise, picture, plugin_core
from machines import machine
from networks import identity
from test_backend_mapping import EVERYTHING, PROCESSOR
from vsmlrt import plugin, store
from vsmlrt.backend import CLASSES, placing
from vsmlrt.backend.named import NAMES, named
from vsmlrt.cli import doctor
from vsmlrt.errors import SetupError, UserError
from vsmlrt.run import upscale_clip


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "machine", lambda: machine(EVERYTHING))


def test_every_module_and_every_class_has_a_name() -> None:
    assert set(NAMES) == {"auto", "openvino", "onnxruntime", "cuda", "reference"} | {
        cls.__name__.lower() for cls in CLASSES
    }
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_taken(everything: None, name: str) -> None:
    found = named(name, "fp16", 2)
    assert (found["precision"], found["num_streams"]) == ("fp16", 2)
    assert found["backend"] in ("auto", "openvino", "onnxruntime", "cuda", "reference")


@pytest.mark.parametrize(
    ("name", "device", "wanted"),
    [
        ("openvino", 1, {"backend": "openvino", "device_id": 1}),
        ("onnxruntime", "CUDA.1", {"backend": "onnxruntime", "device": "CUDA.1"}),
        ("trt", 1, {"backend": "onnxruntime", "device": "TensorRT.1"}),
        ("trt_rtx", None, {"backend": "onnxruntime", "device": "NvTensorRTRTX.0"}),
        ("ncnn_vk", 0, {"backend": "onnxruntime", "device": "WebGPU.0"}),
        ("ov_cpu", 0, {"backend": "openvino", "device": "CPU"}),
    ],
)
def test_devices(everything: None, name: str, device: int | str | None, wanted: dict[str, Any]) -> None:
    found = named(name, device=device)
    assert found["precision"] == "auto"
    assert {key: found.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(
    ("name", "device", "sentence"),
    [
        ("cudnn", None, "there is no backend cudnn: auto, openvino, .* are accepted"),
        ("trt", "TensorRT.0", "the backend trt takes a number, got TensorRT.0"),
        ("ov_cpu", 1, "the backend ov_cpu takes no device but 0, got 1"),
        ("trt", 5, r"Backend\.TRT: there is no device 5 of TensorRT; there is TensorRT\.0, TensorRT\.1"),
    ],
)
def test_bad_names(everything: None, name: str, device: int | str | None, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        named(name, device=device)


def test_a_clip_through_a_backend_by_name(tmp_path: Any) -> None:
    core = plugin_core()
    network = store.resolve(identity(tmp_path / "net.onnx"))
    clip = noise(core, 32, 32)
    found = upscale_clip(clip, network, backend="ov_cpu", precision="fp32")
    assert all((one == other).all() for one, other in zip(picture(found), picture(clip), strict=True))
    with pytest.raises(SetupError, match=r"Backend\.ORT_DML cannot run here"):
        upscale_clip(clip, network, backend="ort_dml")


def test_doctor_says_once_what_many_backends_lack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of the classes run on ONNX Runtime."""
    reason = "libonnxruntime.so is missing; install it with: pip install onnxruntime"
    answer = {"backend": ["reference"], "id": ["CPU"], "name": ["reference"], "memory": [0], "group": ["CPU"]}
    answer |= {"number": [0], "kind": ["cpu"], "missing": ["onnxruntime", "cuda"], "reason": [reason, "no driver"]}

    class Core:
        class mlrt:  # noqa: N801
            Devices = staticmethod(lambda: answer)

    monkeypatch.setattr(plugin, "core", lambda: Core)
    monkeypatch.setenv("COLUMNS", "500")
    with contextlib.suppress(typer.Exit):
        doctor.doctor()
    printed = capsys.readouterr().out
    assert printed.count(reason) == 1
    assert printed.count("onnxruntime has none (see above)") > 4


def test_doctor_says_where_each_backend_runs_or_why_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin_core()
    monkeypatch.setattr(placing, "machine", lambda: PROCESSOR)
    monkeypatch.setenv("COLUMNS", "500")
    with contextlib.suppress(typer.Exit):  # another part of the report may have something to say
        doctor.doctor()
    lines = capsys.readouterr().out.splitlines()
    said = {line.split()[0]: line for line in lines if line.startswith("Backend.")}
    assert set(said) == {f"Backend.{cls.__name__}" for cls in CLASSES if cls.places}
    assert "OpenVINO on the processor" in said["Backend.OV_CPU"]
    assert "pip install onnxruntime-gpu[cuda,cudnn]" in said["Backend.ORT_CUDA"]
    assert "cuda has none (see above)" in said["Backend.CUDA"]
    anywhere = {f"Backend.{name}" for name in ("OV_CPU", "ORT_CPU", "NCNN_VK", "MIGX")}
    assert {name for name, line in said.items() if "cannot run here: " not in line} == anywhere


CPU: Any = {
    "backend": ["openvino"],
    "id": ["CPU"],
    "name": ["AMD EPYC"],
    "missing": ["cuda"],
    "reason": ["no driver here"],
}
GPU: Any = {
    "backend": ["cuda", "openvino"],
    "id": ["0", "CPU"],
    "name": ["H100", "Xeon"],
    "missing": [],
    "reason": [],
}


@pytest.mark.parametrize(
    ("answer", "cards", "said"),
    [
        (CPU, [], "on AMD EPYC (openvino, CPU) .*; no graphics card is known here, and nothing to install would"),
        (CPU, [0x10DE], "; an NVIDIA GPU is here and would be many times faster: no driver here$"),
        (CPU, [0x8086], "; an Intel GPU is here: its compute driver .*intel-opencl-icd"),
        (CPU, [0x1002], "; an AMD GPU is here: pip install onnxruntime-ep-webgpu"),
        (
            GPU,
            [0x10DE],
            r"on H100 \(cuda, 0\) where .*; nothing to install would make it faster$",
        ),
    ],
)
def test_doctors_last_line(answer: plugin.Answer, cards: list[int], said: str) -> None:
    assert re.search(said.replace("(openvino, CPU)", r"\(openvino, CPU\)"), doctor.verdict(answer, cards))


def test_graphics_cards(tmp_path: Path) -> None:
    for number, vendor in enumerate(("0x10de", "0x1234", "what")):
        (tmp_path / f"card{number}" / "device").mkdir(parents=True)
        (tmp_path / f"card{number}" / "device" / "vendor").write_text(f"{vendor}\n")
    assert doctor.graphics_cards(tmp_path) == {0x10DE}
    assert doctor.graphics_cards(tmp_path / "none") == set()
