"""Tiles, sizes, order of requests, repeats, maps, bad input: what core.mlrt.Model promises."""

from __future__ import annotations

import logging
import random
import zlib
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import vapoursynth as vs

import networks
from hosting import model, noise, picture, planes, plugin_core
from vsmlrt.plugin import lists

CORE = plugin_core()


def difference(a: vs.VideoNode, b: vs.VideoNode, n: int = 0) -> float:
    return max(float(np.abs(x - y).max()) for x, y in zip(picture(a, n), picture(b, n), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module")
def convs(folder: Path) -> str:
    return networks.convs(folder / "convs.onnx", 4, 2)


@pytest.fixture(scope="module")
def unet(folder: Path) -> str:
    return networks.unet(folder / "unet.onnx")


@pytest.mark.parametrize("backend", ["openvino", "reference"])
@pytest.mark.parametrize("tile", [9, 10, 13, 16, 23, 31, 40, 63, 64, 65, 1000, (17, 48), (64, 11)])
def test_tiled_equals_untiled(tile: Any, backend: str, convs: str) -> None:
    clip = noise(CORE, 61, 47)
    whole = model(clip, convs, backend=backend)
    tiled = model(clip, convs, backend=backend, tilesize=tile, overlap=4)
    assert difference(whole, tiled) <= 1e-5


@pytest.mark.parametrize("overlap", [(4, 4), (5, 9), (8, 4), (15, 15)])
def test_any_overlap_of_at_least_the_receptive_field(overlap: tuple[int, int], convs: str) -> None:
    clip = noise(CORE, 80, 70)
    assert difference(model(clip, convs), model(clip, convs, tilesize=(33, 37), overlap=overlap)) <= 1e-5


@pytest.mark.parametrize("tile", [65, 72, 77, 80, 96])
def test_tiles_of_a_network_with_a_multiple(tile: int, unet: str) -> None:
    """The receptive field of this network is below 32; frames off the multiple are padded once."""
    clip = noise(CORE, 141, 130)
    assert difference(model(clip, unet), model(clip, unet, tilesize=tile, overlap=32)) <= 1e-5


def test_every_tile_of_a_network_with_a_multiple_at_the_least_overlap(unet: str) -> None:
    """From the least tile on, with overlaps of exactly the receptive field, which is not a multiple of 8."""
    overlap = lists(CORE.mlrt.Inspect(unet)).one("receptive_field")
    assert overlap == 17
    clip = noise(CORE, 91, 77)
    whole = model(clip, unet)
    for tile in range(41, 100, 3):
        assert difference(whole, model(clip, unet, tilesize=(tile, 140 - tile), overlap=overlap)) <= 1e-5


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (7, 8), (8, 9), (15, 17), (33, 5)])
def test_sizes_off_the_multiple_are_padded_and_cropped(width: int, height: int, unet: str) -> None:
    clip = noise(CORE, width, height)
    out = model(clip, unet)
    assert (out.width, out.height) == (width, height)
    padded = np.pad(np.stack(picture(clip)), ((0, 0), (0, -height % 8), (0, -width % 8)), "reflect")
    larger = CORE.std.BlankClip(format=vs.RGBS, width=padded.shape[2], height=padded.shape[1], length=1)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        copy = f.copy()
        for i in range(3):
            np.asarray(copy[i])[:] = padded[i]
        return copy

    expected = picture(model(larger.std.ModifyFrame(larger, fill), unet))
    for a, b in zip(picture(out), expected, strict=True):
        assert np.abs(a - b[:height, :width]).max() <= 1e-5


@pytest.mark.parametrize("streams", [1, 3])
def test_random_and_concurrent_requests_equal_sequential(streams: int, convs: str) -> None:
    clip = noise(CORE, 48, 32, 24, fmt=vs.YUV420P8)
    repeated = CORE.std.Interleave([clip, clip])
    sequential = [zlib.crc32(b"".join(p.tobytes() for p in planes(f))) for f in model(repeated, convs).frames()]
    out = model(repeated, convs, num_streams=streams)
    order = list(range(48)) * 2
    random.Random(5).shuffle(order)
    futures: list[Future[vs.VideoFrame]] = [out.get_frame_async(n) for n in order]
    for n, future in zip(order, futures, strict=True):
        with future.result() as frame:
            assert zlib.crc32(b"".join(p.tobytes() for p in planes(frame))) == sequential[n]


def test_repeats_are_not_computed_again(convs: str) -> None:
    """The reference backend fails on its fourth run: seven frames of three pictures never get there."""
    clip = noise(CORE, 32, 32, 3)
    held = clip[0] + clip[0] + clip[0] + clip[1] + clip[1] + clip[2] + clip[2]
    fault = {"backend": "reference", "options": ["fault.run=4"]}
    out = model(held, convs, **fault)
    for n in range(7):
        out.get_frame(n).close()
    plain = model(held, convs, dedup=0, **fault)
    with pytest.raises(vs.Error, match=r"mlrt\.Model"):
        list(plain.frames())


def test_repeats_carry_their_own_properties(convs: str) -> None:
    clip = noise(CORE, 32, 32)
    held = clip.std.SetFrameProps(mine=1) + clip.std.SetFrameProps(mine=2)
    out = model(held, convs)
    assert [f.props["mine"] for f in out.frames()] == [1, 2]


def test_a_frame_with_other_colours_is_no_repeat(folder: Path) -> None:
    """Equal bytes whose properties differ are different pictures."""
    same = networks.identity(folder / "same.onnx")
    clip = noise(CORE, 32, 32, fmt=vs.YUV420P8).std.SetFrameProps(_Matrix=2)
    held = clip + clip.std.SetFrameProps(_Matrix=6)
    out = model(held, same, matrix=6)
    assert [f.props["_Matrix"] for f in out.frames()] == [2, 6]


def test_a_failing_frame_leaves_the_filter_usable(convs: str) -> None:
    clip = noise(CORE, 32, 32, 4)
    out = model(clip, convs, backend="reference", options=["fault.run=2"])
    out.get_frame(0).close()
    with pytest.raises(vs.Error):
        out.get_frame(1)
    good = model(clip, convs, backend="reference")
    for n in (1, 2, 3):
        assert difference(out, good, n) == 0


def test_half_clips(convs: str) -> None:
    clip = noise(CORE, 48, 40)
    half = clip.resize.Point(format=vs.RGBH)
    out = model(half, convs)
    assert out.format.id == vs.RGBH
    full = model(half.resize.Point(format=vs.RGBS), convs)
    assert difference(out.resize.Point(format=vs.RGBS), full) <= 2e-3
    tiled = model(half, convs, tilesize=24, overlap=6)
    assert difference(out.resize.Point(format=vs.RGBS), tiled.resize.Point(format=vs.RGBS)) <= 2e-3


def test_maps_are_further_channels(folder: Path) -> None:
    path = networks.convs(folder / "four.onnx", 2, channels=4)
    clip = noise(CORE, 40, 30)
    strong = clip.std.BlankClip(format=vs.GRAYS, color=0.5)
    weak = clip.std.BlankClip(format=vs.GRAYS, color=0.1)
    assert difference(model([clip, strong], path), model([clip, weak], path)) > 1e-3
    yuv = clip.resize.Bicubic(format=vs.YUV444P8, matrix_s="709")
    assert model([yuv, weak], path).format.id == vs.YUV444P8


def test_flexible_output(folder: Path) -> None:
    path = networks.convs(folder / "five.onnx", 2, outputs=5)
    clip = noise(CORE, 40, 30, 2)
    result = lists(CORE.mlrt.Model(clip, network_path=path, precision="fp32", flexible_output_prop="plane"))
    assert result.one("num_planes") == 5
    frame = result.one("clip").get_frame(1)
    assert frame.format.id == vs.GRAYS
    channels = [frame.props[f"plane{i}"] for i in range(5)]
    assert np.array_equal(np.asarray(channels[0][0]), np.asarray(frame[0]))
    assert not np.array_equal(np.asarray(channels[1][0]), np.asarray(channels[2][0]))


def test_nan_is_computed_again_in_fp32(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = networks.needs_fp32(folder / "fine.onnx")
    clip = noise(CORE, 32, 32).std.Expr("x 0.5 * 0.25 +")
    fine = model(clip, path, dedup=0)
    assert np.isfinite(np.stack(picture(fine))).all()
    with caplog.at_level(logging.WARNING, logger="vapoursynth"):
        coarse = CORE.mlrt.Model(clip, network_path=path, precision="bf16")
        assert difference(coarse, fine) <= 1e-3
    said = caplog.text
    native = "not in bf16 as asked" not in said
    assert ("frame 0: NaN or infinity in bf16, computed again in fp32" in said) == native


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_nan_also_in_fp32_is_an_error_that_names_the_frame(precision: str, folder: Path) -> None:
    """And other frames still come."""
    nodes = [
        onnx.helper.make_node("Add", ["input", "one"], ["more"]),
        onnx.helper.make_node("Log", ["more"], ["output"]),
    ]
    path = networks.save(folder / "log.onnx", nodes, {"one": np.ones(1, np.float32)})
    clip = noise(CORE, 32, 32)
    out = model(clip + clip.std.Expr("x 9 -"), path, precision=precision)
    said = r'the network "log" gave NaN or infinite samples for frame 1 in (bf16 and again in )?fp32'
    with pytest.raises(vs.Error, match=said):
        out.get_frame(1)
    assert np.isfinite(np.stack(picture(out, 0))).all()


def test_nan_in_the_clip_is_named(convs: str) -> None:
    clip = noise(CORE, 32, 32).std.Expr("x 2 > 0 0 0 / ?")
    with pytest.raises(vs.Error, match="frame 0 holds NaN"):
        model(clip, convs).get_frame(0)


def test_one_dynamic_program_equals_static_ones_at_forty_sizes(unet: str) -> None:
    for i in range(40):
        width, height = 16 + 8 * (i % 8), 80 - 8 * (i // 8)
        clip = noise(CORE, width, height)
        dynamic = model(clip, unet, static_shape=0, min_shapes=8, opt_shapes=[40, 48], max_shapes=[80, 88])
        assert difference(dynamic, model(clip, unet)) <= 1e-5


def test_network_as_bytes(convs: str) -> None:
    clip = noise(CORE, 32, 32)
    data = Path(convs).read_bytes()
    out = CORE.mlrt.Model(clip, network_path=data, path_is_serialization=1, precision="fp32")
    assert difference(out, model(clip, convs, backend="openvino")) == 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"backend": "tensorrt"}, r'"backend" must be auto or one of .*openvino.*; got "tensorrt"'),
    ({"device": "TPU"}, r'"device" must be one of .*CPU.*; got "TPU"'),
    ({"device_id": 99}, r'"device_id" must be 0 to .*; got 99'),
    ({"device_id": -1}, r'"device_id" must be 0 to .*; got -1'),
    ({"precision": "fp4"}, r'"precision" must be auto, fp32, tf32, fp16 or bf16; got "fp4"'),
    (
        {"precision": "fp8"},
        r"\"precision\" fp8 is refused, since no network that was measured keeps 45 dB .*; use fp16",
    ),
    ({"precision": "auto", "fp16": 1, "bf16": 1}, '"fp16" and "bf16" are two precisions'),
    ({"precision": "fp32", "bf16": 1}, '"precision" is fp32 and "bf16" is set'),
    ({"tilesize": 0}, r'"tilesize" must be at least 1x1; got 0x0'),
    ({"tilesize": [32, -5]}, r'"tilesize" must be at least 1x1; got 32x-5'),
    ({"tilesize": 16, "overlap": 8}, r"must be at least 17; got 16"),
    ({"tilesize": [1, 2, 3]}, "one number or width and height"),
    ({"tilesize": 2**40}, '"tilesize" is out of range'),
    ({"overlap": -1}, r'"overlap" must be 0 or more; got -1'),
    ({"num_streams": -1}, r'"num_streams" must be 0 .as many as are fastest. to 64; got -1'),
    ({"num_streams": 65}, r'"num_streams" must be 0 .as many as are fastest. to 64; got 65'),
    ({"multiple": 0}, r'"multiple" must be 1 to'),
    ({"padding": "wrap"}, r'"padding" must be mirror, edge or zero; got "wrap"'),
    ({"scale": 3}, r'"scale" is 3, and the network .* enlarges by 2'),
    ({"format": 12345}, '"format" must be a constant VapourSynth format'),
    ({"format": vs.RGBS, "output_format": 1}, "both say what the result is"),
    ({"output_format": 2}, r'"output_format" must be 0 \(fp32\) or 1 \(fp16\); got 2'),
    ({"options": ["nonsense"]}, '"options" must be "key=value" strings'),
    ({"flexible_output_prop": "a b"}, 'letters, digits and underscores, no digit first; got "a b"'),
    ({"flexible_output_prop": "1st"}, 'letters, digits and underscores, no digit first; got "1st"'),
    ({"flexible_output_prop": ""}, '"flexible_output_prop" must be a property\'s name.*; got ""'),
    ({"dedup": 2}, '"dedup" must be 0 or 1; got 2'),
    ({"static_shape": 0, "opt_shapes": 32}, "tiles of 64x64 are outside of the range from .* to 32x32"),
    ({"opt_shapes": 32}, '"opt_shapes" is 32x32, and with static_shape it can only be the tile'),
    ({"static_shape": 0, "max_shapes": [60, 64]}, "tiles of 64x64 are outside of the range from .* to 60x64"),
    ({"static_shape": 0, "max_shapes": 64, "min_shapes": 65}, r'"min_shapes" \(65x65\) must not be larger'),
    ({"static_shape": 0, "max_shapes": 64, "opt_shapes": 80}, r'"opt_shapes" \(80x80\) must be from'),
    ({"static_shape": 0, "max_shapes": -64}, '"max_shapes" must be a width and height of at least 1; got -64x-64'),
    ({"engine_folder": __file__}, r'"engine_folder" must be a folder; .*test_plugin_model.py is a file'),
    (
        {"backend": "openvino", "options": ["NO_SUCH_OPTION=1"]},
        'has no option "NO_SUCH_OPTION" that can be set; it has .*NUM_STREAMS',
    ),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=range(len(BAD)))
def test_bad_options(options: dict[str, Any], message: str, convs: str) -> None:
    with pytest.raises(vs.Error, match=message) as caught:
        model(noise(CORE, 64, 64), convs, **options)
    assert str(caught.value).startswith("mlrt.Model: ")
    assert "\n" not in str(caught.value)


def test_bad_clips(convs: str) -> None:
    clip = noise(CORE, 64, 64)
    with pytest.raises(vs.Error, match="all clips must be of one size; got 64x64 and 32x32"):
        model([clip, noise(CORE, 32, 32)], convs)
    with pytest.raises(vs.Error, match="all clips must be of one length; got 1 and 3"):
        model([clip, noise(CORE, 64, 64, 3)], convs)
    with pytest.raises(vs.Error, match=r"takes 3 channel\(s\), and the clips \(RGBS, RGBS\) give 6"):
        model([clip, clip], convs)
    for fmt in (CORE.query_video_format(vs.YUV, vs.INTEGER, 24, 0, 0), vs.GRAY32):
        with pytest.raises(
            vs.Error, match=r"^mlrt.Model: clips must be GRAY, RGB or YUV of 8 to 16 bit integer, .*; got "
        ):
            model(CORE.std.BlankClip(clip, format=int(fmt)), convs)
        with pytest.raises(
            vs.Error, match=r'^mlrt.Model: "format" must be GRAY, RGB or YUV of 8 to 16 bit integer, .*; got '
        ):
            model(clip, convs, format=int(fmt))
    variable = CORE.std.Splice([clip, noise(CORE, 32, 32)], mismatch=True)
    with pytest.raises(vs.Error, match="constant format and size"):
        model(variable, convs)
    mixed = CORE.std.Splice([clip, clip.resize.Point(format=vs.RGB24)], mismatch=True)
    with pytest.raises(vs.Error, match="constant format and size"):
        model(mixed, convs)


def test_bad_networks(tmp_path: Path, convs: str, folder: Path) -> None:
    clip = noise(CORE, 64, 64)
    cases = {"empty.onnx": b"", "text.onnx": b"hello, world\n" * 50, "cut.onnx": Path(convs).read_bytes()[:-700]}
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(vs.Error, match=name) as caught:
            model(clip, str(tmp_path / name))
        assert "\n" not in str(caught.value)
    with pytest.raises(vs.Error, match=r'"network_path" must name an \.onnx or \.param file; got an empty text'):
        model(clip, "")
    for missing in (tmp_path / "none.onnx", tmp_path, "/proc/self/mem"):
        with pytest.raises(vs.Error, match=str(missing)):
            model(clip, str(missing))
    with pytest.raises(vs.Error, match="5 channels"):
        model(clip, networks.convs(folder / "five.onnx", 2, outputs=5))


@pytest.mark.parametrize("operator", ["Div", "Mod"])
def test_constants_that_cannot_be_divided(operator: str, tmp_path: Path) -> None:
    """The processor's own fault over them would end the process."""
    nodes = [
        onnx.helper.make_node(operator, ["a", "b"], ["c"]),
        onnx.helper.make_node("Cast", ["c"], ["d"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Add", ["input", "d"], ["output"]),
    ]
    for a, b in [(5, 0), (-(2**63), -1)]:
        weights = {"a": np.array([a], np.int64), "b": np.array([b], np.int64)}
        path = networks.save(tmp_path / "divides.onnx", nodes, weights)
        with pytest.raises(vs.Error, match=f'{operator} "c": .*integer division'):
            model(noise(CORE, 64, 64), path)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (
            onnx.helper.make_node("Frobnicate", ["input"], ["output"]),
            'Frobnicate "output": OpenVINO does not have this operator',
        ),
        (
            onnx.helper.make_node("DepthToSpace", ["input"], ["output"], blocksize=2),
            'OpenVINO cannot read this network: DepthToSpace "output": .*multiple of divisor',
        ),
    ],
)
def test_what_openvino_refuses_is_told_by_node_and_cause(node: onnx.NodeProto, message: str, tmp_path: Path) -> None:
    path = networks.save(tmp_path / "refused.onnx", [node], {})
    with pytest.raises(vs.Error, match=message) as caught:
        model(noise(CORE, 64, 64), path, backend="openvino")
    assert "\n" not in str(caught.value)


def test_output_that_is_no_multiple(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    weights = {"w": rng.standard_normal((3, 3, 5, 5)).astype(np.float32)}
    path = networks.save(tmp_path / "valid.onnx", [onnx.helper.make_node("Conv", ["input", "w"], ["output"])], weights)
    with pytest.raises(vs.Error, match="gives 60x60 for an input of 64x64, which is not a whole multiple"):
        model(noise(CORE, 64, 64), path)


def test_too_many_streams_for_the_memory(folder: Path) -> None:
    path = networks.convs(folder / "wide.onnx", 3, 4, width=64, channels=1, outputs=1)
    clip = CORE.std.BlankClip(format=vs.GRAYS, width=16000, height=8000, length=1)
    with pytest.raises(vs.Error, match="use fewer streams"):
        model(clip, path, num_streams=8, backend="openvino")


def test_devices_version_inspect_import(tmp_path: Path, convs: str, unet: str) -> None:
    devices = lists(CORE.mlrt.Devices())
    assert {"openvino", "reference"} <= set(devices["backend"])
    processor = devices["backend"].index("openvino")
    told = tuple(devices[key][processor] for key in ("id", "kind", "group", "number"))
    assert told == ("CPU", "cpu", "CPU", 0)
    version = lists(CORE.mlrt.Version())
    assert len(version["version"]) == len(version["interface"]) == 1
    assert {"openvino", "reference"} <= set(version["backend"])
    assert len(version["backend"]) == len(version["backend_version"])
    card = lists(CORE.mlrt.Inspect(convs))
    assert (card["channels"], card["output_channels"], card["scale"], card["multiple"]) == ([3], [3], [2], [1])
    assert card["receptive_field"] == [4]
    assert card["output_type"] == ["float32"]
    assert lists(CORE.mlrt.Inspect(unet))["multiple"] == [8]
    target = tmp_path / "copy.onnx"
    CORE.mlrt.Import(convs, str(target))
    clip = noise(CORE, 32, 32)
    assert difference(model(clip, convs), model(clip, str(target))) == 0
    with pytest.raises(vs.Error, match="cannot write"):
        CORE.mlrt.Import(convs, str(tmp_path / "no" / "folder.onnx"))
