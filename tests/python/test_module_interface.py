"""What vs-mlrt's module has in addition to its networks' functions: paths, versions, helpers, errors to catch."""

from __future__ import annotations

import logging
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import vapoursynth as vs

import networks
import vsmlrt
from hosting import noise, picture, plugin_core
from vsmlrt import folders, plugin

CORE = plugin_core()


@pytest.fixture(autouse=True)
def unassigned() -> Any:
    yield
    folders.assign_models(None)
    vars(vsmlrt).pop("models_path", None)


def test_versions() -> None:
    assert vsmlrt.__version__ == "3.23.2"
    assert vsmlrt.product_version[0].isdigit()
    assert "product_version" in dir(vsmlrt)


def test_what_most_commands_do_not_need_is_not_imported_with_them() -> None:
    """Each command starts by importing all of this; these took a sixth of it."""
    script = "import sys, vsmlrt.cli; print(*sorted({'importlib.metadata', 'urllib.request'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_assigned_folder_is_the_one_that_is_looked_in(models: Path, tmp_path: Path) -> None:
    clip = noise(CORE, 32, 24)
    (models / "RealESRGANv2").mkdir(parents=True)
    networks.convs(models / "RealESRGANv2" / "RealESRGANv2-animevideo-xsx2.onnx", scale=2)
    assert vsmlrt.models_path == str(models)
    assert vsmlrt.RealESRGAN(clip).width == 64
    vsmlrt.models_path = str(tmp_path / "mine")
    assert vsmlrt.models_path == str(tmp_path / "mine")
    with pytest.raises(RuntimeError, match="RealESRGANv2-animevideo-xsx2"):
        vsmlrt.RealESRGAN(clip)
    shutil.move(models, tmp_path / "mine")
    assert vsmlrt.RealESRGAN(clip).width == 64
    del vsmlrt.models_path
    with pytest.raises(RuntimeError):
        vsmlrt.RealESRGAN(clip)
    with pytest.raises(TypeError, match="must be the path of a folder, got 3"):
        vsmlrt.models_path = 3  # type: ignore[assignment]


@pytest.mark.parametrize("above", [0, 1])
def test_networks_beside_the_plugins_are_found(above: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "plugins" / "mlrt" / "libvsmlrt.so"
    folder = own.parents[above] / "models" / "RealESRGANv2"
    folder.mkdir(parents=True)
    networks.convs(folder / "RealESRGANv2-animevideo-xsx2.onnx", scale=2)
    monkeypatch.setattr(plugin, "path", lambda: str(own))
    assert vsmlrt.models_path == str(folder.parent)
    assert vsmlrt.RealESRGAN(noise(CORE, 32, 24)).width == 64


@pytest.mark.parametrize("name", ["trtexec_path", "tensorrt_rtx_path", "migraphx_driver_path", "plugins_path"])
def test_other_paths_can_be_set_and_nothing_uses_them(name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert str(getattr(vsmlrt, name)).startswith(str(Path(plugin.path()).parent))
    assert name in dir(vsmlrt)
    with caplog.at_level(logging.DEBUG, "vsmlrt"):
        setattr(vsmlrt, name, "/opt/trtexec")
    assert getattr(vsmlrt, name) == "/opt/trtexec"
    (line,) = [one for one in caplog.records if f"vsmlrt.{name}" in one.getMessage()]
    assert line.levelno == logging.DEBUG
    assert "nothing uses it" in line.getMessage()
    delattr(vsmlrt, name)


def test_backends_are_written_and_pickled_as_members_of_backend() -> None:
    backend = vsmlrt.Backend.TRT(fp16=True)
    assert repr(backend).startswith("Backend.TRT(max_shapes=None, opt_shapes=None, fp16=True, device_id=0, workspace")
    assert pickle.loads(pickle.dumps(backend)) == backend
    assert repr(vsmlrt.Backend.OV_NPU()) == "Backend.OV_NPU(supports_onnx_serialization=True)"


def test_shapes_are_filled_in_on_a_copy() -> None:
    given = vsmlrt.Backend.TRT(fp16=True)
    made: Any = vsmlrt.init_backend(given, (64, 48))
    assert (made.opt_shapes, made.max_shapes, made.fp16) == ((64, 48), (64, 48), True)
    assert (given.opt_shapes, given.max_shapes) == (None, None)
    assert vsmlrt.init_backend(vsmlrt.Backend.MIGX, (64, 48)).opt_shapes == (64, 48)  # type: ignore[arg-type, union-attr]
    assert isinstance(vsmlrt.init_backend(vsmlrt.Backend.OV_CPU, (64, 48)), vsmlrt.Backend.OV_CPU)  # type: ignore[arg-type]


def test_bits_and_grids() -> None:
    half, single = noise(CORE, 12, 8, fmt=vs.RGBH), noise(CORE, 12, 8, 3, fmt=vs.RGBS)
    assert vsmlrt.bits_as(single, half).format.id == vs.RGBH
    assert vsmlrt.bits_as(single, single) is single
    across, down, step, other = vsmlrt.get_rife_input(single)
    assert [one.num_frames for one in (across, down, step, other)] == [3] * 4
    np.testing.assert_allclose(picture(across, 2)[0][5], np.linspace(-1, 1, 12), atol=1e-6)
    np.testing.assert_allclose(picture(down, 2)[0][:, 5], np.linspace(-1, 1, 8), atol=1e-6)
    assert [picture(one)[0][0, 0] for one in (step, other)] == pytest.approx([2 / 11, 2 / 7])
    assert {one.format.id for one in vsmlrt.get_rife_input(half)} == {vs.GRAYH}
    with pytest.raises(AssertionError):
        vsmlrt.get_rife_input(noise(CORE, 12, 8, fmt=vs.RGB24))


@pytest.mark.parametrize(("number", "parts"), [(8601, (8, 6, 1)), (8503, (8, 5, 3)), (100900, (10, 9, 0))])
def test_numbers_of_tensorrt(number: int, parts: tuple[int, int, int]) -> None:
    assert vsmlrt.parse_trt_version(number) == parts


def test_the_name_of_an_input(tmp_path: Path) -> None:
    path = networks.blend(tmp_path / "net.onnx")
    assert vsmlrt.get_input_name(path) == onnx.load(path).graph.input[0].name
    (tmp_path / "none.onnx").write_bytes(b"\x3a\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="not an ONNX file with an input"):
        vsmlrt.get_input_name(str(tmp_path / "none.onnx"))


@pytest.mark.parametrize("half_io", [0, 1])
def test_a_network_is_written_in_half_precision(tmp_path: Path, half_io: int) -> None:
    source, target = networks.convs(tmp_path / "net.onnx"), str(tmp_path / "half.onnx")
    vsmlrt.convert_model(source, target, fp16=True, input_format=half_io, output_format=half_io)
    graph = onnx.load(target).graph
    wanted = onnx.TensorProto.FLOAT16 if half_io else onnx.TensorProto.FLOAT
    assert {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)} == {wanted}
    assert onnx.TensorProto.FLOAT16 in {weight.data_type for weight in graph.initializer}
    clip = noise(CORE, 32, 24)
    for mine, other in zip(
        picture(CORE.mlrt.Model(clip, target, backend="reference")),
        picture(CORE.mlrt.Model(clip, source, backend="reference")),
        strict=True,
    ):
        np.testing.assert_allclose(mine, other, atol=5e-3)


def test_other_conversions_are_refused(tmp_path: Path) -> None:
    source = networks.convs(tmp_path / "net.onnx")
    for error, given in (
        (NotImplementedError, {"bf16": True}),
        (ValueError, {}),
        (ValueError, {"fp16": True, "input_format": 1}),
    ):
        with pytest.raises(error, match=r"vsmlrt\.convert_model: "):
            vsmlrt.convert_model(source, str(tmp_path / "out.onnx"), **given)


def test_resizes_of_fmtconv_by_resize() -> None:
    clip = noise(CORE, 32, 24, fmt=vs.RGBH)
    half = vsmlrt.fmtc_resample(clip, scale=0.5, kernel="impulse", impulse=[-0.1875, 1.375, -0.1875], kovrspl=2)
    assert (half.width, half.height, half.format.id) == (16, 12, vs.RGBH)
    lanczos = vsmlrt.fmtc_resample(clip, scale=0.75, kernel="lanczos", taps=4, fh=1 / 0.75, fv=1 / 0.75)
    assert (lanczos.width, lanczos.height) == (24, 18)
    for mine, other in zip(picture(lanczos), picture(CORE.resize.Lanczos(clip, 24, 18, filter_param_a=4)), strict=True):
        np.testing.assert_array_equal(mine, other)
    with pytest.raises(ValueError, match="kernel must be one of point"):
        vsmlrt.fmtc_resample(clip, scale=0.5, kernel="gauss")


def test_engines_are_named_as_in_vs_mlrt(tmp_path: Path) -> None:
    path = networks.convs(tmp_path / "net.onnx")
    import zlib

    sum_ = zlib.adler32(Path(path).read_bytes())
    common: dict[str, Any] = {
        "network_path": path,
        "min_shapes": (64, 32),
        "opt_shapes": (128, 64),
        "max_shapes": (256, 128),
        "use_cublas": False,
        "use_cudnn": False,
        "tf32": False,
        "bf16": False,
        "short_path": None,
        "trt_version": (10, 9, 0),
        "device_name": "GPU-1",
    }
    found = vsmlrt.get_engine_path(
        **common,
        workspace=None,
        fp16=True,
        static_shape=True,
        input_format=0,
        output_format=1,
        builder_optimization_level=3,
        max_aux_streams=None,
        engine_folder=None,
    )
    assert found == f"{path}.128x64_fp16_opt3_trt-10.9.0_I-fp32_O-fp16_GPU-1_{sum_:x}.engine"
    found = vsmlrt.get_engine_path(
        **common | {"use_cudnn": True},
        workspace=4,
        fp16=False,
        static_shape=False,
        input_format=0,
        output_format=0,
        builder_optimization_level=5,
        max_aux_streams=2,
        engine_folder=str(tmp_path / "engines"),
        is_rtx=True,
    )
    name = "min64x32_opt128x64_max256x128_workspace4_opt5_max-aux-streams2_trt-10.9.0_cudnn_I-fp32_O-fp32_GPU-1_rtx"
    assert found == str(tmp_path / "engines" / f"net.onnx.{name}_{sum_:x}.engine")
    assert (tmp_path / "engines").is_dir()


def test_builders_of_engines_give_the_network(caplog: pytest.LogCaptureFixture) -> None:
    shapes: dict[str, Any] = {"channels": 3, "opt_shapes": (64, 64), "max_shapes": (64, 64)}
    assert vsmlrt.trtexec("a.onnx", **shapes, fp16=True, device_id=0) == "a.onnx"
    assert vsmlrt.tensorrt_rtx("b.onnx", fp16=True, device_id=0, **shapes) == "b.onnx"
    del shapes["max_shapes"]
    assert (
        vsmlrt.migraphx_driver("c.onnx", **shapes, fp16=True, fast_math=True, exhaustive_tune=False, device_id=0)
        == "c.onnx"
    )
    for what in ("core.trt.Model runs", "core.trt_rtx.Model runs", "core.migx.Model runs"):
        assert [line for line in caplog.messages if what in line]


def test_a_missing_network_is_a_runtime_error(models: Path) -> None:
    clip = noise(CORE, 32, 24)
    for call in (
        lambda: vsmlrt.inference(clip, "/no/such.onnx"),
        lambda: vsmlrt.flexible_inference(clip, "/no/such.onnx"),
        lambda: vsmlrt.CUGAN(clip),
    ):
        with pytest.raises(RuntimeError):
            call()
