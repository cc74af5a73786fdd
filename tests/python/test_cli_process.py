"""``vsmlrt process`` does in one pass what the three commands do one after the other, without encoding in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import networks
from hosting import plugin_core
from interpolators import fade
from test_cli_every_option import strength_network
from video_samples import make_video, packets, times
from vsmlrt import cli

COUNT = 5


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a video of five frames, and a models folder with a small network for each step."""
    plugin_core()
    models = tmp_path / "models"
    (models / "RealESRGANv2").mkdir(parents=True)
    networks.convs(models / "RealESRGANv2" / "realesr-animevideov3-x2.onnx", 3, 2)
    strength_network(models / "dpir" / "drunet_color.onnx", "Sub")
    (models / "rife").mkdir()
    fade(models / "rife" / "rife_v4.6.onnx", 7)
    monkeypatch.setenv("VSMLRT_MODELS", str(models))
    monkeypatch.setenv("VSMLRT_CACHE", str(tmp_path / "cache"))
    here = os.getcwd()
    os.chdir(tmp_path)
    yield make_video(tmp_path / "in.mkv", list(range(0, 512 * COUNT, 512)), audio=True)
    os.chdir(here)


def done(*arguments: str) -> None:
    assert cli.run([*arguments, "--precision", "fp32", "--codec", "ffv1", "-q"]) == 0


def pictures(path: str) -> list[Any]:
    with av.open(path) as file:
        return [frame.to_ndarray().astype(int) for frame in file.decode(video=0)]


def test_one_pass_is_three_commands(video: Path) -> None:
    done("process", "in.mkv", "out.mkv", "--denoise", "25", "--scale", "2", "--multiplier", "2")
    done("denoise", "in.mkv", "a.mkv", "--strength", "25")
    done("upscale", "a.mkv", "b.mkv", "--scale", "2")
    done("interpolate", "b.mkv", "c.mkv", "--multiplier", "2")
    assert times(Path("out.mkv")) == times(Path("c.mkv"))
    assert packets(Path("out.mkv"), "audio") == packets(Path("c.mkv"), "audio")
    one, three = pictures("out.mkv"), pictures("c.mkv")
    assert len(one) == len(three) == 2 * COUNT
    for mine, theirs in zip(one, three, strict=True):
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("options", "command"),
    [
        (("--denoise", "25"), ("denoise", "--strength", "25")),
        (("--scale", "2"), ("upscale", "--scale", "2")),
        (("--width", "100"), ("upscale", "--width", "100")),
        (("--fps", "60"), ("interpolate", "--fps", "60")),
    ],
)
def test_one_step_is_its_command(video: Path, options: tuple[str, ...], command: tuple[str, ...]) -> None:
    done("process", "in.mkv", "out.mkv", *options)
    done(command[0], "in.mkv", "other.mkv", *command[1:])
    assert times(Path("out.mkv")) == times(Path("other.mkv"))
    for mine, other in zip(pictures("out.mkv"), pictures("other.mkv"), strict=True):
        assert np.array_equal(mine, other)


def test_nothing_to_do(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["process", "in.mkv", "out.mkv"]) == 2
    assert "there is nothing to do; give --denoise S, --scale N" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scale", "2", "--denoiser", "dpir"), "--denoiser is about removing noise, which is not asked for; give"),
        (("--fps", "60", "--model", "cugan"), "--model is about enlarging, which is not asked for; give --scale N"),
        (("--scale", "2", "--interpolator=rife"), "--interpolator is about frames between frames, which is not asked"),
        (("--fps", "60", "--tile", "32x32"), "--tile is about removing noise and enlarging, which is not asked for"),
    ],
)
def test_an_option_of_a_step_that_is_not_done(
    video: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert cli.run(["process", "in.mkv", "out.mkv", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_profile_may_say_more_than_the_steps_need(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("config.toml").write_text('[profiles.mine]\nmodel = "cugan"\ninterpolator = "nobody"\n')
    monkeypatch.setenv("VSMLRT_CONFIG", "config.toml")
    done("process", "in.mkv", "out.mkv", "--denoise", "25", "--profile", "mine")
