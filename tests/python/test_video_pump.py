"""Frames on their way from the filter to the encoder: order, bounds, and how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import vapoursynth as vs

from vsmlrt.video.pump import pump

core = vs.core


def numbered(length: int, on_frame: Callable[[int], None] = lambda n: None) -> vs.VideoNode:
    base = core.std.BlankClip(format=vs.GRAY8, width=16, height=16, length=length, keep=True)

    def mark(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        on_frame(n)
        made = f.copy()
        made.props["N"] = n
        return made

    return core.std.ModifyFrame(base, base, mark)


def test_every_frame_in_order() -> None:
    got: list[tuple[int, int]] = []
    pump(numbered(57), lambda n, frame: got.append((n, int(frame.props["N"]))), ahead=5)
    assert got == [(n, n) for n in range(57)]


def test_not_too_far_ahead() -> None:
    """A slow encoder holds the filter back: memory stays bounded."""
    made: list[int] = []
    worst = 0

    def take(n: int, frame: vs.VideoFrame) -> None:
        nonlocal worst
        time.sleep(0.01)
        worst = max(worst, len(made) - n)

    pump(numbered(60, made.append), take, ahead=6)
    assert worst <= 6 + 4 + 3  # requested + waiting + in hand on either side


def test_filter_and_encoder_work_at_the_same_time() -> None:
    """The encoder stays in a frame until the filter has begun a later one, and the filter until the encoder has."""
    filtering = [threading.Event() for n in range(25)]
    encoding = [threading.Event() for n in range(25)]
    waited: list[bool] = []

    def make(n: int) -> None:
        filtering[n].set()
        if n == 20:
            waited.append(encoding[15].wait(60))

    def take(n: int, frame: vs.VideoFrame) -> None:
        encoding[n].set()
        if n == 3:
            waited.append(filtering[6].wait(60))

    pump(numbered(25, make), take, ahead=4)
    assert waited == [True, True]


def test_error_of_the_encoder_is_raised_and_ends_the_work() -> None:
    made: list[int] = []

    def take(n: int, frame: vs.VideoFrame) -> None:
        if n == 3:
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        pump(numbered(500, made.append), take, ahead=4)
    assert len(made) < 100


def test_error_of_a_frame_is_raised_after_the_frames_before_it() -> None:
    def fail(n: int) -> None:
        if n == 5:
            raise ValueError("bad frame")

    got: list[int] = []
    with pytest.raises(vs.Error, match="bad frame"):
        pump(numbered(50, fail), lambda n, frame: got.append(n), ahead=3)
    assert got == list(range(len(got)))
    assert len(got) <= 5
    assert not [thread for thread in threading.enumerate() if thread.name == "encode"]


def test_a_frame_that_does_not_come_is_told_once_and_still_waited_for() -> None:
    """The filter goes on when that has been said: a slow device and one that hangs look alike until then."""
    told: list[tuple[int, bool]] = []
    heard = threading.Event()

    def late(n: int, encoding: bool) -> None:
        told.append((n, encoding))
        heard.set()

    def make(n: int) -> None:
        if n == 7:
            assert heard.wait(60)

    got: list[int] = []
    pump(numbered(20, make), lambda n, frame: got.append(n), ahead=1, patience=0.05, late=late)
    assert got == list(range(20))
    assert [one for one in told if one[0] == 7] == [(7, False)]


def test_an_encoder_that_takes_no_frame_is_told() -> None:
    told: list[tuple[int, bool]] = []
    heard = threading.Event()

    def late(n: int, encoding: bool) -> None:
        told.append((n, encoding))
        if encoding:
            heard.set()

    def take(n: int, frame: vs.VideoFrame) -> None:
        if n == 3:
            assert heard.wait(60)

    pump(numbered(40), take, ahead=4, patience=0.05, late=late)
    assert any(encoding and n > 3 for n, encoding in told)


def test_nothing_is_told_without_patience() -> None:
    told: list[int] = []
    pump(
        numbered(5, lambda n: time.sleep(0.02)), lambda n, frame: None, ahead=1, late=lambda n, encoding: told.append(n)
    )
    assert told == []
