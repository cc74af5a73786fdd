"""Half clips and half results cross to the network as half tensors, with nothing converted on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

from hosting import noise, picture, plugin_core, skip_where_missing
from interpolators import fade
from networks import convs, identity

BACKENDS = ("onnxruntime", "openvino", "reference")


@pytest.fixture(params=BACKENDS)
def core(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The plugin with one of the backends as `core.backend`, and in `core.said` what it logs."""

    class Core:
        mlrt = plugin_core().mlrt
        backend = request.param
        said: list[str] = []  # noqa: RUF012 - of one test

        def model(self, clips: Any, network: str, **arguments: Any) -> vs.VideoNode:
            clip: vs.VideoNode = self.mlrt.Model(
                clips, network_path=network, backend=self.backend, precision="fp32", **arguments
            )
            return clip

        def tensors(self) -> str:
            found: list[str] = re.findall(r"tensors (\w+ to \w+)", "\n".join(self.said))
            return found[-1]

    here = Core()
    here.said = []
    skip_where_missing(here, here.backend)
    handle = vs.core.add_log_handler(lambda kind, message: here.said.append(message))
    yield here
    vs.core.remove_log_handler(handle)


@pytest.mark.parametrize(
    ("fmt", "arguments", "tensors", "result"),
    [
        (vs.RGBH, {}, "fp16 to fp16", vs.RGBH),
        (vs.RGBH, {"output_format": 0}, "fp16 to fp32", vs.RGBS),
        (vs.RGBS, {"output_format": 1}, "fp32 to fp16", vs.RGBH),
        (vs.RGBS, {"format": vs.RGBH}, "fp32 to fp16", vs.RGBH),
        (vs.RGBS, {}, "fp32 to fp32", vs.RGBS),
        (vs.YUV420P8, {}, "fp32 to fp32", vs.YUV420P8),
        (vs.YUV420P8, {"output_format": 1}, "fp32 to fp16", vs.RGBH),
        (vs.YUV444PH, {}, "fp32 to fp32", vs.YUV444PH),
    ],
)
def test_tensors_follow_the_formats(
    core: Any, tmp_path: Path, fmt: int, arguments: dict[str, Any], tensors: str, result: int
) -> None:
    out = core.model(noise(vs.core, 32, 24, fmt=fmt), convs(tmp_path / "n.onnx"), **arguments)
    assert (core.tensors(), out.format.id) == (tensors, result)


def test_half_pictures_pass_bit_for_bit(core: Any, tmp_path: Path) -> None:
    clip = noise(vs.core, 33, 17, fmt=vs.RGBH)
    for one, other in zip(picture(core.model(clip, identity(tmp_path / "n.onnx"))), picture(clip), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("tiles", [{}, {"tilesize": [16, 12], "overlap": [4, 4]}])
def test_half_results_are_the_exact_ones_rounded(core: Any, tmp_path: Path, tiles: dict[str, Any]) -> None:
    network = convs(tmp_path / "n.onnx", scale=2)
    clip = noise(vs.core, 32, 24, fmt=vs.RGBH)
    half = picture(core.model(clip, network, **tiles))
    exact = picture(core.model(clip.resize.Point(format=vs.RGBS), network, **tiles))
    assert core.tensors() == "fp32 to fp32"
    for one, other in zip(half, exact, strict=True):
        # A blended sample is rounded in each of up to four tiles, and once more.
        np.testing.assert_allclose(one.astype(np.float32), other, atol=(3 if tiles else 1) * 2.0**-11)


def test_a_map_in_single_precision_stays_so(core: Any, tmp_path: Path) -> None:
    clips = [noise(vs.core, 32, 24, fmt=vs.RGBH), noise(vs.core, 32, 24, fmt=vs.GRAYS)]
    core.model(clips, convs(tmp_path / "n.onnx", channels=4))
    assert core.tensors() == "fp32 to fp16"


def test_a_range_of_sizes(core: Any, tmp_path: Path) -> None:
    clip = noise(vs.core, 32, 24, fmt=vs.RGBH)
    network = convs(tmp_path / "n.onnx")
    dynamic = core.model(clip, network, static_shape=0, min_shapes=[8, 8], max_shapes=[64, 64])
    assert core.tensors() == "fp16 to fp16"
    for one, other in zip(picture(dynamic), picture(core.model(clip, network)), strict=True):
        np.testing.assert_allclose(one.astype(np.float32), other.astype(np.float32), atol=2.0**-11)


@pytest.mark.parametrize("channels", [7, 11])
def test_times_and_coordinates_keep_their_precision(core: Any, tmp_path: Path, channels: int) -> None:
    """Computed in fp32, a third of the way is a third of the way, also for half pictures."""
    clip = noise(vs.core, 32, 32, length=2, fmt=vs.RGBH)
    network = str(fade(tmp_path / "n.onnx", channels))
    out = core.mlrt.Interpolate(clip, network_path=network, multi=3, backend=core.backend, precision="fp32")
    assert core.tensors() == "fp32 to fp16"
    for one, a, b in zip(picture(out, 1), picture(clip, 0), picture(clip, 1), strict=True):
        wanted = a.astype(np.float64) + (b.astype(np.float64) - a) / 3
        np.testing.assert_allclose(one.astype(np.float64), wanted, atol=2.0**-12 + 1e-6)
