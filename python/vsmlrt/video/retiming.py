"""The times of frames that were interpolated: those of the source, divided or replaced by a constant rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from .timestamps import Timeline

FINEST = 2**31 - 1
"""The largest number of ticks a second that MP4 can store."""


def multiplied(source: Timeline, by: Fraction, count: int) -> Timeline:
    """The times of ``count`` frames, of which frame n stands at position n / ``by``, counted in source frames.

    An interval between two source frames is divided evenly, so that a variable rate keeps its cadence; the last frame
    is shown until the source ends. Exact, unless that takes more than ``FINEST`` ticks a second.
    """
    parts = by.numerator
    ticks = []
    for n in range(count):
        frame, part = divmod(n * by.denominator, parts)
        ticks.append(source.ticks[frame] * parts + part * source.duration(frame))
    end = (source.ticks[-1] + source.last) * parts
    return _timeline(ticks, end, source.time_base.denominator * parts, source.rate * by, source.slack * parts)


def resampled(source: Timeline, rate: Fraction, count: int) -> Timeline:
    """The times of ``count`` frames, one every 1 / ``rate`` seconds from the source's first frame on.

    The last frame is shown until the source ends. Exact, unless that takes more than ``FINEST`` ticks a second.
    """
    fine = math.lcm(source.time_base.denominator, rate.numerator)
    scale, step = fine // source.time_base.denominator, fine // rate.numerator * rate.denominator
    start = source.ticks[0] * scale
    end = (source.ticks[-1] + source.last) * scale
    return _timeline([start + n * step for n in range(count)], end, fine, rate, 0)


def _timeline(ticks: Sequence[int], end: int, a_second: int, rate: Fraction, slack: int) -> Timeline:
    """A timeline of times in 1 / ``a_second``, in the coarsest unit that keeps them, and no finer than ``FINEST``."""
    unit = a_second // math.gcd(a_second, end, *ticks)
    exact = unit <= FINEST
    unit = unit if exact else FINEST
    stored = [round(Fraction(tick * unit, a_second)) for tick in ticks]
    return Timeline(
        time_base=Fraction(1, unit),
        ticks=tuple(stored),
        last=max(1, round(Fraction(end * unit, a_second)) - stored[-1]),
        rate=rate,
        slack=slack * unit // a_second + (not exact),
    )
