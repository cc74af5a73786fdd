"""The pictures of a HEIF file (HEIC, AVIF), which FFmpeg shows as streams: the one that is meant, and its transparency.

ISO/IEC 23008-12.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from ..errors import UserError

_BRANDS = frozenset("avif avis heic heim heis heix hevc hevm hevs hevx mif1 mif2 msf1".split())  # noqa: SIM905


def is_heif(container: av.container.InputContainer) -> bool:
    """Whether a file says that it is one."""
    brand = dict(container.metadata).get("major_brand", "")
    return container.format.name.startswith("mov") and brand in _BRANDS


def chosen(path: Path, pictures: Sequence[Any]) -> tuple[Any, int | None]:
    """The stream of the picture, or of the moving pictures where there are some, and the number of its transparency's.

    Raises UserError for a picture that is put together of several, as phones store theirs.
    """
    picture = next((one for one in pictures if one.frames > 1), pictures[0])
    if picture.disposition & Disposition.dependent:
        raise UserError(
            f"{path} is put together of {len(pictures)} coded pictures, as HEIF files of phones are, "
            "and only whole ones are read; save it as JPEG or PNG first"
        )
    if _is_gray(picture):
        return picture, None
    return picture, next((one.index for one in pictures if one is not picture and _belongs(one, picture)), None)


def _belongs(alpha: Any, picture: Any) -> bool:
    same = (alpha.width, alpha.height, alpha.frames) == (picture.width, picture.height, picture.frames)
    return same and _is_gray(alpha) and not alpha.disposition & Disposition.dependent


def _is_gray(stream: Any) -> bool:
    return bool(stream.codec_context.format) and stream.codec_context.format.name.startswith("gray")
