"""Jobs that several processes do together: claims on parts, and what is left to the others."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs

import ready
from command import stand_in
from segment_jobs import (
    FIFTH,
    UNEVEN,
    StoppedError,
    content,
    double,
    go,
    make_source,
    stop_after,
)
from video_samples import make_video
from vsmlrt.video import claims, job_folder, output
from vsmlrt.video.errors import FieldError
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.segments import SegmentedWriter
from vsmlrt.video.timestamps import Timeline


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_source(tmp_path / "source")


def test_several_processes_share_a_job(tmp_path: Path) -> None:
    """Three run the same command, one is killed; the others take over what it had and one makes the file."""
    source = make_video(tmp_path / "in.mkv", [512 * n for n in range(50)], audio=True)
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    command = ["upscale", str(source), "--segment", "0.2"]
    ready.run(stand_in(*command, whole)).check_returncode()
    line = stand_in(*command, made, "--share", "--expiry", "2", wait=0.05)
    options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(line, **options) for _ in range(3)]
    while job_folder.unfinished(made)[0] < 2:
        assert workers[0].poll() is None
        time.sleep(0.02)
    workers[0].send_signal(signal.SIGKILL)
    said = [worker.communicate(timeout=60)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [-signal.SIGKILL, 0, 0], said
    assert content(made) == content(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv", "out.mkv", "whole.mkv"]


def test_a_short_job_is_shared_as_one_part(source: Path, tmp_path: Path) -> None:
    """It is no error among longer ones in a folder; what a kill left of it is gone on with, shared or not."""
    whole, made, other = (tmp_path / name for name in ("whole.mkv", "out.mkv", "other.mkv"))
    assert go(source, whole, segment=0.0) == len(UNEVEN)
    assert go(source, made, segment=60.0, share=True) == len(UNEVEN)
    assert content(made) == content(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SegmentedWriter, "finish", lambda writer: stop_after(0)(0, 0))
        with pytest.raises(StoppedError):
            go(source, other, segment=60.0, share=True)
    assert job_folder.unfinished(other) == (1, 1)
    assert go(source, other, segment=60.0, resume=True) == len(UNEVEN)
    assert content(other) == content(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.mkv", "out.mkv", "source", "whole.mkv"]


def test_a_job_that_others_share_is_not_taken_from_them(source: Path, tmp_path: Path) -> None:
    made = tmp_path / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=10)
    with claims.Claims(job_folder.folder_of(made)) as somebody:
        assert somebody.take("000003")
        for resume in (True, False):
            with pytest.raises(FieldError, match=r"other processes are doing the job of .*out.mkv together; share"):
                go(source, made, resume=resume, restart=not resume)
    assert go(source, made, resume=True) == len(UNEVEN)


def test_a_claim_is_one_process_and_a_dead_ones_is_taken_over(tmp_path: Path) -> None:
    with claims.Claims(tmp_path, 0.5) as one, claims.Claims(tmp_path, 0.5) as other:
        assert one.take("a")
        assert not other.take("a")
        time.sleep(1.2)  # one is alive, and touches it
        assert not other.take("a")
        one.release("a")
        assert other.take("a")
        (tmp_path / "dead.claim").write_text("somebody 0.5")
        assert not one.take("dead")
        os.utime(tmp_path / "dead.claim", (time.time() - 5, time.time() - 5))
        assert one.take("dead")
        assert not other.take("dead")
    assert list(tmp_path.iterdir()) == []


def test_a_claim_is_good_for_as_long_as_its_owner_says(tmp_path: Path) -> None:
    """Whatever another process was told: it may touch it more seldom."""
    with claims.Claims(tmp_path, 60) as patient, claims.Claims(tmp_path, 1) as hasty:
        assert patient.take("a")
        assert hasty.take("b")
        for name in ("a", "b"):
            os.utime(tmp_path / f"{name}.claim", (time.time() - 30, time.time() - 30))
        assert not hasty.take("a")
        assert patient.take("b")


@pytest.mark.parametrize("other", ["at work", "done with a part", "nobody"])
def test_one_that_fails_leaves_the_others_their_work(source: Path, tmp_path: Path, other: str) -> None:
    """Also before it has finished a part itself."""
    made, donor = tmp_path / "out.mkv", tmp_path / "donor.mkv"
    folder, parts = job_folder.folder_of(made), job_folder.folder_of(donor)
    with pytest.raises(StoppedError):
        go(source, donor, share=True, stop=10)
    somebody = claims.Claims(folder)

    def fail(done: int, total: int) -> None:
        if other == "at work":
            assert somebody.take("000004")
        elif other == "done with a part":
            for name in ("000000.video", "000000.json"):
                shutil.copy(parts / name, folder / name)
        raise StoppedError

    checked = check_job(Job(source=source, output=made, asked={}, segment=FIFTH, share=True))
    with somebody:
        with pytest.raises(StoppedError):
            run(checked, picture_by_picture(double), warn=print, progress=fail)
        assert folder.is_dir() == (other != "nobody")
    assert job_folder.unfinished(made)[0] == (1 if other == "done with a part" else 0)


@pytest.mark.parametrize("replaces", [False, True])
def test_one_that_comes_when_the_others_are_done(source: Path, tmp_path: Path, replaces: bool) -> None:
    """While it looks through the video the others come to the end; it does not begin all anew."""
    made = tmp_path / "out.mkv"
    if replaces:
        made.write_bytes(b"of an earlier day")
    words: dict[str, Any] = {"share": True, "overwrite": replaces}

    def others_finish(clip: vs.VideoNode, timeline: Timeline) -> tuple[vs.VideoNode, Timeline]:
        assert go(source, made, **words) == len(UNEVEN)
        done.append(output.identity_of(made))
        return double(clip), timeline

    done: list[output.FileIdentity] = []
    assert go(source, made, process=others_finish, **words) == len(UNEVEN)
    assert done == [output.identity_of(made)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mkv", "source"]


def test_one_that_wakes_when_the_others_are_done(source: Path, tmp_path: Path) -> None:
    """It was stopped for so long that its parts were made by others: the folder is gone and the file is there."""
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    go(source, whole)

    def sleep(done: int, total: int) -> None:
        if not made.exists():
            shutil.copy(whole, made)
            shutil.rmtree(job_folder.folder_of(made))

    checked = check_job(Job(source=source, output=made, asked={}, segment=FIFTH, share=True))
    assert run(checked, picture_by_picture(double), warn=print, progress=sleep) == len(UNEVEN)
    assert made.read_bytes() == whole.read_bytes()
    assert not job_folder.folder_of(made).exists()
