"""The cuda backend's frames, and a script of TensorRT's users, on a driver that runs its kernels on the CPU: in a
process of its own, since a module looks for its driver once."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from hosting import ROOT

EMULATED = sorted(ROOT.glob("build/*/tests/cuda/libemulated_cuda.so"), key=lambda path: path.stat().st_mtime)

KINDS = [
    "test_every_chroma_location_and_field_order",
    "test_tiles_padding_and_scale",
    "test_luma_alone_and_several_clips",
    "test_frames_between_frames",
    "test_every_matrix_that_is_one",
    "test_every_pair_of_formats[YUV420P10]",
    "test_every_pair_of_formats[RGBH]",
]


def run_emulated(file: str, kind: str, *options: str, **more: str) -> None:
    """The tests of that kind in a process whose NVIDIA driver is the emulated one."""
    library = str(EMULATED[-1])
    environment = os.environ | {"VSMLRT_CUDA_DRIVER": library, "VSMLRT_NVRTC": library} | more
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "tests/python" / file)]
    done = subprocess.run([*command, "-k", kind, *options], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert options or done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is wrong with each test of `KINDS`, by its name: all of them in one process, which compiles kernels once."""
    results = tmp_path_factory.mktemp("frames") / "results.xml"
    named = " or ".join(f"({kind.replace('[', ' and ').removesuffix(']')})" for kind in KINDS)
    run_emulated("test_device_frames.py", named, f"--junitxml={results}", VSMLRT_TEST_FRAMES_BACKEND="cuda")
    return {
        str(case.get("name")): "\n".join(found.text or "" for found in case)
        for case in ElementTree.parse(results).iter("testcase")
    }


needs_emulated = pytest.mark.skipif(
    not EMULATED, reason="the emulated CUDA driver is not built (cmake --build --preset dev)"
)


@needs_emulated
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_those_of_resize(frames: dict[str, str], kind: str) -> None:
    found = {name: wrong for name, wrong in frames.items() if name == kind or name.startswith(f"{kind}[")}
    assert found
    for name, wrong in found.items():
        assert not wrong, f"{name}: {wrong[-4000:]}"


@needs_emulated
def test_the_release_notes_snippet_with_tensorrts_backend() -> None:
    run_emulated("test_rife_plugin.py", "snippet", VSMLRT_TEST_SNIPPET_BACKEND="TRT")


@needs_emulated
def test_safa_by_its_name() -> None:
    run_emulated("test_safa.py", "a_network_of_its_operators", VSMLRT_TEST_SAFA_BACKEND="cuda")


@needs_emulated
def test_a_network_in_place_of_an_engine_on_the_emulated_driver() -> None:
    run_emulated("test_old_names.py", "in_place_of_an_engine")


@needs_emulated
def test_what_layers_are_timed_on() -> None:
    run_emulated("test_cli_bench.py", "timed_on_a_frame_of_the_clip")
