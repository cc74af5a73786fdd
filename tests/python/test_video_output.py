"""Files under their final name: one job at a time for each, and what killed processes left is in nobody's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vsmlrt import folders
from vsmlrt.errors import UserError
from vsmlrt.video.errors import UsageError
from vsmlrt.video.output import PendingFile, check_output, part_of

LEAVES = """
import os, sys
from pathlib import Path
from vsmlrt import folders
from vsmlrt.video.output import PendingFile

pending = PendingFile(Path(sys.argv[1]) / "out.mkv", overwrite=False)
pending.file.write(b"half a file that nobody completes")
pending.file.flush()
with folders.staging(Path(sys.argv[1]) / "models"):
    print("there", flush=True)
    sys.stdin.readline()
    os._exit(9)
"""
"""A process that leaves its hidden file and its folder behind."""


def test_second_job_is_refused_before_its_work(tmp_path: Path) -> None:
    first = PendingFile(tmp_path / "out.mkv", overwrite=True)
    with pytest.raises(UserError, match=r"another job is writing .*out\.mkv; wait for its end, or give another name"):
        PendingFile(tmp_path / "out.mkv", overwrite=True)
    first.file.write(b"the first job's")
    first.commit()
    assert (tmp_path / "out.mkv").read_bytes() == b"the first job's"
    second = PendingFile(tmp_path / "out.mkv", overwrite=True)
    second.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]


def test_what_a_killed_process_left(tmp_path: Path) -> None:
    """In use while it lives; afterwards the file is written over and the folder goes."""
    process = subprocess.Popen(
        [sys.executable, "-c", LEAVES, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    with pytest.raises(UserError, match="another job is writing"):
        check_output(tmp_path / "out.mkv", overwrite=False)
    (left,) = (tmp_path / "models").iterdir()
    old = left.stat().st_mtime - 3600
    os.utime(left, (old, old))
    with folders.staging(tmp_path / "models") as own:
        assert sorted((tmp_path / "models").iterdir()) == sorted([left, own])
    os.utime(left, (old, old))
    process.communicate("end\n", timeout=60)
    assert part_of(tmp_path / "out.mkv").exists()
    check_output(tmp_path / "out.mkv", overwrite=False)
    pending = PendingFile(tmp_path / "out.mkv", overwrite=False)
    pending.file.write(b"whole")
    pending.commit()
    assert (tmp_path / "out.mkv").read_bytes() == b"whole"
    with folders.staging(tmp_path / "models") as own:
        assert list((tmp_path / "models").iterdir()) == [own]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "out.mkv"]


@pytest.mark.parametrize(
    "name", ["\u4e00" * 80 + ".mkv", "\U0001f3ac" * 60 + ".mkv", "a" * 251 + ".mkv", "e\u0301" * 80]
)
def test_long_names(tmp_path: Path, name: str) -> None:
    """Names of up to 255 bytes, in letters of one to four bytes."""
    pending = PendingFile(tmp_path / name, overwrite=False)
    assert len(os.fsencode(pending.part.name)) <= 255
    pending.commit()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_names_that_are_too_long(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be a file: File name too long"):
        check_output(tmp_path / ("a" * 256), overwrite=False)
    two = [tmp_path / ("b" * 230 + end) for end in ("1", "2")]
    assert part_of(two[0]) != part_of(two[1])


def test_names_that_are_not_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe" * 110 + b".mkv")
    pending = PendingFile(tmp_path / name, overwrite=False)
    pending.commit()
    assert [os.fsencode(path.name) for path in tmp_path.iterdir()] == [b"\xff\xfe" * 110 + b".mkv"]
