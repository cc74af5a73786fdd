"""The package is one wheel with everything in it, and its version has one source."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest

import bounds

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def installed() -> list[str]:
    """The files of the installed package, relative to site-packages."""
    return [str(path) for path in metadata.files("vsmlrt") or []]


def test_the_version_is_cmakes() -> None:
    found = re.search(r"project\(vsmlrt VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())
    assert found is not None
    assert metadata.version("vsmlrt") == found[1]


def test_openvino_is_pinned_alike_for_building_and_running() -> None:
    pinned = [item for item in PROJECT["project"]["dependencies"] if item.startswith("openvino")]
    assert pinned == [item for item in PROJECT["build-system"]["requires"] if item.startswith("openvino")]
    assert re.fullmatch(r"openvino==\d+\.\d+\.\d+; sys_platform != 'win32'", pinned[0])


def test_windows_has_onnxruntime_where_openvino_is_absent() -> None:
    assert any(
        re.fullmatch(r"onnxruntime>=[0-9.]+; sys_platform == 'win32'", item)
        for item in PROJECT["project"]["dependencies"]
    )


@pytest.mark.parametrize("name", ["numpy", "onnx", "onnxruntime", "onnxruntime-ep-openvino", "ncnn", "pillow"])
def test_wheels_that_numbers_are_compared_with_have_an_upper_bound(name: str) -> None:
    (found,) = [
        item for item in PROJECT["project"]["optional-dependencies"]["dev"] if re.match(rf"{name}\b(?!-)", item)
    ]
    assert "<" in found or "==" in found


@pytest.mark.parametrize(
    ("version", "refused"), [("1.23.0", False), ("1.32.9", False), ("1.33.0", True), ("2.0", True), (None, False)]
)
def test_a_newer_wheel_is_refused_by_name(version: str | None, refused: bool) -> None:
    said = bounds.refused(["onnxruntime>=1.23,<1.33", "pytest"], {"onnxruntime": version, "pytest": "99"}.get)
    wanted = f"onnxruntime {version} is installed, and the tests are made for onnxruntime<1.33,>=1.23: pip install "
    assert [sentence.startswith(wanted) for sentence in said] == [True] * refused


def test_every_family_is_installed() -> None:
    shipped = {path.name for path in (ROOT / "python/vsmlrt/families").iterdir()}
    assert {item.name for item in (resources.files("vsmlrt") / "families").iterdir()} == shipped


def test_the_plugin_folder_holds_plugin_backends_and_manifest(installed: list[str]) -> None:
    names = {Path(path).name for path in installed if path.startswith("vapoursynth/plugins/mlrt/")}
    assert {"libvsmlrt.so", "libvsmlrt_openvino.so", "libvsmlrt_reference.so", "manifest.vs"} <= names
    (manifest,) = [path for path in metadata.files("vsmlrt") or [] if path.name == "manifest.vs"]
    loaded = {f"{line}.so" for line in manifest.read_text().splitlines()[1:]}
    assert loaded == {"libvsmlrt.so"} | {name for name in names if name.startswith("libmlrt_")}


def test_the_package_is_typed_and_clean(installed: list[str]) -> None:
    assert "vsmlrt/py.typed" in installed
    assert not [path for path in installed if path.startswith("tests")]


def test_the_command_is_installed() -> None:
    """The program, and the script that it starts."""
    scripts = metadata.entry_points(group="console_scripts", name="vsmlrt-python")
    assert [script.value for script in scripts] == ["vsmlrt.cli:main"]
    command = Path(sysconfig.get_path("scripts")) / "vsmlrt"
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"vsmlrt {metadata.version('vsmlrt')}\n")


def test_the_command_is_found_through_links_and_says_what_it_misses(tmp_path: Path) -> None:
    command = Path(sysconfig.get_path("scripts")) / "vsmlrt"
    (tmp_path / "linked").symlink_to(command)
    done = subprocess.run([tmp_path / "linked", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    alone = Path(shutil.copy(command, tmp_path / "vsmlrt"))
    done = subprocess.run([alone], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    said = f"vsmlrt: error: {alone}-python cannot be started (No such file or directory)"
    assert done.stderr == f"{said}; install the package vsmlrt again\n"


def test_setup_says_how_it_is_used() -> None:
    done = subprocess.run([ROOT / "tools/setup", "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "usage: tools/setup [run|dev]" in done.stderr


def test_commands_are_executable_and_speak_shell() -> None:
    for name in ("tools/setup", "tools/test", "tools/lint", ".ci/run"):
        subprocess.run(["bash", "-n", ROOT / name], check=True)
        assert (ROOT / name).stat().st_mode & 0o111
