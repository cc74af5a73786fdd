"""The frames of several videos that are shown at the same moments, decoded once from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ..errors import UserError
from ..video.errors import reason
from ..video.facts import read_facts
from ..video.formats import FORMATS
from ..video.linear import fill_plane
from ..video.opening import all_threads, open_container
from ..video.timestamps import RATE, Continued


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
        self._rate = facts.rate or RATE
        self._count = 0
        self._full_gray = facts.full_range
        self._frames = self._container.decode(stream)
        self._start: Fraction | None = None
        self._next: tuple[Fraction, av.VideoFrame] | None = None
        self.current: tuple[Fraction, av.VideoFrame] | None = None
        self._interval = Fraction(0)
        self._fetch()

    def _fetch(self) -> None:
        try:
            frame = next(self._frames, None)
        except av.FFmpegError as error:
            raise UserError(f"the video {self._path} cannot be decoded: {reason(error)}") from error
        if not isinstance(frame, av.VideoFrame):
            self._next = None
            return
        if not self._full_gray:
            frame = _gray_as_yuv(frame)
        if frame.pts is None:  # of a stream without a container, whose frames are counted
            time = self._count / self._rate
        else:
            time = self._clock.read(frame.pts) * Fraction(frame.time_base.numerator, frame.time_base.denominator)
        self._count += 1
        self._start = time if self._start is None else self._start
        self._next = time - self._start, frame

    def advance(self) -> bool:
        """Goes to the next frame, if there is one."""
        if self._next is None:
            return False
        if self.current is not None:
            self._interval = self._next[0] - self.current[0]
        self.current = self._next
        self._fetch()
        return True

    def end(self) -> Fraction | None:
        """When the last frame goes, if that is the one shown now; a video of one frame has no end."""
        if self._next is not None or self.current is None or not self._interval:
            return None
        return self.current[0] + self._interval

    def goes_on_after(self, end: Fraction) -> bool:
        """Whether another frame follows the one that is shown then, one of which may be missing at an end."""
        self.at(end)
        return self._next is not None

    def over(self, seconds: Fraction) -> bool:
        """Whether the video has ended by then, by more than half a frame."""
        end = self.end()
        return end is not None and seconds > end + self._interval / 2

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

_FULL = 2
"""FFmpeg's number of full range."""


def _gray_as_yuv(frame: av.VideoFrame) -> av.VideoFrame:
    """A gray frame of limited range with chroma that shows no colour: FFmpeg takes all gray for gray of full range."""
    own = frame.format.name
    if not own.startswith("gray") or own not in FORMATS or int(frame.color_range) == _FULL:
        return frame
    bits = frame.format.components[0].bits
    made = av.VideoFrame(frame.width, frame.height, own.replace("gray", "yuv420p"))
    for index, plane in enumerate(made.planes):
        samples = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)
        if index == 0:
            fill_plane(samples[:, : frame.width], frame.planes[0])
        else:
            samples[:] = 1 << (bits - 1)
    made.pts, made.time_base = frame.pts, frame.time_base
    made.colorspace, made.color_range = frame.colorspace, frame.color_range
    made.color_primaries, made.color_trc = frame.color_primaries, frame.color_trc
    return made


Ended = Callable[[Path, Fraction], None]
"""Is told which video ends, and when, while another one goes on."""


def moments(paths: Sequence[Path], ended: Ended = lambda path, end: None) -> Iterator[Moment]:
    """A moment for each frame of the first video, with the frames that the others show then.

    Of a video that ends before the first one its last frame is shown on. ``ended`` is told of it once, and at the end
    of the first one if another goes on then.
    """
    readers = [_Reader(path) for path in paths]
    try:
        first, others = readers[0], readers[1:]
        number = 0
        told: set[Path] = set()
        while first.advance():
            assert first.current is not None
            seconds, frame = first.current
            shown = frame, *(other.at(seconds) for other in others)
            for path, other in zip(paths[1:], others, strict=True):
                if path not in told and (end := other.end()) is not None and other.over(seconds):
                    told.add(path)
                    ended(path, end)
            yield Moment(number, seconds, shown)
            number += 1
        end = first.end()
        if end is not None and any(other.goes_on_after(end) for other in others):
            ended(paths[0], end)
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
