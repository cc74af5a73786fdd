"""The part of a video that is kept, and how far it moves."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of the source's time, in seconds; None is an open side. What is kept appears ``back`` seconds earlier."""

    start: Fraction | None = None
    end: Fraction | None = None
    back: Fraction = Fraction(0)

    def holds(self, moment: Fraction) -> bool:
        """Whether something that starts at ``moment`` starts inside."""
        return (self.start is None or moment >= self.start) and (self.end is None or moment < self.end)

    def clip(self, start: Fraction, end: Fraction) -> tuple[Fraction, Fraction] | None:
        """What of an interval lies inside, at its source time; None if nothing does."""
        if self.start is not None:
            start = max(start, self.start)
        if self.end is not None:
            end = min(end, self.end)
        return (start, end) if start < end or (start == end and self.holds(start)) else None
