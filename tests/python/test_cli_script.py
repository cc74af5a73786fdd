"""`--script`: the script gives the frames that the command encodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs
from PIL import Image

import networks
from hosting import picture, plugin_core
from interpolators import fade
from test_cli_every_option import strength_network
from video_samples import make_video
from vsmlrt import cli

TICKS = [512 * n for n in range(12)]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    plugin_core()
    monkeypatch.chdir(tmp_path)
    make_video(tmp_path / "in.mkv", TICKS)
    networks.convs(tmp_path / "net.onnx", 3, 2)
    fade(tmp_path / "rife.onnx", 11)
    strength_network(tmp_path / "dpir.onnx", "Sub")
    return tmp_path


def frames(path: str) -> list[list[np.ndarray]]:
    clip = vs.core.bs.VideoSource(path)
    return [picture(clip, n) for n in range(clip.num_frames)]


@pytest.mark.parametrize(
    "words",
    [
        "upscale --model net.onnx",
        "upscale --model net.onnx --scale 1.5 --frames 2:9 --crop 32x32+16+8 --tile 24x24 --overlap 4",
        "upscale --model net.onnx --height 72 --start 0.1 --to 0.3 --matrix 9 --range full",
        "interpolate --model rife.onnx --multiplier 5/2",
        "process --model net.onnx --scale 1.5 --interpolator rife.onnx --fps 60 --frames 1:7",
        "process --denoise 5 --denoiser dpir.onnx --interpolator rife.onnx --multiplier 2 --crop 32x32+16+8",
        "process --denoise 20 --denoiser dpir.onnx --model net.onnx --height 72",
        "interpolate --model rife.onnx --fps 60 --scene-threshold 0 --no-dedup",
    ],
)
def test_the_scripts_frames_are_the_commands(words: str) -> None:
    command, *rest = words.split()
    same = ["--precision", "fp32", "--backend", "openvino", *rest]
    assert cli.run([command, "in.mkv", "out.mkv", "--codec", "ffv1", *same]) == 0
    assert cli.run([command, "in.mkv", "other.mkv", "--script", "job.vpy", *same]) == 0
    assert not Path("other.mkv").exists()
    vs.clear_outputs()
    exec(compile(Path("job.vpy").read_text(), "job.vpy", "exec"), {"__name__": "__vapoursynth__"})
    clip = vs.get_output(0).clip
    made = frames("out.mkv")
    assert clip.num_frames == len(made)
    for n, wanted in enumerate(made):
        for plane, expected in zip(picture(clip, n), wanted, strict=True):
            np.testing.assert_array_equal(plane, expected)


def test_of_several_videos() -> None:
    assert cli.run(["upscale", "in.mkv", "in.mkv", "out/", "--script", "job.vpy"]) == 2


@pytest.mark.parametrize(("name", "mode"), [("turned.png", "RGB"), ("shades.tif", "L")])
def test_of_a_photograph(name: str, mode: str) -> None:
    """Turned by EXIF, and gray of full range, both of which BestSource does not tell."""
    across, down = np.meshgrid(np.linspace(0, 255, 64), np.linspace(0, 255, 48))
    exif = Image.Exif()
    exif[0x112] = 8 if mode == "RGB" else 1
    Image.fromarray(np.dstack([across, down, 255 - across]).astype(np.uint8)).convert(mode).save(name, exif=exif)
    same = ["--precision", "fp32", "--backend", "openvino", "--model", "net.onnx"]
    assert cli.run(["upscale", name, "out.png", *same]) == 0
    assert cli.run(["upscale", name, "other.png", "--script", "job.vpy", *same]) == 0
    vs.clear_outputs()
    exec(compile(Path("job.vpy").read_text(), "job.vpy", "exec"), {"__name__": "__vapoursynth__"})
    clip = vs.get_output(0).clip
    for plane, expected in zip(picture(clip, 0), frames("out.png")[0], strict=True):
        np.testing.assert_array_equal(plane, expected)
