"""What `vsmlrt bench` times: how many frames are asked for at once, which of them count, and when it ends."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import vapoursynth as vs

from hosting import plugin_core
from interpolators import fade
from networks import convs
from vsmlrt import plugin
from vsmlrt.benchmark import running, worker
from vsmlrt.benchmark.worker import Job


def job(**more: Any) -> Job:
    return Job(**{"network_path": "", "arguments": {}, "width": 16, "height": 16, **more})


class Clock:
    """Stands for time.perf_counter, which the worker asks at the beginning and once for each frame: frames take as long
    as is said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *first: float, then: float) -> None:
        self._durations = itertools.chain([0], first, itertools.repeat(then))
        self._now = 1000.0
        monkeypatch.setattr(worker, "time", self)

    def perf_counter(self) -> float:
        self._now += next(self._durations)
        return self._now


class Clip:
    """Computes the newest of the frames that it is asked for, once `at_once` of them are."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self.asked: list[int] = []
        self._waiting: deque[Callable[[Any, Any], None]] = deque()
        self._frame = vs.core.std.BlankClip(width=16, height=16, length=1).get_frame(0)

    def get_frame_async(self, n: int, done: Callable[[Any, Any], None]) -> None:
        self.asked.append(n)
        self._waiting.append(done)
        if len(self._waiting) == self._at_once:
            self.compute()

    def compute(self) -> None:
        self._waiting.pop()(self._frame.copy(), None)


def requests(at_once: int) -> Any:
    return worker._Requests(vs.core.std.BlankClip(width=16, height=16, length=10_000, keep=True), at_once)


@pytest.mark.parametrize(
    ("threads", "megabytes", "streams", "at_once"),
    [
        (16, 12000, 1, 16),
        (2, 12000, 1, 4),
        (16, 12000, 8, 18),
        (64, 4096, 1, 21),  # 190 MiB each
        (64, 100, 1, 4),
        (64, 100, 3, 8),
    ],
)
def test_a_frame_is_asked_for_each_thread(threads: int, megabytes: int, streams: int, at_once: int) -> None:
    """Within the memory that frames may take, and enough for every stream."""
    core = SimpleNamespace(num_threads=threads, max_cache_size=megabytes)
    clip = vs.core.std.BlankClip(width=7680, height=4320, format=vs.RGBH, length=1)
    assert worker._at_once(core, clip, job(streams=streams)) == at_once


def test_always_as_many_are_asked_for() -> None:
    """The next one when any of them is ready, and a frame that takes long holds up no other."""
    clip = Clip(at_once=5)
    requested = worker._Requests(clip, 5)
    assert clip.asked == [0, 1, 2, 3, 4]
    times = requested.times()
    for count in (6, 7, 8):
        next(times)
        assert clip.asked == list(range(count))


def test_all_that_is_asked_for_is_waited_for() -> None:
    clip = Clip(at_once=3)
    requested = worker._Requests(clip, 3)
    clip.compute()
    clip.compute()
    requested.wait()
    assert clip.asked == [0, 1, 2]
    assert requested._ready.empty()


def test_layers_are_timed_once_nothing_else_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def layers(core: vs.Core, job: Job) -> tuple[list[worker.Layer], float]:
        done.append("layers")
        return [], 1.0

    plugin_core()
    monkeypatch.setattr(worker, "_filtered", worker._pictures)
    monkeypatch.setattr(worker, "_layers", layers)
    monkeypatch.setattr(worker._Requests, "wait", lambda requested: done.append("wait"))
    worker.measure(job(seconds=0))
    assert done == []
    worker.measure(job(seconds=0, layers=True))
    assert done == ["wait", "layers"]


def test_a_frame_that_fails_ends_the_measurement() -> None:
    def fail(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        raise ValueError(f"no frame {n} today")

    clip = vs.core.std.BlankClip(width=16, height=16, length=1000)
    broken = clip[:20] + clip.std.ModifyFrame(clip, fail)
    with pytest.raises(vs.Error, match=r"no frame \d+ today"):
        worker._time(worker._Requests(broken, 4), job())


@pytest.mark.parametrize(
    ("at_once", "more", "warm"),
    [(4, {}, 8), (16, {}, 32), (16, {"streams": 3}, 32), (16, {"interpolates": True}, 64)],
)
def test_the_rate_is_that_of_the_frames(
    monkeypatch: pytest.MonkeyPatch, at_once: int, more: dict[str, Any], warm: int
) -> None:
    """The warm-up, in which the network runs twice for each frame asked for at once, does not count."""
    Clock(monkeypatch, *[0.01] * warm, *[0.25] * 12, then=1)
    assert worker._time(requests(at_once), job(frames=12, **more)) == (12, 3.0)


@pytest.mark.parametrize(("streams", "seconds", "warm"), [(1, 3, 2), (4, 3, 8), (1, 0.75, 3), (1, 0.5, 5)])
def test_a_slow_warm_up_is_cut_short(monkeypatch: pytest.MonkeyPatch, streams: int, seconds: float, warm: int) -> None:
    """With the first frame after two seconds, of two or more for each stream."""
    Clock(monkeypatch, *[seconds] * warm, *[0.25] * 12, then=1)
    assert worker._time(requests(64), job(streams=streams, frames=12)) == (12, 3.0)


@pytest.mark.parametrize(("streams", "seconds", "frames"), [(1, 0.7, 3), (1, 0, 2), (4, 0, 8), (1, 100, 36)])
def test_a_measurement_ends_in_time(monkeypatch: pytest.MonkeyPatch, streams: int, seconds: float, frames: int) -> None:
    """It ends with the first frame after the time given, of two or more for each stream, or with the last frame."""
    Clock(monkeypatch, then=0.25)
    found = worker._time(requests(10), job(frames=36, seconds=seconds, streams=streams))
    assert found == (frames, frames * 0.25)


@pytest.mark.parametrize(
    ("each", "seconds", "frames"),
    [
        (1 / 1024, 10, 2048),  # two seconds
        (1 / 32, 10, 100),  # a hundred frames
        (1 / 8, 10, 81),  # the time given
        (4, 10, 3),
        (16, 10, 2),  # two frames a stream
        (1 / 1024, 1, 1025),
    ],
)
def test_a_figure_rests_on_enough(monkeypatch: pytest.MonkeyPatch, each: float, seconds: float, frames: int) -> None:
    """Where nobody says how many frames: a hundred and two seconds of them, if the time given is enough."""
    Clock(monkeypatch, then=each)
    assert worker._time(requests(4), job(seconds=seconds)) == (frames, frames * each)


def test_frames_do_not_repeat() -> None:
    clip = worker._pictures(vs.core.core, job())
    first, second = (bytes(clip.get_frame(n)[0]) for n in (0, 1))
    assert first != second


@pytest.mark.parametrize("interpolates", [False, True])
def test_a_measurement_without_a_number_of_frames(tmp_path: Path, interpolates: bool) -> None:
    """Its clip has no end that an hour would come to, of which an interpolator makes twice as many frames."""
    plugin_core()
    network = fade(tmp_path / "net.onnx") if interpolates else convs(tmp_path / "net.onnx")
    asked = job(
        network_path=str(network),
        arguments={"backend": "reference", "precision": "fp32", "num_streams": 1},
        interpolates=interpolates,
        seconds=0,
        plugin=plugin.path(),
    )
    assert worker._filtered(plugin_core(), asked).num_frames > 3600 * 100_000
    found = running.run(asked)
    assert (found.error, found.frames) == ("", 2)
