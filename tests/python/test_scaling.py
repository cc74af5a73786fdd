"""The simulation behind docs/scaling.md: exact where the answer is known, and the page has its figures."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from scaling import WORKERS, Job, simulate, table  # noqa: E402

EVEN = Job(frames=2400, part=100, rate=10.0, spread=0.0, start=2.0, index=600.0, join=240.0)


def test_one_worker_is_the_sum() -> None:
    found = simulate(EVEN, 1)
    assert (found.beginning, found.working, found.waiting, found.joining) == pytest.approx((6, 240, 0, 10))
    assert found.seconds == pytest.approx(256)


@pytest.mark.parametrize(("workers", "rounds"), [(2, 6), (3, 4), (5, 3), (6, 2), (12, 1), (64, 1)])
def test_pairs_of_parts_in_rounds(workers: int, rounds: int) -> None:
    """24 parts of 10 s, two at a time."""
    assert simulate(EVEN, workers).seconds == pytest.approx(6 + 20 * rounds + 10)


def test_no_number_of_workers_beats_what_one_process_does() -> None:
    for job in (Job(), Job(index=0), Job(index=0, part=60), Job(spread=0.5)):
        times = [simulate(job, count) for count in WORKERS]
        assert all(one.seconds > one.beginning + one.joining for one in times)
        assert all(
            one.working * count == pytest.approx(times[0].working) for one, count in zip(times, WORKERS, strict=True)
        )
        seconds = [one.seconds for one in times]
        assert seconds == sorted(seconds, reverse=True)


def test_a_worker_that_dies_costs_its_expiry_at_most_where_others_have_time() -> None:
    whole, broken = simulate(EVEN, 12), simulate(replace(EVEN, dies=20.0), 12)
    assert broken.seconds == pytest.approx(20 + 60 + 10 + 10)  # the second part of its pair is made by another one
    assert whole.seconds < broken.seconds


def test_the_page_has_the_figures_of_the_simulation() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    for job in (Job(), Job(index=0)):
        assert "\n".join(table(job)) in page
