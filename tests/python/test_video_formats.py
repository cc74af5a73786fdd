"""Pixel formats, colour tags and Y4M: what a clip is called outside VapourSynth."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
import vapoursynth as vs

from vsmlrt.video.colour import Colour, read_colour
from vsmlrt.video.errors import UsageError
from vsmlrt.video.formats import FORMATS, choose_pixel_format, convert, pixel_format_of
from vsmlrt.video.picture import copy_planes
from vsmlrt.video.y4m import write_y4m_frame, y4m_header

core = vs.core


def blank(clip_format: int, width: int = 64, height: int = 48) -> vs.VideoNode:
    return core.std.BlankClip(format=clip_format, width=width, height=height, length=1)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_has_ffmpegs_planes(name: str) -> None:
    """FFmpeg agrees about depth, chroma size and number of planes of everything in the table."""
    known = av.VideoFormat(name)
    family, bits, sub_w, sub_h = FORMATS[name]
    assert known.is_planar or family == vs.GRAY
    assert known.components[0].bits == bits
    assert len(known.components) == (1 if family == vs.GRAY else 3)
    assert (known.chroma_width(64), known.chroma_height(64)) == (64 >> sub_w, 64 >> sub_h)


@pytest.mark.parametrize(
    ("codec", "clip_format", "wanted"),
    [
        ("libx264", vs.YUV420P8, "yuv420p"),
        ("libx264", vs.YUV444P8, "yuv444p"),
        ("libx265", vs.YUV420P10, "yuv420p10le"),
        ("libx264", vs.YUV420P10, "yuv420p10le"),
        ("libx264", vs.GRAY8, "gray"),
        ("libx265", vs.RGB24, "gbrp"),
        ("libx264", vs.RGB24, "yuv444p"),
        ("libx264", vs.YUV420P16, "yuv420p10le"),
        ("libx265", vs.YUV444PS, "yuv444p10le"),
        ("libsvtav1", vs.YUV444P8, "yuv420p"),
    ],
)
def test_nearest_format(codec: str, clip_format: int, wanted: str) -> None:
    assert choose_pixel_format(av.Codec(codec, "w"), blank(clip_format).format, None) == wanted


def test_asked_format() -> None:
    codec = av.Codec("libx264", "w")
    assert choose_pixel_format(codec, blank(vs.YUV420P8).format, "yuv420p10") == "yuv420p10le"
    with pytest.raises(UsageError, match=r"libx264 does not take 'yuv420p12', but .*yuv420p10le"):
        choose_pixel_format(codec, blank(vs.YUV420P8).format, "yuv420p12")


def test_odd_size_for_subsampled_chroma_is_refused() -> None:
    with pytest.raises(UsageError, match="63x48"):
        convert(blank(vs.RGB24, 63), "yuv420p", Colour())


@pytest.mark.parametrize("clip_format", [vs.YUV420P8, vs.RGB24, vs.YUV422P10, vs.GRAY16, vs.GRAY8])
@pytest.mark.parametrize("width", [64, 100, 176])
def test_planes_arrive_whole(clip_format: int, width: int) -> None:
    """Every plane of the picture holds the frame's values, whatever the line paddings are."""
    levels = [20, 90, 200][: blank(clip_format).format.num_planes]
    clip = core.std.BlankClip(blank(clip_format, width), color=levels)
    clip = core.std.AddBorders(core.std.CropRel(clip, right=4), right=4, color=[level + 1 for level in levels])
    name = pixel_format_of(clip.format)
    assert name is not None
    made = av.VideoFrame(width, 48, name)
    frame = clip.get_frame(0)
    copy_planes(frame, made)
    order = (1, 2, 0) if clip_format == vs.RGB24 else (0, 1, 2)
    for plane, index in zip(made.planes, order, strict=False):
        lines = np.frombuffer(plane, np.asarray(frame[index]).dtype).reshape(plane.height, -1)[:, : plane.width]
        assert np.array_equal(lines, np.asarray(frame[index]))
        assert lines[0, 0] == levels[index]
        assert lines[0, -1] == levels[index] + 1


def test_rgb_becomes_tagged_yuv() -> None:
    """RGB has no matrix; the YUV made of it says which one was used, and its values follow it."""
    red = core.std.BlankClip(format=vs.RGB24, width=64, height=48, length=1, color=[255, 0, 0])
    clip, colour = convert(red, "yuv444p", read_colour(red.get_frame(0).props))
    assert (colour.matrix, colour.full_range) == (6, False)
    frame = clip.get_frame(0)
    assert [int(np.asarray(frame[plane])[0, 0]) for plane in range(3)] == [81, 90, 240]  # BT.601's red
    assert int(frame.props["_Matrix"]) == 6


@pytest.mark.parametrize("full", [False, True])
def test_gray_that_becomes_yuv_keeps_its_range(full: bool) -> None:
    gray = blank(vs.GRAY8).std.BlankClip(color=200, keep=True).std.SetFrameProps(_Range=int(full))
    made, colour = convert(gray, "yuv420p", Colour(full_range=full))
    frame = made.get_frame(0)
    assert (np.asarray(frame[0])[5, 5], frame.props["_Range"], colour.full_range) == (200, int(full), full)


@pytest.mark.parametrize(
    ("clip_format", "colour", "tags"),
    [
        (vs.YUV420P8, Colour(), b"C420mpeg2"),
        (vs.YUV420P8, Colour(chroma=1, full_range=True), b"C420jpeg XCOLORRANGE=FULL"),
        (vs.YUV420P8, Colour(chroma=2, full_range=False), b"C420paldv XCOLORRANGE=LIMITED"),
        (vs.YUV420P10, Colour(), b"C420p10"),
        (vs.YUV444P16, Colour(), b"C444p16"),
        (vs.GRAY8, Colour(), b"Cmono"),
    ],
)
def test_y4m_header(clip_format: int, colour: Colour, tags: bytes) -> None:
    line = y4m_header(blank(clip_format), colour, Fraction(24000, 1001), Fraction(8, 9))
    assert line == b"YUV4MPEG2 W64 H48 F24000:1001 Ip A8:9 " + tags + b"\n"


def test_y4m_frames_are_what_ffmpeg_reads() -> None:
    """FFmpeg's own Y4M reader finds every plane's values, with a width whose lines are padded in memory."""
    clip = core.std.BlankClip(format=vs.YUV420P8, width=100, height=48, length=1, color=[40, 90, 160])
    file = io.BytesIO()
    file.write(y4m_header(clip, Colour(), Fraction(25), None))
    for _ in range(2):
        write_y4m_frame(file, clip.get_frame(0))
    file.seek(0)
    with av.open(file, "r", format="yuv4mpegpipe") as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 2
    assert [int(np.frombuffer(plane, np.uint8)[50 // (1 + bool(i))]) for i, plane in enumerate(frames[1].planes)] == [
        40,
        90,
        160,
    ]
