"""Frames that a device converts are the frames that VapourSynth's resize makes: the reference backend converts them
by the scalar codec that every device is checked against, and `conversion="host"` is the way by resize.
VSMLRT_TEST_FRAMES_BACKEND names another backend to try (test_device_frames_cuda.py does)."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

import interpolators
import networks
from hosting import noise, picture, plugin_core

CORE = plugin_core()
BACKEND = os.environ.get("VSMLRT_TEST_FRAMES_BACKEND", "reference")

COLOR = [
    (vs.YUV, vs.INTEGER, 8, 1, 1),
    (vs.YUV, vs.INTEGER, 10, 1, 1),
    (vs.YUV, vs.INTEGER, 16, 1, 1),
    (vs.YUV, vs.FLOAT, 16, 1, 1),
    (vs.YUV, vs.FLOAT, 32, 1, 1),
    (vs.YUV, vs.INTEGER, 8, 1, 0),
    (vs.YUV, vs.INTEGER, 8, 0, 1),
    (vs.YUV, vs.INTEGER, 8, 2, 0),
    (vs.YUV, vs.INTEGER, 9, 2, 2),
    (vs.YUV, vs.INTEGER, 12, 0, 0),
    (vs.YUV, vs.FLOAT, 32, 0, 0),
    (vs.RGB, vs.INTEGER, 8, 0, 0),
    (vs.RGB, vs.INTEGER, 10, 0, 0),
    (vs.RGB, vs.INTEGER, 16, 0, 0),
    (vs.RGB, vs.FLOAT, 16, 0, 0),
    (vs.RGB, vs.FLOAT, 32, 0, 0),
    (vs.GRAY, vs.INTEGER, 8, 0, 0),
    (vs.GRAY, vs.INTEGER, 16, 0, 0),
    (vs.GRAY, vs.FLOAT, 32, 0, 0),
]


def format_of(key: tuple[int, ...]) -> vs.VideoFormat:
    fmt: vs.VideoFormat = CORE.query_video_format(*key)
    return fmt


def name_of(key: tuple[int, ...]) -> str:
    return str(format_of(key).name)


def source(fmt: vs.VideoFormat, width: int = 48, height: int = 32, length: int = 1, **props: int) -> vs.VideoNode:
    clip = noise(CORE, width, height, length, fmt=fmt.id)
    return clip.std.SetFrameProps(**props) if props else clip


def both(clip: vs.VideoNode, network: str, **options: Any) -> tuple[vs.VideoNode, vs.VideoNode]:
    options["precision"] = "fp32"
    device = CORE.mlrt.Model(clip, network_path=network, backend=BACKEND, **options)
    host = CORE.mlrt.Model(clip, network_path=network, backend="reference", conversion="host", **options)
    assert device.format.id == host.format.id
    assert (device.width, device.height) == (host.width, host.height)
    return device, host


def tolerance(fmt: vs.VideoFormat) -> float:
    if fmt.sample_type == vs.FLOAT:
        return 1e-3 if fmt.bits_per_sample == 16 else 1e-5
    return 1.0 if fmt.bits_per_sample <= 8 else 2.0


def stated(clip: vs.VideoNode, n: int) -> dict[str, Any]:
    """A frame's properties without those that say that something is not specified."""
    with clip.get_frame(n) as frame:
        return {k: v for k, v in frame.props.items() if not (k in ("_Matrix", "_Transfer", "_Primaries") and v == 2)}


def assert_alike(device: vs.VideoNode, host: vs.VideoNode, n: int = 0) -> None:
    for plane, (a, b) in enumerate(zip(picture(device, n), picture(host, n), strict=True)):
        assert np.abs(a.astype(np.float64) - b.astype(np.float64)).max() <= tolerance(device.format), plane
    assert stated(device, n) == stated(host, n)


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> str:
    return networks.identity(tmp_path_factory.mktemp("networks") / "same.onnx")


@pytest.mark.parametrize("key", COLOR, ids=name_of)
def test_every_pair_of_formats(key: tuple[int, ...], same: str) -> None:
    fmt = format_of(key)
    for to, full in itertools.product(COLOR, (0, 1)):
        props = {"_Matrix": 9, "_Range": full, "_ChromaLocation": 0} if fmt.color_family == vs.YUV else {}
        props = {"_Range": full} if fmt.color_family == vs.GRAY else props
        device, host = both(source(fmt, **props), same, format=format_of(to).id)
        assert_alike(device, host)


@pytest.mark.parametrize("location", range(6))
@pytest.mark.parametrize("subsampling", [(1, 1), (1, 0), (2, 2), (0, 1)])
@pytest.mark.parametrize("fields", [0, 1, 2])
def test_every_chroma_location_and_field_order(
    location: int, subsampling: tuple[int, int], fields: int, same: str
) -> None:
    fmt = format_of((vs.YUV, vs.FLOAT, 32, *subsampling))
    clip = source(fmt, _Matrix=1, _Range=0, _ChromaLocation=location, _FieldBased=fields)
    assert_alike(*both(clip, same))


@pytest.mark.parametrize("matrix", [1, 4, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("full", [0, 1])
def test_every_matrix_that_is_one(matrix: int, full: int, same: str) -> None:
    clip = source(format_of((vs.YUV, vs.INTEGER, 16, 0, 0)), _Matrix=matrix, _Range=full)
    assert_alike(*both(clip, same))


def test_matrices_that_need_primaries_go_by_resize(same: str) -> None:
    clip = source(format_of((vs.YUV, vs.FLOAT, 32, 0, 0)), _Matrix=10, _Transfer=14, _Primaries=9)
    device, host = both(clip, same)
    for a, b in zip(picture(device), picture(host), strict=True):
        assert np.array_equal(a, b)


def test_limited_rgb_goes_by_resize(same: str) -> None:
    clip = source(format_of((vs.RGB, vs.INTEGER, 8, 0, 0)), _Range=0)
    assert_alike(*both(clip, same))


def test_tiles_padding_and_scale(tmp_path: Path) -> None:
    network = networks.convs(tmp_path / "net.onnx", layers=3, scale=2)
    clip = source(format_of((vs.YUV, vs.INTEGER, 8, 1, 1)), 54, 38, _Matrix=1, _Range=0)
    assert_alike(*both(clip, network))
    assert_alike(*both(clip, network, tilesize=[32, 20], overlap=[5, 4]))
    assert_alike(*both(clip, network, multiple=16))


def test_luma_alone_and_several_clips(tmp_path: Path) -> None:
    luma = networks.convs(tmp_path / "luma.onnx", channels=1, outputs=1)
    gray = source(format_of((vs.GRAY, vs.INTEGER, 8, 0, 0)), _Range=0)
    color = source(format_of((vs.YUV, vs.INTEGER, 8, 1, 1)), _Matrix=1, _Range=0)
    assert_alike(*both(gray, luma))
    assert_alike(*both(color, luma))
    assert_alike(*both(color, luma, format=vs.GRAY10))
    four = networks.convs(tmp_path / "four.onnx", channels=4)
    assert_alike(*both([color, gray], four))


@pytest.mark.parametrize("channels", [7, 11])
@pytest.mark.parametrize("key", [COLOR[0], COLOR[11], COLOR[15]], ids=name_of)
def test_frames_between_frames(channels: int, key: tuple[int, ...], tmp_path: Path) -> None:
    network = str(interpolators.fade(tmp_path / "fade.onnx", channels))
    fmt = format_of(key)
    props = {"_Matrix": 1, "_Range": 0} if fmt.color_family == vs.YUV else {}
    clip = source(fmt, 46, 34, length=4, **props)
    device, host = (
        CORE.mlrt.Interpolate(
            clip, network_path=network, multi=3, backend=backend, precision="fp32", conversion=conversion
        )
        for backend, conversion in ((BACKEND, "auto"), ("reference", "host"))
    )
    for n in range(device.num_frames):
        assert_alike(device, host, n)


def test_not_a_number_is_found(tmp_path: Path, same: str) -> None:
    clip = source(format_of((vs.RGB, vs.FLOAT, 32, 0, 0)))
    broken = clip.std.Expr("0 0 /")
    device, host = both(broken, same)
    for result in (device, host):
        with pytest.raises(vs.Error, match="frame 0 holds NaN or infinite samples before it enters the network"):
            result.get_frame(0)
    bad = CORE.mlrt.Model(clip, network_path=same, backend="reference", options=["fault.nan=1"])
    with pytest.raises(vs.Error, match="gave NaN or infinite samples for frame 0 in fp32"):
        bad.get_frame(0)


def test_other_words_for_conversion_are_refused(same: str) -> None:
    with pytest.raises(vs.Error, match=r'"conversion" must be auto .* or host; got "gpu"'):
        CORE.mlrt.Model(source(format_of(COLOR[0])), network_path=same, backend="reference", conversion="gpu")


def test_a_device_is_not_named_twice(same: str) -> None:
    with pytest.raises(vs.Error, match='"device_id" names a device twice; got 0, 0'):
        CORE.mlrt.Model(source(format_of(COLOR[0])), network_path=same, backend="reference", device_id=[0, 0])
