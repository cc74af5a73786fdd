"""Pictures in HEIF files: transparency in a stream of its own, turned ones, moving ones, and those made of tiles."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import ready
from command import stand_in

TILES = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAAHhbWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aW"
    "YAAAAADnBpdG0AAAAAAAEAAABWaWxvYwAAAABEAAAFAAEAAAABAAACCQAAAAgAAgAAAAEAAAIRAAAAHQADAAAAAQAAAi4AAAAcAAQAAAABAAAC"
    "SgAAABkABQAAAAEAAAJjAAAAGwAAAJBpaW5mAAAAAAAFAAAAGmluZmUCAAAAAAEAAGdyaWRDb2xvcgAAAAAaaW5mZQIAAAEAAgAAYXYwMUNvbG"
    "9yAAAAABppbmZlAgAAAQADAABhdjAxQ29sb3IAAAAAGmluZmUCAAABAAQAAGF2MDFDb2xvcgAAAAAaaW5mZQIAAAEABQAAYXYwMUNvbG9yAAAA"
    "ACBpcmVmAAAAAAAAABRkaW1nAAEABAACAAMABAAFAAAAmWlwcnAAAABfaXBjbwAAABRpc3BlAAAAAAAAAIAAAACAAAAAEHBpeGkAAAAAAwgICA"
    "AAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAAxhdjFDgSAAAAAAADJpcG1hAAAAAAAAAAUAAQMBAgMAAgQEAoUDAAME"
    "BAKFAwAEBAQChQMABQQEAoUDAAAAfW1kYXQAAAEBAIAAgBIACgk4FX//lAQ0GkAyDh9AAABAAAoAby3FI0LeEgAKCTgVf/+UBDQaQDINH0AAAE"
    "AACaUka+zvwBIACgk4FX//lAQ0GkAyCh9AAABAADZ8GGESAAoJOBV//5QENBpAMgwfQAAAQAAJUEHmuig="
)
"""Two by two pictures of one colour as libavif's avifenc puts them together (--grid 2x2)."""


def run(source: Path, output: Path) -> tuple[int, str]:
    """The exit status, and what is said."""
    ended = ready.run(stand_in("upscale", source, output))
    return ended.returncode, ended.stderr.decode()


def transparent(width: int = 64, height: int = 48) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 200, width), np.linspace(0, 255, height))
    return Image.fromarray(np.dstack([across, down, 255 - across, down]).astype(np.uint8))


def told(path: Path) -> Any:
    return np.asarray(Image.open(path)).astype(int)


@pytest.mark.parametrize("size", [(64, 48), (63, 47), (64, 64)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_transparency_of_avif_is_kept_and_turned(tmp_path: Path, size: tuple[int, int], orientation: int) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    transparent(*size).save(tmp_path / "in.avif", quality=100, subsampling="4:4:4", exif=exif)
    assert run(tmp_path / "in.avif", tmp_path / "out.png")[0] == 0
    wanted = transparent(*size) if orientation == 1 else transparent(*size).rotate(-90, expand=True)
    wanted = wanted.resize((2 * wanted.width, 2 * wanted.height), Image.Resampling.BICUBIC)
    made = told(tmp_path / "out.png")
    assert made.shape == (wanted.height, wanted.width, 4)
    assert np.abs(made - np.asarray(wanted).astype(int)).mean() < 3


def test_moving_pictures_are_taken_before_the_still_one(tmp_path: Path) -> None:
    frames = [transparent().rotate(90 * n).convert("RGB") for n in range(4)]
    frames[0].save(tmp_path / "in.avif", save_all=True, append_images=frames[1:], duration=100)
    assert run(tmp_path / "in.avif", tmp_path / "out%d.png")[0] == 0
    assert len(list(tmp_path.glob("out*.png"))) == 4


@pytest.mark.parametrize("output", ["out.png", "out.mkv"])
def test_a_picture_of_tiles_is_refused(tmp_path: Path, output: str) -> None:
    """Else one tile would be taken for the picture."""
    (tmp_path / "in.avif").write_bytes(TILES)
    status, said = run(tmp_path / "in.avif", tmp_path / output)
    assert status == 1
    assert "is put together of 4 coded pictures" in said
    assert "save it as JPEG or PNG first" in said
    assert not (tmp_path / output).exists()


def test_where_transparency_is_not_kept_that_is_said(tmp_path: Path) -> None:
    transparent().save(tmp_path / "in.avif")
    status, said = run(tmp_path / "in.avif", tmp_path / "out.mkv")
    assert status == 0
    assert "the transparency of the video is not kept" in said
