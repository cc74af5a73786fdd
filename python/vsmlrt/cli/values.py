"""Reading what options are given: numbers, sizes, times and ranges."""

from __future__ import annotations

import re
from fractions import Fraction

from ..video.errors import UsageError
from ..video.job import Crop

NTSC = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "47.952": Fraction(48000, 1001),
    "59.94": Fraction(60000, 1001),
    "119.88": Fraction(120000, 1001),
}
"""Decimals that stand for rates with a denominator of 1001."""


def one_of(option: str, value: str, accepted: tuple[str, ...]) -> str:
    """``value``, which has to be one of ``accepted``."""
    if value not in accepted:
        listed = " or ".join(filter(None, (", ".join(accepted[:-1]), accepted[-1])))
        raise UsageError(f"{option} takes {listed}, not {value!r}")
    return value


def at_least(option: str, value: float, least: float) -> None:
    """Raises UsageError for a number that is too small."""
    if not value >= least:
        raise UsageError(f"{option} takes a number from {least:g} up, not {value:g}")


def read_tile(text: str | None) -> tuple[int, int] | None:
    """``WxH`` as width and height."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if match is None or 0 in (width_height := (int(match[1]), int(match[2]))):
        raise UsageError(f"--tile takes WxH, width and height in pixels such as 512x512, not {text!r}")
    return width_height


def read_frames(text: str | None) -> tuple[int | None, int | None]:
    """``A:B`` as first frame and the one after the last."""
    if text is None:
        return None, None
    match = re.fullmatch(r"(\d{0,10}):(\d{0,10})", text)
    if match is None:
        raise UsageError(
            f"--frames takes A:B, such as 0:75 for the first 75 frames or 100: for all from 100, not {text!r}"
        )
    first, end = (int(side) if side else None for side in match.groups())
    if end is not None and (first or 0) >= end:
        raise UsageError(f"--frames takes A:B with A smaller than B, not {text!r}")
    return first, end


def read_time(option: str, text: str | None) -> Fraction | None:
    """Seconds or ``H:MM:SS.mmm`` as exact seconds."""
    if text is None:
        return None
    match = re.fullmatch(r"(?:(?:(\d{1,6}):)?(\d{1,6}):)?(\d{1,9}(?:\.\d{1,9})?)", text)
    if match is None:
        raise UsageError(f"{option} takes seconds or H:MM:SS, such as 90, 12.5 or 1:02:03.5, not {text!r}")
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def read_rate(option: str, text: str | None) -> Fraction | None:
    """Frames a second as a number or a fraction; 23.976 and its like stand for their N/1001."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)(?:/(\d{1,6}))?", text)
    rate = None if match is None or int(match[2] or 1) == 0 else Fraction(match[1]) / int(match[2] or 1)
    if rate is None or not Fraction(1, 1000) <= rate <= 1000:
        raise UsageError(f"{option} takes frames a second from 0.001 to 1000, such as 24 or 24000/1001, not {text!r}")
    return NTSC.get(text, rate)


def read_resources(option: str, text: str | None) -> dict[str, float] | None:
    """``NAME=N,NAME=N`` as amounts by name."""
    if text is None:
        return None
    found: dict[str, float] = {}
    for part in text.split(","):
        match = re.fullmatch(r"([A-Za-z][\w:.-]*)=(\d{1,6}(?:\.\d{1,4})?)", part.strip())
        if match is None or not float(match[2]):
            raise UsageError(f"{option} takes NAME=N,NAME=N, what a worker needs such as CPU=8,GPU=1, not {text!r}")
        found[match[1]] = float(match[2])
    return found


def read_list(option: str, text: str | None) -> tuple[str, ...] | None:
    """Words with commas between them."""
    if text is None:
        return None
    words = tuple(word.strip() for word in text.split(","))
    if not all(words):
        raise UsageError(f"{option} takes numbers or languages such as 1,3 or jpn, or none, not {text!r}")
    return words


def check_strength(option: str, strength: float) -> None:
    """Raises UsageError for a strength that networks do not know."""
    if not 0 <= strength <= 255:
        raise UsageError(f"{option} takes a number from 0 to 255, not {strength:g}")


def read_bitrate(option: str, text: str | None) -> int | None:
    """Bits a second, with k or M behind a number."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([kKmM]?)", text)
    rate = 0 if match is None else int(Fraction(match[1]) * {"": 1, "k": 1000, "m": 1_000_000}[match[2].lower()])
    if not 1000 <= rate <= 2_000_000_000:
        raise UsageError(f"{option} takes bits a second from 1k to 2000M, such as 8M or 900k, not {text!r}")
    return rate


def read_encoder_options(text: str | None) -> tuple[tuple[str, str], ...]:
    r"""``KEY=VALUE:KEY=VALUE``; a colon inside a value is written ``\:``."""
    if text is None:
        return ()
    found = []
    for part in re.split(r"(?<!\\):", text):
        key, equals, value = part.replace("\\:", ":").partition("=")
        if not key or not equals:
            raise UsageError(f"--encoder-options takes KEY=VALUE:KEY=VALUE, such as g=48:bf=2, not {text!r}")
        found.append((key, value))
    return tuple(found)


def read_crop(text: str | None) -> Crop | None:
    """``WxH+X+Y`` as a rectangle; ``WxH`` alone starts at the top left."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})(?:\+(\d{1,6})\+(\d{1,6}))?", text)
    if match is None or int(match[1]) == 0 or int(match[2]) == 0:
        raise UsageError(f"--crop takes WxH+X+Y, size and top left corner in pixels such as 640x360+0+0, not {text!r}")
    width, height, left, top = (int(side or 0) for side in match.groups())
    return Crop(width=width, height=height, left=left, top=top)


def read_device(text: str | None) -> int | str | list[int] | None:
    """A device's number, numbers of several, or a name."""
    if text is not None and re.fullmatch(r"\d+(,\d+)+", text):
        return [int(number) for number in text.split(",")]
    return int(text) if text is not None and text.isdecimal() else text
