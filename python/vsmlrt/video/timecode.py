"""Timecodes (SMPTE ST 12-1) of a part of a video, and of another frame rate."""

from __future__ import annotations

import re
from fractions import Fraction

_FORM = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")


def timecode_after(text: str, frames: int, rate: Fraction, new_rate: Fraction) -> str | None:
    """The timecode ``frames`` of ``rate`` after the one in ``text``, counted in frames of ``new_rate``.

    Drop-frame timecodes, which leave out two numbers (four at 60) a minute but every tenth, are counted as such. None
    for a text that is no timecode of this rate.
    """
    match = _FORM.fullmatch(text.strip())
    fps, new_fps = round(rate), round(new_rate)
    if match is None or fps < 1 or new_fps < 1:
        return None
    hours, minutes, seconds, number = (int(match[group]) for group in (1, 2, 3, 5))
    mark = match[4]
    if number >= fps or seconds > 59 or minutes > 59:
        return None
    skipped = _skipped(fps) if mark != ":" else 0
    total = ((hours * 60 + minutes) * 60 + seconds) * fps + number
    total -= skipped * _minutes_that_skip(hours * 60 + minutes)
    total = _numbered(total + frames, fps, skipped)
    whole, number = divmod(total, fps)
    number = number * new_fps // fps
    if _skipped(new_fps) == 0:
        mark = ":"
    return f"{whole // 3600 % 24:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{number:02}"


def _skipped(fps: int) -> int:
    return {30: 2, 60: 4, 120: 8}.get(fps, 0)


def _minutes_that_skip(minutes: int) -> int:
    return minutes - minutes // 10


def _numbered(frames: int, fps: int, skipped: int) -> int:
    """The number that a frame has, counted from midnight, with those that are left out."""
    if not skipped:
        return frames
    ten = 600 * fps - 9 * skipped
    tens, rest = divmod(frames, ten)
    minute = 60 * fps - skipped
    passed = 0 if rest < 60 * fps else 1 + (rest - 60 * fps) // minute
    return frames + skipped * (9 * tens + passed)
