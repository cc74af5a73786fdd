"""The plugins under vs-mlrt's names (core.ov) follow vs-mlrt's rules, and leave the name where its own plugin is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

import networks
import vsmlrt
from hosting import noise, picture
from old_plugins import CORE, FOLDER, NAMES
from vsmlrt.plugin import lists


def plugin_of(name: str) -> Any:
    """The plugin of this name beside the tested one; the name under which it is found if vs-mlrt's own is here."""
    if not hasattr(CORE, name) and not hasattr(CORE, f"mlrt_{name}"):
        CORE.std.LoadPlugin(str(FOLDER / f"libmlrt_{name}.so"))
    return getattr(CORE, f"mlrt_{name}", None) or getattr(CORE, name)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("networks")
    return {
        "rgb": networks.convs(folder / "rgb.onnx", 2, 2),
        "gray": networks.convs(folder / "gray.onnx", 2, 1, channels=1, outputs=1),
        "mask": networks.convs(folder / "mask.onnx", 2, 1, channels=3, outputs=1),
        "two": networks.convs(folder / "two.onnx", 2, 1, channels=3, outputs=2),
        "same": networks.identity(folder / "same.onnx"),
    }


def tagged(fmt: int, length: int = 2) -> vs.VideoNode:
    return noise(CORE, 36, 28, length, fmt=fmt).std.SetFrameProps(_Matrix=1, _Note=3)


def test_planes_are_channels_and_properties_stay(files: dict[str, str]) -> None:
    clip = tagged(vs.YUV444PS)
    out = plugin_of("ov").Model(clip, files["same"])
    assert (out.format.id, out.width, out.height, out.num_frames) == (vs.RGBS, 36, 28, 2)
    for mine, source in zip(picture(out), picture(clip), strict=True):
        np.testing.assert_array_equal(mine, source)
    assert dict(out.get_frame(0).props) == dict(clip.get_frame(0).props)


def test_one_output_channel_is_gray(files: dict[str, str]) -> None:
    assert plugin_of("ov").Model(tagged(vs.RGBS), files["mask"]).format.id == vs.GRAYS
    assert plugin_of("ov").Model([tagged(vs.GRAYS)] * 3, files["mask"]).format.id == vs.GRAYS


@pytest.mark.parametrize("name", ["ort", "ncnn"])
@pytest.mark.parametrize(
    ("ends", "arguments", "wanted"),
    [
        ((np.float16, np.float16), {}, vs.RGBH),
        ((np.float16, np.float16), {"output_format": 0}, vs.RGBH),
        ((np.float16, np.float32), {"output_format": 1}, vs.RGBS),
        ((np.float32, np.float16), {}, vs.RGBH),
        ((np.float32, np.float32), {"output_format": 1}, vs.RGBS),
        ((np.float32, np.float32), {"output_format": 1, "fp16": 1}, vs.RGBH),
        ((np.float32, np.float32), {"fp16": 1}, vs.RGBS),
    ],
)
def test_samples_out_are_those_of_the_file(
    name: str, ends: tuple[type, type], arguments: dict[str, int], wanted: int, tmp_path: Path
) -> None:
    """As vs-mlrt's wheels 17.1 answer: "output_format" is about what fp16 rewrites."""
    onnx = pytest.importorskip("onnx")
    kinds = [onnx.helper.np_dtype_to_tensor_dtype(np.dtype(end)) for end in ends]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Cast", ["input"], ["output"], to=kinds[1])],
        "ends",
        [onnx.helper.make_tensor_value_info("input", kinds[0], [1, 3, "height", "width"])],
        [onnx.helper.make_tensor_value_info("output", kinds[1], [1, 3, "height", "width"])],
    )
    path = tmp_path / "ends.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), path)
    clip = tagged(vs.RGBH if ends[0] is np.float16 else vs.RGBS)
    out = plugin_of(name).Model(clip, str(path), **arguments)
    assert out.format.id == wanted
    for mine, source in zip(picture(out), picture(clip), strict=True):
        np.testing.assert_allclose(mine, source, atol=1e-3)
    if ends == (np.float16, np.float16):
        assert vsmlrt.inference(clip, str(path), backend=vsmlrt.Backend.ORT_CPU()).format.id == wanted


def test_channels_are_given_as_properties(files: dict[str, str]) -> None:
    out = plugin_of("ov").Model(tagged(vs.RGBS), files["two"], flexible_output_prop="part")
    assert out["num_planes"] == 2
    assert {"part0", "part1", "_Note"} <= set(out["clip"].get_frame(0).props)


@pytest.mark.parametrize(
    ("fmt", "network", "said"),
    [
        (vs.RGB24, "rgb", "clips must be of 32-bit float samples; got RGB24"),
        (vs.RGBH, "rgb", "clips must be of 32-bit float samples; got RGBH"),
        (vs.YUV420PS, "rgb", "without subsampling; got YUV420PS"),
        (vs.GRAYS, "rgb", r"the network takes 3 channel\(s\), and the clips have 1 plane"),
        (vs.RGBS, "gray", r"the network takes 1 channel\(s\), and the clips have 3 plane"),
        (vs.RGBS, "two", "the network gives 2 channels"),
    ],
)
def test_other_formats_are_refused(files: dict[str, str], fmt: int, network: str, said: str) -> None:
    with pytest.raises(vs.Error, match=rf"^ov\.Model: .*{said}"):
        plugin_of("ov").Model(tagged(fmt), files[network])


def test_the_precision_is_fp32_unless_asked_otherwise(files: dict[str, str]) -> None:
    clip = tagged(vs.RGBS)
    exact = picture(CORE.mlrt.Model(clip, files["rgb"], backend="openvino", precision="fp32"))
    for mine, other in zip(picture(plugin_of("ov").Model(clip, files["rgb"])), exact, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"NUM_STREAMS": 2, "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": "NO"}, None),
        ({"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": "AUTO"}, None),
        ({"CPU_THROUGHPUT_STREAMS": 2, "CPU_BIND_THREAD": "NO", "CPU_THREADS_NUM": 1, "ENFORCE_BF16": "NO"}, None),
        ({"NO_SUCH": 1}, 'no option "NO_SUCH"'),
        ({"INFERENCE_PRECISION_HINT": "f8"}, "f32, f16, bf16 and dynamic are accepted"),
        ({"NUM_STREAMS": "many"}, "a number or AUTO is accepted"),
        ({"NUM_STREAMS": [1, 2]}, "one value for each key"),
    ],
)
def test_properties_of_openvino_come_from_a_function(
    files: dict[str, str], config: dict[str, Any], said: str | None
) -> None:
    clip = tagged(vs.RGBS)
    if said is not None:
        with pytest.raises(vs.Error, match=said):
            plugin_of("ov").Model(clip, files["rgb"], config=lambda: config)
        return
    made = picture(plugin_of("ov").Model(clip, files["rgb"], config=lambda: config))
    for mine, other in zip(made, picture(plugin_of("ov").Model(clip, files["rgb"])), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


def test_a_failing_function_says_why(files: dict[str, str]) -> None:
    def fails() -> dict[str, int]:
        raise ValueError("no such luck")

    with pytest.raises(vs.Error, match=r"(?s)ov\.Model: \"config\" failed: .*no such luck"):
        plugin_of("ov").Model(tagged(vs.RGBS), files["rgb"], config=fails)


def test_networks_come_as_bytes_and_from_the_models_folder(files: dict[str, str]) -> None:
    clip = tagged(vs.RGBS)
    wanted = picture(plugin_of("ov").Model(clip, files["rgb"]))
    content = Path(files["rgb"]).read_bytes()
    made = [plugin_of("ov").Model(clip, content, path_is_serialization=True)]
    near = os.path.relpath(files["rgb"], FOLDER / "models")
    (FOLDER / "models").mkdir(exist_ok=True)
    try:
        made.append(plugin_of("ov").Model(clip, near, builtin=True))
        made.append(plugin_of("ov").Model(clip, near, builtin=True, builtindir="models"))
    finally:
        (FOLDER / "models").rmdir()
    for one in made:
        for mine, other in zip(picture(one), wanted, strict=True):
            np.testing.assert_array_equal(mine, other)


def test_version_has_the_keys_that_scripts_read() -> None:
    found = plugin_of("ov").Version()
    assert set(found) == {"version", "openvino_version", "openvino_version_build", "onnx_version", "path"}
    assert Path(found["path"].decode()) == FOLDER / "libmlrt_ov.so"
    assert len(found["openvino_version"].split(b"-")[0].split(b".")) == 3
    assert "CPU" in lists({"devices": plugin_of("ov").AvailableDevices()})["devices"]


KEYS = {
    "ort": {
        "version",
        "onnxruntime_version",
        "onnxruntime_api_version_build",
        "onnxruntime_build_info",
        "onnx_version",
        "path",
    },
    "ncnn": {"version", "onnx_version", "ncnn_version", "path"},
    "trt": {
        "version",
        "tensorrt_version",
        "tensorrt_version_build",
        "cuda_runtime_version",
        "cuda_runtime_version_build",
        "path",
    },
    "migx": {
        "version",
        "migraphx_version_build",
        "hip_runtime_version",
        "hip_runtime_version_build",
        "path",
    },
}
KEYS["trt_rtx"] = KEYS["trt"]


@pytest.mark.parametrize("name", KEYS)
def test_every_version_has_its_keys(name: str) -> None:
    found = plugin_of(name).Version()
    assert set(found) - {"providers", "cuda_runtime_version"} == KEYS[name] - {"cuda_runtime_version"}
    assert Path(found["path"].decode()) == FOLDER / f"libmlrt_{name}.so"


@pytest.mark.parametrize("more", [{}, {"provider": "CPU"}, {"provider": "CPU", "num_streams": 2, "verbosity": False}])
@pytest.mark.parametrize("half", [False, True])
def test_ort_gives_the_format_asked_for(files: dict[str, str], more: dict[str, Any], half: bool) -> None:
    clip = tagged(vs.RGBH if half else vs.RGBS)
    wanted = picture(CORE.mlrt.Model(clip, files["rgb"], backend="openvino", precision="fp32", output_format=0))
    out = plugin_of("ort").Model(clip, files["rgb"], **more)
    assert out.format.id == vs.RGBS
    for mine, other in zip(picture(out), wanted, strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-5)
    assert plugin_of("ort").Model(clip, files["rgb"], output_format=True, **more).format.id == vs.RGBS
    assert plugin_of("ort").Model(clip, files["rgb"], output_format=True, fp16=True, **more).format.id == vs.RGBH


def test_ort_refuses_what_it_does_not_have(files: dict[str, str]) -> None:
    with pytest.raises(vs.Error, match=r'^ort\.Model: "provider" must be CPU, CUDA, DML or COREML; got "ROCM"'):
        plugin_of("ort").Model(tagged(vs.RGBS), files["rgb"], provider="ROCM")
    with pytest.raises(vs.Error, match=r'"num_streams" must be at least 1; got 0'):
        plugin_of("ort").Model(tagged(vs.RGBS), files["rgb"], num_streams=0)
    with pytest.raises(vs.Error, match=r"there is nothing here to compute with: DirectML"):
        plugin_of("ort").Model(tagged(vs.RGBS), files["rgb"], provider="DML")


ENGINES = {"trt": "a TensorRT engine", "trt_rtx": "a TensorRT-RTX engine", "migx": "a MIGraphX program"}


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_is_answered_by_what_to_give_instead(name: str, tmp_path: Path, files: dict[str, str]) -> None:
    clip, argument = tagged(vs.RGBS), "program_path" if name == "migx" else "engine_path"
    engine = tmp_path / "net.onnx.1920x1080_fp16_trt-10.9.0_I-fp32_O-fp32_GPU_1a2b.engine"
    engine.write_bytes(b"ptrt" + bytes(2000))
    said = rf'^{name}\.Model: "{argument}" names .*, which is {ENGINES[name]} or another file .*: give '
    with pytest.raises(vs.Error, match=said + "the network's ONNX file instead"):
        plugin_of(name).Model(clip, str(engine))
    (tmp_path / "net.onnx").write_bytes(Path(files["rgb"]).read_bytes())
    with pytest.raises(vs.Error, match=said + rf"{tmp_path}/net\.onnx instead"):
        plugin_of(name).Model(clip, str(engine))
    with pytest.raises(vs.Error, match=r"which does not exist; give the network's ONNX file"):
        plugin_of(name).Model(clip, str(tmp_path / "none.engine"))


@pytest.mark.parametrize(("kind", "fmt"), [(np.float32, vs.RGBH), (np.float16, vs.RGBS)])
def test_an_engine_takes_the_samples_that_it_is_built_for(kind: type, fmt: int, tmp_path: Path) -> None:
    """As TensorRT's do: what core.trt, core.trt_rtx and core.migx hand on says nothing of a precision."""
    onnx = pytest.importorskip("onnx")
    element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    ends = [onnx.helper.make_tensor_value_info(name, element, [1, 3, "h", "w"]) for name in ("input", "output")]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["input"], ["output"])], "net", ends[:1], ends[1:])
    path = tmp_path / "net.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), path)
    fits = vs.RGBH if fmt == vs.RGBS else vs.RGBS
    assert CORE.mlrt.Model(tagged(fits), str(path), backend="reference", exact=1).format.id == fits
    with pytest.raises(
        vs.Error, match=f"the network takes .* samples, and a clip is {vs.PresetVideoFormat(fmt).name};"
    ):
        CORE.mlrt.Model(tagged(fmt), str(path), backend="reference", exact=1)
    asked = CORE.mlrt.Model(tagged(fmt), str(path), backend="reference", exact=1, precision="fp32")
    assert asked.num_frames == tagged(fmt).num_frames


def test_a_network_runs_in_place_of_an_engine(files: dict[str, str], tmp_path: Path) -> None:
    """On the cuda backend, whose GPU is the emulated one where it is built (test_device_frames_cuda.py)."""
    if "cuda" not in lists(CORE.mlrt.Devices())["backend"]:
        pytest.skip("there is no NVIDIA GPU")
    clip = tagged(vs.RGBS)
    unnamed = tmp_path / "without-extension"
    unnamed.write_bytes(Path(files["rgb"]).read_bytes())
    wanted = picture(CORE.mlrt.Model(clip, files["rgb"], backend="reference"))
    for name in ("trt", "trt_rtx", "ncnn"):
        for path in (files["rgb"], str(unnamed)):
            out = plugin_of(name).Model(clip, path, num_streams=1)
            assert out.format.id == vs.RGBS
            for mine, other in zip(picture(out), wanted, strict=True):
                np.testing.assert_allclose(mine, other, atol=1e-5)
    found = plugin_of("trt").DeviceProperties(device_id=0)
    assert {"name", "total_global_memory", "major", "minor", "multi_processor_count", "driver_version"} <= set(found)
    with pytest.raises(vs.Error, match=r'^trt\.DeviceProperties: "device_id" must be 0 to'):
        plugin_of("trt").DeviceProperties(device_id=99)
    assert plugin_of("ort").Version()["providers"] == b"CUDA"
    out = plugin_of("ort").Model(clip, files["rgb"], provider="CUDA", cudnn_benchmark=False, tf32=False)
    for mine, other in zip(picture(out), wanted, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


PROGRAMS = ("vsmlrt-cuda/trtexec", "vsmlrt-cuda/tensorrt_rtx", "vsmlrt-hip/migraphx-driver")
"""Where vs-mlrt's module runs programs that build engines, next to its plugins."""


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("options", "precision", "ends"),
    [
        ([], "fp32", (1, 1)),
        (["--fp16", "--skipInference", "--builderOptimizationLevel=3"], "fp16", (1, 1)),
        (["--bf16", "--device=0", "--timingCacheFile=unused"], "bf16", (1, 1)),
        (["--fp16", "--inputIOFormats=fp16:chw", "--outputIOFormats=fp16:chw"], "fp16", (10, 10)),
        (["--inputIOFormats=chw", "--outputIOFormats=fp16:chw", "--noTF32"], "fp32", (1, 10)),
    ],
)
def test_programs_that_build_engines_give_the_network(
    files: dict[str, str], tmp_path: Path, program: str, options: list[str], precision: str, ends: tuple[int, int]
) -> None:
    onnx = pytest.importorskip("onnx")
    engine = tmp_path / "net.engine"
    where = ["compile", "--onnx", files["rgb"], "--output", str(engine), "--input-dim", "@input", "1", "3", "8", "8"]
    if "migraphx" not in program:
        where = [f"--onnx={files['rgb']}", f"--saveEngine={engine}", "--shapes=input:1x3x8x8"]
    subprocess.run([FOLDER / program, *where, *options], env={}, check=True, capture_output=True)
    made = onnx.load(engine)
    assert {entry.key: entry.value for entry in made.metadata_props}["vsmlrt.precision"] == precision
    types = [value.type.tensor_type.elem_type for value in (made.graph.input[0], made.graph.output[0])]
    assert tuple(types) == ends
    if "cuda" not in lists(CORE.mlrt.Devices())["backend"]:
        return
    out = plugin_of("trt").Model(tagged(vs.RGBH if ends[0] == 10 else vs.RGBS), str(engine))
    assert out.format.id == (vs.RGBH if ends[1] == 10 else vs.RGBS)


def test_programs_that_build_engines_say_what_they_want(tmp_path: Path, files: dict[str, str]) -> None:
    program = FOLDER / PROGRAMS[0]
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"nothing")
    for options, said in (
        ([], "are wanted"),
        (["--onnx=" + files["rgb"]], "are wanted"),
        (["--onnx=" + files["rgb"], "--saveEngine"], "wants a value"),
        (["--onnx=missing.onnx", f"--saveEngine={tmp_path}/e"], "missing.onnx"),
        ([f"--onnx={bad}", f"--saveEngine={tmp_path}/e"], "bad.onnx"),
        ([f"--onnx={files['rgb']}", f"--saveEngine={tmp_path}/no/e"], "no"),
        ([f"--onnx={files['rgb']}", f"--saveEngine={tmp_path}/e", "--inputIOFormats=int8:chw"], "fp32 or fp16"),
    ):
        done = subprocess.run([program, *options], check=False, capture_output=True, text=True)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
        assert not (tmp_path / "e").exists()


ENGINE = (
    "clips:vnode[];engine_path:data;overlap:int[]:opt;tilesize:int[]:opt;device_id:int:opt;use_cuda_graph:int:opt;"
    "num_streams:int:opt;verbosity:int:opt;flexible_output_prop:data:opt;"
)
WHEELS = {
    "ov": "clips:vnode[];network_path:data;overlap:int[]:opt;tilesize:int[]:opt;device:data:opt;num_streams:int:opt;"
    "fp16:int:opt;config:func:opt;path_is_serialization:int:opt;fp16_blacklist_ops:data[]:opt;"
    "flexible_output_prop:data:opt;",
    "ort": "clips:vnode[];network_path:data;overlap:int[]:opt;tilesize:int[]:opt;provider:data:opt;device_id:int:opt;"
    "num_streams:int:opt;verbosity:int:opt;cudnn_benchmark:int:opt;fp16:int:opt;path_is_serialization:int:opt;"
    "use_cuda_graph:int:opt;fp16_blacklist_ops:data[]:opt;prefer_nhwc:int:opt;output_format:int:opt;tf32:int:opt;"
    "flexible_output_prop:data:opt;",
    "ncnn": "clips:vnode[];network_path:data;overlap:int[]:opt;tilesize:int[]:opt;device_id:int:opt;"
    "num_streams:int:opt;fp16:int:opt;path_is_serialization:int:opt;flexible_output_prop:data:opt;"
    "output_format:int:opt;batch_tiles:int:opt;",
    "trt": ENGINE,
    "trt_rtx": ENGINE,
    "migx": "clips:vnode[];program_path:data;overlap:int[]:opt;tilesize:int[]:opt;device_id:int:opt;"
    "num_streams:int:opt;flexible_output_prop:data:opt;",
}
"""The arguments of Model as the wheels 17.1 (migx: 17.0) register them."""


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_those_of_the_wheels(name: str) -> None:
    """In their order, by their names and kinds; what HEAD has in addition comes behind them."""
    assert plugin_of(name).Model.signature.startswith(WHEELS[name])
