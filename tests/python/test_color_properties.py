"""Colour properties that the way to the network does not need neither stop a job nor change on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

import networks
from hosting import planes, plugin_core

CORE = plugin_core()
ODD = (0, 3, 19, 255, -1, 1000)
UNNEEDED = {
    "RGB24": ("_Transfer", "_Primaries", "_Matrix", "_Range", "_ChromaLocation", "_FieldBased"),
    "RGBS": ("_Transfer", "_Primaries", "_Matrix", "_Range", "_ChromaLocation", "_FieldBased"),
    "YUV420P8": ("_Transfer", "_Primaries", "_FieldBased"),
    "YUV444PS": ("_Transfer", "_Primaries", "_FieldBased", "_ChromaLocation", "_Range"),
    "GRAY8": ("_Transfer", "_Primaries", "_FieldBased", "_ChromaLocation", "_Matrix"),
    "GRAYS": ("_Transfer", "_Primaries", "_FieldBased", "_ChromaLocation", "_Matrix", "_Range"),
}


def picture(format_name: str) -> vs.VideoNode:
    """Different values in each plane and place."""
    clip = CORE.std.BlankClip(format=vs.RGBS, width=32, height=24, length=2, color=[0.2, 0.5, 0.7])
    ramp = CORE.std.BlankClip(clip, width=16, color=[0.9, 0.1, 0.4])
    clip = CORE.std.StackHorizontal([CORE.std.CropRel(clip, right=16), ramp])
    wanted = getattr(vs, format_name)
    matrix = {} if format_name.startswith("RGB") else {"matrix_s": "170m"}
    converted: vs.VideoNode = CORE.resize.Bicubic(clip, format=wanted, **matrix)
    return converted.std.RemoveFrameProps()


@pytest.mark.parametrize("conversion", ["auto", "host"])
@pytest.mark.parametrize("to", [None, "RGB24", "YUV420P8", "GRAY16"])
@pytest.mark.parametrize("format_name", UNNEEDED)
def test_odd_properties_pass_through(tmp_path: Path, format_name: str, to: str | None, conversion: str) -> None:
    path = networks.identity(tmp_path / "same.onnx", 1 if format_name.startswith("GRAY") else 3)
    clip = picture(format_name)
    arguments = {"format": int(getattr(vs, to))} if to else {}

    def run(source: vs.VideoNode) -> vs.VideoFrame:
        result = CORE.mlrt.Model([source], path, backend="reference", conversion=conversion, **arguments)
        frame: vs.VideoFrame = result.get_frame(1)
        return frame

    plain = planes(run(clip))
    for name in UNNEEDED[format_name]:
        for value in ODD:
            frame = run(clip.std.SetFrameProps(**{name: value}))
            limited = name == "_Range" and value == 0 and format_name in ("RGB24", "YUV444PS")
            fields = name == "_FieldBased" and value in (1, 2)
            if not limited and not fields:  # these have a meaning
                for got, expected in zip(planes(frame), plain, strict=True):
                    np.testing.assert_array_equal(got, expected)
            if to is None or name in ("_Transfer", "_Primaries"):
                assert frame.props[name] == value, (name, value)


def test_luma_alone_needs_no_matrix(tmp_path: Path) -> None:
    path = networks.identity(tmp_path / "same.onnx", 1)
    clip = picture("YUV420P8")
    for name in ("_Matrix", "_ChromaLocation"):
        odd = clip.std.SetFrameProps(**{name: 19})
        changing = CORE.std.Splice([clip.std.SetFrameProps(**{name: 1}), odd])
        for source in (odd, changing):
            result = CORE.mlrt.Model([source], path, backend="reference")
            frame = result.get_frame(result.num_frames - 1)
            assert frame.props[name] == 19
            for got, expected in zip(planes(frame), planes(clip.get_frame(0)), strict=True):
                np.testing.assert_array_equal(got, expected)


def test_what_is_needed_is_asked_for_in_one_sentence(tmp_path: Path) -> None:
    colours = networks.identity(tmp_path / "three.onnx", 3)
    luma = networks.identity(tmp_path / "one.onnx", 1)
    odd = picture("YUV420P8").std.SetFrameProps(_Matrix=19)
    with pytest.raises(vs.Error, match=r'frame 0 says _Matrix=19, .*; give "matrix"$'):
        CORE.mlrt.Model([odd], colours, backend="reference")
    with pytest.raises(vs.Error, match=r'frame 0 says _Matrix=19, .*; give "matrix"$'):
        CORE.mlrt.Model([odd], luma, backend="reference", format=int(vs.RGB24))
    given = CORE.mlrt.Model([odd], colours, backend="reference", matrix=6)
    plain = CORE.mlrt.Model([picture("YUV420P8")], colours, backend="reference", matrix=6)
    for got, expected in zip(planes(given.get_frame(0)), planes(plain.get_frame(0)), strict=True):
        np.testing.assert_array_equal(got, expected)
