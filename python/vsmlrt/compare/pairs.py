"""The frames of several videos that are shown at the same moments, decoded once from beginning to end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from ..errors import UserError
from ..video.errors import reason
from ..video.facts import read_facts
from ..video.opening import all_threads, open_container
from ..video.timestamps import Continued


@dataclass(frozen=True)
class Moment:
    """What is shown at one time: a frame of each video, in their order, and its number in the first of them."""

    number: int
    seconds: Fraction
    frames: tuple[av.VideoFrame, ...]


class _Reader:
    """A video's frames in the order of their times, which are counted from the first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._container = self._open.enter_context(open_container(path))
        facts = read_facts(path)
        stream = self._open.enter_context(all_threads(self._container, facts.stream))
        self._clock = Continued(facts.time_base, gaps=facts.clocked)
        self._frames = self._container.decode(stream)
        self._start: Fraction | None = None
        self._next: tuple[Fraction, av.VideoFrame] | None = None
        self.current: tuple[Fraction, av.VideoFrame] | None = None
        self._fetch()

    def _fetch(self) -> None:
        try:
            frame = next(self._frames, None)
        except av.FFmpegError as error:
            raise UserError(f"the video {self._path} cannot be decoded: {reason(error)}") from error
        if not isinstance(frame, av.VideoFrame):
            self._next = None
            return
        base = frame.time_base
        ticks = 0 if frame.pts is None else self._clock.read(frame.pts)
        time = ticks * Fraction(base.numerator, base.denominator)
        self._start = time if self._start is None else self._start
        self._next = time - self._start, frame

    def advance(self) -> bool:
        """Goes to the next frame, if there is one."""
        if self._next is None:
            return False
        self.current = self._next
        self._fetch()
        return True

    def at(self, seconds: Fraction) -> av.VideoFrame:
        """The frame shown then, times being stored to a millisecond by some containers; the last one after its end."""
        if self.current is None:
            self.advance()
        while self._next is not None and self._next[0] <= seconds + _ROUNDING:
            self.advance()
        if self.current is None:
            raise UserError(f"the video {self._path} has no frame that can be decoded")
        return self.current[1]

    def close(self) -> None:
        """Closes the file."""
        self._open.close()


_ROUNDING = Fraction(1, 500)


def moments(paths: Sequence[Path]) -> Iterator[Moment]:
    """A moment for each frame of the first video, with the frames that the others show then."""
    readers = [_Reader(path) for path in paths]
    try:
        first, others = readers[0], readers[1:]
        number = 0
        while first.advance():
            assert first.current is not None
            seconds, frame = first.current
            yield Moment(number, seconds, (frame, *(other.at(seconds) for other in others)))
            number += 1
    finally:
        for reader in readers:
            reader.close()


def expected_frames(path: Path) -> int:
    """How many frames a video has, as far as its container tells; 0 where it does not."""
    with open_container(path) as container:
        stream = container.streams[read_facts(path).stream]
        rate = getattr(stream, "average_rate", None)
        length = container.duration or 0
        return int(stream.frames or (length * rate.numerator // (rate.denominator * av.time_base) if rate else 0))
