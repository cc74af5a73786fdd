"""What Windows makes of names and paths (Microsoft's "Naming Files, Paths, and Namespaces"), told on any system."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest

from vsmlrt.compare.metrics import available
from vsmlrt.video.output import part_of
from vsmlrt.windows_paths import long_form, why_reserved


@pytest.mark.parametrize(
    "path",
    [
        "NUL",
        "nul.mkv",
        "C:\\x\\aux.tar.gz",
        "com1",
        "COM\u00b9.mkv",
        "lpt9 .mkv",
        "CONIN$",
        "prn\\out.mkv",
        "\\\\s\\t\\con",
    ],
)
def test_names_of_devices(path: str) -> None:
    told = why_reserved(PureWindowsPath(path))
    assert told is not None
    assert told.endswith("is the name of a device")


@pytest.mark.parametrize("path", ["name:stream.mkv", "C:\\x?.mkv", "what*.mkv", 'a"b', "a<b", "a|b", "tab\t.mkv"])
def test_letters_that_mean_something_else(path: str) -> None:
    assert "not allowed" in (why_reserved(PureWindowsPath(path)) or "")


@pytest.mark.parametrize("path", ["out.mkv.", "out.mkv ", "folder \\out.mkv", "C:\\x.\\out.mkv"])
def test_names_that_would_be_shortened(path: str) -> None:
    assert "dot or a space" in (why_reserved(PureWindowsPath(path)) or "")


@pytest.mark.parametrize(
    "path",
    [
        "out.mkv",
        "C:out.mkv",
        "C:\\videos\\größe 大.mkv",
        "..\\.\\out.mkv",
        "\\\\server\\share\\out.mkv",
        "\\\\?\\C:\\videos\\out.mkv",
        "\\\\?\\UNC\\server\\share\\out.mkv",
        "console.mkv",
        "com10.mkv",
        ".mkv",
        "auxiliary\\nulled.mkv",
    ],
)
def test_names_of_files(path: str) -> None:
    assert why_reserved(PureWindowsPath(path)) is None


def test_long_paths_get_the_form_without_a_limit() -> None:
    tail = "x" * 300
    assert long_form("C:\\short") == "C:\\short"
    assert long_form("C:\\short", room=300) == "\\\\?\\C:\\short"
    assert long_form(f"C:\\{tail}") == f"\\\\?\\C:\\{tail}"
    assert long_form(f"\\\\server\\share\\{tail}") == f"\\\\?\\UNC\\server\\share\\{tail}"
    for already in (f"\\\\?\\C:\\{tail}", f"\\\\.\\{tail}"):
        assert long_form(already) == already


@pytest.mark.parametrize("name", ["x" * 240, "大" * 80, "a" + "大" * 80, "🎞" * 60])
def test_a_long_name_keeps_whole_characters_in_its_hidden_file(tmp_path: Path, name: str) -> None:
    first, second = part_of(tmp_path / f"{name}.mkv"), part_of(tmp_path / f"{name}.mp4")
    assert first != second
    first.name.encode()  # which fails for half a character
    assert len(os.fsencode(first.name)) <= 255
    assert first == part_of(tmp_path / f"{name}.mkv")


def test_pictures_are_compared_in_any_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg's filters take a path among options that colons separate, as in C:\\Temp."""
    import tempfile

    import av

    from vsmlrt.compare.metrics import Metrics

    folder = tmp_path / "C:\\it's temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    metrics = Metrics()
    picture = np.zeros((72, 64), np.uint8)
    for _ in range(2):
        metrics.add(*(av.VideoFrame.from_ndarray(picture, format="yuv420p") for _ in range(2)))
    assert set(metrics.finish()) == set(available())
