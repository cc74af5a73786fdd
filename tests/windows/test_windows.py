"""The package in Python on Windows: the plugin in VapourSynth, the command line, and what is of Windows alone.

Runs on a Windows machine with the wheel installed (python -m pip install pytest onnx; python -m pytest tests/windows)
and, by tools/windows, under Wine.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if sys.platform != "win32":
    pytest.skip("these tests are about Windows; tools/windows runs them under Wine", allow_module_level=True)

import vapoursynth as vs

import vsmlrt
from vsmlrt import Backend, locks
from vsmlrt.plugin import lists

SCRIPT_NAME = "视频 größe"


def network_file(path: Path) -> Path:
    """Doubles a picture by repeating each pixel."""
    from onnx import TensorProto, helper, numpy_helper

    weights = np.zeros((12, 3, 1, 1), np.float32)
    for channel in range(12):
        weights[channel, channel // 4] = 1
    nodes = [
        helper.make_node("Conv", ["x", "weights"], ["parts"]),
        helper.make_node("DepthToSpace", ["parts"], ["y"], blocksize=2, mode="CRD"),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, f"{name}h", f"{name}w"]) for name in ("x", "y")
    ]
    graph = helper.make_graph(nodes, "double", ends[:1], ends[1:], [numpy_helper.from_array(weights, "weights")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def video_file(path: Path, frames: int = 24) -> Path:
    """A video of one colour, which becomes lighter."""
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(frames):
            picture = av.VideoFrame.from_ndarray(np.full((72, 64), 40 + n % 200, np.uint8), format="yuv420p")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def frame_sizes(path: Path) -> list[tuple[int, int]]:
    import av

    with av.open(str(path)) as container:
        return [(frame.width, frame.height) for frame in container.decode(video=0)]


def command(*arguments: object, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """``vsmlrt ARGUMENTS``, its outputs piped."""
    words = [sys.executable, "-m", "vsmlrt", *map(str, arguments)]
    return subprocess.run(
        words, capture_output=True, stdin=subprocess.DEVNULL, env=os.environ | variables, check=False, timeout=300
    )


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))


@pytest.fixture
def clip() -> vs.VideoNode:
    return vs.core.std.BlankClip(format=vs.YUV420P8, width=32, height=24, length=2, color=[100, 90, 160])


def test_the_plugin_says_what_is_here_and_why_the_rest_is_not() -> None:
    found = lists(vs.core.mlrt.Devices())
    missing = dict(zip(found["missing"], found["reason"], strict=True))
    assert {"onnxruntime", "reference"} <= set(found["backend"])
    assert "Microsoft's compiler" in missing["openvino"]
    assert "cuda" in found["backend"] or "install the NVIDIA driver" in missing["cuda"] or "NVRTC" in missing["cuda"]


def test_onnxruntime_computes_what_the_reference_does(clip: vs.VideoNode, tmp_path: Path) -> None:
    network = str(network_file(tmp_path / "network.onnx"))
    pictures = [vs.core.mlrt.Model(clip, network, backend=one).get_frame(1) for one in ("reference", "onnxruntime")]
    assert (pictures[0].width, pictures[0].height) == (64, 48)
    for plane in range(3):
        first, second = (np.asarray(picture[plane]).astype(int) for picture in pictures)
        assert abs(first - second).max() <= 1


def test_who_asks_for_openvino_gets_onnxruntime_and_is_told_once(
    clip: vs.VideoNode, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network = str(network_file(tmp_path / "network.onnx"))
    rgb = clip.resize.Bicubic(format=vs.RGBS, matrix_in=1)
    for _ in range(2):
        assert vsmlrt.inference(rgb, network, backend=Backend.OV_CPU(num_streams=2)).get_frame(0).width == 64
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said.count("Backend.OV_CPU runs on ONNX Runtime on the processor") == 1
    assert vs.core.ov.Model(rgb, network).get_frame(0).width == 64


def test_a_network_may_lie_in_any_folder(clip: vs.VideoNode, tmp_path: Path) -> None:
    folder = tmp_path / SCRIPT_NAME
    while len(str(folder)) < 300:
        folder /= "a folder with a name of forty characters"
    os.makedirs("\\\\?\\" + str(folder))
    network = network_file(tmp_path / "network.onnx")
    there = folder / f"{SCRIPT_NAME}.onnx"
    Path("\\\\?\\" + str(there)).write_bytes(network.read_bytes())
    assert vs.core.mlrt.Model(clip, str(there), backend="onnxruntime").get_frame(0).width == 64


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp437"])
def test_a_video_is_enlarged_whatever_its_name_and_the_consoles_characters(tmp_path: Path, encoding: str) -> None:
    network = network_file(tmp_path / "network.onnx")
    folder = tmp_path / SCRIPT_NAME
    folder.mkdir()
    source, out = video_file(folder / f"{SCRIPT_NAME}.mkv"), folder / "größer 大.mkv"
    done = command("upscale", source, out, "--model", network, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert b"24 frames" in done.stderr + done.stdout
    assert frame_sizes(out) == [(128, 96)] * 24


def test_a_mistake_is_one_sentence(tmp_path: Path) -> None:
    done = command("upscale", tmp_path / f"{SCRIPT_NAME}.mkv", tmp_path / "out.mkv", PYTHONIOENCODING="cp1252")
    assert done.returncode != 0
    assert done.stderr.startswith(b"vsmlrt: error: ")
    assert done.stderr.count(b"\n") == 1


def test_reserved_names_are_no_files(tmp_path: Path) -> None:
    network = network_file(tmp_path / "network.onnx")
    done = command("upscale", "NUL", tmp_path / "out.mkv", "--model", network)
    assert done.returncode != 0
    assert done.stderr.count(b"\n") == 1
    assert not (tmp_path / "out.mkv").exists()


def test_a_job_that_was_killed_goes_on_and_leaves_no_half_file(tmp_path: Path) -> None:
    network = network_file(tmp_path / "network.onnx")
    source, out = video_file(tmp_path / "in.mkv", frames=600), tmp_path / "out" / "out.mkv"
    out.parent.mkdir()
    words = ["upscale", source, out, "--model", network, "--resume", "--segment", "1", "--backend", "reference"]
    job = subprocess.Popen([sys.executable, "-m", "vsmlrt", *map(str, words)], stderr=subprocess.DEVNULL)
    while job.poll() is None and sum(len(files) for _, _, files in os.walk(out.parent)) < 4:
        time.sleep(0.01)
    assert job.poll() is None, "the job was done before it could be killed"
    job.kill()
    job.wait()
    assert not out.exists()
    done = command(*words)
    assert done.returncode == 0, done.stderr
    assert frame_sizes(out) == [(128, 96)] * 600
    assert os.listdir(out.parent) == ["out.mkv"]


def test_a_file_that_another_program_holds_is_named(tmp_path: Path) -> None:
    network = network_file(tmp_path / "network.onnx")
    source, out = video_file(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    out.write_bytes(b"held")
    with out.open("rb"):  # Windows replaces no open file
        done = command("upscale", source, out, "--model", network, "--overwrite")
    assert done.returncode != 0
    assert b"out.mkv" in done.stderr
    assert b"Traceback" not in done.stderr
    assert out.read_bytes() == b"held"
    assert sorted(os.listdir(tmp_path)) == ["in.mkv", "network.onnx", "out.mkv"]


def test_a_lock_is_held_by_one_and_goes_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_bytes(b"")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, sys; from vsmlrt import locks\n"
            "assert locks.try_lock(os.open(sys.argv[1], os.O_RDWR)); print('held', flush=True); sys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"held"
    assert locks.is_held(path)
    holder.kill()
    holder.wait()
    assert not locks.is_held(path)


def test_the_programs_beside_vs_mlrts_plugins_take_names_in_any_script(tmp_path: Path) -> None:
    network, engine = network_file(tmp_path / f"{SCRIPT_NAME}.onnx"), tmp_path / "大.engine"
    program = Path(vs.__file__).parent / "plugins" / "mlrt" / "vsmlrt-cuda" / "trtexec.exe"
    done = subprocess.run([program, f"--onnx={network}", f"--saveEngine={engine}", "--fp16"], check=False)
    assert done.returncode == 0
    assert engine.stat().st_size > 100


def test_doctor_tells_of_this_machine() -> None:
    done = command("doctor", PYTHONIOENCODING="cp1252")
    assert b"Traceback" not in done.stderr
    assert b"onnxruntime" in done.stdout
