"""What cannot work is said in one sentence, without a traceback, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ready
from command import sentence_of, stand_in, vsmlrt
from video_samples import make_changing_video, make_sound, make_video

TICKS = list(range(0, 512 * 25, 512))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("in") / "in.mkv", TICKS)


def refused(*arguments: str | Path, status: int) -> str:
    """The sentence that the command ends with, the network being replaced."""
    done = ready.run(stand_in(*arguments), text=True)
    assert done.returncode == status, done.stderr
    return sentence_of(done)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.mp4", "the video missing.mp4 does not exist"),
        ("text.mp4", "text.mp4 is not a video that can be read"),
        ("empty.mp4", "the video empty.mp4 is empty"),
        ("sound.m4a", "sound.m4a has no video stream (its streams: audio)"),
        ("changing.ts", "the video changing.ts changes its size"),
        ("cut.mp4", "cut.mp4 is not a video that can be read"),
    ],
)
def test_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, video: Path, name: str, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.mp4").write_text("no video at all\n" * 40)
    Path("empty.mp4").touch()
    Path("folder").mkdir()
    make_sound(Path("sound.m4a"))
    make_changing_video(Path("changing.ts"))
    Path("cut.mp4").write_bytes(make_video(Path("whole.mp4"), TICKS).read_bytes()[:200])
    before = sorted(os.listdir())
    assert says in refused("upscale", name, "out.mkv", status=1)
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--codec", "nonsense"], "no video encoder is called 'nonsense'; available are libx264"),
        (["--codec", "aac"], "no video encoder is called 'aac'"),
        (["--pixel-format", "nonsense"], "'nonsense' is not among gray, yuv420p"),
        (["--codec", "libx264", "--pixel-format", "yuv420p12"], "libx264 does not take 'yuv420p12'"),
        (["--crf", "99"], "libx264 takes 0 (best) to 51, not 99"),
        (["--crf", "20", "--codec", "ffv1"], "ffv1 has no constant quality option"),
        (["--frames", "5"], "--frames takes A:B"),
        (["--frames", "9:9"], "--frames takes A:B with A smaller than B"),
        (["--frames", "20:26"], "the video has 25 frames"),
        (["--frames", "30:"], "the video has 25 frames"),
        (["--crop", "64"], "--crop takes WxH+X+Y"),
        (["--crop", "64x48+2+0"], "reaches outside the video, which is 64x48"),
        (["--crop", "31x32+0+0"], "must be multiples of 2"),
        (["--streams", "-1"], "--streams takes a number from 0 up"),
        (["--streams", "65"], "--streams takes a number from 0 to 64"),
        (["--streams", "many"], "'--streams'"),
        (["--scale", "-2"], "--scale takes a number above 0"),
        (["--nonsense"], "No such option"),
    ],
)
def test_option(tmp_path: Path, video: Path, options: list[str], says: str) -> None:
    assert says in refused("upscale", video, tmp_path / "out.mkv", *options, status=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--backend", "cudnn"], "--backend takes auto, openvino, onnxruntime, cuda, reference, "),
        (["--precision", "int3"], "--precision takes auto, fp32, tf32, fp16 or bf16, not 'int3'"),
        (["--tile", "512"], "--tile takes WxH"),
        (["--tile", "0x512"], "--tile takes WxH"),
        (["--tile", "32x32", "--overlap", "16"], "below half its size"),
        (["--overlap", "16"], "--overlap applies to tiles"),
    ],
)
def test_network_option(tmp_path: Path, video: Path, options: list[str], says: str) -> None:
    """Options of the network are read before the network is looked for."""
    done = vsmlrt("upscale", video, tmp_path / "out.mkv", *options)
    assert done.returncode == 2
    assert says in sentence_of(done)


@pytest.mark.parametrize(
    ("output", "status", "says"),
    [
        ("out.avi", 2, "accepted are .mkv, .mp4"),
        ("out", 2, "accepted are .mkv, .mp4"),
        ("old.mkv", 2, "exists; use --overwrite"),
        ("in.mkv", 2, "is the input itself"),
        ("link.mkv", 2, "is the input itself"),
        ("folder.mkv", 2, "is a folder"),
        ("nowhere/out.mkv", 1, "does not exist; create it first"),
        ("out.webm --codec libx264", 2, "webm cannot hold what libx264 makes"),
        ("out.y4m --codec libx264", 2, "cannot be given for raw video"),
        ("out.y4m --pixel-format gbrp", 2, "raw video does not take 'gbrp'"),
    ],
)
def test_output(tmp_path: Path, video: Path, output: str, status: int, says: str) -> None:
    (tmp_path / "in.mkv").write_bytes(video.read_bytes())
    (tmp_path / "old.mkv").write_bytes(b"old")
    (tmp_path / "folder.mkv").mkdir()
    (tmp_path / "link.mkv").symlink_to("in.mkv")
    before = sorted(path.name for path in tmp_path.iterdir())
    name, *options = output.split()
    overwrite = ["--overwrite"] if "itself" in says else []
    assert says in refused("upscale", tmp_path / "in.mkv", tmp_path / name, *options, *overwrite, status=status)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "old.mkv").read_bytes() == b"old"


def test_strength(tmp_path: Path, video: Path) -> None:
    assert "--strength takes a number from 0 to 255" in refused(
        "denoise", video, tmp_path / "out.mkv", "--strength", "300", status=2
    )
    assert "--strength" in refused("denoise", video, tmp_path / "out.mkv", status=2)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kB; making one takes root's rights."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.y4m"])
def test_full_disk(small_disk: Path, clips_folder: Path, name: str) -> None:
    """The old file stays, the new one disappears, and the reason is named."""
    (small_disk / name).write_bytes(b"old")
    options = [] if name.endswith("y4m") else ["--crf", "1"]
    source = clips_folder / "carphone_pristine.mp4"
    said = refused("upscale", source, small_disk / name, "--overwrite", *options, status=1)
    assert "the disk is full" in said
    assert [path.name for path in small_disk.iterdir()] == [name]
    assert (small_disk / name).read_bytes() == b"old"


def test_unwritable_folder(tmp_path: Path, video: Path) -> None:
    """Root may write everywhere, except into the kernel's own folders."""
    if os.geteuid() == 0:
        folder = Path("/proc/self")
    else:
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o555)
    assert "cannot write into the folder" in refused("upscale", video, folder / "out.mkv", status=1)


def test_the_folder_that_one_is_in_is_gone(tmp_path: Path, video: Path) -> None:
    """A relative name means nothing there; a whole one is what it is anywhere."""
    gone = tmp_path / "gone"
    (tmp_path / "in.mkv").write_bytes(video.read_bytes())
    for name, status in (("../in.mkv", 1), (str(video), 0)):
        gone.mkdir()
        script = f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})\n"
        command = stand_in("upscale", name, tmp_path / "out.mkv")
        command[2] = script + command[2]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        if status:
            assert sentence_of(done) == "the folder that this was started in is gone; go into one that is there"
