"""Where the time of each stream of a GPU that runs networks goes, by what device_trace.cpp wrote:

    python bench/device_gaps.py trace.txt

A stream of an arena has graphs (the network), kernels before and after them (conversions) and time between. What is
printed is the mean for a frame, of the part of the trace that lies between --from and --to of its length, when the job
is in its steady state.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple


class Activity(NamedTuple):
    """One line of the trace; times in nanoseconds."""

    begin: int
    end: int
    kind: str
    name: str
    bytes: int


def read(trace: Path) -> dict[int, list[Activity]]:
    """The activities of each stream, in order; a line that was cut off at the end is left out."""
    streams: dict[int, list[Activity]] = defaultdict(list)
    with trace.open() as lines:
        for line in lines:
            words = line.split()
            if len(words) == 6:
                kind, begin, end, stream, name, size = words
                streams[int(stream)].append(Activity(int(begin), int(end), kind, name, int(size)))
    for activities in streams.values():
        activities.sort()
    return dict(streams)


def between(streams: dict[int, list[Activity]], first: float, last: float) -> tuple[dict[int, list[Activity]], float]:
    """What began between these parts of the trace's length, and that time in nanoseconds."""
    begin = min(activities[0].begin for activities in streams.values())
    length = max(each.end for activities in streams.values() for each in activities) - begin
    low, high = begin + first * length, begin + last * length
    kept = {stream: [each for each in all_of if low <= each.begin < high] for stream, all_of in streams.items()}
    return kept, high - low


def main() -> None:
    """Prints the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path)
    parser.add_argument("--from", dest="first", type=float, default=0.6, help="default 0.6")
    parser.add_argument("--to", dest="last", type=float, default=0.95, help="default 0.95")
    given = parser.parse_args()
    streams = read(given.trace)
    if not streams:
        raise SystemExit(f"{given.trace} has no activities; was the program run with CUDA_INJECTION64_PATH?")
    streams, span = between(streams, given.first, given.last)
    arenas = [all_of for all_of in streams.values() if any(each.kind == "graph" for each in all_of)]
    frames = sum(each.kind == "graph" for all_of in arenas for each in all_of)
    if not frames:
        raise SystemExit(f"{given.trace} has no graphs between {given.first} and {given.last} of its length")
    cycle = span * len(arenas) / frames
    print(f"{frames / span * 1e9:.0f} networks/s on {len(arenas)} streams: one on each every {cycle / 1e3:.1f} us")
    busy: Counter[str] = Counter()
    gaps: dict[str, list[int]] = defaultdict(list)
    for all_of in arenas:
        for each in all_of:
            busy[each.kind] += each.end - each.begin
        for before, after in itertools.pairwise(all_of):
            gaps[f"{before.kind} to {after.kind}"].append(after.begin - before.end)
    for kind, spent in busy.most_common():
        print(f"  {kind:18} {spent / frames / 1e3:8.2f} us a frame")
    for name, all_gaps in sorted(gaps.items(), key=lambda item: -sum(item[1])):
        mean, median = sum(all_gaps) / frames / 1e3, statistics.median(all_gaps) / 1e3
        print(f"  {name:18} {mean:8.2f} us a frame between them, {median:.1f} in the median")
    copies: Counter[str] = Counter()
    copying: Counter[str] = Counter()
    for all_of in streams.values():
        for each in all_of:
            if each.kind == "copy":
                copies[each.name] += each.bytes
                copying[each.name] += each.end - each.begin
    for direction, name in (("1", "up"), ("2", "down")):
        if copies[direction]:
            print(f"  copies {name}: {copies[direction] / span:.2f} GB/s, {copying[direction] / span:.2f} of the time")


if __name__ == "__main__":
    main()
