"""Encoders on graphics cards are told by whether they can be opened here, not by being built in."""

from __future__ import annotations

import io

import av
import pytest
from rich.console import Console

from vsmlrt.cli import doctor
from vsmlrt.video import hardware
from vsmlrt.video.hardware import Hardware, hardware_encoders


def test_each_is_tried() -> None:
    found = hardware_encoders()
    assert {one.name for one in found} >= {"h264_nvenc", "hevc_nvenc", "av1_nvenc"} & set(av.codecs_available)
    for one in found:
        context = av.CodecContext.create(one.name, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt, context.framerate = 256, 256, "nv12", 25
        if one.reason is None:
            context.open(strict=False)
        else:
            with pytest.raises((av.FFmpegError, ValueError)):
                context.open(strict=False)


def test_what_a_person_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [
        Hardware(name="h264_nvenc", reason=None),
        Hardware(name="h264_qsv", reason="no device"),
        Hardware(name="hevc_qsv", reason="no device"),
    ]
    monkeypatch.setattr(doctor, "hardware_encoders", lambda: there)
    screen = Console(file=io.StringIO(), width=80)
    doctor._encoders(screen)
    said = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "h264_nvenc" in said
    assert "works: --codec h264_nvenc" in said
    assert "h264_qsv, hevc_qsv" in said
    assert "needs an Intel GPU" in said


def test_a_software_encoder_that_is_told_as_hardware_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial itself, with an encoder that can be opened everywhere."""
    assert hardware._refusal("libx264") is None
