"""The command at work, a resize standing in for the network: output, pipe, progress, Ctrl-C and exit status."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

import ready
from command import stand_in, vsmlrt
from video_samples import make_video, packets
from vsmlrt.cli import progress

TICKS = list(range(0, 512 * 25, 512))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("in") / "in.mkv", TICKS, audio=True)


def test_success_is_one_line_on_stderr(tmp_path: Path, video: Path) -> None:
    done = ready.run(stand_in("upscale", video, tmp_path / "out.mkv"), text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r".*out\.mkv: 25 frames in 0:\d\d \(\d+\.\d\d fps\)\n", done.stderr)
    assert len(packets(tmp_path / "out.mkv", "video")) == 25
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]


def test_overwrite_replaces(tmp_path: Path, video: Path) -> None:
    (tmp_path / "out.mkv").write_bytes(b"old")
    command = stand_in("upscale", video, tmp_path / "out.mkv", "--overwrite", "--frames", ":3")
    assert ready.run(command).returncode == 0
    assert len(packets(tmp_path / "out.mkv", "video")) == 3


def test_pipe_carries_video_alone(tmp_path: Path, video: Path) -> None:
    """``-`` writes the same bytes as a .y4m file, nothing else on the standard output, and FFmpeg reads them."""
    piped = ready.run(stand_in("upscale", video, "-"))
    assert piped.returncode == 0, piped.stderr
    filed = ready.run(stand_in("upscale", video, tmp_path / "out.y4m"))
    assert filed.returncode == 0, filed.stderr
    assert piped.stdout == (tmp_path / "out.y4m").read_bytes()
    with av.open(str(tmp_path / "out.y4m")) as file:
        frames = list(file.decode(video=0))
        assert (len(frames), frames[0].width, frames[0].height) == (25, 128, 96)
        assert file.streams.video[0].average_rate == 25


def test_reader_that_goes_away(video: Path) -> None:
    """Exit 1 and one line, no traceback."""
    process = subprocess.Popen(
        stand_in("upscale", video, "-", wait=0.02), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(60) == 1
    assert said == "vsmlrt: error: writing raw video to the standard output failed: Broken pipe\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.y4m"])
def test_interruption(tmp_path: Path, video: Path, name: str, number: signal.Signals) -> None:
    """No half file; one line says how far it came; exit 1, long before all frames were done."""
    process = subprocess.Popen(
        stand_in("upscale", video, tmp_path / name, stop_at=8),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "frame 8\n"
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    match = re.fullmatch(
        rf"vsmlrt: error: interrupted \({number.name}\): (?:(\d+) of 25 frames were|no frame was) done, "
        rf".*{name} was not written\n",
        said,
    )
    assert match, said
    assert int(match[1] or 0) <= 8 + 4  # what was on its way
    assert list(tmp_path.iterdir()) == []


LOST = """
import logging, os, signal
from vsmlrt.cli import main
from vsmlrt.cli import upscale as command

class Sends(logging.Handler):
    def emit(self, record):
        os.kill(os.getpid(), signal.SIGINT)

def double(clip, network):
    try:
        logging.getLogger("vapoursynth").warning("compiling")
    except BaseException:  # as VapourSynth's own callback does
        pass
    return clip.resize.Bicubic(clip.width * 2, clip.height * 2)

logging.getLogger("vapoursynth").addHandler(Sends())
command.filter_of = lambda *given, **named: double
command.store.resolve = lambda *given, **named: None
command.options.asked = lambda *given, **named: {}
command.plugin.core = lambda: None
main()
"""
"""The command with Ctrl-C in the middle of a message that a library sends while the filter is made."""


def test_interruption_while_the_filter_is_made(tmp_path: Path, video: Path) -> None:
    """Exceptions are lost in the callbacks of libraries; the interruption is not."""
    arguments = [sys.executable, "-c", LOST, "upscale", str(video), str(tmp_path / "out.mkv")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    said = [line for line in done.stderr.splitlines() if "compiling" not in line]
    assert said == [f"vsmlrt: error: interrupted (SIGINT): no frame was done, {tmp_path / 'out.mkv'} was not written"]
    assert list(tmp_path.iterdir()) == []


GONE = """
import os, signal, weakref
from vsmlrt.cli import signals
from vsmlrt.video.errors import InterruptedByUserError

class Object:
    pass

try:
    with signals.interruptible():
        one = Object()
        kept = weakref.ref(one, lambda gone: os.kill(os.getpid(), signal.SIGTERM))
        del one
        signals.check()
except InterruptedByUserError as asked:
    print(asked)
try:
    with signals.interruptible():
        one = Object()
        kept = weakref.ref(one, lambda gone: 1 / 0)
        del one
finally:
    print("on")
"""
"""A signal that comes while the callback of an object that goes runs, and another error there."""


def test_interruption_while_an_object_goes() -> None:
    """Python cannot raise it there; it is not printed, and raised at the next step. What else is lost is told."""
    done = ready.run([sys.executable, "-c", GONE], text=True)
    assert (done.returncode, done.stdout) == (0, "interrupted (SIGTERM)\non\n")
    assert "ZeroDivisionError" in done.stderr
    assert "Interrupted" not in done.stderr


def test_interruption_before_the_work(tmp_path: Path, video: Path) -> None:
    """Also what comes before the first frame ends with status 1 and one line."""
    hook = "import os, signal, vsmlrt.cli.several as do; do.check_job = lambda job: os.kill(os.getpid(), signal.SIGINT)"
    arguments = [sys.executable, "-c", f"{hook}\nfrom vsmlrt.cli import main\nmain()", "upscale", str(video), "out.mkv"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "vsmlrt: error: interrupted (SIGINT)\n")


def test_lines_instead_of_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no terminal, a line every five seconds; here a frame takes two."""

    class Clock:
        now = 100.0

        def monotonic(self) -> float:
            return self.now

    monkeypatch.setattr(progress, "time", Clock())
    with progress.FrameProgress() as shown:
        for done in range(1, 9):
            Clock.now += 2
            shown.update(done, 8)
    assert capsys.readouterr().err.splitlines() == [
        "frame 3/8, 0.50 fps, 0:10 left",
        "frame 6/8, 0.50 fps, 0:04 left",
    ]


def test_bar_on_a_terminal(tmp_path: Path, video: Path) -> None:
    """On a terminal the frame, the speed and the time left are drawn."""
    pty = pytest.importorskip("pty")
    main, side = pty.openpty()
    command = stand_in("upscale", video, tmp_path / "out.mkv", wait=0.05)
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, stderr=side, env=environment)
    os.close(side)
    drawn = b""
    try:
        while chunk := os.read(main, 4096):
            drawn += chunk
    except OSError:
        pass
    os.close(main)
    assert process.wait() == 0
    text = drawn.decode()
    assert "25/25" in text
    assert re.search(r"\d+\.\d\d fps", text)
    assert "left" in text


def test_version() -> None:
    done = vsmlrt("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"vsmlrt \d+\.\d+\S*\n", done.stdout)


def test_help_names_every_option() -> None:
    done = vsmlrt("upscale", "--help")
    assert done.returncode == 0
    for option in (
        "model",
        "scale",
        "denoise",
        "backend",
        "device",
        "precision",
        "tile",
        "overlap",
        "streams",
        "frames",
    ):
        assert f"--{option}" in done.stdout
    for option in ("crop", "codec", "crf", "pixel-format", "overwrite"):
        assert f"--{option}" in done.stdout


def test_doctor_tells_what_is_there() -> None:
    """Versions, folders and a verdict that agrees with the exit status."""
    done = vsmlrt("doctor")
    for word in ("vapoursynth", "openvino", "bestsource", "av ", "python", "models", "cache"):
        assert word in done.stdout
    verdict = done.stdout.splitlines()[-1]
    assert verdict.startswith("verdict: ready" if done.returncode == 0 else "verdict: cannot run: ")
    assert done.returncode in (0, 1)


def test_a_frame_that_does_not_come_is_said(tmp_path: Path) -> None:
    """The job goes on: what hangs and what is slow look alike."""
    source = make_video(tmp_path / "in.mkv", [0, 512])
    command = stand_in("upscale", source, tmp_path / "out.mkv", "--patience", "0.2", wait=1.0)
    done = ready.run(command, text=True)
    assert done.returncode == 0, done.stderr
    assert "vsmlrt: note: frame 0 has not come for 0.2 s: it takes that long on this device, or" in done.stderr
    assert (tmp_path / "out.mkv").exists()
    silent = stand_in("upscale", source, tmp_path / "other.mkv", "--patience", "0", wait=1.0)
    done = ready.run(silent, text=True)
    assert (done.returncode, "has not come" in done.stderr) == (0, False)
