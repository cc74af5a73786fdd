"""Still pictures as cameras and editors write them: turned by EXIF, colour profiles, gray of full range, lengths."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from PIL import Image, ImageCms, ImageOps, ImageSequence

import ready
from command import stand_in
from video_samples import make_video

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """A picture of which no turn and no mirrored image is like another."""
    across, down = np.meshgrid(np.linspace(0, 200, width), np.linspace(0, 255, height))
    return Image.fromarray(np.dstack([across, down, 255 - across / 2 - down / 3]).astype(np.uint8))


def made(source: Path, output: Path) -> str:
    """What is said on the way to the output."""
    ended = ready.run(stand_in("upscale", source, output))
    assert ended.returncode == 0, ended.stderr.decode()
    said: str = ended.stderr.decode()
    return said


def pixels(path: Path) -> Any:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def exif(orientation: int) -> Image.Exif:
    told = Image.Exif()
    told[0x112] = orientation
    return told


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path, orientation: int) -> None:
    source, plain = tmp_path / "in.png", tmp_path / "plain.png"
    picture().save(source, exif=exif(orientation))
    ImageOps.exif_transpose(Image.open(source)).save(plain, exif=b"")
    made(source, tmp_path / "out.png")
    made(plain, tmp_path / "wanted.png")
    assert np.array_equal(pixels(tmp_path / "out.png"), pixels(tmp_path / "wanted.png"))


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
@pytest.mark.parametrize("size", [(64, 48), (63, 47)])
def test_photographs_of_every_chroma_and_size_are_turned(
    tmp_path: Path, subsampling: str, size: tuple[int, int]
) -> None:
    picture(*size).save(tmp_path / "in.jpg", exif=exif(8), quality=98, subsampling=subsampling)
    made(tmp_path / "in.jpg", tmp_path / "out.png")
    wanted = ImageOps.exif_transpose(picture(*size)).rotate(90, expand=True).resize((2 * size[1], 2 * size[0]))
    assert pixels(tmp_path / "out.png").shape == (2 * size[0], 2 * size[1], 3)
    assert np.abs(pixels(tmp_path / "out.png") - np.asarray(wanted).astype(int)).mean() < 2


def test_the_transparency_is_turned_as_well(tmp_path: Path) -> None:
    whole = picture()
    whole.putalpha(Image.fromarray(np.repeat(np.arange(48, dtype=np.uint8)[:, None] * 5, 64, axis=1)))
    whole.save(tmp_path / "in.png", exif=exif(6))
    ImageOps.exif_transpose(Image.open(tmp_path / "in.png")).save(tmp_path / "plain.png", exif=b"")
    made(tmp_path / "in.png", tmp_path / "out.png")
    made(tmp_path / "plain.png", tmp_path / "wanted.png")
    out, wanted = (np.asarray(Image.open(tmp_path / name)) for name in ("out.png", "wanted.png"))
    assert out.shape == (128, 96, 4)
    assert np.array_equal(out, wanted)


def test_a_video_says_that_a_photograph_is_turned(tmp_path: Path) -> None:
    picture().save(tmp_path / "in.jpg", exif=exif(6))
    made(tmp_path / "in.jpg", tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert (file.streams.video[0].width, file.streams.video[0].height) == (128, 96)
        assert next(file.decode(video=0)).rotation == -90


def test_turns_that_only_frames_of_a_video_tell_are_kept(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024])
    with av.open(str(source)) as file, av.open(str(tmp_path / "turned.mkv"), "w") as target:
        stream = target.add_stream_from_template(file.streams.video[0])
        insert = BitStreamFilterContext("h264_metadata=display_orientation=insert:rotate=90", file.streams.video[0])
        for packet in file.demux(video=0):
            for one in insert.filter(packet if packet.size else None):
                one.stream = stream
                target.mux(one)
    said = made(tmp_path / "turned.mkv", tmp_path / "out.mkv")
    assert "lacks" not in said
    with av.open(str(tmp_path / "out.mkv")) as file:
        assert next(file.decode(video=0)).rotation == 90
    made(tmp_path / "turned.mkv", tmp_path / "out%d.png")
    with av.open(str(source)) as file:
        shape = file.streams.video[0].height * 2, file.streams.video[0].width * 2
    assert Image.open(tmp_path / "out1.png").size == shape


def test_a_png_keeps_its_colour_profile(tmp_path: Path) -> None:
    picture().save(tmp_path / "in.png", icc_profile=PROFILE)
    made(tmp_path / "in.png", tmp_path / "out.png")
    out = Image.open(tmp_path / "out.png")
    out.load()
    assert out.info["icc_profile"] == PROFILE


def test_a_profile_of_other_channels_is_left_out(tmp_path: Path) -> None:
    cmyk = PROFILE[:16] + b"CMYK" + PROFILE[20:]
    picture().convert("CMYK").save(tmp_path / "in.jpg", icc_profile=cmyk)
    made(tmp_path / "in.jpg", tmp_path / "out.png")
    assert "icc_profile" not in Image.open(tmp_path / "out.png").info


@pytest.mark.parametrize("ending", [".mkv", ".apng", ".webp"])
def test_where_a_colour_profile_is_not_kept_that_is_said(tmp_path: Path, ending: str) -> None:
    """PyAV frees the name of a PNG's profile twice, which ended the process."""
    moved = [picture().transpose(turn) for turn in (Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM)]
    source = tmp_path / "in.png"
    picture().save(source, save_all=True, append_images=moved * 20, duration=40)
    data = source.read_bytes()
    content = b"iCCP" + b"a name of many letters\0\0" + zlib.compress(PROFILE)
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    source.write_bytes(data[:33] + chunk + data[33:])
    said = made(source, tmp_path / f"out{ending}")
    assert "colour profile (ICC)" in said


@pytest.mark.parametrize("ending", [".jpg", ".tif", ".pgm", ".jp2", ".png"])
def test_gray_pictures_are_of_full_range(tmp_path: Path, ending: str) -> None:
    steps = Image.fromarray(np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None], 48, axis=0))
    more: dict[str, Any] = {"quality": 100} if ending == ".jpg" else {}
    steps.save(tmp_path / f"in{ending}", **more)
    made(tmp_path / f"in{ending}", tmp_path / "out.png")
    out = np.asarray(Image.open(tmp_path / "out.png").convert("L")).astype(int)
    assert out.min() <= 1
    assert out.max() >= 254
    assert np.abs(out[::2, ::2] - np.asarray(steps).astype(int)).max() <= 3
    made(tmp_path / f"in{ending}", tmp_path / "out.mkv")
    with av.open(str(tmp_path / "out.mkv")) as file:
        frame = next(file.decode(video=0))
        assert int(frame.color_range) == 2 or not frame.format.name.startswith(("gray", "yuv"))


def test_pictures_of_one_bit_are_black_and_white(tmp_path: Path) -> None:
    halves = np.zeros((48, 64), np.uint8)
    halves[:, 32:] = 255
    Image.fromarray(halves).convert("1").save(tmp_path / "in.tif")
    made(tmp_path / "in.tif", tmp_path / "out.png")
    out = np.asarray(Image.open(tmp_path / "out.png").convert("L"))
    assert (out[:, :56].max(), out[:, -56:].min()) == (0, 255)


def test_ycbcr_of_a_tiff_is_of_full_range(tmp_path: Path) -> None:
    picture().convert("YCbCr").save(tmp_path / "in.tif")
    made(tmp_path / "in.tif", tmp_path / "out.png")
    wanted = np.asarray(picture().resize((128, 96), Image.Resampling.BICUBIC)).astype(int)
    assert np.abs(pixels(tmp_path / "out.png") - wanted).mean() < 2


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
@pytest.mark.parametrize("to", [".webp", ".apng", ".mkv"])
def test_every_frame_has_its_own_length_the_last_one_too(tmp_path: Path, ending: str, to: str) -> None:
    lengths = [100, 200, 50, 400, 30]
    frames = [picture().rotate(60 * n) for n in range(len(lengths))]
    more: dict[str, Any] = {"lossless": True} if ending == ".webp" else {}
    frames[0].save(tmp_path / f"in{ending}", save_all=True, append_images=frames[1:], duration=lengths, **more)
    made(tmp_path / f"in{ending}", tmp_path / f"out{to}")
    if to == ".mkv":
        with av.open(str(tmp_path / "out.mkv")) as file:
            packets = [packet for packet in file.demux(video=0) if packet.size]
            found = [round(float((one.duration or 0) * one.time_base) * 1000) for one in packets]
    else:
        found = []
        for frame in ImageSequence.Iterator(Image.open(tmp_path / f"out{to}")):
            frame.load()
            found.append(round(frame.info["duration"]))
    assert found == lengths


@pytest.mark.parametrize(("mode", "ending"), [("CMYK", ".jpg"), ("RGB", ".jpg"), ("RGB", ".png"), ("L", ".png")])
def test_a_damaged_colour_profile_does_not_keep_a_picture_from_being_read(
    tmp_path: Path, mode: str, ending: str
) -> None:
    """BestSource gives such a file up, as its decoder wants to make use of the profile."""
    source = tmp_path / f"in{ending}"
    picture().convert(mode).save(source, icc_profile=b"nothing that is a profile" * 8)
    made(source, tmp_path / "out.png")
    wanted = np.asarray(picture().convert(mode).convert("RGB").resize((128, 96))).astype(int)
    assert np.abs(pixels(tmp_path / "out.png") - wanted).mean() < 6
    assert "icc_profile" not in Image.open(tmp_path / "out.png").info
