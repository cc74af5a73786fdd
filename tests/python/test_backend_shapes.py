"""Shape ranges of a backend on the plugin: one program for many sizes, the same pictures, and clear ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs

import vsmlrt
from hosting import noise, picture, plugin_core
from networks import convs
from vsmlrt import Backend

RANGE: dict[str, Any] = {"static_shape": False, "min_shapes": (16, 16), "max_shapes": (96, 64), "precision": "fp32"}


@pytest.fixture
def network(tmp_path: Path) -> str:
    plugin_core()
    return convs(tmp_path / "network.onnx", scale=2)


@pytest.mark.parametrize("size", [(16, 16), (33, 47), (96, 64)])
def test_a_size_inside_the_range_is_as_with_a_program_of_its_own(network: str, size: tuple[int, int]) -> None:
    clip = noise(vs.core, *size)
    dynamic = vsmlrt.inference(clip, network, backend=Backend.Auto(**RANGE, opt_shapes=(64, 48)))
    static = vsmlrt.inference(clip, network, backend=Backend.Auto(precision="fp32"))
    for one, other in zip(picture(dynamic), picture(static), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_size_outside_the_range_is_an_error_that_names_it(network: str) -> None:
    with pytest.raises(vs.Error, match=r"96x65 .*from 16x16 to 96x64"):
        vsmlrt.inference(noise(vs.core, 96, 65), network, backend=Backend.Auto(**RANGE))


def test_static_shapes_are_the_tiles(network: str) -> None:
    clip = noise(vs.core, 64, 48)
    backend = Backend.Auto(precision="fp32", opt_shapes=(32, 32), max_shapes=(32, 32))
    assert vsmlrt.inference(clip, network, (4, 4), (32, 32), backend).width == 128
    with pytest.raises(vs.Error, match=r"32x32.*the tile's size, 64x48"):
        vsmlrt.inference(clip, network, backend=backend)


def test_every_argument_is_one_of_the_plugins(network: str, tmp_path: Path) -> None:
    """With all shape and folder options set, the plugin takes what Python gives it."""
    backend = Backend.Auto(**RANGE, opt_shapes=(64, 48), engine_folder=str(tmp_path / "plans"), num_streams=2)
    assert vsmlrt.inference(noise(vs.core, 64, 48), network, backend=backend).width == 128
