"""Several videos in one command: folders, patterns, what results are called, and one that fails."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

import ready
from command import stand_in
from video_samples import make_video
from vsmlrt.cli import several
from vsmlrt.cli.options import VideoOptions
from vsmlrt.video.errors import FieldError, UsageError

TICKS = [512 * n for n in range(4)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_video(tmp_path_factory.mktemp("sample") / "a.mkv", TICKS).read_bytes()


@pytest.fixture
def season(tmp_path: Path, sample: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two episodes and a film below, with what lies about in folders."""
    folder = tmp_path / "season"
    for name in ("e10.mkv", "e2.mkv", "extra/film.mkv", "extra/.hidden.mkv", "extra/cover.jpg", ".trash/old.mkv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(sample if not name.endswith("jpg") else b"jpg")
    monkeypatch.chdir(tmp_path)
    return folder


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return ready.run(stand_in("upscale", *arguments), text=True)


def listed(*source: str | Path, output: str = "out/", **more: object) -> list[tuple[str, str]]:
    given = VideoOptions(source=[Path(one) for one in source], output=output, **more)  # type: ignore[arg-type]
    return [(str(item.source), str(item.output)) for item in several.found(given)]


def test_the_videos_of_a_folder_in_the_order_of_their_numbers(season: Path) -> None:
    assert listed("season") == [("season/e2.mkv", "out/e2.mkv"), ("season/e10.mkv", "out/e10.mkv")]


def test_folders_below(season: Path) -> None:
    assert listed("season", recursive=True) == [
        ("season/e2.mkv", "out/e2.mkv"),
        ("season/e10.mkv", "out/e10.mkv"),
        ("season/extra/film.mkv", "out/extra/film.mkv"),
    ]


def test_results_are_no_videos_to_read(season: Path) -> None:
    """OUT below IN, as it is found by a second command."""
    (season / "x2").mkdir()
    (season / "x2" / "e2.mkv").write_bytes(b"made")
    assert [made for made, _ in listed("season", output="season/x2", recursive=True)] == [
        "season/e2.mkv",
        "season/e10.mkv",
        "season/extra/film.mkv",
    ]


def test_a_pipe_in_a_folder_is_not_waited_for(season: Path) -> None:
    before = listed("season")
    os.mkfifo(season / "pipe.mkv")
    assert listed("season") == before


def test_patterns_and_names(season: Path) -> None:
    named = listed("season/e*.mkv", "season/extra/film.mkv", "season/e2.mkv", output_name="{n:02} {stem}.{ending}.mp4")
    assert named == [
        ("season/e2.mkv", "out/01 e2.mkv.mp4"),
        ("season/e10.mkv", "out/02 e10.mkv.mp4"),
        ("season/extra/film.mkv", "out/03 film.mkv.mp4"),
    ]


def test_a_name_with_brackets_is_a_name(season: Path, sample: bytes) -> None:
    (season / "[group] e1.mkv").write_bytes(sample)
    assert listed("season/[group] e1.mkv", "season/e2.mkv")[0] == ("season/[group] e1.mkv", "out/[group] e1.mkv")


@pytest.mark.parametrize(
    ("source", "more", "said"),
    [
        (["season/none*.mkv"], {}, r"no file matches season/none\*\.mkv"),
        (["empty"], {}, "there is no video in the folder empty, itself; recursive looks into its folders as well"),
        (["empty"], {"recursive": True}, "there is no video in the folder empty$"),
        (["season"], {"output": "-"}, "OUT is -; give the name of a folder"),
        (["season"], {"output": "out.mkv"}, "OUT is out.mkv; give the name of a folder"),
        (["season"], {"output_name": "{name}.mkv"}, "output_name takes a file name with {stem}, {ending} and {n}"),
        *(
            (["season"], {"output_name": name}, "output_name takes a file name with")
            for name in ("{stem.x}", "{stem.__class__}", "{n:99999999999}", "{stem!r}", "{stem:>900}", "{", "{}", "{0}")
        ),
        (["season"], {"output_name": "a/{stem}.mkv"}, "a file without a folder, and .* gives 'a/e2.mkv'"),
        (["season"], {"output_name": "all.mkv"}, "season/e2.mkv and season/e10.mkv would both become out/all.mkv"),
    ],
)
def test_what_is_refused(season: Path, source: list[str], more: dict[str, object], said: str) -> None:
    (season.parent / "empty").mkdir()
    with pytest.raises((UsageError, FieldError), match=said):
        listed(*source, **more)  # type: ignore[arg-type]


def test_one_that_fails_does_not_stop_the_others(season: Path) -> None:
    (season / "e3.mkv").write_bytes(b"nothing that is a video")
    done = command("season", "out/", "--recursive")
    assert done.returncode == 1
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows[1:5]] == [
        ["season/e2.mkv", "done"],
        ["season/e3.mkv", "failed"],
        ["season/e10.mkv", "done"],
        ["season/extra/film.mkv", "done"],
    ]
    assert done.stdout.splitlines()[-1] == "4 videos: 3 done, 1 failed"
    assert "season/e3.mkv is not a video that can be read" in done.stdout
    made = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file())
    assert made == ["e10.mkv", "e2.mkv", "extra/film.mkv"]


def test_those_that_are_done_are_left_out(season: Path) -> None:
    assert command("season", "out/").returncode == 0
    (season / "e3.mkv").write_bytes((season / "e2.mkv").read_bytes())
    before = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    again = command("season", "out/", "--skip-done")
    assert again.returncode == 0
    assert again.stdout.splitlines()[-1] == "3 videos: 2 skipped, 1 done"
    assert {path: path.stat().st_mtime_ns for path in before} == before
    refused = command("season", "out/")
    assert refused.returncode == 1
    assert "3 videos: 3 failed" in refused.stdout
    assert "the output out/e2.mkv exists; use --overwrite to replace it" in refused.stdout


def test_numbered_images_that_are_done_are_left_out(season: Path) -> None:
    words = ("season/e2.mkv", "season/e10.mkv", "out/", "--output-name", "{stem}-%03d.png", "--skip-done")
    assert command(*words).stdout.splitlines()[-1] == "2 videos: 2 done"
    (season.parent / "out" / "e2-001.png").unlink()
    for n in range(2, 5):
        (season.parent / "out" / f"e2-{n:03}.png").unlink()
    assert command(*words).stdout.splitlines()[-1] == "2 videos: 1 done, 1 skipped"


def test_a_damaged_one_shows_in_the_status(season: Path) -> None:
    whole = make_video(season / "e3.mkv", [512 * n for n in range(60)], codec="mpeg4").read_bytes()
    (season / "e3.mkv").write_bytes(whole[: 3 * len(whole) // 5])
    done = command("season", "out/")
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == "3 videos: 2 done, 1 damaged"


def test_interrupted(season: Path) -> None:
    """The one under way and those after it are told as not done."""
    process = subprocess.Popen(
        stand_in("upscale", "season", "out/", stop_at=2), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "frame 2\n"
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate()
    assert process.returncode == 1
    assert printed.splitlines()[-1] == "2 videos: 2 not done"
    assert "interrupted (SIGINT)" in said.splitlines()[-1]


def test_the_table_shows_names_as_they_are(tmp_path: Path, sample: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets are no markup there, and a line of the table is one video."""
    monkeypatch.chdir(tmp_path)
    for name in ("[red]1:smile:.mkv", "two\nlines.mkv"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(sample)
    done = command("in", "out/")
    assert done.returncode == 0, done.stderr
    _, first, second, last = done.stdout.splitlines()
    assert first.startswith("in/[red]1:smile:.mkv  done")
    assert second.startswith("in/two\\nlines.mkv")
    assert last == "2 videos: 2 done"


@pytest.mark.parametrize(
    ("source", "output", "says"),
    [
        ("season", "", "OUT is empty; give the name of a file, or . for this folder"),
        ("", "out/", "IN is empty; give the name of a file, or . for this folder"),
        ("season/e2.mkv", "a" * 300 + ".mkv", "cannot be a file: File name too long"),
        ("a" * 300 + ".mkv", "out.mkv", "File name too long"),
    ],
)
def test_names_that_cannot_be(season: Path, source: str, output: str, says: str) -> None:
    """An empty word is what a variable leaves that was never set, and does not stand for the folder one is in."""
    done = command(source, output)
    assert (done.returncode, done.stdout) in ((1, ""), (2, ""))
    assert says in done.stderr
    assert "internal error" not in done.stderr
    assert sorted(path.name for path in season.parent.iterdir()) == ["season"]


def test_a_link_to_itself_is_refused_before_the_work(season: Path) -> None:
    os.symlink("b.mkv", "a.mkv")
    os.symlink("a.mkv", "b.mkv")
    done = command("season/e2.mkv", "a.mkv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the output a.mkv is a symbolic link that leads back to itself; give another name" in done.stderr


@pytest.mark.parametrize("source", [["season"], ["season/e2.mkv", "season/e10.mkv", "season/e2.2x.mkv"], ["season/*"]])
def test_results_next_to_their_videos_are_not_read_again(season: Path, sample: bytes, source: list[str]) -> None:
    """The same command a second time, by a folder, by what a shell makes of a pattern, and by the pattern."""
    for name in ("e2.2x.mkv", "e10.2x.mkv", "e2.2x.2x.mkv"):
        (season / name).write_bytes(sample)
    made = listed(*source, output="season", output_name="{stem}.2x.mkv")
    assert made == [("season/e2.mkv", "season/e2.2x.mkv"), ("season/e10.mkv", "season/e10.2x.mkv")]


def test_a_video_that_has_the_name_of_a_result_elsewhere_is_read(season: Path, sample: bytes) -> None:
    (season / "e2.2x.mkv").write_bytes(sample)
    made = [source for source, _ in listed("season", output="out/", output_name="{stem}.2x.mkv")]
    assert made == ["season/e2.2x.mkv", "season/e2.mkv", "season/e10.mkv"]


def test_an_original_is_never_a_result(season: Path, sample: bytes) -> None:
    """Which would be overwritten with -y."""
    (season / "e2.mp4").write_bytes(sample)
    with pytest.raises(FieldError, match="would both become"):
        listed("season", output="season")


def test_a_folder_of_pictures(season: Path) -> None:
    for name in ("a.png", "b.JPG", "c.webp", ".d.png", "notes.txt"):
        (season / name).write_bytes(b"")
    assert [source for source, _ in listed("season", output_name="{stem}.png")] == [
        "season/a.png",
        "season/b.JPG",
        "season/c.webp",
    ]
    moving = [source for source, _ in listed("season", output_name="{stem}.webp")]
    assert moving == ["season/a.png", "season/b.JPG", "season/c.webp", "season/e2.mkv", "season/e10.mkv"]
    frames = [source for source, _ in listed("season", output_name="{stem}-%05d.png")]
    assert frames == ["season/e2.mkv", "season/e10.mkv"]


def test_what_is_said_of_a_folder_without_videos(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(FieldError, match=r"no video in the folder .*, but pictures; .* makes a picture of each"):
        listed(tmp_path)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(FieldError, match="there is no picture in the folder"):
        listed(tmp_path, output_name="{stem}.png")


def test_quiet_says_nothing_but_errors(season: Path) -> None:
    done = command("season", "out/", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (season / "e3.mkv").write_bytes(b"nothing that is a video")
    done = command("season", "out/", "--quiet", "--skip-done")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "season/e3.mkv is not a video that can be read" in done.stderr
