"""``vsmlrt cache``: what is listed, what is removed, and what is left alone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from command import sentence_of, vsmlrt
from vsmlrt import folders, plans
from vsmlrt.errors import UserError

NAMES = ("net_1280x720_fp16", "net_min64x64_opt64x64_max128x128_fp32")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two plans, the second used last; what belongs to them; and files that are none of the cache's."""
    place = tmp_path / "plans"
    place.mkdir()
    monkeypatch.setenv("VSMLRT_CACHE", str(place))
    for age, name, size in ((3600, NAMES[0], 1000), (60, NAMES[1], 3 << 20)):
        (place / f"{name}.plan").write_bytes(bytes(size))
        os.utime(place / f"{name}.plan", (time.time() - age, 0))
        (place / f"{name}.lock").touch()
    (place / f"{NAMES[0]}.plan.aB3dE6").write_bytes(b"half")
    for foreign in FOREIGN:
        (place / foreign).write_bytes(b"mine")
    (place / "folder.plan").mkdir()
    (place / "file.kept").write_bytes(b"mine")
    return place


FOREIGN = ("notes.txt", "plan", "net.onnx", "a.plan.bak", "a.plan.toolong7", "b.planet")


def test_list_has_the_last_used_first(folder: Path) -> None:
    done = vsmlrt("cache", "list")
    assert done.returncode == 0
    heading, first, second = done.stdout.splitlines()
    assert heading.split() == ["plan", "size", "last", "used"]
    assert first.startswith(f"{NAMES[1]} ")
    assert "3.0 MiB" in first
    assert second.startswith(f"{NAMES[0]} ")
    assert "1000 bytes" in second
    assert time.strftime("%Y-%m-%d %H:%M", time.localtime((folder / f"{NAMES[0]}.plan").stat().st_atime)) in second
    assert done.stderr == f"2 plans, 3.0 MiB in {folder}\n"


def test_what_a_vendors_library_keeps_belongs_to_its_plan(folder: Path) -> None:
    for name in (NAMES[0], "alone"):
        (folder / f"{name}.kept" / "deep").mkdir(parents=True)
        (folder / f"{name}.kept" / "deep" / "kernels").write_bytes(bytes(500))
    sizes = {plan.name: plan.bytes for plan in plans.stored(folder)}
    assert sizes == {NAMES[0]: 1500, NAMES[1]: 3 << 20, "alone": 500}
    assert vsmlrt("cache", "clear").stdout.splitlines() == sorted([*NAMES, "alone"])
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FOREIGN, "folder.plan", "file.kept"])


def test_clear_says_what_it_removed_and_leaves_the_rest(folder: Path) -> None:
    done = vsmlrt("cache", "clear")
    assert done.returncode == 0
    assert done.stdout.splitlines() == sorted(NAMES)
    assert done.stderr == f"removed 2 plans, 3.0 MiB from {folder}\n"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FOREIGN, "folder.plan", "file.kept"])
    again = vsmlrt("cache", "clear")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == f"removed 0 plans, 0 bytes from {folder}\n"


def test_an_engine_folder(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "engines"
    other.mkdir()
    (other / "x.plan").write_bytes(b"1")
    assert vsmlrt("cache", "list", "--folder", other).stderr == f"1 plan, 1 byte in {other}\n"
    assert vsmlrt("cache", "clear", "--folder", other).stdout == "x\n"
    assert len(plans.stored(folder)) == 2


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    done = vsmlrt("cache", "list", "--folder", tmp_path / "none")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"0 plans, 0 bytes in {tmp_path / 'none'}\n"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", ["list", "clear"])
def test_a_file_in_the_folders_place(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    done = vsmlrt("cache", command, "--folder", tmp_path / "file")
    assert done.returncode == 1
    assert sentence_of(done) == f"{tmp_path / 'file'} is a file, and plans are kept in a folder: name another one"


def test_a_plan_that_cannot_be_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:  # the test's own folder is removed before monkeypatch's fixture ends
        patch.setattr(os, "unlink", refuse)
        with pytest.raises(UserError, match=r"plan.* cannot be removed: Permission denied"):
            plans.clear(folder)


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"VSMLRT_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"VSMLRT_CACHE": "", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/vsmlrt"),
        ({"VSMLRT_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/vsmlrt"),
    ],
)
def test_the_folder_is_the_plugins(variables: dict[str, str], wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert folders.cache() == Path(wanted)


def test_windows_has_one_folder_of_this_machine_for_plans_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the plugin, WindowsFile.TheUsersCacheIsInItsLocalFolder: never the Linux places."""
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/users/zoë/AppData/Local")
    monkeypatch.setenv("XDG_DATA_HOME", "/b")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    monkeypatch.setenv("VSMLRT_CACHE", "")
    assert folders.cache() == Path("/users/zoë/AppData/Local/vsmlrt/cache")
    assert folders.user_models() == Path("/users/zoë/AppData/Local/vsmlrt/models")
    monkeypatch.setenv("VSMLRT_CACHE", "/a")
    assert folders.cache() == Path("/a")


def test_indexes_of_videos_are_listed_and_removed(folder: Path) -> None:
    (folder / "index").mkdir()
    (folder / "index" / "0123.0.bsindex").write_bytes(bytes(2048))
    (folder / "index" / "note.txt").write_bytes(b"")
    assert vsmlrt("cache", "list").stderr.splitlines()[-1] == f"1 video index, 2.0 KiB in {folder / 'index'}"
    done = vsmlrt("cache", "clear")
    assert done.stderr.splitlines()[-1] == f"removed 1 video index, 2.0 KiB from {folder / 'index'}"
    assert [path.name for path in (folder / "index").iterdir()] == ["note.txt"]
