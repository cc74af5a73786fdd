"""Any constant format in, the same out, properties right for what the frame now is."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

import networks
from hosting import model, noise, picture, plugin_core

CORE = plugin_core()

FORMATS = [
    vs.GRAY8,
    vs.GRAY10,
    vs.GRAY16,
    vs.GRAYH,
    vs.GRAYS,
    vs.RGB24,
    vs.RGB30,
    vs.RGB48,
    vs.RGBH,
    vs.RGBS,
    vs.YUV420P8,
    vs.YUV422P8,
    vs.YUV444P8,
    vs.YUV420P10,
    vs.YUV422P10,
    vs.YUV444P10,
    vs.YUV420P12,
    vs.YUV420P16,
    vs.YUV444P16,
    vs.YUV420PS if hasattr(vs, "YUV420PS") else vs.YUV444PS,
    vs.YUV444PS,
    vs.YUV444PH,
]


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> str:
    return networks.identity(tmp_path_factory.mktemp("networks") / "same.onnx")


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: vs.PresetVideoFormat(f).name)
def test_every_format_comes_back_as_itself(fmt: int, same: str) -> None:
    clip = noise(CORE, 64, 48, fmt=fmt)
    clip = clip.std.SetFrameProps(_Range=0) if clip.format.color_family != vs.RGB else clip
    out = model(clip, same)
    assert out.format.id == clip.format.id
    assert (out.width, out.height, out.num_frames) == (64, 48, 1)
    if clip.format.sample_type == vs.FLOAT and clip.format.color_family != vs.YUV:
        for a, b in zip(picture(clip), picture(out), strict=True):
            # GRAY goes through the network as three planes and comes back as their weighted sum.
            assert np.abs(a - b).max() <= (1e-3 if a.dtype == np.float16 else 1e-6) * (clip.format.num_planes == 1)


@pytest.mark.parametrize("fmt", [vs.YUV420P8, vs.YUV422P10, vs.YUV444P16, vs.GRAY8, vs.RGB24])
@pytest.mark.parametrize("full", [0, 1])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_conversion_is_resize_with_the_clips_own_meaning(fmt: int, full: int, matrix: int, same: str) -> None:
    """An identity network gives what converting to float RGB and back with resize gives."""
    clip = noise(CORE, 64, 48, fmt=fmt)
    family = clip.format.color_family
    if family == vs.RGB:
        expected = clip
    elif family == vs.GRAY:
        clip = clip.std.SetFrameProps(_Range=full)
        expected = clip
    else:
        clip = clip.std.SetFrameProps(_Matrix=matrix, _Range=full)
        expected = (
            clip.resize.Bicubic(format=vs.RGBS)
            .std.Expr("x 0 max 1 min")
            .resize.Bicubic(format=fmt, matrix=matrix, range=full, chromaloc=0)
        )
    for a, b in zip(picture(expected), picture(model(clip, same)), strict=True):
        assert np.abs(a.astype(np.int64) - b.astype(np.int64)).max() <= (1 if family == vs.GRAY else 0)


@pytest.mark.parametrize("fmt", [vs.YUV420P8, vs.YUV420P10, vs.YUV444P8])
def test_what_was_unspecified_stays_unspecified(fmt: int, same: str) -> None:
    clip = noise(CORE, 64, 48, fmt=vs.YUV420P8).std.SetFrameProps(_Matrix=2).std.RemoveFrameProps("_Range")
    with model(clip, same, format=fmt).get_frame(0) as frame:
        assert frame.props.get("_Matrix", 2) == 2
        with clip.get_frame(0) as source:
            assert frame.props.get("_Range") == source.props.get("_Range")


@pytest.mark.parametrize(("height", "matrix"), [(576, 6), (580, 1)])
def test_untagged_matrix_is_chosen_by_size(height: int, matrix: int, same: str) -> None:
    clip = noise(CORE, 64, height, fmt=vs.YUV444P8).std.RemoveFrameProps(["_Matrix", "_Range"])
    tagged = clip.std.SetFrameProps(_Matrix=matrix, _Range=0)
    for a, b in zip(picture(model(tagged, same)), picture(model(clip, same)), strict=True):
        assert np.array_equal(a, b)


def test_a_given_matrix_is_used(same: str) -> None:
    clip = noise(CORE, 64, 48, fmt=vs.YUV444P8).std.RemoveFrameProps(["_Matrix", "_Range"])
    given = picture(model(clip, same, matrix=1, format=vs.RGBS))
    tagged = picture(model(clip.std.SetFrameProps(_Matrix=1), same, format=vs.RGBS))
    other = picture(model(clip, same, matrix=6, format=vs.RGBS))
    assert all(np.array_equal(a, b) for a, b in zip(given, tagged, strict=True))
    assert not np.array_equal(given[0], other[0])


def test_a_given_matrix_and_range_replace_what_the_frames_say(same: str) -> None:
    clip = noise(CORE, 64, 48, 2, fmt=vs.YUV420P8)
    wrong = clip.std.SetFrameProps(_Matrix=6, _Range=0)
    right = clip.std.SetFrameProps(_Matrix=1, _Range=1)
    for options in ({}, {"format": vs.RGB24}):
        corrected = model(wrong, same, matrix=1, range=1, **options)
        for a, b in zip(picture(corrected, 1), picture(model(right, same, **options), 1), strict=True):
            assert np.array_equal(a, b)
    with model(wrong, same, matrix=1, range=1).get_frame(1) as frame:
        assert (frame.props["_Matrix"], frame.props["_Range"]) == (1, 1)


@pytest.mark.parametrize(("height", "options", "matrix"), [(48, {}, 6), (720, {}, 1), (48, {"matrix": 9}, 9)])
def test_yuv_made_of_rgb_has_the_matrix_and_range_asked_for(
    height: int, options: dict[str, int], matrix: int, same: str
) -> None:
    rgb = noise(CORE, 64, height)
    out = model(rgb, same, format=vs.YUV444P8, range=1, **options)
    with out.get_frame(0) as frame:
        assert (frame.props["_Matrix"], frame.props["_Range"]) == (matrix, 1)
    expected = rgb.resize.Bicubic(format=vs.YUV444P8, matrix=matrix, range=1)
    for a, b in zip(picture(expected), picture(out), strict=True):
        assert np.abs(a.astype(int) - b.astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("props", "options", "message"),
    [
        ({"_Matrix": 0}, {}, "frame 0 says _Matrix=0, and a YUV clip must say"),
        ({"_Matrix": 99}, {}, "frame 0 says _Matrix=99, and a YUV clip must say"),
        ({"_Matrix": 14}, {}, "a clip of matrix 14 can be read where its frames state _Transfer and _Primaries"),
        ({"_ChromaLocation": 9}, {}, "frame 0 says _ChromaLocation=9; 0 to 5 are accepted"),
        ({"_Range": 7}, {}, "frame 0 says _Range=7; 0 .limited. and 1 .full. are accepted"),
        ({}, {"matrix": 0}, '"matrix" must be a number as _Matrix has it .*; got 0'),
        ({}, {"matrix": -1}, '"matrix" must be a number as _Matrix has it .*; got -1'),
        ({}, {"range": 2}, '"range" must be 0 .limited. or 1 .full.; got 2'),
    ],
)
def test_colours_that_no_clip_can_have(props: dict[str, int], options: dict[str, int], message: str, same: str) -> None:
    clip = noise(CORE, 64, 48, fmt=vs.YUV420P8)
    clip = clip.std.SetFrameProps(**props) if props else clip
    with pytest.raises(vs.Error, match=rf"^mlrt\.Model: {message}"):
        model(clip, same, **options)


def test_a_wrong_tag_is_replaced_by_an_argument(same: str) -> None:
    clip = noise(CORE, 64, 48, fmt=vs.YUV420P8)
    wrong = model(clip.std.SetFrameProps(_Matrix=0), same, matrix=1)
    right = model(clip.std.SetFrameProps(_Matrix=1), same)
    for a, b in zip(picture(wrong), picture(right), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("props", [{"_Matrix": 9}, {"_Range": 1}, {"_ChromaLocation": 2}])
def test_a_later_frame_that_says_otherwise_fails_clearly(props: dict[str, int], same: str) -> None:
    clip = noise(CORE, 64, 48, 2, fmt=vs.YUV420P8).std.SetFrameProps(_Matrix=1, _Range=0, _ChromaLocation=0)
    clip = clip[0] + clip[1].std.SetFrameProps(**props)
    out = model(clip, same)
    out.get_frame(0).close()
    with pytest.raises(vs.Error, match=f"frame 1 says {next(iter(props))}="):
        out.get_frame(1)


@pytest.mark.parametrize(
    ("fmt", "height"), [(vs.YUV420P8, 48), (vs.YUV420P8, 50), (vs.YUV444P8, 50), (vs.YUV444P8, 51), (vs.GRAY8, 51)]
)
@pytest.mark.parametrize("order", [1, 2])
def test_interlaced_clips(fmt: int, height: int, order: int, same: str, tmp_path: Path) -> None:
    """They keep saying so at their own height and are progressive at another; any height is accepted."""
    plain = noise(CORE, 64, height, fmt=fmt).std.SetFrameProps(_Matrix=1, _Range=0)
    clip = plain.std.SetFrameProps(_FieldBased=order)
    with model(clip, same).get_frame(0) as frame:
        assert frame.props["_FieldBased"] == order
    if fmt == vs.YUV420P8 and height % 4 == 0:
        expected = clip.resize.Bicubic(format=vs.RGB24, matrix_in=1)
        for a, b in zip(picture(expected), picture(model(clip, same, format=vs.RGB24)), strict=True):
            assert np.abs(a.astype(int) - b.astype(int)).max() <= 1
    larger = model(clip, networks.convs(tmp_path / "twice.onnx", 2, 2))
    with larger.get_frame(0) as frame:
        assert frame.height == 2 * height
        assert frame.props["_FieldBased"] == 0


def test_output_formats(same: str) -> None:
    clip = noise(CORE, 64, 48, fmt=vs.YUV420P8)
    assert model(clip, same, format=vs.YUV444P16).format.id == vs.YUV444P16
    rgb = model(clip, same, format=vs.RGB24)
    with rgb.get_frame(0) as frame:
        assert frame.format.id == vs.RGB24
        assert frame.props["_Matrix"] == 0
        assert "_ChromaLocation" not in frame.props
    assert model(clip, same, output_format=1).format.id == vs.RGBH
    assert model(noise(CORE, 64, 48), same, output_format=1).format.id == vs.RGBH
    assert model(noise(CORE, 64, 48, fmt=vs.RGBH), same).format.id == vs.RGBH
    yuv = model(noise(CORE, 64, 48), same, format=vs.YUV420P8, matrix=1)
    with yuv.get_frame(0) as frame:
        assert frame.props["_Matrix"] == 1


def test_properties_of_the_source_are_kept(same: str) -> None:
    clip = noise(CORE, 64, 48, 3, fmt=vs.YUV420P8).std.SetFrameProps(
        _SARNum=4, _SARDen=3, _DurationNum=1001, _DurationDen=24000, _PictType="B", mine=7
    )
    with model(clip, same).get_frame(2) as frame, clip.get_frame(2) as source:
        for key in ("_SARNum", "_SARDen", "_DurationNum", "_DurationDen", "_PictType", "mine"):
            assert frame.props[key] == source.props[key]


def test_one_channel_network_treats_the_luma_of_yuv(tmp_path: Path) -> None:
    path = networks.convs(tmp_path / "gray.onnx", 2, 2, channels=1, outputs=1)
    clip = noise(CORE, 64, 48, fmt=vs.YUV420P8).std.SetFrameProps(_Matrix=1, _Range=0)
    out = model(clip, path)
    assert (out.width, out.height, out.format.id) == (128, 96, vs.YUV420P8)
    luma = model(clip.std.ShufflePlanes(0, vs.GRAY), path)
    chroma = clip.resize.Bicubic(128, 96)
    assert np.array_equal(picture(out)[0], picture(luma)[0])
    for i in (1, 2):
        assert np.array_equal(picture(out)[i], picture(chroma)[i])


def test_gray_clip_through_a_colour_network(same: str) -> None:
    clip = noise(CORE, 64, 48, fmt=vs.GRAY8).std.SetFrameProps(_Range=0)
    out = model(clip, same)
    assert out.format.id == vs.GRAY8
    assert np.abs(picture(out)[0].astype(int) - picture(clip)[0].astype(int)).max() <= 1


@pytest.mark.parametrize("tagged", [False, True])
@pytest.mark.parametrize(
    ("channels", "fmt"),
    [
        *itertools.product([(3, 1), (3, 3)], [vs.GRAY8, vs.GRAYS, vs.RGB24, vs.RGBH, vs.YUV420P8, vs.YUV444PS]),
        *itertools.product([(1, 1), (1, 3)], [vs.GRAY8, vs.GRAYS, vs.YUV420P8, vs.YUV444PS]),
    ],
)
def test_every_format_from_every_format_by_every_network(
    channels: tuple[int, int], fmt: int, tagged: bool, tmp_path: Path
) -> None:
    """One and three channels in and out: the result is what was asked for and says what it is."""
    clip = noise(CORE, 32, 24, fmt=fmt)
    rgb = clip.format.color_family == vs.RGB
    if tagged:
        clip = clip.std.SetFrameProps(_Matrix=0 if rgb else 1, _Range=1)
    path = networks.convs(tmp_path / "net.onnx", 2, 2, channels=channels[0], outputs=channels[1])
    for wanted in (None, vs.GRAY8, vs.GRAYH, vs.RGB24, vs.RGBS, vs.YUV420P8, vs.YUV444PS):
        out = model(clip, path, **({} if wanted is None else {"format": wanted}))
        with out.get_frame(0) as frame:
            assert (frame.width, frame.height) == (64, 48)
            assert frame.format.id == (wanted or out.format.id)
            matrix = frame.props.get("_Matrix")
            if frame.format.color_family == vs.RGB:
                assert matrix in (0, None)
            else:
                assert matrix != 0
