"""Moving frames from a filter to an encoder, both working all the time."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import vapoursynth as vs

Take = Callable[[int, vs.VideoFrame], None]


def pump(clip: vs.VideoNode, take: Take, *, ahead: int, wanted: Sequence[int] | None = None) -> None:
    """Hands every frame of ``clip``, in order, to ``take(n, frame)``, which runs in a thread of its own.

    ``wanted`` names the frames, if not all are.

    Up to ``ahead`` frames are requested from the filter before they are needed, and up to four more wait for ``take``;
    memory stays bounded by that. Returns when ``take`` has had the last frame. Where a frame fails, ``take`` still gets
    those before it. An error of a frame or of ``take``, or an exception that arrives in the calling thread (Ctrl-C),
    ends the work and is raised here, when ``take`` is not running any more.
    """
    waiting: queue.Queue[tuple[int, vs.VideoFrame] | None] = queue.Queue(maxsize=4)
    stop = threading.Event()
    failure: list[BaseException] = []
    worker = threading.Thread(target=_consume, args=(waiting, take, stop, failure), name="encode", daemon=True)
    worker.start()
    try:
        _produce(clip, range(clip.num_frames) if wanted is None else wanted, waiting, stop, ahead)
    except vs.Error:  # of a frame; those before it are whole, and ``take`` gets them
        raise
    except BaseException:
        stop.set()
        raise
    finally:
        _finish(waiting, worker, stop)
    if failure:
        raise failure[0]


def _produce(
    clip: vs.VideoNode,
    wanted: Sequence[int],
    waiting: queue.Queue[tuple[int, vs.VideoFrame] | None],
    stop: threading.Event,
    ahead: int,
) -> None:
    requested: deque[Future[vs.VideoFrame]] = deque()
    for at, n in enumerate(wanted):
        while len(requested) < ahead and at + len(requested) < len(wanted):
            requested.append(clip.get_frame_async(wanted[at + len(requested)]))
        frame = requested.popleft().result()
        while not stop.is_set():
            try:
                waiting.put((n, frame), timeout=0.2)
                break
            except queue.Full:
                continue
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
