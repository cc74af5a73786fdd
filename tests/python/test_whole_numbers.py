"""Numbers of NumPy's kinds, which scripts compute with, are taken wherever Python's own are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

import vsmlrt
from hosting import noise, picture, plugin_core
from networks import save
from vsmlrt import Backend, Waifu2xModel
from vsmlrt.backend import options

EXACT = Backend.OV_CPU(precision="fp32")
KINDS = [np.int64, np.int32, np.uint8]


@pytest.fixture(autouse=True)
def core() -> Any:
    return plugin_core()


def repeat(path: Path) -> Path:
    """A network that makes each pixel a square of 2 by 2."""
    path.parent.mkdir(parents=True, exist_ok=True)
    many = helper.make_node("Concat", ["input"] * 4, ["many"], axis=1)
    save(path, [many, helper.make_node("DepthToSpace", ["many"], ["output"], blocksize=2, mode="DCR")], {})
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_and_batches(core: Any, tmp_path: Path, kind: Any) -> None:
    network = str(repeat(tmp_path / "two.onnx"))
    clip = noise(core, 64, 48)
    wanted = picture(vsmlrt.inference(clip, network, (4, 4), (32, 32), EXACT))
    given: list[tuple[Any, Any]] = [
        (kind(32), kind(4)),
        (np.array([32, 32], kind), [kind(4), 4]),
        ((kind(32), 32), 4),
    ]
    for tilesize, overlap in given:
        made = vsmlrt.inference(clip, network, overlap, tilesize, EXACT, batch_size=kind(1))
        assert all(np.array_equal(a, b) for a, b in zip(picture(made), wanted, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_the_families(core: Any, models: Path, kind: Any) -> None:
    repeat(models / "waifu2x/upconv_7_photo/noise1_scale2.0x_model.onnx")
    clip = noise(core, 64, 48)
    numbers = {"noise": 1, "scale": 2, "tiles": 2, "overlap": 4, "model": 4}
    more: dict[str, Any] = {name: kind(number) for name, number in numbers.items()}
    made = vsmlrt.Waifu2x(clip, backend=EXACT, **more)
    wanted = vsmlrt.Waifu2x(clip, noise=1, scale=2, tiles=2, overlap=4, model=Waifu2xModel(4), backend=EXACT)
    assert all(np.array_equal(a, b) for a, b in zip(picture(made), picture(wanted), strict=True))


@pytest.mark.parametrize("kind", [*KINDS, np.float32, np.float64])
def test_options_of_backends(kind: Any) -> None:
    backend = Backend.ORT_CPU(num_streams=kind(2))
    assert options.normalised({"num_streams": kind(2)}) == {"num_streams": 2}
    assert type(options.normalised({"num_streams": kind(2)})["num_streams"]) is int
    assert backend == Backend.ORT_CPU(num_streams=2)


def test_shapes() -> None:
    assert options.shape("max_shapes", np.array([1920, 1080])) == (1920, 1080)
    assert options.shape("max_shapes", (np.int64(64), 48)) == (64, 48)
    assert options.shape("max_shapes", np.int64(64)) == (64, 64)


@pytest.mark.parametrize("wrong", [32.5, True, "32", np.array([[32, 32]]), np.array([1, 2, 3]), np.array([32.5, 32.0])])
def test_what_is_no_size_is_still_refused(core: Any, tmp_path: Path, wrong: Any) -> None:
    network = str(repeat(tmp_path / "two.onnx"))
    with pytest.raises(TypeError, match='"tilesize" must be'):
        vsmlrt.inference(noise(core, 64, 48), network, tilesize=wrong, backend=EXACT)


@pytest.mark.parametrize("clips", [None, 5, "clip", [None], []])
def test_what_is_no_clip_is_named(tmp_path: Path, clips: Any) -> None:
    with pytest.raises(TypeError, match='"clips" must be a clip or a list of clips'):
        vsmlrt.inference(clips, str(repeat(tmp_path / "two.onnx")), backend=EXACT)


def test_a_clip_is_no_number(core: Any, tmp_path: Path) -> None:
    clip: Any = noise(core, 64, 48)
    with pytest.raises(TypeError, match='"tilesize" must be'):
        vsmlrt.inference(clip, str(repeat(tmp_path / "two.onnx")), tilesize=clip, backend=EXACT)
