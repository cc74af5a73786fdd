"""When frames are shown: exact ticks, whatever the container leaves out."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsmlrt.video.timestamps import NO_TIME, make_timeline

TICK = Fraction(1, 12800)


def test_last_duration_falls_back() -> None:
    """The container's word, else the interval before, else 1/fps."""
    assert make_timeline([0, 512], TICK, last=700).duration(1) == 700
    assert make_timeline([0, 512], TICK).duration(1) == 512
    assert make_timeline([0], TICK, fps=Fraction(50)).duration(0) == 256


def test_time_base_is_one_over_something() -> None:
    made = make_timeline([0, 1, 2], Fraction(1001, 30000), last=1)
    assert made.time_base == Fraction(1, 30000)
    assert made.ticks == (0, 1001, 2002)
    assert made.end == Fraction(3003, 30000)
    assert made.rate == Fraction(30000, 1001)


def test_frames_without_times_are_spread() -> None:
    made = make_timeline([NO_TIME] * 4, TICK, fps=Fraction(24000, 1001))
    assert [made.time(n) for n in range(5)] == [n * Fraction(1001, 24000) for n in range(5)]


def test_repeated_times_are_moved_apart() -> None:
    assert make_timeline([0, 512, 512, 1024], TICK).ticks == (0, 512, 513, 1024)


def test_rate_of_rounded_times_is_the_clips() -> None:
    """Matroska's milliseconds of 24000/1001 fps count as constant."""
    made = make_timeline([0, 42, 83, 125, 167], Fraction(1, 1000), last=42, fps=Fraction(24000, 1001))
    assert made.rate == Fraction(24000, 1001)
    assert made.constant
    assert not make_timeline([0, 42, 83, 160], Fraction(1, 1000), fps=Fraction(24)).constant


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=40), st.integers(-9000, 9000), st.data())
def test_cut_keeps_durations(steps: list[int], start: int, data: st.DataObject) -> None:
    """A part has the same durations as in the whole, and begins when the whole does."""
    ticks = [start]
    for step in steps[:-1]:
        ticks.append(ticks[-1] + step)
    whole = make_timeline(ticks, TICK, last=steps[-1])
    first = data.draw(st.integers(0, len(steps) - 1))
    end = data.draw(st.integers(first + 1, len(steps)))
    part = whole.cut(first, end)
    assert [part.duration(n) for n in range(len(part))] == steps[first:end]
    assert part.time(0) == whole.time(0)
    assert part.end - part.time(0) == whole.time(end) - whole.time(first)


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        (Fraction(12800), Fraction(16, 1)),  # the clock's rate, which some containers tell of uneven times
        (Fraction(25), Fraction(25)),
        (Fraction(24000, 1001), Fraction(24000, 1001)),
        (None, Fraction(16, 1)),
    ],
)
def test_the_rate_of_uneven_times_is_one_that_the_frames_have(told: Fraction | None, rate: Fraction) -> None:
    ticks = [0, 40, 80, 94, 188, 228, 391, 431, 471, 703, 711, 751, 791, 831, 871, 960]
    assert make_timeline(ticks, Fraction(1, 1000), last=40, fps=told).rate == rate
