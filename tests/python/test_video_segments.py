"""Jobs in parts: the file of an interrupted job that went on is the file of one that was not interrupted."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import time
from fractions import Fraction
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
    opened,
    pictures,
    twice_as_many,
)
from video_samples import make_video
from vsmlrt.errors import UserError
from vsmlrt.video import claims, job_folder, output
from vsmlrt.video.encoder import Quality
from vsmlrt.video.errors import FieldError
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.segments import cut
from vsmlrt.video.timestamps import Timeline, make_timeline


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_source(tmp_path / "source")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What the file of a job with such a source holds when nobody interrupts it."""
    folder = tmp_path_factory.mktemp("whole")
    go(make_source(folder / "source"), folder / "whole.mkv")
    return content(folder / "whole.mkv")


def timeline_of(ticks: list[int], base: int = 10) -> Timeline:
    return make_timeline(ticks, Fraction(1, base))


@pytest.mark.parametrize(
    ("ticks", "seconds", "starts"),
    [
        (list(range(100)), 2, [0, 20, 40, 60, 80]),
        (list(range(109)), 2, [0, 20, 40, 60, 80]),  # nothing shorter than half a part at the end
        (list(range(110)), 2, [0, 20, 40, 60, 80, 100]),
        (list(range(100)), 0, [0]),
        (list(range(100)), 50, [0]),
        ([0, 1, 2, 95, 96, 97, 98, 99], 2, [0, 3]),  # a part has a frame at least
        ([1000 + n for n in range(50)], 2.5, [0, 25]),  # counted from the first frame
        (list(range(0, 300, 7)), 2, [0, 3, 6, 9, 12, 15, 18, 20, 23, 26, 29, 32, 35, 38, 40]),
    ],
)
def test_where_a_timeline_is_cut(ticks: list[int], seconds: float, starts: list[int]) -> None:
    segments = cut(timeline_of(ticks), seconds)
    assert [segment.first for segment in segments] == starts
    assert [segment.end for segment in segments] == [*starts[1:], len(ticks)]
    assert [segment.number for segment in segments] == list(range(len(starts)))


@pytest.mark.parametrize("ending", ["mkv", "mp4", "mov", "webm"])
def test_parts_make_the_file_that_one_piece_makes(source: Path, tmp_path: Path, ending: str) -> None:
    """The same times for every frame and every other stream's packet, and the same pictures but for their encoding."""
    if ending == "webm":
        source = make_video(source, UNEVEN, codec="libvpx-vp9")
    whole, parts = tmp_path / f"whole.{ending}", tmp_path / f"parts.{ending}"
    assert (
        go(source, whole, segment=0, quality=Quality(crf=4)) == go(source, parts, quality=Quality(crf=4)) == len(UNEVEN)
    )
    a, b = content(whole), content(parts)
    video = [packet for packet in b if packet[1] == "video"]
    assert sum(packet[5] for packet in video) == 5
    assert [packet for packet in a if packet[1] != "video"] == [packet for packet in b if packet[1] != "video"]
    assert sorted(packet[3] for packet in a) == sorted(packet[3] for packet in b)
    assert all(packet[2] <= packet[3] for packet in video)
    if ending in ("mp4", "mov"):  # the others keep no decoding times
        assert len({packet[2] for packet in video}) == len(video)
    for (time_a, picture_a), (time_b, picture_b) in zip(pictures(whole), pictures(parts), strict=True):
        assert time_a == time_b
        assert max(abs(x - y) for x, y in zip(picture_a, picture_b, strict=True)) < 40
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


CODECS = ["libx264", "libx265", "ffv1", "prores_ks", "libsvtav1", "libvpx-vp9", "mpeg4"]


@pytest.mark.parametrize(
    ("codec", "interpolated"), [*((codec, False) for codec in CODECS), ("libx264", True), ("libvpx-vp9", True)]
)
def test_going_on(source: Path, tmp_path: Path, codec: str, interpolated: bool) -> None:
    """Ended twice on its way, a job makes packet for packet what it makes without."""
    more: dict[str, Any] = {"codec": codec, "process": twice_as_many if interpolated else None}
    ending = "mov" if codec == "prores_ks" else "mkv"
    whole, parts = tmp_path / f"whole.{ending}", tmp_path / f"parts.{ending}"
    total = go(source, whole, **more)
    with pytest.raises(StoppedError):
        go(source, parts, stop=total // 3, **more)
    kept = job_folder.unfinished(parts)
    assert 0 < kept[0] < kept[1] == 5
    with pytest.raises(StoppedError):
        go(source, parts, stop=3 * total // 4, resume=True, **more)
    assert kept[0] < job_folder.unfinished(parts)[0] < 5
    seen: list[int] = []
    checked = check_job(Job(source=source, output=parts, codec=codec, asked={}, segment=FIFTH, resume=True))
    process = twice_as_many if interpolated else picture_by_picture(double)
    assert run(checked, process, warn=print, progress=lambda done, _: seen.append(done)) == total
    assert seen[0] > total // 2
    assert seen[-1] == total
    assert content(whole) == content(parts)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["source", whole.name, parts.name])


def test_transparency(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", [512 * n for n in range(5)], codec="ffv1", pixel_format="yuva420p")
    whole, parts = tmp_path / "whole.webm", tmp_path / "parts.webm"
    go(source, whole, codec="libvpx-vp9", segment=0)
    go(source, parts, codec="libvpx-vp9", segment=0.04)
    for path in (whole, parts):
        with opened(path) as file:
            kinds = {data.data_type for p in file.demux(video=0) for data in p.iter_sidedata()}
        assert "matroska_block_additional" in kinds


def test_an_unfinished_job_is_offered(source: Path, tmp_path: Path) -> None:
    made = tmp_path / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=10)
    with pytest.raises(FieldError, match=r"\d of 5 parts of an unfinished job of .*out.mkv are there; resume goes on"):
        go(source, made)
    assert go(source, made, restart=True) == len(UNEVEN)
    with pytest.raises(FieldError, match="give one of them"):
        go(source, made, overwrite=True, resume=True, restart=True)
    assert go(source, made, overwrite=True) == len(UNEVEN)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source and the output of a job of the network a, some parts of which are there."""
    folder = tmp_path_factory.mktemp("begun")
    source, made = make_source(folder / "source"), folder / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=10, asked={"network": "a"})
    return source, made


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"quality": Quality(crf=30)}, "its crf was left out and this is 30"),
        ({"codec": "libx265"}, "its codec was libx264 and this is libx265"),
        ({"frames": (0, 15)}, "its frames was left out and this is :15"),
        ({"asked": {"network": "b"}}, "its network was a and this is b"),
        ({"asked": {}}, "its network was a and this is left out"),
        ({"asked": {"network": "b", "--scale": "2"}}, "this is b (and 1 other)"),
        ({"segment": 0.3}, "its segment was 0.2 and this is 0.3"),
        ({"segment": 0}, "its segment was 0.2 and this is 0"),
        ({"process": twice_as_many}, "its number of frames was 16 and this is 32"),
    ],
)
def test_another_job_is_not_gone_on_with(begun: tuple[Path, Path], changed: dict[str, Any], named: str) -> None:
    source, made = begun
    kept = {path.name: path.read_bytes() for path in job_folder.folder_of(made).iterdir()}
    with pytest.raises(FieldError) as refused:
        go(source, made, resume=True, **({"asked": {"network": "a"}} | changed))
    assert named in str(refused.value).replace("0:15", ":15")
    assert {path.name: path.read_bytes() for path in job_folder.folder_of(made).iterdir()} == kept


def test_times_that_differ_late_in_a_long_video_are_two_jobs(source: Path, tmp_path: Path) -> None:
    made = tmp_path / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=10, times=(None, Fraction("100000.12")))
    with pytest.raises(FieldError, match=r"its to was 100000\.12 and this is 100000\.16"):
        go(source, made, resume=True, times=(None, Fraction("100000.16")))


def test_a_job_that_another_one_was_taken_for_goes_on(source: Path, tmp_path: Path) -> None:
    made = tmp_path / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=10)
    with pytest.raises(FieldError):
        go(source, made, resume=True, codec="libx265")
    assert go(source, made, resume=True) == len(UNEVEN)


def test_killed_when_all_was_done(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The output has its name and the folder is still there: it goes at the next job, whatever that one says."""
    made = tmp_path / "out.mkv"
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *given, **named: None)
        go(source, made)
    assert job_folder.unfinished(made) == (5, 5)
    with pytest.raises(FieldError, match=r"out.mkv exists; use overwrite to replace it"):
        go(source, made)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_another_input_is_not_gone_on_with(source: Path, tmp_path: Path) -> None:
    made = tmp_path / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=10)
    make_video(source, [tick + 1 for tick in UNEVEN])
    with pytest.raises(FieldError, match=r"its input was .* bytes, .* and this is .* bytes"):
        go(source, made, resume=True)
    assert go(source, made, restart=True) == len(UNEVEN)


@pytest.mark.parametrize("spoilt", ["video", "cut", "record", "gone", "half"])
def test_a_part_that_is_not_what_its_record_says_is_made_again(
    source: Path, tmp_path: Path, whole: list[Any], spoilt: str
) -> None:
    made = tmp_path / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=14)
    folder = job_folder.folder_of(made)
    video, record = folder / "000001.video", folder / "000001.json"
    data = bytearray(video.read_bytes())
    data[len(data) // 2] ^= 1
    if spoilt == "video":
        video.write_bytes(data)
    elif spoilt == "cut":
        video.write_bytes(data[:-9])
    elif spoilt == "record":
        record.write_text(record.read_text()[:20])
    elif spoilt == "gone":
        video.unlink()
    else:  # as a power cut between the two leaves it
        record.rename(folder / "000001.json.part")
    assert go(source, made, resume=True) == len(UNEVEN)
    assert content(made) == whole


def test_of_another_version(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "out.mkv"
    with pytest.raises(StoppedError):
        go(source, made, stop=10)
    record = job_folder.folder_of(made) / "job.json"
    told = json.loads(record.read_text())
    told["asked"]["version"] = "vsmlrt 0.0.1, libavcodec 50.1.1"
    record.write_text(json.dumps(told))
    with pytest.raises(FieldError, match=r"its version was vsmlrt 0\.0\.1, libavcodec 50\.1\.1 and this is vsmlrt"):
        go(source, made, resume=True)


def test_nothing_stays_of_a_job_without_a_finished_part(source: Path, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        go(source, tmp_path / "out.mkv", stop=1)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("when", ["part", "record", "join"])
def test_a_full_disk(
    source: Path, tmp_path: Path, whole: list[Any], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Whatever is being written then, the job says so, keeps its finished parts and goes on when there is room."""
    made = tmp_path / "out.mkv"
    full = OSError(28, "No space left on device")
    written: list[int] = []
    original = output.QuietFile.write

    def write(self: output.QuietFile, data: bytes) -> int:
        name = str(getattr(self._file, "name", ""))
        joining = "000" not in name
        if (when == "part" and "000003" in name) or (when == "join" and joining and len(written) > 12):
            self.error = full
        written.append(joining)
        return original(self, data)

    def keep(self: job_folder.JobFolder, segment: Any, record: Any) -> None:
        if segment.number == 3:
            raise full
        before(self, segment, record)

    before = job_folder.JobFolder.keep
    with monkeypatch.context() as patch:
        patch.setattr(output.QuietFile, "write", write)
        if when == "record":
            patch.setattr(job_folder.JobFolder, "keep", keep)
        with pytest.raises(UserError, match=r"the disk is full: .*out.mkv was not written"):
            go(source, made)
    assert not made.exists()
    assert job_folder.unfinished(made) == (5 if when == "join" else 3, 5)
    assert go(source, made, resume=True) == len(UNEVEN)
    assert content(made) == whole


@pytest.mark.parametrize("ending", [".mkv", "%d.png"])
def test_an_input_that_is_changed_while_it_is_read_in_one_piece(tmp_path: Path, ending: str) -> None:
    """A short job, and images; nothing has the output's name."""
    source = make_video(tmp_path / "in.mkv", UNEVEN)
    made = tmp_path / f"out{ending}"

    def change(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        if n == 13:
            source.write_bytes(source.read_bytes() + b"more")
        return f

    def changing(clip: vs.VideoNode) -> vs.VideoNode:
        big = double(clip)
        return big.std.ModifyFrame(big, change)

    with pytest.raises(UserError, match=r"in.mkv was changed while it was read"):
        go(source, made, process=picture_by_picture(changing), segment=10.0)
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".") and path != source]


@pytest.mark.parametrize("share", [False, True])
def test_an_input_that_is_changed_while_it_is_read(tmp_path: Path, share: bool) -> None:
    """No part is kept that may be of both; with the input as it was the job goes on."""
    source = make_video(tmp_path / "in.mkv", UNEVEN)
    before = source.read_bytes()
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    go(source, whole)

    def change(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        if n == 13:
            source.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        return f

    def changing(clip: vs.VideoNode) -> vs.VideoNode:
        big = double(clip)
        return big.std.ModifyFrame(big, change)

    with pytest.raises(UserError, match=r"in.mkv was changed while it was read; what was kept of the job goes on"):
        go(source, made, process=picture_by_picture(changing), share=share)
    assert 1 <= job_folder.unfinished(made)[0] <= 4
    with pytest.raises(FieldError, match="its input was"):
        go(source, made, resume=True)
    source.write_bytes(before)
    assert go(source, made, resume=True) == len(UNEVEN)
    assert content(made) == content(whole)


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("what", ["file", "link"])
def test_what_is_in_the_way_of_the_parts(source: Path, tmp_path: Path, share: bool, what: str) -> None:
    made = tmp_path / "out.mkv"
    folder = job_folder.folder_of(made)
    if what == "file":
        folder.write_text("mine")
    else:
        folder.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"out.mkv.job is where the parts of .*out.mkv go, and it is not a folder"):
        go(source, made, share=share)
    assert folder.is_symlink() or folder.read_text() == "mine"


@pytest.mark.parametrize("share", [False, True])
def test_a_folder_that_cannot_be_made(
    source: Path, tmp_path: Path, share: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *more: Any, **named: Any) -> None:
        raise OSError(30, "Read-only file system")

    checked = check_job(Job(source=source, output=tmp_path / "out.mkv", asked={}, segment=FIFTH, share=share))
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UserError, match=r"out.mkv failed: Read-only file system"):
        run(checked, picture_by_picture(double), warn=print, progress=lambda done, total: None)


def test_a_clock_that_is_wrong_keeps_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ages are told by the file system, whatever a machine thinks the time is."""
    with claims.Claims(tmp_path, 5) as one, claims.Claims(tmp_path, 5) as other:
        assert one.take("a")
        monkeypatch.setattr(time, "time", lambda: 4e9)
        assert not other.take("a")


def test_killed_again_and_again(tmp_path: Path) -> None:
    """kill -9 at random moments of a job of ten parts; the file is that of a job that nobody killed."""
    source = make_video(tmp_path / "in.mkv", [512 * n for n in range(50)])
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    command = ["upscale", str(source), "--segment", "0.2"]
    ready.run(stand_in(*command, whole)).check_returncode()
    killed = 0
    chosen = random.Random(5)
    line = stand_in(*command, made, "--resume", wait=0.05)
    while not made.exists():
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + (chosen.uniform(0.8, 2.0) if killed < 4 else 60)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
            process.wait()
        else:
            assert process.returncode == 0
    assert killed >= 2
    assert content(made) == content(whole)
    ready.run(line)  # which removes what a kill at the very end left
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv", "out.mkv", "whole.mkv"]


def test_interrupted_and_gone_on_with(tmp_path: Path) -> None:
    """Ctrl-C says what is kept, and the next command how many frames it found."""
    source = make_video(tmp_path / "in.mkv", [512 * n for n in range(50)])
    made = tmp_path / "out.mkv"
    command = ["upscale", str(source), str(made), "--segment", "0.2"]
    process = subprocess.Popen(
        stand_in(*command, stop_at=30), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    while job_folder.unfinished(made)[0] < 6:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 1
    assert "out.mkv was not written; 6 of 10 parts are kept, and --resume goes on with them" in said
    refused = ready.run(stand_in(*command), text=True)
    assert refused.returncode == 2
    assert "6 of 10 parts of an unfinished job of" in refused.stderr
    done = ready.run(stand_in(*command, "--resume"), text=True)
    assert done.returncode == 0
    assert "50 frames, 30 of them by an earlier run, the rest in 0:0" in done.stderr
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
