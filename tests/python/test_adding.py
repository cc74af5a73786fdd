"""The user's own networks go where they are found again, from files, folders and archives that may be hostile."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from vsmlrt import adding, store
from vsmlrt.errors import UserError


@pytest.fixture
def accept_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes any content for a network, since these tests are about places."""
    monkeypatch.setattr(store, "inspect", lambda path: {})


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.usefixtures("accept_any")
@pytest.mark.parametrize(
    ("source", "name", "place"),
    [
        ("mine.onnx", None, "mine.onnx"),
        ("mine.onnx", "other", "other.onnx"),
        ("drunet_color.onnx", None, "dpir/drunet_color.onnx"),
        ("waifu2x/cunet/noise1_model.onnx", None, "waifu2x/cunet/noise1_model.onnx"),
        ("noise1_model.onnx", None, "noise1_model.onnx"),
        ("x.onnx", "dpir-drunet_gray", "dpir/drunet_gray.onnx"),
        ("rife_v4.6.onnx", None, "rife/rife_v4.6.onnx"),
        ("rife_v2/rife_v4.6.onnx", None, "rife_v2/rife_v4.6.onnx"),
        ("x.onnx", "rife-v4.12-lite", "rife/rife_v4.12_lite.onnx"),
    ],
)
def test_one_file_is_found_again(tmp_path: Path, models: Path, source: str, name: str | None, place: str) -> None:
    put(tmp_path / "from", source)
    assert adding.add(tmp_path / "from" / source, name) == [models / place]
    assert everything_in(models) == [place]
    assert store.resolve(name or Path(place).stem if "/" not in place else models / place).path == models / place


@pytest.mark.usefixtures("accept_any")
def test_a_param_brings_its_weights(tmp_path: Path, models: Path) -> None:
    put(tmp_path, "a.param")
    with pytest.raises(UserError, match=r"needs its weights next to it: there is no .*a\.bin"):
        adding.add(tmp_path / "a.param")
    put(tmp_path, "a.bin")
    adding.add(tmp_path / "a.param", "b")
    assert everything_in(models) == ["b.bin", "b.param"]


@pytest.mark.usefixtures("accept_any")
@pytest.mark.parametrize("name", ["cunet", "dpir", "a/b", "../a", "", ".hidden"])
def test_a_name_that_means_something_else_is_refused(tmp_path: Path, models: Path, name: str) -> None:
    put(tmp_path, "a.onnx")
    with pytest.raises(UserError, match="--name"):
        adding.add(tmp_path / "a.onnx", name)
    assert not models.exists()


@pytest.mark.usefixtures("accept_any")
@pytest.mark.parametrize("lost", ["a.param", "a.bin"])
def test_another_file_is_not_lost(tmp_path: Path, models: Path, lost: str) -> None:
    put(tmp_path, "a.param", "a.bin")
    adding.add(tmp_path / "a.param")
    assert adding.add(tmp_path / "a.param") == [models / "a.param"]
    (models / lost).write_bytes(b"mine")
    with pytest.raises(
        UserError, match=rf"{re.escape(str(models / lost))} exists and is another file; give --overwrite"
    ):
        adding.add(tmp_path / "a.param")
    assert (models / lost).read_bytes() == b"mine"
    adding.add(tmp_path / "a.param", overwrite=True)
    assert (models / lost).read_bytes() == lost.encode()
    assert everything_in(models) == ["a.bin", "a.param"]


def test_what_is_no_network_is_not_taken(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise UserError("no network")

    monkeypatch.setattr(store, "inspect", refuse)
    put(tmp_path, "a.onnx")
    with pytest.raises(UserError, match="no network"):
        adding.add(tmp_path / "a.onnx")
    assert everything_in(models) == []


def test_a_models_folder_keeps_its_layout(tmp_path: Path, models: Path) -> None:
    wanted = ["RealESRGANv2/realesr-animevideov3.onnx", "cugan/a.bin", "cugan/a.param", "rife/v4.6.onnx"]
    put(tmp_path / "models", *wanted, "README.txt", "cugan/alone.param")
    assert len(adding.add(tmp_path / "models")) == 3
    assert everything_in(models) == wanted


def test_a_familys_folder_keeps_its_name(tmp_path: Path, models: Path) -> None:
    put(tmp_path / "dpir", "drunet_color.onnx")
    adding.add(tmp_path / "dpir")
    assert everything_in(models) == ["dpir/drunet_color.onnx"]


# Folders of rife-ncnn-vulkan and of the VapourSynth plugin made from it.
@pytest.mark.parametrize(
    ("folder", "place"),
    [
        ("rife-v4", "rife/rife_v4.0"),
        ("rife-v4.6", "rife/rife_v4.6"),
        ("rife-v4.6_ensembleTrue", "rife/rife_v4.6_ensemble"),
        ("rife-v4.12-lite_ensembleFalse", "rife/rife_v4.12_lite"),
        ("rife-v2.3", "rife-v2.3/flownet"),
        ("rife-v4.1", "rife-v4.1"),
    ],
)
@pytest.mark.parametrize("above", ["", "models/"])
def test_rife_ncnn_folders(tmp_path: Path, models: Path, folder: str, place: str, above: str) -> None:
    put(tmp_path / "from", f"{above}{folder}/flownet.param", f"{above}{folder}/flownet.bin")
    assert adding.add(tmp_path / "from") == [models / f"{place}.param"]
    assert everything_in(models) == [f"{place}.bin", f"{place}.param"]


@pytest.mark.usefixtures("accept_any")
def test_one_rife_ncnn_file_or_folder(tmp_path: Path, models: Path) -> None:
    put(tmp_path / "rife-v4.6", "flownet.param", "flownet.bin")
    for given in (tmp_path / "rife-v4.6", tmp_path / "rife-v4.6" / "flownet.param"):
        assert adding.add(given) == [models / "rife" / "rife_v4.6.param"]
        assert store.resolve("rife-v4.6").path == models / "rife" / "rife_v4.6.param"


def test_files_of_vs_mlrts_layout_without_their_folders(tmp_path: Path, models: Path) -> None:
    """As unpacked from the archives of its releases."""
    put(tmp_path / "rife_v4.7", "rife_v4.7.onnx", "rife_v4.7_ensemble.onnx")
    adding.add(tmp_path / "rife_v4.7")
    assert everything_in(models) == ["rife/rife_v4.7.onnx", "rife/rife_v4.7_ensemble.onnx"]


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def test_an_archive_of_a_models_folder(tmp_path: Path, models: Path) -> None:
    adding.add(zipped(tmp_path / "models.v15.zip", "x/models/dpir/drunet_gray.onnx", "x/models/a.txt"))
    assert everything_in(models) == ["dpir/drunet_gray.onnx"]


@pytest.mark.parametrize("name", ["../evil.onnx", "/evil.onnx", "a/../../evil.onnx", "..\\evil.onnx"])
def test_an_archive_that_points_outside_is_refused(tmp_path: Path, models: Path, name: str) -> None:
    with pytest.raises(UserError, match="points outside"):
        adding.add(zipped(tmp_path / "evil.zip", "good.onnx", name))
    assert not models.exists()
    assert not (tmp_path / "evil.onnx").exists()


def test_an_archive_larger_than_the_disk_is_refused(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=4)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(UserError, match=r"unpacks to 0 MiB, and .* has 0 MiB left"):
        adding.add(zipped(tmp_path / "bomb.zip", "a.onnx"))
    assert not models.exists()


def test_a_damaged_archive_leaves_nothing(tmp_path: Path, models: Path) -> None:
    path = zipped(tmp_path / "damaged.zip", "dpir/drunet_gray.onnx")
    content = bytearray(path.read_bytes())
    content[content.index(b"drunet_gray.onnx") + 20] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"damaged\.zip could not be added"):
        adding.add(path)
    assert everything_in(models) == []


def packed(path: Path, folder: Path) -> Path:
    """A 7z archive of what is in a folder, links as links."""
    py7zr = pytest.importorskip("py7zr", reason="the package py7zr is not installed")
    with py7zr.SevenZipFile(path, "w") as archive:
        for item in sorted(folder.iterdir()):
            archive.writeall(item, item.name)
    return path


def test_a_7z_archive_as_vs_mlrts_releases_have_it(tmp_path: Path, models: Path) -> None:
    put(tmp_path / "from", "rife/rife_v4.26.onnx", "rife_v2/rife_v4.26.onnx", "README.txt")
    adding.add(packed(tmp_path / "rife_v4.26.7z", tmp_path / "from"))
    assert everything_in(models) == ["rife/rife_v4.26.onnx", "rife_v2/rife_v4.26.onnx"]
    assert (models / "rife_v2" / "rife_v4.26.onnx").read_text() == "rife_v2/rife_v4.26.onnx"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("tmp")] == []


def test_a_7z_archive_that_is_bad_leaves_nothing(tmp_path: Path, models: Path) -> None:
    put(tmp_path / "from", "a.txt")
    (tmp_path / "from" / "link.onnx").symlink_to("/etc/hostname")
    packed(tmp_path / "linked.7z", tmp_path / "from")
    with pytest.raises(UserError, match=r'linked\.7z holds "link\.onnx", which points outside of it'):
        adding.add(tmp_path / "linked.7z")
    (tmp_path / "from" / "link.onnx").unlink()
    packed(tmp_path / "linked.7z", tmp_path / "from")
    with pytest.raises(UserError, match=r"linked\.7z holds no network file"):
        adding.add(tmp_path / "linked.7z")
    whole = (tmp_path / "linked.7z").read_bytes()
    (tmp_path / "linked.7z").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"linked\.7z could not be added: it is damaged"):
        adding.add(tmp_path / "linked.7z")
    assert everything_in(models) == []


def test_a_7z_archive_without_the_package_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models.7z").write_bytes(b"7z\xbc\xaf\x27\x1c and more")
    monkeypatch.setitem(sys.modules, "py7zr", None)
    with pytest.raises(UserError, match=r"needs the package py7zr: install it with: pip install py7zr"):
        adding.add(tmp_path / "models.7z")


@pytest.mark.parametrize("name", ["empty", "text.7z", "missing"])
def test_what_cannot_be_added_says_what_can(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.7z").write_text("7z")
    with pytest.raises(UserError, match=r"holds no network file|is none of what can be added|no file or folder"):
        adding.add(tmp_path / name)
