"""``vsmlrt interpolate``: its options, and real clips through the plugin with a network that the test builds."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

import hosting
from command import sentence_of, vsmlrt, with_plugin
from interpolators import fade
from networks import identity
from video_samples import end_of, make_uneven, make_video, packets, times
from vsmlrt import plugin

TICKS = list(range(0, 512 * 10, 512))
MILLISECOND = Fraction(1, 1000)


def loaded(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """``vsmlrt ARGUMENTS`` with the plugin under test."""
    hosting.plugin_core()
    return with_plugin(plugin.path(), *arguments)


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """``vsmlrt interpolate ARGUMENTS`` with the plugin under test."""
    return loaded("interpolate", *arguments)


def sound(path: Path) -> list[bytes]:
    """The audio packets' bytes; none for a silent video."""
    with av.open(str(path)) as file:
        return [packet[3] for packet in packets(path, "audio")] if file.streams.audio else []


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("in") / "in.mp4", TICKS, audio=True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--multiplier", "0"], "--multiplier takes a number above 0 such as 2, 2.5 or 5/2, not '0'"),
        (["--multiplier", "0/5"], "--multiplier takes a number above 0"),
        (["--multiplier", "100000000"], "--multiplier takes a number up to 1000 such as 2, 2.5 or 5/2"),
        (["--fps", "23976"], "--fps takes a number up to 1000 such as 60, 23.976 or 60000/1001, not '23976'"),
        (["--multiplier", "2/0"], "--multiplier takes a number above 0"),
        (["--multiplier", "two"], "--multiplier takes a number above 0"),
        (["--multiplier", "-2"], "--multiplier takes a number above 0"),
        (["--fps", "0"], "--fps takes a number above 0 such as 60, 23.976 or 60000/1001, not '0'"),
        (["--fps", "1e3"], "--fps takes a number above 0"),
        (["--fps", "60", "--multiplier", "2"], "--multiplier and --fps both say how many frames OUT has"),
        (["--scale", "3"], "--scale takes 0.25, 0.5, 1, 2, 4, not 3"),
        (["--scene-threshold", "2"], "--scene-threshold takes a number from 0 to 1, not 2"),
        (["--tile", "256x256"], "--tile: frame interpolation is not computed in tiles"),
        (["--overlap", "8"], "--overlap: frame interpolation is not computed in tiles"),
        (["--backend", "cudnn"], "--backend takes auto, "),
        (["--precision", "int3"], "--precision takes auto, "),
        (["--streams", "-1"], "--streams takes a number from 0 up"),
        (["--codec", "nonsense"], "no video encoder is called 'nonsense'"),
    ],
)
def test_option(tmp_path: Path, video: Path, options: list[str], says: str) -> None:
    """Options are read before the network is looked for."""
    done = vsmlrt("interpolate", video, tmp_path / "out.mkv", *options)
    assert done.returncode == 2
    assert says in sentence_of(done)
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_option() -> None:
    done = vsmlrt("interpolate", "--help")
    assert done.returncode == 0
    for option in ("multiplier", "fps", "model", "scale", "scene-threshold", "no-dedup", "backend", "device"):
        assert f"--{option}" in done.stdout
    for option in ("precision", "streams", "frames", "crop", "codec", "crf", "pixel-format", "overwrite"):
        assert f"--{option}" in done.stdout
    assert "--tile" not in done.stdout


@pytest.fixture
def interpolating() -> None:
    if not hasattr(hosting.plugin_core().mlrt, "Interpolate"):
        pytest.skip("the plugin under test has no core.mlrt.Interpolate")


def test_without_weights_one_sentence_says_where_to_get_them(tmp_path: Path, video: Path) -> None:
    done = command(video, tmp_path / "out.mkv")
    assert done.returncode == 1
    said = sentence_of(done)
    assert "the network rife-v4.6 (rife/rife_v4.6.onnx) is not in" in said
    assert "run 'vsmlrt models fetch rife-v4.6', which takes it from vs-mlrt's public release" in said
    assert "'vsmlrt models add FOLDER'" in said
    assert "set VSMLRT_MODELS to that folder" in said
    assert list(tmp_path.glob("out*")) == []


@pytest.mark.usefixtures("interpolating")
def test_what_is_added_is_used(tmp_path: Path, video: Path) -> None:
    """From a file of vs-mlrt's name to a video; another version than the default one is named."""
    network = fade(tmp_path / "from" / "rife_v4.26.onnx", 11)
    added = loaded("models", "add", network)
    assert added.returncode == 0, added.stderr
    done = command(video, tmp_path / "out.mkv", "--precision", "fp32")
    assert done.returncode == 0, done.stderr
    assert "vsmlrt: note: rife v4.6 is not on disk; rife-v4.26 is used" in done.stderr.splitlines()
    assert len(packets(tmp_path / "out.mkv", "video")) == 20
    assert command(video, tmp_path / "named.mkv", "--model", "v4.26").returncode == 0
    assert command(video, tmp_path / "path.mkv", "--model", network).returncode == 0


@pytest.mark.usefixtures("interpolating")
def test_frames_stand_between_frames(tmp_path: Path, video: Path) -> None:
    """The moving gradient of the sample, cross-faded: the decoded frame between two is their mean."""
    network = fade(tmp_path / "fade.onnx")
    output = tmp_path / "out.mkv"
    done = command(video, output, "--model", network, "--precision", "fp32", "--codec", "ffv1", "--multiplier", "3")
    assert done.returncode == 0, done.stderr
    luma = [frame.to_ndarray(format="gray").astype(float) for frame in decoded(output)]
    before = [frame.to_ndarray(format="gray").astype(float) for frame in decoded(video)]
    assert len(luma) == 30
    for n in range(28):
        frame, part = divmod(n, 3)
        wanted = before[frame] + part / 3 * (before[min(frame + 1, 9)] - before[frame])
        assert np.abs(luma[n] - wanted).max() <= (0 if part == 0 else 2)


@pytest.mark.usefixtures("interpolating")
def test_a_cut_of_a_real_clip_is_kept(clips_folder: Path, tmp_path: Path) -> None:
    """bikes.mp4 changes its scene behind frame 29: there a frame is repeated, and mixed if no cut is looked for."""
    source, network = clips_folder / "bikes.mp4", fade(tmp_path / "fade.onnx")
    options = ["--model", str(network), "--frames", "28:32", "--codec", "ffv1", "--precision", "fp32"]
    between = []
    for name, threshold in (("kept.mkv", "0.15"), ("mixed.mkv", "0")):
        done = command(source, tmp_path / name, *options, "--scene-threshold", threshold)
        assert done.returncode == 0, done.stderr
        frames = [frame.to_ndarray(format="gray").astype(float) for frame in decoded(tmp_path / name)]
        between.append([np.abs(frames[n] - (frames[n - 1] + frames[n + 1]) / 2).mean() for n in (1, 3, 5)])
        if name == "kept.mkv":
            assert min(np.abs(frames[3] - frames[2]).max(), np.abs(frames[3] - frames[4]).max()) == 0
    (before, kept, after), mixed = between
    assert max(before, after, *mixed) < 1
    assert kept > 10


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as file:
        return list(file.decode(video=0))


@pytest.mark.usefixtures("interpolating")
@pytest.mark.parametrize(
    ("name", "ending", "options"),
    [
        ("bikes.mp4", "mp4", ["--multiplier", "2"]),
        ("bikes.mp4", "mkv", ["--multiplier", "5/2", "--no-dedup"]),
        ("bikes.mp4", "mp4", ["--fps", "59.94"]),
        ("bigbuckbunny.mp4", "mp4", ["--multiplier", "2", "--scene-threshold", "0.15"]),
        ("bigbuckbunny.mp4", "mkv", ["--fps", "60"]),
    ],
)
def test_real_clips(clips_folder: Path, tmp_path: Path, name: str, ending: str, options: list[str]) -> None:
    """Every frame at its time, the length within a tick, the sound byte for byte."""
    source, output, network = clips_folder / name, tmp_path / f"out.{ending}", fade(tmp_path / "fade.onnx")
    fast = ["--model", str(network), "--crop", "128x96+0+0", "--codec", "libx264", "--crf", "40"]
    done = command(source, output, *fast, *options)
    assert done.returncode == 0, done.stderr
    before, after = times(source), times(output)
    rates = {"59.94": Fraction(60000, 1001), "60": Fraction(60), "2": Fraction(50), "5/2": Fraction(125, 2)}
    tolerance = MILLISECOND if ending == "mkv" else 0
    assert all(abs(time - n / rates[options[1]]) <= tolerance for n, time in enumerate(after[:-1]))
    with av.open(str(output)) as file:
        base = file.streams.video[0].time_base
        assert base is not None
        length = file.streams.video[0].duration
        assert length is None or abs(length * base - before[-1]) <= base
        assert abs(end_of(output) - before[-1]) <= base
    assert sound(output) == sound(source)


@pytest.fixture(scope="module", params=["bikes.mp4", "bigbuckbunny.mp4"])
def uneven(request: pytest.FixtureRequest, clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A variable-rate MKV made from a real clip."""
    return make_uneven(clips_folder / request.param, tmp_path_factory.mktemp("uneven") / "in.mkv")


@pytest.mark.usefixtures("interpolating")
@pytest.mark.parametrize("options", [["--multiplier", "2"], ["--fps", "50"]])
def test_variable_rate(uneven: Path, tmp_path: Path, options: list[str]) -> None:
    """Its cadence with a factor, one rate with --fps."""
    source, output = uneven, tmp_path / "out.mkv"
    network = fade(tmp_path / "fade.onnx")
    fast = ["--model", str(network), "--crop", "128x96+0+0", "--codec", "libx264", "--crf", "40"]
    done = command(source, output, *fast, *options)
    assert done.returncode == 0, done.stderr
    before, after = times(source), times(output)
    if options[0] == "--fps":
        assert all(abs(time - before[0] - Fraction(n, 50)) <= MILLISECOND for n, time in enumerate(after[:-1]))
    else:
        halves = [(a + b) / 2 for a, b in pairwise(before[:-1])]
        wanted = sorted([*before[:-1], *halves])
        assert all(abs(a - b) <= MILLISECOND for a, b in zip(wanted, after[:-2], strict=True))
    assert abs(end_of(output) - end_of(source)) <= MILLISECOND
    assert sound(output) == sound(source)


@pytest.mark.usefixtures("interpolating")
def test_a_part_of_a_video(tmp_path: Path, video: Path) -> None:
    network = fade(tmp_path / "fade.onnx")
    done = command(video, tmp_path / "out.mp4", "--model", network, "--frames", "2:6")
    assert done.returncode == 0, done.stderr
    assert times(tmp_path / "out.mp4")[:-1] == [Fraction(n, 50) for n in range(8)]


@pytest.mark.usefixtures("interpolating")
def test_what_cannot_be_interpolated(tmp_path: Path, video: Path) -> None:
    """One frame, and a network that makes pictures of pictures: one sentence, exit 1, no file."""
    output, network = tmp_path / "out.mkv", fade(tmp_path / "fade.onnx")
    one = command(video, output, "--model", network, "--frames", "0:1")
    picture = command(video, output, "--model", identity(tmp_path / "identity.onnx"))
    assert [done.returncode for done in (one, picture)] == [1, 1]
    assert "a clip of two frames or more is accepted" in sentence_of(one)
    assert "is not an interpolator" in sentence_of(picture)
    assert not output.exists()


def test_an_interpolation_network_does_not_upscale(tmp_path: Path, video: Path, models: Path) -> None:
    fade(models / "rife" / "rife_v4.6.onnx", 11)
    done = loaded("upscale", video, tmp_path / "out.mkv", "--model", "rife")
    assert done.returncode == 1
    assert sentence_of(done).endswith("makes frames between frames: use 'vsmlrt interpolate'")
