"""What planes a network gets of each format, and what its channels become, against calculations by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs
from onnx import helper

import networks
import vsmlrt
from hosting import noise, picture, plugin_core
from vsmlrt import Backend

CORE = plugin_core()
EXACT = Backend.OV_CPU(precision="fp32")
FLOAT_YUV = [vs.YUV444PS, vs.YUV444PH]


def model(clips: Any, path: str, **options: Any) -> Any:
    return CORE.mlrt.Model(clips, network_path=path, precision="fp32", **options)


def affine(path: Path, channels: int = 3) -> str:
    """Each channel times 0.5 plus 0.25 x its number: no two channels are treated alike."""
    shift = np.arange(channels, dtype=np.float32).reshape(1, channels, 1, 1) * np.float32(0.25)
    nodes = [
        helper.make_node("Mul", ["input", "half"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["output"]),
    ]
    return networks.save(path, nodes, {"half": np.array([0.5], np.float32), "shift": shift}, channels, channels)


def weighted(path: Path, weights: list[float]) -> str:
    """A mask: the weighted sum of the channels."""
    kernel = np.array(weights, np.float32).reshape(1, -1, 1, 1)
    nodes = [helper.make_node("Conv", ["input", "w"], ["output"])]
    return networks.save(path, nodes, {"w": kernel}, len(weights), 1)


def rgb_of(yuv: list[np.ndarray]) -> list[np.ndarray]:
    """BT.709 by its definition: Kr = 0.2126, Kb = 0.0722."""
    y, u, v = (plane.astype(np.float64) for plane in yuv)
    red, blue = y + 2 * (1 - 0.2126) * v, y + 2 * (1 - 0.0722) * u
    return [red, (y - 0.2126 * red - 0.0722 * blue) / 0.7152, blue]


def float_yuv(fmt: int = vs.YUV444PS, length: int = 1) -> vs.VideoNode:
    return noise(CORE, 36, 28, length, fmt=fmt).std.SetFrameProps(_Matrix=1, _Range=1)


def close(a: list[np.ndarray], b: list[np.ndarray], tolerance: float) -> None:
    assert len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one.astype(np.float64), other, atol=tolerance, rtol=0)


def shifted(planes: list[np.ndarray]) -> list[np.ndarray]:
    """What `affine` makes of planes."""
    return [plane * 0.5 + 0.25 * i for i, plane in enumerate(planes)]


@pytest.mark.parametrize("fmt", FLOAT_YUV)
def test_planes_as_they_are_and_back(fmt: int, tmp_path: Path) -> None:
    path, clip = affine(tmp_path / "affine.onnx"), float_yuv(fmt)
    out = model(clip, path, yuv_to_rgb=0)
    assert out.format.id == fmt
    close(picture(out), shifted(picture(clip)), 1e-6 if fmt == vs.YUV444PS else 1e-3)
    with out.get_frame(0) as frame:
        assert (frame.props["_Matrix"], frame.props["_Range"]) == (1, 1)


def test_yuv_is_converted_by_its_matrix_unless_told_otherwise(tmp_path: Path) -> None:
    path, clip = affine(tmp_path / "affine.onnx"), float_yuv()
    wanted = shifted(rgb_of(picture(clip)))
    close(picture(model(clip, path, format=vs.RGBS)), wanted, 1e-5)
    close(picture(model(clip, path, format=vs.RGBS, yuv_to_rgb=1)), wanted, 1e-5)


@pytest.mark.parametrize(("full", "low", "span", "chroma"), [(0, 16, 219, 224), (1, 0, 255, 255)])
def test_planes_of_integer_yuv_are_0_to_1_and_chroma_about_0(
    full: int, low: int, span: int, chroma: int, tmp_path: Path
) -> None:
    """Limited range: luma (code - 16) / 219, chroma (code - 128) / 224; full: code / 255, (code - 128) / 255."""
    path = affine(tmp_path / "affine.onnx")
    clip = noise(CORE, 36, 28, fmt=vs.YUV444P8).std.SetFrameProps(_Matrix=1, _Range=full)
    luma, *others = (plane.astype(np.float64) for plane in picture(clip))
    wanted = shifted([(luma - low) / span, *((plane - 128) / chroma for plane in others)])
    out = model(clip, path, yuv_to_rgb=0, flexible_output_prop="channel")["clip"]
    with out.get_frame(0) as frame:
        close([np.asarray(frame.props[f"channel{i}"][0]) for i in range(3)], wanted, 1e-6)
    same = networks.identity(tmp_path / "same.onnx")
    for a, b in zip(picture(model(clip, same, yuv_to_rgb=0)), picture(clip), strict=True):
        assert np.array_equal(a, b)


def test_an_integer_result_is_limited_to_what_it_can_hold(tmp_path: Path) -> None:
    """Luma to 0..1 and chroma to -0.5..0.5, not chroma to 0..1."""
    twice = [helper.make_node("Add", ["input", "input"], ["output"])]
    path = networks.save(tmp_path / "twice.onnx", twice, {})
    clip = float_yuv()
    luma, *chroma = picture(clip)
    limited = [np.clip(2 * luma, 0, 1) * 65535, *(np.clip(2 * plane, -0.5, 0.5) * 65535 + 32768 for plane in chroma)]
    out = picture(model(clip, path, yuv_to_rgb=0, format=vs.YUV444P16))
    close(out, [np.clip(plane, 0, 65535) for plane in limited], 1.0)


@pytest.mark.parametrize("fmt", FLOAT_YUV)
@pytest.mark.parametrize("half", [0, 1])
def test_output_format_keeps_the_planes(fmt: int, half: int, tmp_path: Path) -> None:
    path, clip = affine(tmp_path / "affine.onnx"), float_yuv(fmt)
    out = model(clip, path, yuv_to_rgb=0, output_format=half)
    assert out.format.id == (vs.YUV444PH if half else vs.YUV444PS)
    close(picture(out), shifted(picture(clip)), 1e-3 if half or fmt == vs.YUV444PH else 1e-6)


def test_a_map_beside_the_picture_enters_by_the_same_rule(tmp_path: Path) -> None:
    path = weighted(tmp_path / "six.onnx", [0, 0, 0, 0, 1, 0])
    rgb, yuv = noise(CORE, 36, 28), float_yuv()
    close(picture(model([rgb, yuv], path, yuv_to_rgb=0)), [picture(yuv)[1]], 1e-6)
    close(picture(model([rgb, yuv], path)), [rgb_of(picture(yuv))[1]], 1e-5)


def test_the_choice_is_refused_where_there_is_none(tmp_path: Path) -> None:
    path = affine(tmp_path / "affine.onnx")
    with pytest.raises(vs.Error, match=r'^mlrt\.Model: "yuv_to_rgb" says how YUV .*none of the clips is YUV; leave it'):
        model(noise(CORE, 36, 28), path, yuv_to_rgb=0)
    with pytest.raises(vs.Error, match=r'"yuv_to_rgb" must be 0 or 1; got 2'):
        model(float_yuv(), path, yuv_to_rgb=2)


MASK = [0.5, 0.25, 0.125]


def masked(planes: list[np.ndarray]) -> np.ndarray:
    """What a network of the weights `MASK` makes of planes."""
    first, second, third = (weight * plane.astype(np.float64) for weight, plane in zip(MASK, planes, strict=True))
    return first + second + third


@pytest.mark.parametrize(
    ("fmt", "result"),
    [
        (vs.RGBS, vs.GRAYS),
        (vs.RGBH, vs.GRAYH),
        (vs.RGB24, vs.GRAYS),
        (vs.YUV420P8, vs.GRAYS),
        (vs.YUV444PS, vs.GRAYS),
        (vs.GRAYS, vs.GRAYS),
        (vs.GRAY8, vs.GRAY8),
    ],
)
def test_a_mask_is_gray(fmt: int, result: int, tmp_path: Path) -> None:
    """One channel made of colours is GRAY: float, half where the clip is; the format of a clip that is GRAY itself."""
    path = weighted(tmp_path / "mask.onnx", MASK)
    clip = noise(CORE, 36, 28, fmt=fmt)
    if clip.format.color_family != vs.RGB:
        clip = clip.std.SetFrameProps(_Range=1, **({"_Matrix": 1} if clip.format.color_family == vs.YUV else {}))
    out = model(clip, path)
    assert out.format.id == result
    if clip.format.color_family == vs.GRAY:
        fed = [picture(clip)[0].astype(np.float64) / (255 if fmt == vs.GRAY8 else 1)] * 3
    else:
        fed = [plane.astype(np.float64) for plane in picture(clip.resize.Bicubic(format=vs.RGBS))]
    wanted = masked(fed)
    scale, tolerance = (255, 0.51) if result == vs.GRAY8 else (1, 1e-3 if fmt == vs.RGBH else 1e-5)
    close(picture(out), [wanted * scale], tolerance)
    with out.get_frame(0) as frame:
        assert frame.props.get("_Matrix") != 0


@pytest.mark.parametrize(
    ("options", "result"),
    [
        ({"output_format": 0}, vs.GRAYS),
        ({"output_format": 1}, vs.GRAYH),
        ({"format": vs.GRAY16}, vs.GRAY16),
        ({"format": vs.GRAYH}, vs.GRAYH),
        ({"format": vs.RGBS}, vs.RGBS),
        ({"format": vs.YUV420P8}, vs.YUV420P8),
    ],
)
@pytest.mark.parametrize("fmt", [vs.RGBS, vs.YUV444PS])
def test_a_mask_in_the_format_asked_for(fmt: int, options: dict[str, int], result: int, tmp_path: Path) -> None:
    """A colour format gets a gray picture: three equal planes, or the mask as luma and chroma of no colour."""
    path = weighted(tmp_path / "mask.onnx", MASK)
    clip = noise(CORE, 36, 28, fmt=fmt)
    if fmt == vs.YUV444PS:
        clip = clip.std.SetFrameProps(_Matrix=1)
        wanted = masked(rgb_of(picture(clip)))
    else:
        wanted = masked(picture(clip))
    out = model(clip, path, range=1, **options) if fmt == vs.YUV444PS else model(clip, path, **options)
    assert out.format.id == result
    first, *others = picture(out)
    if out.format.color_family == vs.RGB:
        close(others, [first, first], 1e-6)
    for plane in others if out.format.color_family == vs.YUV else ():
        assert np.all(plane == 128)
    if out.format.sample_type == vs.FLOAT:
        close([first], [wanted], 1e-3 if out.format.bits_per_sample == 16 else 1e-5)


@pytest.mark.parametrize("fmt", FLOAT_YUV)
def test_inference_feeds_float_yuv_as_vs_mlrt_does(fmt: int, tmp_path: Path) -> None:
    """The planes as they are; three channels are an RGB clip, whatever they mean, with the clip's own properties."""
    path, clip = affine(tmp_path / "affine.onnx"), float_yuv(fmt, 2)
    out = vsmlrt.inference(clip, path, backend=EXACT)
    half = fmt == vs.YUV444PH
    assert (out.format.id, out.num_frames) == (vs.RGBH if half else vs.RGBS, 2)
    close(picture(out, 1), shifted(picture(clip, 1)), 1e-3 if half else 1e-6)


def test_inference_of_float_yuv_to_a_mask(tmp_path: Path) -> None:
    path, clip = weighted(tmp_path / "mask.onnx", MASK), float_yuv()
    out = vsmlrt.inference(clip, path, backend=EXACT)
    assert out.format.id == vs.GRAYS
    wanted = masked(picture(clip))
    close(picture(out), [wanted], 1e-6)
    rgb = noise(CORE, 36, 28)
    out = vsmlrt.inference(rgb, path, backend=EXACT)
    assert out.format.id == vs.GRAYS
    close(picture(out), [masked(picture(rgb))], 1e-6)


def test_flexible_inference_feeds_float_yuv_as_vs_mlrt_does(tmp_path: Path) -> None:
    path, clip = affine(tmp_path / "affine.onnx"), float_yuv()
    out = vsmlrt.flexible_inference(clip, path, backend=EXACT)
    assert [node.format.id for node in out] == [vs.GRAYS] * 3
    close([picture(node)[0] for node in out], shifted(picture(clip)), 1e-6)


def test_subsampled_float_yuv_gets_its_chroma_at_full_size(tmp_path: Path) -> None:
    """vs-mlrt refuses it; here it is float YUV like the others."""
    fmt = CORE.query_video_format(vs.YUV, vs.FLOAT, 32, 1, 1)
    clip = noise(CORE, 36, 28, fmt=fmt.id).std.SetFrameProps(_Matrix=1, _ChromaLocation=0)
    out = vsmlrt.inference(clip, affine(tmp_path / "affine.onnx"), backend=EXACT)
    close(picture(out), shifted(picture(clip.resize.Bicubic(format=vs.YUV444PS))), 1e-6)


@pytest.mark.parametrize("fmt", [vs.YUV420P8, vs.YUV444P16])
def test_integer_yuv_which_vs_mlrt_refuses_goes_as_rgb(fmt: int, tmp_path: Path) -> None:
    path = affine(tmp_path / "affine.onnx")
    clip = noise(CORE, 36, 28, fmt=fmt).std.SetFrameProps(_Matrix=1, _Range=0)
    out = vsmlrt.inference(clip, path, backend=EXACT)
    assert out.format.id == fmt
    for a, b in zip(picture(out), picture(model(clip, path)), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("fmt", [vs.RGBS, vs.RGBH, vs.GRAYS, vs.GRAYH])
def test_other_float_formats_are_their_planes(fmt: int, tmp_path: Path) -> None:
    clip = noise(CORE, 36, 28, fmt=fmt)
    path = affine(tmp_path / "affine.onnx", clip.format.num_planes)
    for out in (model(clip, path), vsmlrt.inference(clip, path, backend=EXACT)):
        assert out.format.id == fmt
        close(picture(out), shifted(picture(clip)), 1e-3 if clip.format.bits_per_sample == 16 else 1e-6)
