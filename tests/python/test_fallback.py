"""vs-mlrt's fallback_backend, inference_with_fallback and batch_size, on a real network."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

import vsmlrt
from hosting import noise, picture, plugin_core
from machines import machine
from networks import convs, save
from vsmlrt import Backend
from vsmlrt.backend import placing
from vsmlrt.errors import SetupError

FP32 = Backend.OV_CPU(precision="fp32")
ABSENT = Backend.ORT_CUDA()


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The plugin on a machine with a processor alone; no fallback_backend is set."""
    core = plugin_core()
    monkeypatch.setattr(placing, "machine", lambda: machine({"openvino": ("CPU",)}))
    monkeypatch.setattr(vsmlrt, "fallback_backend", None)
    return core


@pytest.fixture
def network(tmp_path: Path) -> str:
    return convs(tmp_path / "network.onnx", scale=2)


def same(one: vs.VideoNode, other: vs.VideoNode) -> None:
    assert (one.format, one.num_frames) == (other.format, other.num_frames)
    for n in range(one.num_frames):
        for left, right in zip(picture(one, n), picture(other, n), strict=True):
            np.testing.assert_allclose(left, right, atol=2e-6)


def test_without_a_fallback_the_failure_is_the_backends(core: Any, network: str) -> None:
    with pytest.raises(SetupError, match=r"Backend\.ORT_CUDA cannot run here"):
        vsmlrt.inference(noise(core, 32, 32), network, backend=ABSENT)


def test_the_fallback_takes_over_and_the_failure_is_logged(
    core: Any, network: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clip = noise(core, 32, 32, length=2)
    monkeypatch.setattr(vsmlrt, "fallback_backend", FP32)
    found = vsmlrt.inference(clip, network, backend=ABSENT)
    same(found, vsmlrt.inference(clip, network, backend=FP32))
    assert len(caplog.records) == 1
    message = caplog.records[0].getMessage()
    assert caplog.records[0].levelno == logging.WARNING
    assert all(text in message for text in ("ORT_CUDA(", "cannot run here", "OV_CPU("))


def test_the_fallback_takes_over_for_every_channel(core: Any, network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = noise(core, 32, 32)
    monkeypatch.setattr(vsmlrt, "fallback_backend", FP32)
    found = vsmlrt.flexible_inference(clip, network, backend=ABSENT)
    for one, other in zip(found, vsmlrt.flexible_inference(clip, network, backend=FP32), strict=True):
        same(one, other)


def test_a_fallback_that_fails_too_says_why(core: Any, network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vsmlrt, "fallback_backend", Backend.OV_NPU())
    with pytest.raises(SetupError, match=r"Backend\.OV_NPU cannot run here"):
        vsmlrt.inference(noise(core, 32, 32), network, backend=ABSENT)


def test_what_is_no_backend_is_not_covered_up(core: Any, network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vsmlrt, "fallback_backend", FP32)
    with pytest.raises(TypeError, match='"backend" must be'):
        vsmlrt.inference(noise(core, 32, 32), network, backend="openvino")  # type: ignore[arg-type]


def test_families_use_the_fallback(
    core: Any, models: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (models / "RealESRGANv2").mkdir(parents=True)
    convs(models / "RealESRGANv2" / "RealESRGANv2-animevideo-xsx2.onnx", scale=2)
    clip = noise(core, 32, 32)
    monkeypatch.setattr(vsmlrt, "fallback_backend", FP32)
    same(vsmlrt.RealESRGAN(clip, backend=ABSENT), vsmlrt.RealESRGAN(clip, backend=FP32))
    assert "cannot run here" in caplog.text


def test_with_fallback_has_the_other_order_of_arguments(core: Any, network: str) -> None:
    clip = noise(core, 48, 32)
    wanted = vsmlrt.inference(clip, network, (4, 4), (32, 32), FP32)
    same(vsmlrt.inference_with_fallback([clip], network, (4, 4), (32, 32), FP32), wanted)
    content = Path(network).read_bytes()
    same(vsmlrt.inference_with_fallback([clip], content, (4, 4), (32, 32), FP32, True, "input", 1), wanted)
    channels = vsmlrt.flexible_inference_with_fallback([clip], content, (4, 4), (32, 32), FP32, True, "input", "prop")
    same(channels[0], core.std.ShufflePlanes(wanted, 0, vs.GRAY))


@pytest.mark.parametrize(("length", "batch"), [(5, 2), (3, 4), (4, 2)])
def test_frames_computed_together_are_the_same_frames(core: Any, network: str, length: int, batch: int) -> None:
    clip = noise(core, 32, 32, length)
    same(
        vsmlrt.inference(clip, network, backend=FP32, batch_size=batch),
        vsmlrt.inference(clip, network, backend=FP32),
    )


def test_a_batch_of_several_clips_and_channels(core: Any, tmp_path: Path) -> None:
    from onnx import helper

    joined = helper.make_node("Concat", ["input", "input"], ["output"], axis=1)
    network = save(tmp_path / "joined.onnx", [joined], {}, 4, 8)
    clips = [noise(core, 32, 32, 3), noise(core, 32, 32, 3, vs.GRAYS, seed=2)]
    one = vsmlrt.flexible_inference(clips, network, backend=FP32)
    two = vsmlrt.flexible_inference(clips, network, backend=FP32, batch_size=2)
    assert len(two) == 8
    for left, right in zip(one, two, strict=True):
        same(left, right)


@pytest.mark.parametrize("given", [0, -1, 1.5, "2", True])
def test_impossible_batches_are_refused(core: Any, network: str, given: Any) -> None:
    with pytest.raises(ValueError, match='"batch_size" must be a whole number of at least 1, got'):
        vsmlrt.inference(noise(core, 32, 32), network, backend=FP32, batch_size=given)


def test_a_class_without_brackets(core: Any, network: str) -> None:
    found = vsmlrt.inference(noise(core, 32, 32), network, backend=Backend.OV_CPU)  # type: ignore[arg-type]
    assert found.width == 64
