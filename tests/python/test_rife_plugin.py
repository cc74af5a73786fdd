"""RIFE and RIFEMerge through the plugin, with networks that the tests build."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

import rife_networks
import vsmlrt
from hosting import noise, picture, plugin_core
from interpolators import fade, shown
from networks import identity
from vsmlrt import Backend, RIFEModel

EXACT = Backend.ORT_CPU()
"""In fp32; it has a network of RIFE's structure in a tenth of the time that OpenVINO takes."""
SNIPPETS_BACKEND = (
    Backend.TRT(fp16=True, use_cuda_graph=True, output_format=1)
    if os.environ.get("VSMLRT_TEST_SNIPPET_BACKEND") == "TRT"
    else Backend.OV_CPU(precision="fp32")
)
"""Of the release notes' snippet: theirs where VSMLRT_TEST_SNIPPET_BACKEND is TRT, on a GPU or an emulated one."""


@pytest.fixture(autouse=True)
def core() -> Any:
    """The core with the plugin in it."""
    return plugin_core()


@pytest.fixture
def interpolating(core: Any) -> Any:
    """The core, if its plugin interpolates."""
    if not hasattr(core.mlrt, "Interpolate"):
        pytest.skip("the plugin under test has no core.mlrt.Interpolate")
    return core


def ramp(core: Any, length: int) -> vs.VideoNode:
    """Frame n is n / (length - 1) everywhere."""
    blank = core.std.BlankClip(format=vs.RGBS, width=50, height=34, length=length, keep=True)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        made = f.copy()
        for plane in range(made.format.num_planes):
            np.asarray(made[plane])[:] = n / (length - 1)
        return made

    return core.std.ModifyFrame(blank, blank, fill)


@pytest.mark.parametrize("folder", ["rife", "rife_v2"])
@pytest.mark.parametrize("fmt", [vs.RGBS, vs.RGB24])
def test_merge_mixes_by_the_mask(core: Any, models: Path, folder: str, fmt: int) -> None:
    fade(models / folder / "rife_v4.4.onnx", 11 if folder == "rife" else 7)
    a, b = noise(core, 50, 34, fmt=fmt, seed=1), noise(core, 50, 34, fmt=fmt, seed=2)
    for moment in (0.0, 0.25, 1.0):
        mask = core.std.BlankClip(format=vs.GRAYS, width=50, height=34, length=1, color=moment)
        result = vsmlrt.RIFEMerge(a, b, mask, backend=EXACT)
        assert (result.width, result.height, result.format.id, result.num_frames) == (50, 34, a.format.id, 1)
        for plane, x, y in zip(picture(result), picture(a), picture(b), strict=True):
            wanted = x.astype(float) + moment * (y.astype(float) - x)
            np.testing.assert_allclose(plane, wanted, atol=1e-5 if fmt == vs.RGBS else 0.51)


def test_merge_mixes_yuv(core: Any, models: Path) -> None:
    fade(models / "rife" / "rife_v4.4.onnx", 11)
    blank = core.std.BlankClip(format=vs.YUV420P8, width=50, height=34, length=1)
    a, b = (blank.std.BlankClip(color=color) for color in ([100, 120, 136], [140, 132, 124]))
    mask = core.std.BlankClip(format=vs.GRAYS, width=50, height=34, length=1, color=0.25)
    for plane, wanted in zip(picture(vsmlrt.RIFEMerge(a, b, mask, backend=EXACT)), (110, 123, 133), strict=True):
        np.testing.assert_allclose(plane.astype(int), wanted, atol=1)


def test_merge_takes_fields_of_any_height(core: Any, models: Path) -> None:
    """Padding is not a conversion: fields, of which resize wants whole samples of chroma, do not matter for it."""
    fade(models / "rife" / "rife_v4.4.onnx", 7)
    a = core.std.BlankClip(format=vs.YUV420P8, width=50, height=34, length=1, color=[100, 120, 136]).std.SetFieldBased(
        2
    )
    mask = core.std.BlankClip(format=vs.GRAYS, width=50, height=34, length=1).std.SetFieldBased(2)
    result = vsmlrt.RIFEMerge(a, a, mask, backend=EXACT)
    for plane, wanted in zip(picture(result), (100, 120, 136), strict=True):
        np.testing.assert_allclose(plane.astype(int), wanted, atol=1)
    assert result.get_frame(0).props["_FieldBased"] == 2


@pytest.mark.parametrize("tags", [{}, {"_Matrix": 1}, {"_FieldBased": 2}])
def test_yuv_that_is_to_become_float_rgb(interpolating: Any, models: Path, tags: dict[str, int]) -> None:
    """Cut frames as those between: by one matrix, also where none is told, and as RGB that says so."""
    fade(models / "rife" / "rife_v4.4.onnx", 7)
    clip = noise(interpolating, 50, 34, 3, vs.YUV420P8).std.SetFrameProps(**tags)
    cut = clip.std.SetFrameProps(_SceneChangeNext=1)
    between = vsmlrt.RIFE(clip, backend=EXACT, output_format=1)
    chosen = vsmlrt.RIFE(cut, backend=EXACT, output_format=1)
    for n in (0, 2, 4):
        for plane, wanted in zip(picture(chosen, n), picture(between, n), strict=True):
            np.testing.assert_allclose(plane.astype(float), wanted.astype(float), atol=2e-3)
    assert {between.get_frame(n).props["_Matrix"] for n in range(4)} == {0}
    assert chosen.get_frame(1).props["_Matrix"] == 0


def test_the_moment_may_differ_from_pixel_to_pixel(core: Any, models: Path) -> None:
    fade(models / "rife" / "rife_v4.4.onnx", 11)
    a, b = noise(core, 64, 32, seed=1), noise(core, 64, 32, seed=2)
    mask = core.resize.Point(noise(core, 64, 32, fmt=vs.GRAYS, seed=3), format=vs.GRAY8)
    (moment,) = (plane.astype(float) / 255 for plane in picture(mask))
    result = picture(vsmlrt.RIFEMerge(a, b, mask, backend=EXACT))
    for plane, x, y in zip(result, picture(a), picture(b), strict=True):
        np.testing.assert_allclose(plane, x + moment * (y - x), atol=1e-5)


def test_the_grids_span_the_padded_picture(core: Any, models: Path) -> None:
    """align_corners: -1 and 1 are the middles of the outermost pixels, here of 64 x 64."""
    a, mask = noise(core, 50, 34), core.std.BlankClip(format=vs.GRAYS, width=50, height=34, length=1)
    shown(models / "rife" / "rife_v4.4.onnx", "across", "down", "t")
    across, down, moment = picture(vsmlrt.RIFEMerge(a, a, mask, backend=EXACT))
    np.testing.assert_allclose(across, np.tile(np.linspace(-1, 1, 64)[:50], (34, 1)), atol=1e-6)
    np.testing.assert_allclose(down, np.tile(np.linspace(-1, 1, 64)[:34, np.newaxis], (1, 50)), atol=1e-6)
    assert np.all(moment == 0)


def test_the_steps_of_the_grids(core: Any, models: Path) -> None:
    a, mask = noise(core, 96, 34), core.std.BlankClip(format=vs.GRAYS, width=96, height=34, length=1)
    shown(models / "rife" / "rife_v4.4.onnx", "step_across", "step_down", "t")
    across, down, _ = picture(vsmlrt.RIFEMerge(a, a, mask, backend=EXACT))
    np.testing.assert_allclose(across, 2 / 95, rtol=1e-6)
    np.testing.assert_allclose(down, 2 / 63, rtol=1e-6)


@pytest.mark.parametrize("form", ["grid", "flow_scale", "plain"])
@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_merge_is_the_frame_between(core: Any, models: Path, form: str, scale: float) -> None:
    """A network of RIFE's structure, at every flow scale, gives what RIFE makes of the two as one clip.

    The size needs no padding, where RIFE mirrors and RIFEMerge continues the edge.
    """
    (models / "rife").mkdir(parents=True)
    path = models / "rife" / "rife_v4.6.onnx"
    rife_networks.v4_6(path, rife_networks.random(flow=0.5), form, (8, 8, 8, 8))
    clip = noise(core, 128, 64, length=2).std.AssumeFPS(fpsnum=24)
    mask = core.std.BlankClip(format=vs.GRAYS, width=128, height=64, length=1, color=0.25)
    options: dict[str, Any] = {"model": RIFEModel.v4_6, "scale": scale, "backend": EXACT}
    merged = picture(vsmlrt.RIFEMerge(clip[0], clip[1], mask, **options))
    for mine, wanted in zip(merged, picture(vsmlrt.RIFE(clip, 4, **options), 1), strict=True):
        np.testing.assert_allclose(mine, wanted, atol=2e-5)
    if form != "flow_scale" and scale != 1:
        unscaled = picture(vsmlrt.RIFEMerge(clip[0], clip[1], mask, **(options | {"scale": 1})))
        assert np.abs(merged[0] - unscaled[0]).max() > 1e-2


def test_merge_refuses_a_network_of_other_channels(core: Any, models: Path) -> None:
    (models / "rife").mkdir(parents=True)
    identity(models / "rife" / "rife_v4.4.onnx")
    a, mask = noise(core, 64, 32), core.std.BlankClip(format=vs.GRAYS, width=64, height=32, length=1)
    with pytest.raises(ValueError, match=r"takes 3 channels; 7 .* 8 .* and 11 .* are accepted"):
        vsmlrt.RIFEMerge(a, a, mask, backend=EXACT)


@pytest.mark.parametrize(("multi", "count"), [(2, 10), (3, 15), (Fraction(5, 2), 12), (Fraction(1, 2), 2)])
@pytest.mark.parametrize("folder", ["rife", "rife_v2"])
def test_a_ramp_stays_a_ramp(interpolating: Any, models: Path, folder: str, multi: int | Fraction, count: int) -> None:
    fade(models / folder / "rife_v4.4.onnx", 11 if folder == "rife" else 7)
    clip = ramp(interpolating, 5)
    result = vsmlrt.RIFE(clip, multi, backend=EXACT)
    assert (result.num_frames, result.fps) == (count, clip.fps * Fraction(multi))
    for n in range(count):
        for plane in picture(result, n):
            np.testing.assert_allclose(plane, min(float(n / Fraction(multi)), 4.0) / 4, atol=1e-6)


SNIPPET = """
th = (src.height + 31) // 32 * 32  # adjust 32 and 31 to match specific AI network input resolution requirements.
tw = (src.width  + 31) // 32 * 32  # same.
padded = src.resize.Bicubic(tw, th, format=vs.RGBS if WANT_FP32 else vs.RGBH, matrix_in_s="709", src_width=tw, src_height=th)
flt = vsmlrt.RIFE(padded, model=vsmlrt.RIFEModel.v4_6, backend=backend, output_format=1) # fp16 output
oh = src.height * (flt.height // th)  # not necessary for RIFE (i.e. oh = src.height), but required for super-resolution upscalers.
ow = src.width  * (flt.width  // tw)
res = flt.resize.Bicubic(ow, oh, format=vs.YUV420P8, matrix_s="709", src_width=ow, src_height=oh)
"""  # noqa: E501 - as it is published
"""The mission's text: https://github.com/AmusementClub/vs-mlrt/releases/tag/v13"""


@pytest.mark.parametrize("fp32", [False, True])
@pytest.mark.parametrize("network", ["fade", "v4.6"])
def test_the_snippet_of_the_v13_release_notes(interpolating: Any, models: Path, fp32: bool, network: str) -> None:
    path = models / "rife" / "rife_v4.6.onnx"
    path.parent.mkdir(parents=True)
    if network == "fade":
        fade(path, 11)
    else:
        rife_networks.v4_6(path, rife_networks.moving(0, 0, rife_networks.V4_6), "grid", (8, 8, 8, 8))
    blank = interpolating.std.BlankClip(format=vs.YUV420P8, width=100, height=60, length=1)
    colors = ([60, 110, 140], [120, 130, 120], [180, 120, 128])
    src = interpolating.std.Splice([blank.std.BlankClip(color=color) for color in colors]).std.AssumeFPS(fpsnum=25)
    names = {"src": src, "vs": vs, "vsmlrt": vsmlrt, "backend": SNIPPETS_BACKEND, "WANT_FP32": fp32}
    exec(SNIPPET, names)
    flt, res = names["flt"], names["res"]
    assert (flt.width, flt.height, flt.format.id, flt.num_frames) == (128, 64, vs.RGBH, 6)
    assert (res.width, res.height, res.format.id, res.num_frames, res.fps) == (100, 60, vs.YUV420P8, 6, 50)
    for n in range(6):
        here, after = np.array(colors[n // 2]), np.array(colors[min(n // 2 + 1, 2)])
        for plane, wanted in zip(picture(res, n), (here + after) / 2 if n % 2 else here, strict=True):
            np.testing.assert_allclose(plane.astype(float), wanted, atol=1)


def test_the_short_form_on_full_hd(interpolating: Any, models: Path) -> None:
    fade(models / "rife" / "rife_v4.4.onnx", 11)
    gray = interpolating.std.BlankClip(format=vs.YUV420P8, width=1920, height=1080, length=1)
    frames = [gray.std.BlankClip(color=[luma, 128, 128]) for luma in (40, 120, 200)]
    src = frames[0] + frames[1] + frames[2]
    result = vsmlrt.RIFE(src)
    assert (result.width, result.height, result.format.id, result.num_frames) == (1920, 1080, vs.YUV420P8, 6)
    for n in (0, 2, 4):  # where a source frame stands it is that frame
        for plane, source in zip(picture(result, n), picture(src, n // 2), strict=True):
            np.testing.assert_array_equal(plane, source)
    for n, luma in ((1, 80), (3, 160)):
        for plane, wanted in zip(picture(result, n), (luma, 128, 128), strict=True):
            np.testing.assert_allclose(plane.astype(int), wanted, atol=1)


@pytest.mark.parametrize("fmt", [vs.RGB24, vs.RGBH, vs.YUV422P10, vs.YUV444PS, vs.GRAY8])
def test_any_format_comes_back(interpolating: Any, models: Path, fmt: int) -> None:
    fade(models / "rife_v2" / "rife_v4.26.onnx", 7)
    clip = noise(interpolating, 50, 34, length=2, fmt=fmt)
    result = vsmlrt.RIFE(clip, model=RIFEModel.v4_26, backend=Backend.OV_CPU(precision="fp32"))
    assert (result.width, result.height, result.format.id) == (50, 34, clip.format.id)
    for plane, source in zip(picture(result, 2), picture(clip, 1), strict=True):
        np.testing.assert_array_equal(plane, source)


def test_a_cut_is_kept(interpolating: Any, models: Path) -> None:
    fade(models / "rife" / "rife_v4.4.onnx", 11)
    clip = ramp(interpolating, 3)
    marked = clip[0] + clip[1].std.SetFrameProps(_SceneChangeNext=1) + clip[2]
    values = [float(picture(vsmlrt.RIFE(marked, backend=EXACT), n)[0][0, 0]) for n in range(6)]
    np.testing.assert_allclose(values, [0, 0.25, 0.5, values[3], 1, 1], atol=1e-6)
    assert values[3] in (0.5, 1.0)
