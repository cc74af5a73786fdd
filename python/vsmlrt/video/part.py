"""Which frames of a source are used, and when they appear in the new file."""

from __future__ import annotations

import bisect
from fractions import Fraction

from .errors import FieldError
from .source import Source
from .span import Span
from .task import Job
from .timestamps import Timeline


def frame_range(job: Job, timeline: Timeline) -> tuple[int, int]:
    """The first of the frames that a job is about, and the one behind the last; FieldError if there is none."""
    total = len(timeline)
    if job.times != (None, None):
        return _range_of_times(job.times, timeline)
    first, end = job.frames
    first, end = first or 0, total if end is None else end
    if not 0 <= first < end <= total:
        raise FieldError(
            "{frames} {given} does not fit: the video has {total} frames, 0 to {last}, so A:B may be 0:1 to "
            "0:{total} (B itself is not included)",
            given=":".join("" if side is None else str(side) for side in job.frames),
            total=total,
            last=total - 1,
        )
    return first, end


def _range_of_times(times: tuple[Fraction | None, Fraction | None], timeline: Timeline) -> tuple[int, int]:
    """The frames that begin at or after the first time and before the second."""
    ticks = [None if time is None else timeline.ticks[0] + time / timeline.time_base for time in times]
    first, end = (None if tick is None else bisect.bisect_left(timeline.ticks, tick) for tick in ticks)
    first, end = first or 0, len(timeline) if end is None else end
    if first >= end:
        raise FieldError(
            "{start} and {to} leave no frame: the video has frames from 0 to {last:.3f} seconds and ends at "
            "{end_of_it:.3f}",
            last=float(timeline.time(len(timeline) - 1) - timeline.time(0)),
            end_of_it=float(timeline.end - timeline.time(0)),
        )
    return first, end


def timing(source: Source, first: int, end: int) -> tuple[Timeline, Span]:
    """When the kept frames appear in the new file, and what part of the other streams goes with them."""
    whole = source.timeline
    back = whole.time(first) - whole.time(0) + source.facts.start
    span = Span(
        start=whole.time(first) if first > 0 else None,
        end=whole.time(end) if end < len(whole) else None,
        back=back,
    )
    return whole.cut(first, end).moved(-source.facts.start), span
