"""Moving frames from a filter to an encoder, both working all the time."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import vapoursynth as vs

Take = Callable[[int, vs.VideoFrame], None]
Late = Callable[[int, bool], None]


def nobody(n: int, encoding: bool) -> None:
    """Nobody wants to know that a frame is late."""


def pump(
    clip: vs.VideoNode,
    take: Take,
    *,
    ahead: int,
    wanted: Sequence[int] | None = None,
    patience: float = math.inf,
    late: Late = nobody,
) -> None:
    """Hands every frame of ``clip``, in order, to ``take(n, frame)``, which runs in a thread of its own.

    ``wanted`` names the frames, if not all are.

    Up to ``ahead`` frames are requested from the filter before they are needed, and up to four more wait for ``take``;
    memory stays bounded by that. Returns when ``take`` has had the last frame. Where a frame fails, ``take`` still gets
    those before it. An error of a frame or of ``take``, or an exception that arrives in the calling thread (Ctrl-C),
    ends the work and is raised here, when ``take`` is not running any more.

    Where frame ``n`` does not come for ``patience`` seconds, ``late(n, False)`` is called, once a frame; where ``take``
    takes none for as long, ``late(n, True)`` with the frame that waits. The work goes on.
    """
    waiting: queue.Queue[tuple[int, vs.VideoFrame] | None] = queue.Queue(maxsize=4)
    stop = threading.Event()
    failure: list[BaseException] = []
    worker = threading.Thread(target=_consume, args=(waiting, take, stop, failure), name="encode", daemon=True)
    worker.start()
    try:
        frames = range(clip.num_frames) if wanted is None else wanted
        _produce(clip, frames, waiting, stop, ahead, _Patience(patience, late))
    except vs.Error:  # of a frame; those before it are whole, and ``take`` gets them
        raise
    except BaseException:
        stop.set()
        raise
    finally:
        _finish(waiting, worker, stop)
    if failure:
        raise failure[0]


class _Patience:
    """How long a frame is waited for in silence."""

    def __init__(self, seconds: float, late: Late) -> None:
        self._seconds = seconds
        self._late = late
        self._begun = 0.0
        self._said = False

    def begin(self) -> None:
        """Something new is waited for."""
        self._begun, self._said = time.monotonic(), False

    def look(self, n: int, *, encoding: bool) -> None:
        """It is still waited for."""
        if not self._said and time.monotonic() - self._begun >= self._seconds:
            self._said = True
            self._late(n, encoding)

    def frame(self, n: int, future: Future[vs.VideoFrame]) -> vs.VideoFrame:
        """The frame, however long it takes."""
        self.begin()
        while True:
            try:
                return future.result(self._seconds if math.isfinite(self._seconds) and not self._said else None)
            except TimeoutError:
                if future.done():
                    raise
                self.look(n, encoding=False)


def _produce(
    clip: vs.VideoNode,
    wanted: Sequence[int],
    waiting: queue.Queue[tuple[int, vs.VideoFrame] | None],
    stop: threading.Event,
    ahead: int,
    patience: _Patience,
) -> None:
    requested: deque[Future[vs.VideoFrame]] = deque()
    for at, n in enumerate(wanted):
        while len(requested) < ahead and at + len(requested) < len(wanted):
            requested.append(clip.get_frame_async(wanted[at + len(requested)]))
        frame = patience.frame(n, requested.popleft())
        patience.begin()
        while not stop.is_set():
            try:
                waiting.put((n, frame), timeout=0.2)
                break
            except queue.Full:
                patience.look(n, encoding=True)
        if stop.is_set():
            return


def _finish(
    waiting: queue.Queue[tuple[int, vs.VideoFrame] | None], worker: threading.Thread, stop: threading.Event
) -> None:
    """Tells the worker that nothing more comes, and waits for it."""
    while worker.is_alive():
        try:
            waiting.put(None, timeout=0.2)
            break
        except queue.Full:
            if stop.is_set():
                break
    worker.join()


def _consume(
    waiting: queue.Queue[tuple[int, vs.VideoFrame] | None],
    take: Take,
    stop: threading.Event,
    failure: list[BaseException],
) -> None:
    try:
        while not stop.is_set() and (item := waiting.get()) is not None:
            n, frame = item
            take(n, frame)
            frame.close()
    except BaseException as error:  # handed to the calling thread, which raises it
        failure.append(error)
        stop.set()
