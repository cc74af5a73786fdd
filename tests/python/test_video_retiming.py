"""Times of interpolated frames: they add up to the source's, exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from vsmlrt.video.retiming import FINEST, multiplied, resampled
from vsmlrt.video.timestamps import Timeline, make_timeline

DURATIONS = st.lists(st.integers(1, 5000), min_size=1, max_size=30)
FACTORS = st.fractions(Fraction(1, 8), 9, max_denominator=50)
RATES = st.sampled_from([Fraction(60000, 1001), Fraction(24000, 1001), Fraction(50), Fraction(144), Fraction(7, 3)])


def timeline_of(durations: list[int], start: int = 0, base: Fraction = Fraction(1, 12800)) -> Timeline:
    ticks = [start + sum(durations[:n]) for n in range(len(durations))]
    return make_timeline(ticks, base, last=durations[-1])


def lengths(timeline: Timeline) -> list[Fraction]:
    return [after - before for before, after in pairwise(timeline.time(n) for n in range(len(timeline) + 1))]


@given(DURATIONS, FACTORS, st.integers(0, 9000))
def test_a_multiplied_interval_is_divided_evenly(durations: list[int], by: Fraction, start: int) -> None:
    source = timeline_of(durations, start)
    made = multiplied(source, by, ceil(len(source) * by))
    assert (made.time(0), made.end) == (source.time(0), source.end)
    assert sum(lengths(made)) == source.end - source.time(0)
    for n in range(len(made)):
        frame, part = divmod(n / by, 1)
        assert made.time(n) == source.time(int(frame)) + part * (source.time(int(frame) + 1) - source.time(int(frame)))


@given(DURATIONS, RATES, st.integers(0, 9000))
def test_a_resampled_clip_has_one_rate(durations: list[int], rate: Fraction, start: int) -> None:
    source = timeline_of(durations, start)
    made = resampled(source, rate, ceil((source.end - source.time(0)) * rate))
    *steps, last = lengths(made)
    assert all(step == 1 / rate for step in steps)
    assert 0 < last <= 1 / rate
    assert (made.time(0), made.end) == (source.time(0), source.end)
    assert made.constant
    assert made.rate == rate


@given(DURATIONS, FACTORS)
def test_what_is_constant_stays_so_and_the_rest_not(durations: list[int], by: Fraction) -> None:
    source = timeline_of([512] * len(durations))
    assert multiplied(source, by, ceil(len(source) * by)).constant
    uneven = timeline_of([512, 512, 1024, 512])
    assert not multiplied(uneven, Fraction(2), 8).constant


def test_matroskas_rounding_is_no_variable_rate() -> None:
    source = make_timeline([0, 42, 83, 125, 167, 208], Fraction(1, 1000), last=42, fps=Fraction(24000, 1001))
    assert source.constant
    made = multiplied(source, Fraction(5, 2), 15)
    assert made.constant
    assert made.rate == Fraction(60000, 1001)


@given(st.lists(st.integers(1, 2**20), min_size=2, max_size=10))
def test_a_unit_too_fine_for_a_container_is_rounded(durations: list[int]) -> None:
    source = timeline_of(durations, base=Fraction(1, 90000))
    by = Fraction(59999, 1000)
    made = multiplied(source, by, ceil(len(source) * by))
    assert made.time_base.denominator <= FINEST
    for n in range(len(made)):
        frame, part = divmod(n / by, 1)
        exact = source.time(int(frame)) + part * (source.time(int(frame) + 1) - source.time(int(frame)))
        assert abs(made.time(n) - exact) <= made.time_base
