"""Nobody reads the standard error: the work goes on. Nobody reads the standard output: one sentence and status 1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def vsmlrt(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "vsmlrt", *arguments]


def test_reader_of_messages_goes_away(tmp_path: Path, video: Path) -> None:
    """A note, progress and the last line meet a closed pipe; the file is written."""
    reading, writing = os.pipe()
    os.close(reading)
    command = stand_in("upscale", video, tmp_path / "out.mkv")
    done = subprocess.run(command, stderr=writing, stdout=subprocess.PIPE, timeout=120, check=False)
    os.close(writing)
    assert (done.returncode, done.stdout) == (0, b"")
    assert len(packets(tmp_path / "out.mkv", "video")) == COUNT


@pytest.mark.parametrize("closed", ["2>/dev/full", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full"])
def test_streams_that_cannot_be_written(tmp_path: Path, video: Path, closed: str) -> None:
    """Also where the system gives the number of a closed stream to the next file that is opened."""
    done = shell(f'"$@" {closed}', *stand_in("upscale", video, tmp_path / "out.mkv"))
    assert done.returncode == 0, done.stderr
    assert len(packets(tmp_path / "out.mkv", "video")) == COUNT
    assert len(packets(tmp_path / "out.mkv", "audio")) == len(packets(video, "audio"))


@pytest.mark.parametrize(
    "arguments", [("--help",), ("upscale", "--help"), ("--version",), ("models", "list"), ("models", "--help"), ()]
)
def test_results_that_cannot_be_written(arguments: tuple[str, ...]) -> None:
    done = shell('"$@" >/dev/full', *vsmlrt(*arguments))
    said = "vsmlrt: error: the standard output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize("arguments", [("--help",), ("models", "list")])
def test_reader_of_results_goes_away(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        vsmlrt(*arguments), stdout=writing, stderr=subprocess.PIPE, text=True, timeout=120, check=False
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == "vsmlrt: error: the standard output cannot be written: Broken pipe\n"


def test_raw_video(video: Path) -> None:
    full = shell('"$@" >/dev/full', *stand_in("upscale", video, "-"))
    assert full.returncode == 1
    said = "vsmlrt: error: writing raw video to the standard output failed: No space left on device\n"
    assert full.stderr == said
    closed = shell('"$@" >&-', *stand_in("upscale", video, "-"))
    assert closed.returncode == 2
    assert closed.stderr.startswith("vsmlrt: error: there is no standard output for raw video")
    assert len(closed.stderr.splitlines()) == 1
