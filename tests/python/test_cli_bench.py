"""``vsmlrt bench``: what is measured, what the figures mean, and where they are written."""

from __future__ import annotations

import csv
import re
import threading
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from command import sentence_of, vsmlrt, with_plugin
from hosting import ROOT, plugin_core
from interpolators import fade
from networks import convs, identity
from vsmlrt import plugin, store
from vsmlrt.benchmark import cases, memory, plot, report, running, worker
from vsmlrt.benchmark.cases import FAMILIES
from vsmlrt.benchmark.worker import Job, Result
from vsmlrt.errors import NetworkNotFoundError
from vsmlrt.plugin import lists

MISSION = [(1920, 1080), (1280, 720), (720, 480)]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A short measurement on the processor."""
    plugin_core()
    return Job(
        network_path=convs(tmp_path / "net.onnx"),
        arguments={"backend": "openvino", "device": "CPU", "precision": "fp32", "num_streams": 1},
        width=64,
        height=48,
        frames=6,
        seconds=60,
        plugin=plugin.path(),
    )


EMULATED = sorted(ROOT.glob("build/*/tests/cuda/libemulated_cuda.so"), key=lambda path: path.stat().st_mtime)


@pytest.mark.skipif(not EMULATED, reason="the emulated CUDA driver is not built (cmake --build --preset dev)")
def test_each_kernel_is_timed_and_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSMLRT_CUDA_DRIVER", str(EMULATED[-1]))
    monkeypatch.setenv("VSMLRT_NVRTC", str(EMULATED[-1]))
    arguments = {"backend": "cuda", "device_id": 0, "precision": "fp32", "num_streams": 1}
    result = running.run(replace(job, arguments=arguments, layers=True))
    assert result.error == ""
    assert len(result.layers) >= 2
    assert all(layer.milliseconds > 0 and layer.kernel for layer in result.layers)
    assert result.layers[0].layers.startswith("Conv ")
    case = cases.Case(
        family=FAMILIES["dpir"],
        network=store.resolve(job.network_path),
        size=(64, 48),
        streams=1,
        mode="static",
        arguments={},
    )
    table = report.layers_table(report.Row(case, result)).splitlines()
    assert len(table) == 1 + len(result.layers)
    assert table[0].startswith("dpir color 64x48: ")
    assert re.search(
        r"their floors [0-9.]+ ms, \d+ %, at what this device was measured to do: .* TB/s copied", table[0]
    )
    for line, layer in zip(table[1:], result.layers, strict=True):
        assert re.search(r"floor +([0-9.]+ ms of (products|bytes) +\d+ %|no floor)", line)
        assert layer.kernel in line


def test_a_layers_floor_is_the_longer_of_products_and_bytes() -> None:
    layer = worker.Layer(
        layers="Conv", kernel="k", milliseconds=4, operations=2e9, bytes=1e6, operations_rate=1e12, bytes_rate=1e9
    )
    assert layer.floor == (2.0, "products")
    assert replace(layer, bytes=3e6).floor == (3.0, "bytes")
    assert replace(layer, operations=0.0, operations_rate=0.0).floor == (1.0, "bytes")


@pytest.mark.skipif(not EMULATED, reason="the emulated CUDA driver is not built (cmake --build --preset dev)")
def test_the_kernels_of_an_interpolator_are_timed_too(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSMLRT_CUDA_DRIVER", str(EMULATED[-1]))
    monkeypatch.setenv("VSMLRT_NVRTC", str(EMULATED[-1]))
    arguments = {"backend": "cuda", "device_id": 0, "precision": "fp32", "num_streams": 1}
    between = replace(job, network_path=str(fade(tmp_path / "fade.onnx")), interpolates=True)
    result = running.run(replace(between, arguments=arguments, layers=True))
    assert result.error == ""
    assert result.layers
    assert all(layer.milliseconds > 0 and layer.kernel for layer in result.layers)


def test_a_backend_that_cannot_time_its_layers_says_so(job: Job) -> None:
    result = running.run(replace(job, layers=True))
    assert "the backend openvino cannot tell how long each layer takes; cuda can" in result.error


def test_layers_are_timed_on_a_frame_of_the_clip(job: Job, tmp_path: Path) -> None:
    """On the cuda backend, whose GPU is the emulated one where it is built (test_device_frames_cuda.py)."""
    core = plugin_core()
    if "cuda" not in lists(core.mlrt.Devices())["backend"]:
        pytest.skip("there is no NVIDIA GPU")
    cuda = {"backend": "cuda", "device_id": 0, "precision": "fp32", "num_streams": 1}
    clip = core.std.BlankClip(width=64, height=48, format=vs.RGBS, length=3)

    def fail(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        raise ValueError(f"no frame {n} today")

    broken = core.std.ModifyFrame(clip, clip, fail)
    with pytest.raises(vs.Error, match=r"(?s)frame 0 of the result, which .* failed: .*no frame 0 today"):
        core.mlrt.Layers(broken, network_path=job.network_path, **cuda)
    network = str(fade(tmp_path / "fade.onnx"))
    with pytest.raises(vs.Error, match=r"(?s)frame 1 of the result, which .* failed: .*no frame \d today"):
        core.mlrt.InterpolateLayers(broken, network_path=network, **cuda)
    with pytest.raises(vs.Error, match="every frame asked for is one of the clip"):
        core.mlrt.InterpolateLayers(clip, network_path=network, multi=[1], **cuda)
    # A backend that cannot tell says so before it computes one.
    with pytest.raises(vs.Error, match="cannot tell how long each layer takes"):
        core.mlrt.Layers(broken, network_path=job.network_path, **job.arguments)


def of_multiple(network: store.Network, multiple: int) -> store.Network:
    """The network with another size multiple on its card."""
    return replace(network, card=replace(network.card, multiple=multiple))


@pytest.fixture
def network(tmp_path: Path) -> store.Network:
    plugin_core()
    return of_multiple(store.resolve(identity(tmp_path / "net.onnx")), 32)


def test_a_range_for_every_size(network: store.Network) -> None:
    """(1) is at its best at the largest size, (2) at the smallest; both go from 64x64 to the largest."""
    found = cases.cases(FAMILIES["dpir"], of_multiple(network, 8), MISSION, (1, 2), cases.MODES)
    assert len(found) == 3 * 2 * 3
    assert [(case.size, case.streams, case.mode) for case in found[:4]] == [
        ((1920, 1080), 1, "static"),
        ((1920, 1080), 1, "dynamic1"),
        ((1920, 1080), 1, "dynamic2"),
        ((1920, 1080), 2, "static"),
    ]
    ranges = {case.mode: case.arguments for case in found}
    dynamic = {"static_shape": 0, "min_shapes": [64, 64], "max_shapes": [1920, 1080]}
    assert ranges["static"] == {}
    assert ranges["dynamic1"] == dynamic | {"opt_shapes": [1920, 1080]}
    assert ranges["dynamic2"] == dynamic | {"opt_shapes": [720, 480]}


def test_an_interpolators_sizes_are_raised(network: store.Network) -> None:
    found = cases.cases(FAMILIES["rife"], network, MISSION, (1,), ("dynamic1",))
    assert [case.size for case in found] == [(1920, 1088), (1280, 736), (736, 480)]
    assert found[0].arguments["max_shapes"] == [1920, 1088]


def test_the_range_reaches_down_to_sizes_below_64(network: store.Network) -> None:
    (case,) = cases.cases(FAMILIES["cugan"], of_multiple(network, 2), [(32, 96)], (1,), ("dynamic2",))
    assert case.arguments["min_shapes"] == [32, 64]


def test_a_family_takes_its_first_network_that_is_there(models: Path) -> None:
    plugin_core()
    folder = models / "RealESRGANv2"
    folder.mkdir(parents=True)
    convs(folder / "realesr-animevideov3-x2.onnx", scale=2)
    assert cases.locate(FAMILIES["realesrgan"]).name == "realesr-animevideov3-x2"
    convs(folder / "RealESRGANv2-animevideo-xsx2.onnx", scale=2)
    assert cases.locate(FAMILIES["realesrgan"]).name == "RealESRGANv2-animevideo-xsx2"


def test_a_family_without_a_network_says_how_to_get_one() -> None:
    with pytest.raises(NetworkNotFoundError, match="vsmlrt models fetch realesr-animevideov3-x2"):
        cases.locate(FAMILIES["realesrgan"])
    with pytest.raises(NetworkNotFoundError, match="VSMLRT_MODELS"):
        cases.locate(FAMILIES["dpir"])


@pytest.mark.parametrize("half", [False, True])
def test_a_measurement(job: Job, half: bool) -> None:
    found = running.run(replace(job, half=half))
    assert found.error == ""
    assert found.frames == 6
    assert found.fps > 1
    assert 0 < found.first_frame < 60
    assert found.memory > 20


def test_a_measurement_with_maps(job: Job, tmp_path: Path) -> None:
    four = convs(tmp_path / "four.onnx", channels=4)
    assert running.run(replace(job, network_path=four, maps=("strength",))).error == ""
    assert "takes 4 channel(s)" in running.run(replace(job, network_path=four)).error


def test_memory_grows_with_the_picture(job: Job) -> None:
    small, large = running.run(job), running.run(replace(job, width=1024, height=1024, frames=2))
    assert large.memory > small.memory + 3 * 4  # one float picture more, at the very least


def test_memory_is_not_that_of_the_process_that_started_it(job: Job) -> None:
    """Linux hands the peak of the starter's memory down, where this takes a quarter of a gigabyte."""
    large = np.ones(1 << 25)
    assert running.run(job).memory < large.nbytes / 2**20


def test_what_the_plugin_refuses_is_the_error(job: Job) -> None:
    assert "not a regular file" in running.run(replace(job, network_path="/")).error


def test_a_measurement_that_dies_is_an_error(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    assert running.run(job) == Result(error="the measurement ended with status 1: without a word")


def test_memory_of_the_process_where_no_device_grows() -> None:
    with memory.Peak() as peak:
        held = bytearray(1 << 20)
    assert len(held) == 1 << 20
    assert peak.of == "process"
    assert peak.megabytes > 10


class Driver:
    """NVIDIA's libnvidia-ml and libcuda: three devices, of which CUDA sees the last and the first, in this order; the
    memory in use of the last is as given, reading by reading, and then stays, and the second's grows by 800 MiB."""

    SEEN = ("0000:c0:00.0", "0000:40:00.0")
    BUSES = ("0000:40:00.0", "0000:80:00.0", "0000:c0:00.0")

    def __init__(self, *used: int) -> None:
        self._used = list(used)
        self._others = [100 << 20, 100 << 20]
        self.read = threading.Event()
        """All that is given was read, and the last of it once more."""

    def nvmlInit_v2(self) -> int:  # noqa: N802
        return 0

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:  # noqa: N802
        count._obj.value = len(self.BUSES)
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, number: Any, handle: Any) -> int:  # noqa: N802
        handle._obj.value = 1 + number.value
        return 0

    def nvmlDeviceGetHandleByPciBusId_v2(self, bus: Any, handle: Any) -> int:  # noqa: N802
        handle._obj.value = 1 + self.BUSES.index(bus.value.decode())
        return 0

    def nvmlDeviceGetIndex(self, handle: Any, index: Any) -> int:  # noqa: N802
        index._obj.value = handle.value - 1
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle: Any, found: Any) -> int:  # noqa: N802
        if handle.value < 3:
            found._obj.used = self._others[handle.value - 1]
            self._others[1] = 900 << 20
        elif len(self._used) > 1:
            found._obj.used = self._used.pop(0)
        else:
            found._obj.used = self._used[0]
            self.read.set()
        return 0

    def cuInit(self, flags: Any) -> int:  # noqa: N802
        return 0

    def cuDeviceGet(self, device: Any, number: Any) -> int:  # noqa: N802
        device._obj.value = number.value
        return 0 if number.value < len(self.SEEN) else 101  # CUDA_ERROR_INVALID_DEVICE

    def cuDeviceGetPCIBusId(self, bus: Any, size: Any, device: Any) -> int:  # noqa: N802
        bus.value = self.SEEN[device.value].encode()
        return 0


@pytest.mark.parametrize(
    ("used", "number", "of"),
    [
        ((500, 900, 740), 0, "device"),  # what was in use before is not counted, and the peak is
        ((500, 510), 0, "process"),
        ((500, 900), 1, "process"),  # another device's growth
        ((500, 900), 2, "process"),  # there is no such device
    ],
)
def test_memory_of_the_device(used: tuple[int, ...], number: int, of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(*(count << 20 for count in used))
    monkeypatch.setattr("ctypes.CDLL", lambda name: driver)
    with memory.Peak(number, interval=0.001) as peak:
        assert driver.read.wait(60)
    assert peak.of == of
    assert (peak.megabytes == 400) == (of == "device")


def rows(network: store.Network) -> list[report.Row]:
    found = cases.cases(FAMILIES["rife"], network, [(64, 64), (128, 64)], (1, 2), ("static", "dynamic1"))
    results = [Result(fps=10.0 * (i + 1), memory=100.4, memory_of="device", frames=5) for i in range(7)]
    return [report.Row(case, result) for case, result in zip(found, [*results, Result(error="why <not>")], strict=True)]


def test_the_table_is_the_missions(network: store.Network, capsys: pytest.CaptureFixture[str]) -> None:
    from vsmlrt.cli import tables

    tables.show(report.table(rows(network)))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "model 1 stream static 1 stream dynamic (1) 2 streams static 2 streams dynamic (1)",
        "rife v4.4 64x64 10 / 100 20 / 100 30 / 100 40 / 100",
        "rife v4.4 128x64 50 / 100 60 / 100 70 / 100 failed",
    ]


def test_the_advice_names_what_runs_in_real_time(network: store.Network) -> None:
    assert report.advice(rows(network)) == (
        "in real time here (24 frames a second or more): rife v4.4 64x64, rife v4.4 128x64"
    )
    slow = rows(network)[:2]
    assert report.advice(slow[:1]) == (
        "nothing of this runs in real time here (24 frames a second); the fastest is rife v4.4 64x64 with 10, "
        "2.4 hours for one of film"
    )
    assert report.advice([]) == report.advice(rows(network)[-1:]) == ""


def test_the_plot_has_a_bar_for_every_figure(network: store.Network) -> None:
    tree = ElementTree.fromstring(plot.svg(rows(network), "a & b"))
    space = "{http://www.w3.org/2000/svg}"
    texts = [element.text or "" for element in tree.iter(f"{space}text")]
    assert texts[0] == "a & b"
    figures = [text for text in texts if text.endswith(" MB")]
    assert figures == [f"{10 * (i + 1)} fps / 100 MB" for i in range(7)]
    bars = [element for element in tree.iter(f"{space}rect") if element.get("x") == "130"]
    lengths = [int(bar.get("width", 0)) for bar in bars]
    assert lengths == [round(520 * (i + 1) / 7) for i in range(7)]
    bottom = max(int(bar.get("y", 0)) + int(bar.get("height", 0)) for bar in bars)
    assert bottom < int(tree.get("height", 0))


def test_the_command(tmp_path: Path, models: Path) -> None:
    """Static programs of one family; the networks that are not there are named."""
    plugin_core()
    (models / "cugan").mkdir(parents=True)
    (models / "RealESRGANv2").mkdir(parents=True)
    convs(models / "RealESRGANv2" / "RealESRGANv2-animevideo-xsx2.onnx", scale=2)
    done = with_plugin(
        plugin.path(),
        *("bench", "--families", "realesrgan,dpir", "--sizes", "64x48,32x32", "--streams", "1,2"),
        *("--shapes", "static", "--backend", "reference", "--precision", "fp32", "--frames", "4"),
        *("--csv", tmp_path / "out.csv", "--plot", tmp_path / "out.svg"),
    )
    assert done.returncode == 0, done.stderr
    heading, *lines, advice = done.stdout.splitlines()
    assert heading.split() == ["model", "1", "stream", "static", "2", "streams", "static"]
    assert " real time here (24 frames a second" in advice
    assert [line.split()[:3] for line in lines] == [["real-esrgan", "v2", "64x48"], ["real-esrgan", "v2", "32x32"]]
    assert "note: dpir color is left out: the network dpir-drunet_color" in done.stderr
    assert "[4/4] real-esrgan v2 32x32 2 streams static (RealESRGANv2-animevideo-xsx2): " in done.stderr
    with (tmp_path / "out.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [(row["width"], row["height"], row["streams"], row["shapes"]) for row in found] == [
        ("64", "48", "1", "static"),
        ("64", "48", "2", "static"),
        ("32", "32", "1", "static"),
        ("32", "32", "2", "static"),
    ]
    assert all(float(row["fps"]) > 0 and float(row["memory_mb"]) > 0 and row["error"] == "" for row in found)
    assert {(row["backend"], row["precision"], row["frames"]) for row in found} == {("reference", "fp32", "4")}
    assert ElementTree.parse(tmp_path / "out.svg").getroot().tag.endswith("svg")


def test_a_network_file_for_a_family(tmp_path: Path) -> None:
    plugin_core()
    convs(tmp_path / "mine.onnx")
    done = with_plugin(
        plugin.path(),
        *("bench", "--families", "waifu2x", "--network", f"waifu2x={tmp_path / 'mine.onnx'}", "--sizes", "32x32"),
        *("--streams", "1", "--shapes", "static", "--frames", "2", "--backend", "ov_cpu"),
    )
    assert done.returncode == 0, done.stderr
    assert "waifu2x upconv7 32x32 1 stream static (mine): " in done.stderr


def test_a_file_with_a_noise_level_gets_one(tmp_path: Path) -> None:
    plugin_core()
    convs(tmp_path / "mine.onnx", channels=4)
    done = with_plugin(
        plugin.path(),
        *("bench", "--families", "dpir", "--network", f"dpir={tmp_path / 'mine.onnx'}", "--sizes", "32x32"),
        *("--streams", "1", "--shapes", "static", "--frames", "2", "--backend", "ov_cpu"),
    )
    assert done.returncode == 0, done.stderr
    assert "dpir color 32x32 1 stream static (mine): " in done.stderr


def test_an_interpolator(tmp_path: Path) -> None:
    plugin_core()
    fade(tmp_path / "fade.onnx")
    done = with_plugin(
        plugin.path(),
        *("bench", "--families", "rife", "--network", f"rife={tmp_path / 'fade.onnx'}", "--sizes", "72x64,66x64"),
        *("--streams", "1", "--shapes", "static,dynamic2", "--frames", "4", "--backend", "reference"),
        *("--csv", tmp_path / "out.csv"),
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["error"] for row in found] == [""] * 4
    assert all(float(row["fps"]) > 0 for row in found)


def test_an_interpolator_in_half_precision(job: Job, tmp_path: Path) -> None:
    path = str(fade(tmp_path / "fade.onnx"))
    found = running.run(replace(job, network_path=path, interpolates=True, half=True))
    assert (found.error, found.frames) == ("", 6)


def test_nothing_to_measure() -> None:
    plugin_core()
    done = with_plugin(plugin.path(), "bench", "--families", "dpir")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "vsmlrt: error: there is nothing to measure: none of the networks is on disk"
    )


def test_a_backend_that_cannot_run_here_is_said_before_the_work(tmp_path: Path) -> None:
    plugin_core()
    convs(tmp_path / "mine.onnx")
    done = with_plugin(
        plugin.path(),
        *("bench", "--families", "waifu2x", "--network", f"waifu2x={tmp_path / 'mine.onnx'}", "--backend", "ort_dml"),
    )
    assert done.returncode == 1
    assert "Backend.ORT_DML cannot run here: " in sentence_of(done)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--families", "esrgan"], "--families takes waifu2x, dpir, realesrgan, cugan, rife, drawn-fast, "),
        (["--families", ""], "--families takes "),
        (["--sizes", "1920"], "--sizes takes sizes WxH such as 1920x1080,1280x720; got '1920'"),
        (["--sizes", "0x10"], "--sizes takes sizes WxH"),
        (["--sizes", "64x64,"], "--sizes takes sizes WxH such as 1920x1080,1280x720; got ''"),
        (["--streams", "0"], "--streams takes numbers such as 1,2; got '0'"),
        (["--streams", "1;2"], "--streams takes numbers such as 1,2; got '1;2'"),
        (["--shapes", "dynamic"], "--shapes takes static, dynamic1 or dynamic2, not 'dynamic'"),
        (["--frames", "0"], "--frames takes a number from 1 up, not 0"),
        (["--seconds", "-1"], "--seconds takes a number from 0 up, not -1"),
        (["--backend", "cudnn"], "--backend takes auto, openvino, "),
        (["--precision", "int8"], "--precision takes auto, fp32, tf32, fp16 or bf16, not 'int8'"),
        (["--network", "drunet.onnx"], "--network takes FAMILY=PATH"),
        (["--network", "esrgan=a.onnx"], "--network takes waifu2x, dpir"),
        (["--plot", "out.png"], "--plot takes a name that ends in .svg, not 'out.png'"),
    ],
)
def test_bad_options(options: list[str], sentence: str) -> None:
    done = vsmlrt("bench", *options)
    assert done.returncode == 2
    assert sentence_of(done).startswith(sentence)


def test_a_csv_file_that_cannot_be_written(tmp_path: Path, models: Path) -> None:
    plugin_core()
    convs(tmp_path / "mine.onnx")
    given: list[Any] = ["--families", "dpir", "--network", f"dpir={tmp_path / 'mine.onnx'}", "--csv", tmp_path]
    done = with_plugin(plugin.path(), "bench", *given)
    assert done.returncode == 2
    assert sentence_of(done) == f"the output {tmp_path} is a folder; give the name of a file"
