"""Pipes, numbered images and moving ones as input and output, through the command line with a resize as network."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import ready
from command import stand_in
from video_samples import make_video, times

COUNT = 6


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("in") / "in.mkv"
    return make_video(place, list(range(0, 512 * COUNT, 512)), audio=True)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Six PNGs, numbered from 8 on, whose red says which one it is."""
    for n in range(COUNT):
        pixels = np.full((48, 64, 3), (40 * n, 90, 10), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"frame{n + 8:03}.png")
    return tmp_path / "frame%03d.png"


def run(*arguments: str | Path, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return ready.run(stand_in(*arguments), data=data)


def done(*arguments: str | Path, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """A run that does what it is to do and leaves nothing hidden where it wrote."""
    ended = run(*arguments, data=data)
    assert ended.returncode == 0, ended.stderr.decode()
    if str(arguments[2]) != "-":
        assert [path.name for path in Path(arguments[2]).parent.iterdir() if path.name.startswith(".")] == []
    return ended


def refused(*arguments: str | Path, data: bytes | None = None) -> str:
    ended = run(*arguments, data=data)
    lines = [line for line in ended.stderr.decode().splitlines() if line.startswith("vsmlrt: error: ")]
    assert ended.returncode in (1, 2)
    assert len(lines) == 1, ended.stderr.decode()
    return lines[0]


def decoded(path: Path, pixel_format: str = "rgb24") -> list[Any]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format=pixel_format) for frame in file.decode(video=0)]


def digest(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux() if packet.size]


def test_the_standard_input_is_read_like_a_file(video: Path, tmp_path: Path) -> None:
    done("upscale", video, tmp_path / "file.mkv")
    done("upscale", "-", tmp_path / "pipe.mkv", data=video.read_bytes())
    assert digest(tmp_path / "pipe.mkv") == digest(tmp_path / "file.mkv")


def test_a_fifo_is_read_like_a_file(video: Path, tmp_path: Path) -> None:
    done("upscale", video, tmp_path / "file.mkv")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(video.read_bytes()))
    writer.start()
    done("upscale", pipe, tmp_path / "out.mkv")
    writer.join()
    assert digest(tmp_path / "out.mkv") == digest(tmp_path / "file.mkv")


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuv444p", "gray"])
def test_raw_video_through_two_processes(video: Path, tmp_path: Path, pixel_format: str) -> None:
    first = done("upscale", video, "-", "--pixel-format", pixel_format)
    done("upscale", "-", tmp_path / "out.mkv", "--codec", "ffv1", data=first.stdout)
    with av.open(str(tmp_path / "out.mkv")) as file:
        stream = file.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.pix_fmt) == (256, 192, pixel_format)
    assert times(tmp_path / "out.mkv")[:-1] == pytest.approx([n / 25 for n in range(COUNT)], abs=1e-3)


def test_a_command_that_is_wrong_does_not_read_the_pipe_first(tmp_path: Path) -> None:
    reading, writing = os.pipe()  # nobody writes and nobody closes it, so that reading would wait for ever
    command = stand_in("upscale", "-", tmp_path / "out.mkv", "--codec", "nonsense")
    ended = ready.run(command, stdin=reading)
    os.close(reading)
    os.close(writing)
    assert b"no video encoder is called 'nonsense'" in ended.stderr


@pytest.mark.parametrize("data", [b"", b"no video at all" * 100])
def test_a_pipe_without_a_video(tmp_path: Path, data: bytes) -> None:
    said = refused("upscale", "-", tmp_path / "out.mkv", data=data)
    assert "standard input" in said
    assert ".input" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "named"), [(("--share",), "--share is about a file"), (("--script", "a.vpy"), "--script writes")]
)
def test_what_needs_a_file(video: Path, tmp_path: Path, more: tuple[str, ...], named: str) -> None:
    assert named in refused("upscale", "-", tmp_path / "out.mkv", *more, data=video.read_bytes())


def test_a_job_of_a_pipe_goes_on_with_the_same_input(video: Path, tmp_path: Path) -> None:
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    data, parts = video.read_bytes(), ("--segment", "0.08")
    done("upscale", video, whole, *parts)
    command = stand_in("upscale", "-", made, *parts, stop_at=4)
    stopped = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert stopped.stdin is not None
    assert stopped.stdout is not None
    stopped.stdin.write(data)
    stopped.stdin.close()
    stopped.stdout.readline()
    while not list(tmp_path.glob(".out.mkv.job/000000.json")):
        assert stopped.poll() is None
    stopped.kill()
    stopped.wait()
    other = refused("upscale", "-", made, *parts, "--resume", data=data + b"x")
    assert "its input was" in other
    done("upscale", "-", made, *parts, "--resume", data=data)
    assert digest(made) == digest(whole)


def test_numbered_images_become_a_video(images: Path, tmp_path: Path) -> None:
    made = tmp_path / "out.mkv"
    done("upscale", images, made, "--framerate", "24000/1001", "--codec", "ffv1", "--pixel-format", "gbrp10le")
    frames = decoded(made)
    assert [frame.shape for frame in frames] == [(96, 128, 3)] * COUNT
    assert [int(frame[50, 60, 0]) for frame in frames] == pytest.approx([40 * n for n in range(COUNT)], abs=1)
    assert times(made)[:-1] == pytest.approx([n * 1001 / 24000 for n in range(COUNT)], abs=1e-3)


def test_numbered_images_become_numbered_images(images: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done("upscale", images, tmp_path / "out" / "%d.png")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{n}.png" for n in range(1, COUNT + 1)]
    for n in range(COUNT):
        assert np.array_equal(
            decoded(tmp_path / "out" / f"{n + 1}.png")[0][::48], np.full((2, 128, 3), (40 * n, 90, 10))
        )
    assert "exists; use --overwrite" in refused("upscale", images, tmp_path / "out" / "%d.png")
    done("upscale", images, tmp_path / "out" / "%d.png", "-y")


def test_images_do_not_take_the_place_of_those_that_they_are_made_of(images: Path, tmp_path: Path) -> None:
    """Not even where replacing was asked for, as with every other kind of input."""
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    one = tmp_path / "frame010.png"
    assert f"has the name of {tmp_path / 'frame008.png'}, which is read" in refused("upscale", images, images, "-y")
    assert f"has the name of {one}, which is read" in refused("upscale", one, images, "-y")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_images_that_are_missing(images: Path, tmp_path: Path) -> None:
    assert "there is no image with a name such as" in refused("upscale", tmp_path / "no%d.png", tmp_path / "out.mkv")
    (tmp_path / "frame010.png").unlink()
    ended = done("upscale", images, tmp_path / "out.mkv")
    assert b"1 image of" in ended.stderr
    assert len(times(tmp_path / "out.mkv")) == COUNT


@pytest.mark.parametrize("other", ["size", "kind", "broken"])
def test_images_that_do_not_go_together(images: Path, tmp_path: Path, other: str) -> None:
    """What is said speaks of the images by the name that was given, and not of the file they became."""
    file = tmp_path / "frame010.png"
    if other == "size":
        Image.new("RGB", (32, 32)).save(file)
    else:
        file.write_bytes(b"not an image" if other == "broken" else (tmp_path / "frame009.png").read_bytes()[:60])
    ended = run("upscale", images, tmp_path / "out.mkv", "--on-error", "stop")
    said = ended.stderr.decode()
    assert ended.returncode == 1, said
    assert "frame%03d.png" in said
    assert ".input" not in said
    assert not (tmp_path / "out.mkv").exists()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "I;16", "P"])
def test_one_image(tmp_path: Path, mode: str) -> None:
    """Its colours, its bits and its transparency come out as they went in."""
    pixels = (
        np.zeros((48, 64), np.uint16) + 30000 if mode == "I;16" else np.full((48, 64, 4), (200, 90, 10, 128), np.uint8)
    )
    image = Image.fromarray(pixels)
    image = image if mode == "I;16" else image.convert("RGB").quantize(4) if mode == "P" else image.convert(mode)
    image.save(tmp_path / "in.png")
    done("upscale", tmp_path / "in.png", tmp_path / "out.png")
    made = Image.open(tmp_path / "out.png")
    assert made.size == (128, 96)
    expected = image.convert("RGBA") if mode == "P" else image
    assert made.mode == expected.mode
    assert made.getpixel((60, 50)) == expected.getpixel((30, 25))


def test_one_image_of_a_video(video: Path, tmp_path: Path) -> None:
    assert "is one image, and the result has 6 frames" in refused("upscale", video, tmp_path / "out.png")
    done("upscale", video, tmp_path / "out.png", "--frames", "2:3")
    assert Image.open(tmp_path / "out.png").size == (128, 96)
    assert list(tmp_path.iterdir()) == [tmp_path / "out.png"]


@pytest.fixture
def gif(tmp_path: Path) -> Path:
    """Three frames of uneven lengths with a transparent left half."""
    frames = []
    for n in range(3):
        pixels = np.zeros((32, 32, 4), np.uint8)
        pixels[:, 16:] = (80 * n + 40, 10, 200, 255)
        frames.append(Image.fromarray(pixels))
    path = tmp_path / "in.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[100, 300, 200], disposal=2, loop=0)
    return path


@pytest.mark.parametrize("ending", [".apng", ".webp"])
def test_a_gif_becomes_an_image_that_moves(gif: Path, tmp_path: Path, ending: str) -> None:
    made = tmp_path / f"out{ending}"
    done("upscale", gif, made)
    image: Any = Image.open(made)
    assert (image.n_frames, image.size, image.info.get("loop")) == (3, (64, 64), 0)
    lengths = []
    for n in range(3):
        image.seek(n)
        image.load()
        lengths.append(image.info["duration"])
        left, right = (image.convert("RGBA").getpixel((x, 30)) for x in (5, 60))
        assert left[3] == 0
        assert right == pytest.approx((80 * n + 40, 10, 200, 255), abs=12)
    assert lengths == [100, 300, 200]


def test_a_gif_becomes_a_video(gif: Path, tmp_path: Path) -> None:
    done("upscale", gif, tmp_path / "out.mkv")
    assert times(tmp_path / "out.mkv")[:-1] == [0, Fraction(1, 10), Fraction(4, 10)]


@pytest.mark.parametrize(
    ("tagged", "low", "high"), [({}, 16, 235), ({"color_range": 1}, 16, 235), ({"color_range": 2}, 0, 255)]
)
def test_gray_of_any_range_becomes_images_of_full_range(
    tmp_path: Path, tagged: dict[str, int], low: int, high: int
) -> None:
    """As gray of a PNG is; what a video does not say is limited, as for its YUV."""
    made = make_video(tmp_path / "in.mkv", [0, 512], codec="ffv1", pixel_format="gray", colour=tagged)
    done("upscale", made, tmp_path / "%d.png")
    with av.open(str(made)) as file:
        gray = next(file.decode(video=0)).to_ndarray()
    whole = (gray.astype(float) - low) * 255 / (high - low)
    shown = decoded(tmp_path / "1.png", "gray")[0]
    inside = np.asarray(shown, float).reshape(48, 2, 64, 2).mean((1, 3))
    assert inside[8:-8, 8:24] == pytest.approx(whole[8:-8, 8:24], abs=1.5)


def test_gray_of_float_samples_becomes_an_image_of_full_range(tmp_path: Path) -> None:
    pixels = np.tile(np.linspace(0, 1, 64, dtype="<f4"), (48, 1))
    (tmp_path / "in.pfm").write_bytes(b"Pf\n64 48\n-1.0\n" + pixels.tobytes())
    done("upscale", tmp_path / "in.pfm", tmp_path / "out.png")
    shown = decoded(tmp_path / "out.png", "gray16le")[0]
    assert (shown.min() / 65535, shown.max() / 65535) == pytest.approx((0, 1), abs=0.01)


@pytest.mark.parametrize(
    ("output", "more", "named"),
    [
        ("out.png", ("--crf", "3"), "--crf cannot be given for an image"),
        ("out.webp", ("--audio", "none"), "--audio is about the sound of a file, and an image has none"),
        ("out%d.png", ("--share",), "--share is about files that are made in parts, and an image is not"),
        ("out.png", ("--resume",), "--resume is about files that are made in parts, and an image is not"),
        ("out.apng", ("--pixel-format", "yuv420p"), "--pixel-format is about video, and images are RGB or gray"),
        ("out.mkv", ("--framerate", "24"), "--framerate is about numbered images"),
        ("out.mkv", ("--framerate", "0"), "--framerate takes frames a second from 0.001 to 1000"),
    ],
)
def test_options_that_do_not_apply(video: Path, tmp_path: Path, output: str, more: tuple[str, ...], named: str) -> None:
    assert named in refused("upscale", video, tmp_path / output, *more)


def stopped_at(frame: int, *arguments: str | Path) -> str:
    """What the command says that is interrupted when this frame is asked for."""
    command = stand_in(*arguments, stop_at=frame)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    while len(list(Path(arguments[2]).parent.glob(".*.job/*.png"))) < frame - 1:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(2)
    return process.communicate(timeout=60)[1]


@pytest.mark.parametrize("spoilt", ["nothing", "cut", "changed"])
def test_numbered_images_are_gone_on_with(video: Path, tmp_path: Path, spoilt: str) -> None:
    """Those that are whole are not made again, and none has its name before all are there."""
    whole, made = tmp_path / "whole", tmp_path / "made"
    whole.mkdir()
    made.mkdir()
    done("upscale", video, whole / "%d.png")
    said = stopped_at(4, "upscale", video, made / "%d.png")
    assert "parts are kept, and --resume goes on with them" in said
    assert [path.name for path in made.iterdir()] == [".%d.png.job"]
    assert "parts of an unfinished job of" in refused("upscale", video, made / "%d.png")
    assert "its --crop was left out" in refused("upscale", video, made / "%d.png", "--resume", "--crop", "32x32")
    kept = made / ".%d.png.job" / "2.png"
    before = kept.stat().st_ino
    if spoilt == "cut":
        kept.write_bytes(kept.read_bytes()[:-20])
    elif spoilt == "changed":
        kept.write_bytes(kept.read_bytes().replace(kept.read_bytes()[200:204], b"wxyz"))
    done("upscale", video, made / "%d.png", "--resume")
    assert (made / "2.png").stat().st_ino == before or spoilt != "nothing"
    names = sorted(path.name for path in whole.iterdir())
    assert sorted(path.name for path in made.iterdir()) == names
    assert [(made / name).read_bytes() for name in names] == [(whole / name).read_bytes() for name in names]


def test_numbered_images_are_begun_anew(video: Path, tmp_path: Path) -> None:
    made = tmp_path / "%d.png"
    stopped_at(4, "upscale", video, made)
    done("upscale", video, made, "--restart", "--crop", "32x32")
    assert {Image.open(path).size for path in tmp_path.iterdir()} == {(64, 64)}


def test_a_process_that_was_killed_while_it_gave_names(video: Path, tmp_path: Path) -> None:
    """All images were there; the next command gives the rest of them their places."""
    made = tmp_path / "%d.png"
    done("upscale", video, made)
    folder = tmp_path / ".%d.png.job"
    folder.mkdir()
    images = {path.name: path.read_bytes() for path in tmp_path.glob("*.png")}
    for name in list(images)[:3]:
        (tmp_path / name).rename(folder / name)
    (folder / "joined").write_text("{}")
    (folder / "job.json").write_text("{}")
    (tmp_path / ".%d.png.part").touch()
    assert "exists; use --overwrite" in refused("upscale", video, made)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == images


@pytest.mark.parametrize(("ending", "named"), [(".webp", True), (".apng", False)])
def test_bits_that_webp_has_not_are_named(tmp_path: Path, ending: str, named: bool) -> None:
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024], codec="libx265", pixel_format="yuv420p10le")
    said = done("upscale", source, tmp_path / f"out{ending}").stderr.decode()
    assert ("webp has 8 bits a sample, and the video has 10" in said) == named


def test_ctrl_c_while_the_pipe_is_read(tmp_path: Path) -> None:
    """Nobody closes the pipe; the command ends and leaves nothing."""
    command = stand_in("upscale", "-", tmp_path / "out.mkv")
    waiting = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert waiting.stdin is not None
    waiting.stdin.write(b"x" * 3_000_000)  # more than a pipe holds, so that it is being read when this is over
    waiting.stdin.flush()
    waiting.send_signal(2)
    assert waiting.wait(60) == 1
    assert waiting.stderr is not None
    assert b"vsmlrt: error: interrupted (SIGINT)" in waiting.stderr.read()
    waiting.stdin.close()
    waiting.stderr.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("other", "looks"),
    [(Image.new("RGB", (66, 48)), "66x48 rgb24"), (Image.new("L", (64, 48)), "64x48 gray")],
)
def test_images_that_are_not_alike_are_named(tmp_path: Path, images: Path, other: Image.Image, looks: str) -> None:
    other.save(tmp_path / "frame011.png")
    said = refused("upscale", images, tmp_path / "out%03d.png")
    assert f"frame011.png is {looks} and {tmp_path / 'frame008.png'} is 64x48 rgb24" in said
    assert f"'{tmp_path / 'frame*.png'}' as IN, a folder as OUT" in said
    (tmp_path / "each").mkdir()
    done("upscale", tmp_path / "frame*.png", tmp_path / "each", "--output-name", "{stem}.png")
    assert len(list((tmp_path / "each").iterdir())) == COUNT
