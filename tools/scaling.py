#!/usr/bin/env python3
"""Simulates `--share`: how many frames a second 1 to 64 workers make of one job, and what keeps them from more.

The scheduler is the package's own (vsmlrt.video.sharing): a worker starts, looks through the whole video for its index,
claims `AT_ONCE` parts that are missing, makes them, and looks again; when all are there one worker joins them. What a
part takes is drawn around the measured time, from a fixed seed. Claims themselves (a file each) take no time here.

    tools/scaling.py                       the table of docs/scaling.md
    tools/scaling.py --rate 10 --frames N  other measurements
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))

from vsmlrt.video.claims import EXPIRY
from vsmlrt.video.sharing import AT_ONCE

WORKERS = (1, 2, 4, 8, 16, 32, 64)
_SEED = 7
_NEVER = float("inf")


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job and what was measured of a worker; times in seconds, rates in frames a second.

    ``rate`` is that of one worker, ``spread`` the standard deviation of a part's time as a share of it, ``start`` what
    a process takes until its first frame, ``index`` the rate of looking through the video (0: it is kept already),
    ``join`` that of joining, ``dies`` when the last worker of several dies.
    """

    frames: int = 34_560
    part: int = 240
    rate: float = 23.7
    spread: float = 0.1
    start: float = 0.8
    index: float = 223.0
    join: float = 611.0
    at_once: int = AT_ONCE
    dies: float = _NEVER


@dataclass(frozen=True, kw_only=True)
class Result:
    """When the output is there, and where a worker's time went on average, in seconds."""

    seconds: float
    beginning: float
    working: float
    waiting: float
    joining: float


def simulate(job: Job, workers: int) -> Result:
    """One job from its beginning to its end."""
    draw = random.Random(_SEED)
    lengths = [min(job.part, job.frames - first) for first in range(0, job.frames, job.part)]
    costs = [length / job.rate * max(0.2, draw.gauss(1, job.spread)) for length in lengths]
    beginning = job.start + (job.frames / job.index if job.index else 0)
    free_at = [0.0] * len(costs)  # when a part can be claimed: at once, or when a dead worker's claim has expired
    free = list(range(len(costs)))
    events = [(beginning, worker) for worker in range(workers)]
    heapq.heapify(events)
    made = working = 0.0
    while free:
        now, worker = heapq.heappop(events)
        mine = [part for part in free if free_at[part] <= now][: job.at_once]
        if not mine:
            heapq.heappush(events, (min(free_at[part] for part in free), worker))
            continue
        free = [part for part in free if part not in mine]
        for part in mine:
            if workers > 1 and worker == workers - 1 and now + costs[part] > job.dies:
                lost = mine[mine.index(part) :]
                for one in lost:
                    free_at[one] = job.dies + EXPIRY
                free = sorted(free + lost)
                break
            now += costs[part]
            working += costs[part]
        else:
            heapq.heappush(events, (now, worker))
        made = max(made, now)
    joining = job.frames / job.join
    waiting = workers * (made - beginning) - working
    return Result(
        seconds=made + joining,
        beginning=beginning,
        working=working / workers,
        waiting=max(0.0, waiting / workers),
        joining=joining,
    )


def table(job: Job) -> list[str]:
    """Rows for docs/scaling.md."""
    rows = [
        "| workers | minutes | fps | of N times one | index and start, s | parts, s | waiting, s | joining, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    alone = simulate(job, 1).seconds
    for count in WORKERS:
        found = simulate(job, count)
        rows.append(
            f"| {count} | {found.seconds / 60:.1f} | {job.frames / found.seconds:.0f} | "
            f"{alone / found.seconds / count:.2f} | {found.beginning:.0f} | {found.working:.0f} | "
            f"{found.waiting:.0f} | {found.joining:.0f} |"
        )
    return rows


def main() -> None:
    """The command line: each figure of `Job` is an option."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in vars(Job()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    print("\n".join(table(replace(Job(), **vars(parser.parse_args())))))


if __name__ == "__main__":
    main()
