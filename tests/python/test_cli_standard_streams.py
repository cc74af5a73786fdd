"""Nobody reads the standard error: the work goes on. Nobody reads the standard output: one sentence and status 1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ready
from command import stand_in
from video_samples import make_video, packets

COUNT = 25


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("in") / "in.mkv", list(range(0, 512 * COUNT, 512)), audio=True)


def shell(line: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A line of the shell in which ``"$@"`` is the command, which is how descriptors are closed."""
    command = ["sh", "-c", line, "sh", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


FULL = 'os.open("/dev/full", os.O_WRONLY)'
NOT_READ = "next(os.close(reading) or writing for reading, writing in [os.pipe()])"


def written_to(file: str, stream: int, command: list[str]) -> subprocess.CompletedProcess[str]:
    """What a command does with ``FULL`` or ``NOT_READ`` as a standard stream."""
    python, kind, code, *arguments = command
    return ready.run([python, kind, f"import os\nos.dup2({file}, {stream})\n{code}", *arguments], text=True)


def check_written(done: subprocess.CompletedProcess[str], made: Path, video: Path) -> None:
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(packets(made, "video")) == COUNT
    assert len(packets(made, "audio")) == len(packets(video, "audio"))


@pytest.mark.parametrize(("file", "stream"), [(NOT_READ, 2), (FULL, 2), (FULL, 1)], ids=["not read", "full", "output"])
def test_streams_that_cannot_be_written(tmp_path: Path, video: Path, file: str, stream: int) -> None:
    """A note, progress and the last line are lost; the file is written."""
    made = tmp_path / "out.mkv"
    check_written(written_to(file, stream, stand_in("upscale", video, made)), made, video)


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams(tmp_path: Path, video: Path, closed: str) -> None:
    """The system gives the number of a closed stream to the next file that is opened."""
    made = tmp_path / "out.mkv"
    check_written(shell(f'"$@" {closed}', *stand_in("upscale", video, made)), made, video)


MAIN = "from vsmlrt.cli import main; main()"
CANNOT = "vsmlrt: error: the standard output cannot be written: "


@pytest.mark.parametrize(
    "arguments", [("--help",), ("upscale", "--help"), ("--version",), ("models", "list"), ("models", "--help"), ()]
)
def test_results_that_cannot_be_written(arguments: tuple[str, ...]) -> None:
    done = written_to(FULL, 1, [sys.executable, "-c", MAIN, *arguments])
    assert (done.returncode, done.stderr) == (1, f"{CANNOT}No space left on device\n")


@pytest.mark.parametrize("arguments", [("--help",), ("models", "list")])
def test_reader_of_results_goes_away(arguments: tuple[str, ...]) -> None:
    done = written_to(NOT_READ, 1, [sys.executable, "-c", MAIN, *arguments])
    assert (done.returncode, done.stderr) == (1, f"{CANNOT}Broken pipe\n")


def test_the_command_as_it_is() -> None:
    done = shell('"$@" >/dev/full', sys.executable, "-m", "vsmlrt", "--version")
    assert (done.returncode, done.stderr) == (1, f"{CANNOT}No space left on device\n")


def test_raw_video(video: Path) -> None:
    full = written_to(FULL, 1, stand_in("upscale", video, "-"))
    assert full.returncode == 1
    said = "vsmlrt: error: writing raw video to the standard output failed: No space left on device\n"
    assert full.stderr == said
    closed = shell('"$@" >&-', *stand_in("upscale", video, "-"))
    assert closed.returncode == 2
    assert closed.stderr.startswith("vsmlrt: error: there is no standard output for raw video")
    assert len(closed.stderr.splitlines()) == 1
