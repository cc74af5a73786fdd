"""A path is a path: what looks like a protocol, an option or a pattern, and bytes that are no text."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import ready
from command import stand_in
from video_samples import make_video, packets
from vsmlrt.errors import UserError
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.opening import open_container


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("in") / "in.mkv", [0, 512, 1024], audio=True, attachment=True)


NAMES = [
    b"12:30.mkv",
    b"file:x.mkv",
    b"concat:a|b.mkv",
    b"http://x.mkv".replace(b"/", b"_"),
    b"-x.mkv",
    b"%03d.mkv",
    b"a b'\"$HOME;*?.mkv",
    b"two\nlines.mkv",
    b"~.mkv",
    "\u4e00\U0001f3ac".encode() + b".mkv",
    b"\xff\xfe.mkv",
    b"\xe4\xb8" * 100 + b".mkv",
]


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_names(tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch, name: bytes, relative: bool) -> None:
    """The same name for IN and OUT, in two folders; relative ones stand alone, as one types them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "to").mkdir()
    source = Path(os.fsdecode(name)) if relative else tmp_path / os.fsdecode(name)
    output = Path("to") / os.fsdecode(name) if relative else tmp_path / "to" / os.fsdecode(name)
    shutil.copy(video, source)
    process = picture_by_picture(lambda clip: clip.resize.Bicubic(clip.width * 2, clip.height * 2))
    said: list[str] = []
    assert run(check_job(Job(source=source, output=output)), process, warn=said.append, progress=lambda d, t: None) == 3
    assert said == []
    assert os.listdir(b"to") == [name]
    assert len(packets(output.absolute(), "video")) == 3


@pytest.mark.parametrize("name", [b"12:30.mkv", b"\xff\xfe.mkv"])
def test_on_the_command_line(tmp_path: Path, video: Path, name: bytes) -> None:
    shutil.copy(video, tmp_path / os.fsdecode(name))
    (tmp_path / "to").mkdir()
    command = stand_in("upscale", os.fsdecode(name), os.fsdecode(b"to/" + name))
    done = ready.run(command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert os.listdir(os.fsencode(tmp_path / "to")) == [name]


def test_what_is_not_a_file(tmp_path: Path) -> None:
    """A pipe is read once and a video twice; nothing waits for somebody to write into it."""
    os.mkfifo(tmp_path / "pipe.mkv")
    with pytest.raises(UserError, match=r"pipe\.mkv is not a regular file, and a video is read more than once"):
        open_container(tmp_path / "pipe.mkv")
    with pytest.raises(UserError, match="/dev/zero is not a regular file"):
        open_container(Path("/dev/zero"))
    with pytest.raises(UserError, match="cannot be the name of a video: File name too long"):
        open_container(tmp_path / ("a" * 300))
