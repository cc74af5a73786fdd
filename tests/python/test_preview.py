"""`vsmlrt preview`: which frames are taken, and that the pictures are what the video's job would make of them."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import vapoursynth as vs
from PIL import Image

import networks
from hosting import plugin_core
from video_samples import make_video
from vsmlrt import cli
from vsmlrt.cli import preview
from vsmlrt.compare.picking import at, clip_of, detail, pick
from vsmlrt.video.png import png

TICKS = [512 * n for n in range(50)]


@pytest.fixture(scope="module")
def flat_and_busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds, every frame a keyframe: gray, but for texture from 1 to 1.2 and from 3 to 3.2 seconds."""
    path = tmp_path_factory.mktemp("in") / "in.mkv"
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(100):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                np.frombuffer(plane, np.uint8)[:] = 128
            if n % 50 in range(25, 30):
                lines = np.frombuffer(frame.planes[0], np.uint8).reshape(48, -1)
                lines[:] = rng.integers(60, 200, lines.shape)
            frame.pts = n
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def test_frames_with_detail_are_taken(flat_and_busy: Path) -> None:
    found = pick(flat_and_busy, 2)
    assert [1 <= one.seconds % 2 < 1.2 for one in found] == [True, True]
    assert [one.seconds < 2 for one in found] == [True, False]
    assert min(detail(one.frame) for one in found) > 10
    assert len(pick(flat_and_busy, 5)) == 5


def test_of_parts_without_a_keyframe_the_middle(tmp_path: Path) -> None:
    """A short video often has one keyframe alone; of fewer frames than are asked for each is taken once."""
    path = make_video(tmp_path / "in.mkv", TICKS)
    with av.open(str(path)) as file:
        assert sum(packet.is_keyframe for packet in file.demux(video=0) if packet.size) < 4
    assert [int(one.seconds / 0.5) for one in pick(path, 4)] == [0, 1, 2, 3]
    few = make_video(tmp_path / "few.mkv", TICKS[:3])
    assert [round(one.seconds, 2) for one in pick(few, 9)] == [0, 0.04, 0.08]


def test_frames_at_times_are_those_shown_then(tmp_path: Path) -> None:
    """Also where they have to be decoded from the ones before."""
    path = make_video(tmp_path / "in.mp4", [tick + 12800 for tick in TICKS])
    with av.open(str(path)) as video:
        frames = [frame.to_ndarray() for frame in video.decode(video=0)]
    found = at(path, [0, 0.5, 0.519, 0.521, 1.96, 99])
    assert [round(one.seconds, 3) for one in found] == [0.0, 0.48, 0.52, 1.96]
    for one, n in zip(found, (0, 12, 13, 49), strict=True):
        np.testing.assert_array_equal(one.frame.to_ndarray(), frames[n])


def test_a_clip_of_them(tmp_path: Path) -> None:
    path = make_video(tmp_path / "in.mkv", TICKS, pixel_format="yuv420p10le", codec="libx265")
    found = at(path, [0.4, 1.2])
    clip = clip_of(found)
    assert (clip.num_frames, clip.format.name, clip.width) == (2, "YUV420P10", 64)
    luma = np.asarray(clip.get_frame(1)[0])
    np.testing.assert_array_equal(luma, found[1].frame.to_ndarray()[:48])


@pytest.mark.parametrize("pixel_format", ["rgb24", "rgba", "rgb48be", "gray", "gray16be", "ya8", "pal8"])
def test_images_keep_their_colours(tmp_path: Path, pixel_format: str) -> None:
    """Whatever a PNG holds becomes planes of the same colours."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:] = (200, 200, 200) if "gray" in pixel_format or pixel_format == "ya8" else (255, 0, 255)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="rgb8" if pixel_format == "pal8" else pixel_format
    )
    if pixel_format == "pal8":
        Image.fromarray(pixels).quantize(4).save(tmp_path / "in.png")
    else:
        (tmp_path / "in.png").write_bytes(png(frame))
    clip = preview.tagged(clip_of(at(tmp_path / "in.png", [0])))
    shown = clip.resize.Point(format=vs.RGB24).get_frame(0)
    assert [int(np.asarray(shown[plane])[10, 10]) for plane in range(3)] == pytest.approx(pixels[10, 10], abs=1)


def test_of_a_pipe_and_of_numbered_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same pictures as of a file with the same frames; nothing of it stays."""
    plugin_core()
    monkeypatch.chdir(tmp_path)
    make_video(tmp_path / "in.mkv", TICKS[:8], codec="ffv1")
    networks.identity(tmp_path / "net.onnx")
    with av.open("in.mkv") as file:
        for n, frame in enumerate(file.decode(video=0)):
            Path(f"f{n:02}.png").write_bytes(png(frame.reformat(format="rgb24")))
    os.mkfifo("pipe")
    feeder = threading.Thread(target=lambda: Path("pipe").write_bytes(Path("in.mkv").read_bytes()))
    feeder.start()
    words = ["--model", "net.onnx", "--at", "0.12", "--precision", "fp32"]
    for source, rate in (("in.mkv", []), ("pipe", []), ("f%02d.png", ["--framerate", "25"])):
        assert cli.run(["preview", source, *words, *rate]) == 0
    feeder.join()
    shown = {}
    for name in ("in", "pipe", "f%02d"):
        with av.open(f"preview/{name}-0000.120-before.png") as file:
            shown[name] = next(file.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    np.testing.assert_array_equal(shown["pipe"], shown["in"])
    assert np.abs(shown["f%02d"] - shown["in"]).max() <= 3  # by way of RGB
    assert cli.run(["preview", "in.mkv", *words, "--framerate", "25"]) == 2
    assert "--framerate is about numbered images" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    plugin_core()
    monkeypatch.chdir(tmp_path)
    video = make_video(tmp_path / "in.mkv", TICKS, size=(64, 48))
    networks.identity(tmp_path / "net.onnx")
    command = ["preview", str(video), "--model", "net.onnx", "--scale", "2", "--at", "0.4,1.2", "--precision", "fp32"]
    assert cli.run(command) == 0
    names = [f"in-{time}-{kind}.png" for time in ("0000.400", "0001.200") for kind in ("before", "after", "both")]
    assert capsys.readouterr().out.split() == [f"preview/{name}" for name in names]
    sizes, shown = {}, {}
    for name in names:
        with av.open(f"preview/{name}") as file:
            frame = next(file.decode(video=0))
            sizes[name] = frame.width, frame.height
            shown[name] = frame.to_ndarray(format="rgb24").astype(int)
    assert list(sizes.values()) == [(128, 96), (128, 96), (256, 96)] * 2
    np.testing.assert_array_equal(shown[names[2]][:, :128], shown[names[0]])
    np.testing.assert_array_equal(shown[names[2]][:, 128:], shown[names[1]])
    # The network changes nothing, so that both are the picture enlarged, by two kernels.
    assert np.abs(shown[names[0]] - shown[names[1]]).mean() < 3
    assert np.abs(shown[names[0]] - shown[names[3]]).mean() > 5
    assert cli.run(command) == 2
    assert "preview/in-0000.400-before.png exists; use --overwrite to replace it" in capsys.readouterr().err
    assert cli.run([*command, "-y"]) == 0


@pytest.mark.parametrize("name", ["one.png", "turned.png", "gray.jpg", "bits.tif", "rgba.webp"])
def test_of_one_picture_upright_and_in_its_own_shades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is the best of every part, and was written three times over: an error about files that exist."""
    plugin_core()
    monkeypatch.chdir(tmp_path)
    networks.identity(tmp_path / "net.onnx")
    across, down = np.meshgrid(np.linspace(0, 255, 64), np.linspace(0, 255, 48))
    picture = Image.fromarray(np.dstack([across, down, 255 - across, np.full_like(across, 255)]).astype(np.uint8))
    exif = Image.Exif()
    exif[0x112] = 6 if name == "turned.png" else 1
    mode = {"gray.jpg": "L", "bits.tif": "1", "rgba.webp": "RGBA"}.get(name, "RGB")
    more: dict[str, Any] = {"lossless": True} if name == "rgba.webp" else {"quality": 100} if name == "gray.jpg" else {}
    picture.convert(mode).save(name, exif=exif, **more)
    assert cli.run(["preview", name, "--model", "net.onnx", "--precision", "fp32"]) == 0
    assert len(list(Path("preview").iterdir())) == 3
    wanted = picture.convert(mode).convert("RGB")
    if name == "turned.png":
        wanted = wanted.rotate(-90, expand=True)
    for kind in ("before", "after"):
        shown = np.asarray(Image.open(f"preview/{Path(name).stem}-0000.000-{kind}.png")).astype(int)
        assert shown.shape == (wanted.height, wanted.width, 3)
        assert np.abs(shown - np.asarray(wanted).astype(int)).max() <= 3
