"""The families' functions give what they promise: size, format, values, whatever format comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs
from onnx import helper

import vsmlrt
from hosting import noise, picture, plugin_core
from networks import save
from vsmlrt import Backend, store
from vsmlrt.errors import UserError
from vsmlrt.resizing import halve
from vsmlrt.run import upscale_clip

EXACT = Backend.OV_CPU(precision="fp32")
FORMATS = [vs.RGB24, vs.RGB48, vs.RGBH, vs.RGBS, vs.YUV420P8, vs.YUV422P10, vs.YUV444PS, vs.GRAY8, vs.GRAYS]


@pytest.fixture(autouse=True)
def core() -> Any:
    """The core with the plugin in it."""
    return plugin_core()


def put(models: Path, name: str, nodes: list[Any], weights: dict[str, np.ndarray] | None = None, **more: Any) -> Path:
    path = models / name
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, nodes, weights or {}, **more)
    return path


def repeat(models: Path, name: str, scale: int) -> Path:
    """A network that makes each pixel a square of `scale` by `scale`."""
    many = helper.make_node("Concat", ["input"] * scale * scale, ["many"], axis=1)
    shuffled = helper.make_node("DepthToSpace", ["many"], ["output"], blocksize=scale, mode="DCR")
    return put(models, name, [many, shuffled])


def identity(models: Path, name: str, channels: int = 3) -> Path:
    return put(models, name, [helper.make_node("Identity", ["input"], ["output"])], channels=channels, outputs=channels)


@pytest.mark.parametrize("format_id", FORMATS, ids=lambda number: vs.core.get_video_format(number).name)
def test_every_format_goes_in_and_comes_out(core: Any, models: Path, format_id: int) -> None:
    repeat(models, "RealESRGANv2/RealESRGANv2-animevideo-xsx2.onnx", 2)
    clip = noise(core, 34, 26, fmt=format_id)
    result = vsmlrt.RealESRGAN(clip, backend=EXACT)
    assert (result.width, result.height, result.format.id) == (68, 52, clip.format.id)
    assert len(picture(result)) == clip.format.num_planes


def test_a_repeated_pixel_is_a_square(core: Any, models: Path) -> None:
    repeat(models, "RealESRGANv2/RealESRGANv2-animevideo-xsx2.onnx", 2)
    clip = noise(core, 34, 26)
    for tiling in ({}, {"tiles": 2}, {"tiles": (3, 1)}, {"tilesize": 24, "overlap": 4}):
        result = picture(vsmlrt.RealESRGAN(clip, backend=EXACT, **tiling))
        for plane, source in zip(result, picture(clip), strict=True):
            np.testing.assert_allclose(plane, source.repeat(2, 0).repeat(2, 1), atol=1e-6)


def test_a_scale_that_leaves_nothing_is_refused(core: Any, models: Path) -> None:
    """Resize takes a size of 0 for one that varies."""
    repeat(models, "RealESRGANv2/RealESRGANv2-animevideo-xsx2.onnx", 2)
    with pytest.raises(ValueError, match=r"a scale of 0\.02 leaves no pixel of a picture of 34x26"):
        vsmlrt.RealESRGAN(noise(core, 34, 26, fmt=vs.YUV420P8), backend=EXACT, scale=0.02)


@pytest.mark.parametrize(("scale", "size"), [(1, (34, 26)), (1.5, (50, 38)), (2, (68, 52)), (3, (102, 78))])
def test_a_scale_beside_the_networks_own(core: Any, models: Path, scale: float, size: tuple[int, int]) -> None:
    repeat(models, "RealESRGANv2/RealESRGANv2-animevideo-xsx2.onnx", 2)
    result = vsmlrt.RealESRGAN(noise(core, 34, 26, fmt=vs.YUV420P8), backend=EXACT, scale=scale)
    assert (result.width, result.height) == size


def test_waifu2x_sizes(core: Any, models: Path) -> None:
    repeat(models, "waifu2x/cunet/scale2.0x_model.onnx", 2)
    identity(models, "waifu2x/cunet/noise1_model.onnx")
    identity(models, "waifu2x/photo/noise1_model.onnx")
    repeat(models, "waifu2x/swin_unet_photo/scale4x.onnx", 4)
    clip = noise(core, 32, 24, fmt=vs.YUV420P8)

    def size(**arguments: Any) -> tuple[int, int]:
        result = vsmlrt.Waifu2x(clip, backend=EXACT, **arguments)
        assert result.format.id == clip.format.id
        assert len(picture(result)) == 3
        return result.width, result.height

    assert size() == (64, 48)
    assert size(scale=1) == (32, 24)
    assert size(noise=1, scale=1) == (32, 24)
    assert size(noise=1, model=2) == (64, 48)
    assert size(noise=1, model=2, scale=1) == (32, 24)
    assert size(noise=1, model=2, preprocess=False) == (32, 24)
    assert size(model=8, scale=1) == (32, 24)
    assert size(model=8, scale=2) == (64, 48)
    assert size(model=8, scale=4) == (128, 96)


def test_halving_weighs_the_four_by_four_around_the_middle(core: Any) -> None:
    clip = noise(core, 24, 16)
    # Keys' cubic with a = -0.75 half-way between two pixels.
    weights = np.array([-0.09375, 0.59375, 0.59375, -0.09375])
    for plane, source in zip(picture(halve(clip)), picture(clip), strict=True):
        rows = sum(weights[i] * source[1 + i : 12 + i : 2] for i in range(4))
        wanted = sum(weights[i] * rows[:, 1 + i : 20 + i : 2] for i in range(4))
        np.testing.assert_allclose(plane[1:-1, 1:-1], wanted, atol=1e-5)


@pytest.mark.parametrize("format_id", [vs.RGBS, vs.RGB48, vs.YUV444PS, vs.YUV444P16])
def test_a_narrow_value_range_is_taken_back(core: Any, models: Path, format_id: int) -> None:
    identity(models, "cugan/pro-no-denoise3x-up2x.onnx")
    matrix = {"matrix": vs.MATRIX_BT709} if core.get_video_format(format_id).color_family == vs.YUV else {}
    clip = core.resize.Bicubic(noise(core, 32, 24), format=format_id, **matrix)
    result = picture(vsmlrt.CUGAN(clip, version=2, backend=EXACT))
    tolerance = 1e-5 if clip.format.sample_type == vs.FLOAT else 4
    for plane, source in zip(result, picture(clip), strict=True):
        np.testing.assert_allclose(plane.astype(float), source.astype(float), atol=tolerance)


def test_a_network_of_a_narrow_value_range_gets_it(core: Any, models: Path) -> None:
    square = helper.make_node("Mul", ["input", "input"], ["output"])
    put(models, "cugan/pro-no-denoise3x-up2x.onnx", [square])
    clip = noise(core, 32, 24)
    for conformance in (True, False):
        result = picture(vsmlrt.CUGAN(clip, version=2, backend=EXACT, conformance=conformance))
        for plane, source in zip(result, picture(clip), strict=True):
            wanted = ((source * 0.7 + 0.15) ** 2 - 0.15) / 0.7 if conformance else source**2
            np.testing.assert_allclose(plane, wanted, atol=1e-5)


def strength_shown(models: Path, name: str, channels: int) -> Path:
    """A network whose result is its strength input."""
    split = helper.make_node("Split", ["input", "sizes"], ["picture", "map"], axis=1)
    shown = helper.make_node("Concat", ["map"] * channels, ["output"], axis=1)
    sizes = {"sizes": np.array([channels, 1], np.int64)}
    return put(models, name, [split, shown], sizes, channels=channels + 1, outputs=channels)


@pytest.mark.parametrize(
    ("strength", "wanted"),
    [(None, 5), (30, 30), (2.5, 2.5), ((vs.GRAY8, 40), 40), ((vs.GRAY16, 300), 300), ((vs.GRAYS, 7.5), 7.5)],
)
def test_strength_counts_from_0_to_255(core: Any, models: Path, strength: Any, wanted: float) -> None:
    strength_shown(models, "dpir/drunet_color.onnx", 3)
    clip = noise(core, 32, 24)
    if isinstance(strength, tuple):
        strength = core.std.BlankClip(clip, format=strength[0], color=strength[1])
    result = vsmlrt.DPIR(clip, strength, model=vsmlrt.DPIRModel.drunet_color, backend=EXACT)
    for plane in picture(result):
        np.testing.assert_allclose(plane, wanted / 255, atol=1e-6)


def test_a_gray_network_treats_luma_and_leaves_chroma(core: Any, models: Path) -> None:
    strength_shown(models, "dpir/drunet_gray.onnx", 1)
    clip = noise(core, 32, 24, fmt=vs.YUV420P8)
    result = vsmlrt.DPIR(clip, 255, backend=EXACT)
    assert result.format.id == clip.format.id
    luma, *chroma = picture(result)
    assert np.all(luma == 235)
    for plane, source in zip(chroma, picture(clip)[1:], strict=True):
        np.testing.assert_array_equal(plane, source)


def test_inference_runs_any_file_and_its_bytes(core: Any, tmp_path: Path) -> None:
    path = repeat(tmp_path, "any.onnx", 2)
    clip = noise(core, 32, 24)
    from_file = picture(vsmlrt.inference(clip, str(path), backend=EXACT))
    from_bytes = picture(vsmlrt.inference([clip], path.read_bytes(), backend=EXACT, path_is_serialization=True))
    for plane, other in zip(from_file, from_bytes, strict=True):
        np.testing.assert_array_equal(plane, other)


def test_flexible_inference_gives_a_clip_for_each_channel(core: Any, tmp_path: Path) -> None:
    many = helper.make_node("Concat", ["input", "input"], ["output"], axis=1)
    path = put(tmp_path, "six.onnx", [many], outputs=6)
    clip = noise(core, 32, 24)
    result = vsmlrt.flexible_inference(clip, str(path), backend=EXACT)
    assert [node.format.id for node in result] == [vs.GRAYS] * 6
    for node, source in zip(result, picture(clip) * 2, strict=True):
        np.testing.assert_allclose(picture(node)[0], source, atol=1e-6)


def test_the_command_lines_function_resizes_to_the_scale(core: Any, models: Path) -> None:
    repeat(models, "RealESRGANv2/realesr-animevideov3.onnx", 4)
    clip = noise(core, 32, 24, fmt=vs.YUV420P8)
    network = store.resolve("animevideov3", scale=4)
    result = upscale_clip(clip, network, backend="reference", tile=(16, 16), scale=3)
    assert (result.width, result.height, result.format.id) == (96, 72, clip.format.id)
    assert len(picture(result)) == 3


def test_a_gray_network_refuses_rgb(core: Any, models: Path) -> None:
    identity(models, "dpir/drunet_gray.onnx", 1)
    with pytest.raises(UserError, match="takes GRAY or YUV, got RGBS"):
        upscale_clip(noise(core, 32, 24), store.resolve("drunet_gray"))


def test_a_networks_card_is_read_from_a_file(tmp_path: Path) -> None:
    network = store.resolve(repeat(tmp_path, "mine.onnx", 2))
    assert (network.name, network.family, network.card.channels, network.card.multiple) == ("mine", None, 3, 1)


def test_a_file_that_is_no_network_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(UserError, match=r"text\.onnx"):
        store.resolve(tmp_path / "text.onnx")


@pytest.mark.parametrize("format_id", [vs.YUV444PS, vs.YUV444PH, vs.YUV444P16], ids=["single", "half", "integers"])
def test_artcnn_makes_chroma_by_luma(core: Any, models: Path, format_id: int) -> None:
    """A network that gives U and V the other way round, each of which has its middle at 0.5 inside."""
    sizes: dict[str, np.ndarray] = {"sizes": np.array([1, 1, 1], np.int64)}
    nodes = [
        helper.make_node("Split", ["input", "sizes"], ["y", "u", "v"], axis=1),
        helper.make_node("Concat", ["v", "u"], ["output"], axis=1),
    ]
    put(models, "ArtCNN/ArtCNN_R8F64_Chroma.onnx", nodes, sizes, outputs=2)
    clip = noise(core, 34, 26, fmt=format_id).std.SetFrameProps(_Matrix=1)
    result = vsmlrt.ArtCNN(clip, model=vsmlrt.ArtCNNModel.ArtCNN_R8F64_Chroma, backend=EXACT)
    assert result.format.id == format_id
    y, u, v = picture(clip)
    for found, wanted in zip(picture(result), (y, v, u), strict=True):
        tolerance = 1 if clip.format.sample_type == vs.INTEGER else 1e-3
        np.testing.assert_allclose(found.astype(float), wanted.astype(float), atol=tolerance)
    with pytest.raises(ValueError, match="must be without subsampling for ArtCNN_R8F64_Chroma, got YUV420P8"):
        vsmlrt.ArtCNN(noise(core, 34, 26, fmt=vs.YUV420P8), model=vsmlrt.ArtCNNModel.ArtCNN_R8F64_Chroma)
    with pytest.raises(ValueError, match="must be YUV for ArtCNN_R8F64_Chroma, got RGBS"):
        vsmlrt.ArtCNN(noise(core, 34, 26), model=vsmlrt.ArtCNNModel.ArtCNN_R8F64_Chroma)


def test_the_new_families_find_their_files(core: Any, models: Path) -> None:
    identity(models, "scunet/scunet_gray_15.onnx", 1)
    identity(models, "swinir/004_grayDN_DFWB_s128w8_SwinIR-M_noise15.onnx", 1)
    repeat(models, "swinir/001_classicalSR_DF2K_s64w8_SwinIR-M_x8.onnx", 8)
    identity(models, "swinir/006_colorCAR_DFWB_s126w7_SwinIR-M_jpeg40.onnx")
    clip, gray = noise(core, 34, 26), noise(core, 34, 26, fmt=vs.GRAYS)
    swinir = vsmlrt.SwinIRModel
    for result, size in (
        (vsmlrt.SCUNet(gray, model=vsmlrt.SCUNetModel.scunet_gray_15, backend=EXACT), 34),
        (vsmlrt.SwinIR(gray, model=swinir.grayDN_DFWB_s128w8_SwinIR_M_noise15, backend=EXACT), 34),
        (vsmlrt.SwinIR(clip, model=swinir.classicalSR_DF2K_s64w8_SwinIR_M_x8, backend=EXACT), 272),
        (vsmlrt.SwinIR(clip, model=swinir.colorCAR_DFWB_s126w7_SwinIR_M_jpeg40, backend=EXACT), 34),
    ):
        assert result.width == size
        assert np.isfinite(picture(result)).all()
    with pytest.raises(ValueError, match="must be GRAY or YUV for this model, got RGBS"):
        vsmlrt.SCUNet(clip, model=vsmlrt.SCUNetModel.scunet_gray_15)


@pytest.mark.parametrize("alpha", [0.25, 1.0, 2.0])
def test_alpha_of_cugan_multiplies_what_the_last_step_adds(core: Any, models: Path, alpha: float) -> None:
    """A network whose last transposed convolution doubles the size of the picture: the picture times alpha."""
    eye = np.zeros((3, 3, 2, 2), np.float32)
    eye[range(3), range(3)] = 1
    last = helper.make_node("ConvTranspose", ["input", "w"], ["output"], strides=[2, 2])
    put(models, "cugan/up2x-latest-no-denoise.onnx", [last], {"w": eye})
    clip = noise(core, 34, 26)
    result = picture(vsmlrt.CUGAN(clip, alpha=alpha, backend=EXACT))
    for plane, source in zip(result, picture(clip), strict=True):
        np.testing.assert_allclose(plane, alpha * source.repeat(2, 0).repeat(2, 1), atol=1e-6)


@pytest.mark.parametrize(("noise_level", "name"), [(1, "pro-denoise1x-up2x"), (2, "pro-denoise2x-up2x")])
def test_files_of_cugan_pro_that_are_there_are_used(core: Any, models: Path, noise_level: Any, name: str) -> None:
    repeat(models, f"cugan/{name}.onnx", 2)
    assert vsmlrt.CUGAN(noise(core, 34, 26), noise=noise_level, version=2, backend=EXACT).width == 68
    with pytest.raises(RuntimeError):
        vsmlrt.CUGAN(noise(core, 34, 26), scale=4, version=2, backend=EXACT)


@pytest.mark.parametrize(("output_format", "wanted"), [(0, vs.RGBS), (1, vs.RGBH)])
def test_half_clips_give_the_float_that_the_backend_says(
    core: Any, models: Path, output_format: int, wanted: int
) -> None:
    repeat(models, "cugan/up2x-latest-no-denoise.onnx", 2)
    repeat(models, "cugan/pro-no-denoise3x-up2x.onnx", 2)
    clip = noise(core, 34, 26, fmt=vs.RGBH)
    backend = Backend.ORT_CPU(output_format=output_format)
    for version in (1, 2):
        result = vsmlrt.CUGAN(clip, version=version, backend=backend)
        assert result.format.id == wanted
        for plane, source in zip(picture(result), picture(clip), strict=True):
            np.testing.assert_allclose(plane, source.repeat(2, 0).repeat(2, 1), atol=2e-3)


def test_chroma_of_half_clips_on_a_backend_that_gives_float(core: Any, models: Path) -> None:
    split = helper.make_node("Split", ["input", "sizes"], ["y", "output"], axis=1)
    put(models, "ArtCNN/ArtCNN_R8F64_Chroma.onnx", [split], {"sizes": np.array([1, 2], np.int64)}, outputs=2)
    clip = noise(core, 34, 26, fmt=vs.YUV444PH).std.SetFrameProps(_Matrix=1)
    result = vsmlrt.ArtCNN(clip, model=vsmlrt.ArtCNNModel.ArtCNN_R8F64_Chroma, backend=Backend.ORT_CPU())
    assert result.format.id == vs.YUV444PH
    for plane, source in zip(picture(result), picture(clip), strict=True):
        np.testing.assert_allclose(plane, source, atol=1e-3)
