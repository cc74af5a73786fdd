"""When each frame is shown: exact times in ticks of a time base."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

RATE = Fraction(25)
"""Frames a second of numbered images where none is asked for, and of a stream that tells none, as FFmpeg has it."""

NO_TIME = -(2**63)
"""What FFmpeg stores for a frame without a time."""


BACK = Fraction(1, 2)
"""Seconds that a clock goes back at least where it begins anew; less is a clock that trembles."""


GAP = Fraction(10)
"""Seconds that a broadcaster's clock goes on at least where another recording begins."""


@dataclass(frozen=True, kw_only=True)
class Jump:
    """A place where a file's clock jumps, in seconds: the time it goes on from, and what has to be added from there."""

    begins: Fraction
    by: Fraction
    forward: bool


class Continued:
    """A clock that may jump, as in recordings that were joined, read as one that does not.

    It jumps where it goes back, and with ``gaps`` where it goes on by more than `GAP`, too.
    """

    def __init__(self, time_base: Fraction, *, gaps: bool) -> None:
        self._base = time_base
        self._back = BACK / time_base
        self._gap = GAP / time_base if gaps else math.inf
        self._last: int | None = None
        self._step = 1
        self._by = 0
        self.jumps: list[Jump] = []

    def read(self, tick: int) -> int:
        """The next moment, told by this tick."""
        moment = tick + self._by
        last = moment if self._last is None else self._last
        forward = moment > last + self._gap
        if forward or moment < last - self._back:
            self._by += last + self._step - moment
            self.jumps.append(Jump(begins=tick * self._base, by=self._by * self._base, forward=forward))
            moment = last + self._step
        elif moment > last:
            self._step = moment - last
        self._last = max(last, moment)
        return moment


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The times of a clip's frames.

    ``ticks`` increase strictly, one a frame, in units of ``time_base`` seconds; ``last`` is the duration of the last
    frame in the same unit; ``rate`` is the nominal frame rate, an average where the intervals differ. ``slack`` is how
    many ticks a time may be off by rounding. ``jumps`` are those of the file's clock, of which the other streams are
    to be freed as these frames are.
    """

    time_base: Fraction
    ticks: tuple[int, ...]
    last: int
    rate: Fraction
    slack: int = 1
    jumps: tuple[Jump, ...] = ()

    def __len__(self) -> int:
        return len(self.ticks)

    def time(self, n: int) -> Fraction:
        """The moment frame ``n`` appears, in seconds; for ``n == len(self)`` the moment the last one ends."""
        return self.end if n == len(self.ticks) else self.ticks[n] * self.time_base

    @property
    def end(self) -> Fraction:
        """The moment the last frame ends, in seconds."""
        return (self.ticks[-1] + self.last) * self.time_base

    def duration(self, n: int) -> int:
        """How long frame ``n`` is shown, in ticks."""
        return self.last if n == len(self.ticks) - 1 else self.ticks[n + 1] - self.ticks[n]

    @property
    def constant(self) -> bool:
        """Whether every frame stands where the constant rate would put it, but for rounding."""
        step = 1 / (self.rate * self.time_base)
        first = self.ticks[0]
        return all(abs(tick - first - n * step) <= self.slack for n, tick in enumerate(self.ticks))

    def cut(self, first: int, end: int) -> Timeline:
        """Frames ``first`` to ``end - 1``, moved so that the first of them starts when this timeline starts."""
        back = self.ticks[first] - self.ticks[0]
        ticks = tuple(tick - back for tick in self.ticks[first:end])
        return replace(self, ticks=ticks, last=self.duration(end - 1))

    def moved(self, seconds: Fraction) -> Timeline:
        """The same timeline ``seconds`` later, to the nearest tick."""
        by = round(seconds / self.time_base)
        return replace(self, ticks=tuple(tick + by for tick in self.ticks))

    def in_units_of(self, time_base: Fraction) -> Timeline:
        """The same timeline in ticks that are a part of those of ``time_base`` as well as of its own."""
        by = math.lcm(self.time_base.denominator, time_base.denominator) // self.time_base.denominator
        return replace(
            self,
            time_base=self.time_base / by,
            ticks=tuple(tick * by for tick in self.ticks),
            last=self.last * by,
            slack=self.slack * by,
        )


def make_timeline(
    ticks: Sequence[int],
    time_base: Fraction,
    *,
    last: int | None = None,
    fps: Fraction | None = None,
    gaps: bool = False,
) -> Timeline:
    """Puts a timeline together from what a container says.

    ``last`` (the last frame's duration) falls back to the interval before it, then to 1/``fps``. Frames without a time,
    or all at one time, are spread at ``fps`` (`RATE` where that is unknown too). A frame that does not come after
    its predecessor is moved one tick behind it; where the clock jumps (see `Continued`, which ``gaps`` is for) the rest
    follows the frame before. The time base is reduced to 1/n, which every container can store.
    """
    factor, base = time_base.numerator, Fraction(1, time_base.denominator)
    times = [tick * factor for tick in ticks]
    untimed = any(tick == NO_TIME for tick in ticks) or (len(times) > 1 and len(set(times)) == 1)
    if untimed:
        rate = fps or RATE
        frames = tuple(n * rate.denominator for n in range(len(times)))
        return Timeline(time_base=Fraction(1, rate.numerator), ticks=frames, last=rate.denominator, rate=rate)
    clock = Continued(base, gaps=gaps)
    times = [clock.read(tick) for tick in times]
    for n in range(1, len(times)):
        times[n] = max(times[n], times[n - 1] + 1)
    if last:
        end = last * factor
    elif len(times) > 1:
        end = times[-1] - times[-2]
    else:
        end = max(1, round(1 / ((fps or RATE) * base)))
    rate = _rate(times, end, base, fps)
    return Timeline(time_base=base, ticks=tuple(times), last=end, rate=rate, jumps=tuple(clock.jumps))


def _rate(times: list[int], last: int, base: Fraction, fps: Fraction | None) -> Fraction:
    steps = {after - before for before, after in pairwise(times)}
    if len(steps) == 1 and base.denominator > 1000:
        return 1 / (steps.pop() * base)
    average = (len(times) / ((times[-1] - times[0] + last) * base)).limit_denominator(1001)
    # Of uneven times some containers tell the clock's rate, by which no encoder can plan.
    return fps if fps and average / 2 < fps < average * 2 else average
