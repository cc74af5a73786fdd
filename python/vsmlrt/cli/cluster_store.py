"""``--ray-files store``: a Ray cluster makes the parts of a job without a folder that its machines share.

The files that the command names go to the workers through Ray's object store, in pieces that each fit into memory. A
worker runs the same command in a folder of its own and gives the parts that it makes to the dealer, an actor that knows
who is at which part; the process that was asked fetches them from there into the job's folder and makes the file, as if
they were those of an earlier run. Source of Ray's interface: https://docs.ray.io, "Actors" and "Objects".
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import vapoursynth as vs

from ..errors import UserError
from ..video.exchange import Process
from ..video.pump import pump
from ..video.segments import SegmentedWriter, frames_of
from ..video.sharing import AT_ONCE
from ..video.timestamps import Timeline
from . import signals

PIECE = 32 << 20
"""Bytes of a file that are one object of the store."""

_POLL = 0.5


class Dealer:
    """Who makes which part; an actor, whose calls come one after the other. Numbers are those of segments."""

    def __init__(self) -> None:
        self._description: dict[str, Any] | None = None
        self._asked: dict[str, Any] | None = None
        self._pending: deque[int] = deque()
        self._given: dict[int, int] = {}
        self._made: list[tuple[int, dict[str, Any], bytes]] = []
        self._ended = False

    def describe(self, description: dict[str, Any]) -> None:
        """What the result is, which every worker tells alike."""
        self._description = description

    def description(self) -> dict[str, Any] | None:
        """What a worker told of the result; None before one did."""
        return self._description

    def offer(self, numbers: Sequence[int], asked: dict[str, Any]) -> None:
        """The parts that are to be made, and what makes the result."""
        self._pending, self._asked = deque(numbers), asked

    def asked(self) -> dict[str, Any] | None:
        """What makes the result; None before parts were offered."""
        return self._asked

    def next(self, worker: int) -> list[int] | None:
        """Parts for a worker; none at the moment where others are at them, None where all are there."""
        if self._ended:
            return None
        taken = [self._pending.popleft() for _ in range(min(AT_ONCE, len(self._pending)))]
        self._given |= dict.fromkeys(taken, worker)
        return taken

    def deliver(self, number: int, record: dict[str, Any], video: bytes) -> None:
        """A part that was made; of one that was made twice the first counts."""
        if self._given.pop(number, None) is not None:
            self._made.append((number, record, video))

    def collect(self) -> list[tuple[int, dict[str, Any], bytes]]:
        """The parts that came since the last call."""
        made, self._made = self._made, []
        return made

    def forget(self, worker: int) -> None:
        """What this worker was at is for the others: it died, or begins again."""
        lost = [number for number, who in self._given.items() if who == worker]
        for number in lost:
            del self._given[number]
        self._pending.extendleft(sorted(lost, reverse=True))

    def again(self, number: int) -> None:
        """A part did not arrive as it was made."""
        self._pending.appendleft(number)

    def end(self) -> None:
        """All parts are there."""
        self._ended = True


class WorkerSide:
    """A worker's side: it makes the parts that the dealer gives it."""

    def __init__(self, ray: Any, dealer: Any, worker: int) -> None:
        self._ray, self._dealer, self._worker = ray, dealer, worker

    def result(self, clip: vs.VideoNode, timeline: Timeline, process: Process) -> tuple[vs.VideoNode, Timeline]:
        """Computes it, and tells what it is."""
        made, retimed = process(clip, timeline)
        self._ray.get(self._dealer.describe.remote(_described(made, retimed)))
        return made, retimed

    def make(self, clip: vs.VideoNode, writer: SegmentedWriter, *, ahead: int, reach: Callable[[int], None]) -> bool:
        """Makes parts until all are there."""
        while (asked := self._ray.get(self._dealer.asked.remote())) is None:
            time.sleep(_POLL)
        own = writer.folder.asked
        if differing := [name for name in own | asked if own.get(name) != asked.get(name)]:
            name = differing[0]
            raise UserError(
                f"a worker of the Ray cluster would make something else: its {name} is {own.get(name)}, and that of "
                f"the machine that asks is {asked.get(name)}"
            )
        segments = {segment.number: segment for segment in writer.folder.segments}
        while (numbers := self._ray.get(self._dealer.next.remote(self._worker))) is not None:
            if not numbers:
                time.sleep(_POLL)
                continue
            pump(clip, writer.take, ahead=ahead, wanted=frames_of(segments[number] for number in numbers))
            for number in numbers:
                path = writer.folder.file_of(segments[number])
                record = asdict(writer.folder.kept[number])
                self._ray.get(self._dealer.deliver.remote(number, record, path.read_bytes()))
                path.unlink()
        return False


here: WorkerSide | None = None
"""In a worker without a shared folder: its side of the job."""


class AskingSide:
    """The side of the process that was asked: it computes nothing and makes the file. Used as a context.

    ``start`` starts the workers: it gets the dealer and returns their tasks. ``answer`` gives what one ended with: its
    exit status and its last sentence.
    """

    def __init__(self, ray: Any, start: Callable[[Any], list[Any]], answer: Callable[[Any], tuple[int, str]]) -> None:
        self._ray, self._answer = ray, answer
        self._dealer = ray.remote(num_cpus=0)(Dealer).remote()
        self._tasks = dict(enumerate(start(self._dealer)))
        self._said: list[str] = []

    def __enter__(self) -> AskingSide:
        return self

    def __exit__(self, *error: object) -> None:
        for task in self._tasks.values():
            self._ray.cancel(task)
        self._ray.kill(self._dealer)

    def result(self, clip: vs.VideoNode, timeline: Timeline, process: Process) -> tuple[vs.VideoNode, Timeline]:
        """A clip that stands for the one that workers compute, as the first of them describes it."""
        while (told := self._ray.get(self._dealer.description.remote())) is None:
            self._look_after_workers()
            time.sleep(_POLL)
        return _standing_for(told)

    def make(self, clip: vs.VideoNode, writer: SegmentedWriter, *, ahead: int, reach: Callable[[int], None]) -> bool:
        """Offers the missing parts, and keeps them as they come."""
        folder = writer.folder
        segments = {segment.number: segment for segment in writer.missing()}
        self._ray.get(self._dealer.offer.remote(list(segments), folder.asked))
        while segments:
            for number, record, video in self._ray.get(self._dealer.collect.remote()):
                if folder.take_over(segments[number], record, video):
                    del segments[number]
                else:
                    self._ray.get(self._dealer.again.remote(number))
            reach(writer.done)
            if segments:
                self._look_after_workers()
                time.sleep(_POLL)
        self._ray.get(self._dealer.end.remote())
        return True

    def _look_after_workers(self) -> None:
        """Raises UserError where none is left."""
        signals.check()
        ready, _ = self._ray.wait(list(self._tasks.values()), num_returns=len(self._tasks), timeout=0)
        for worker in [worker for worker, task in self._tasks.items() if task in ready]:
            _, said = self._answer(self._tasks.pop(worker))
            self._said.append(said)
            self._ray.get(self._dealer.forget.remote(worker))
        if not self._tasks:
            raise UserError(next(filter(None, self._said), "no worker of the Ray cluster made its parts"))


def _described(clip: vs.VideoNode, timeline: Timeline) -> dict[str, Any]:
    return {
        "format": clip.format.id,
        "width": clip.width,
        "height": clip.height,
        "ticks": timeline.ticks,
        "time_base": str(timeline.time_base),
        "last": timeline.last,
        "rate": str(timeline.rate),
        "slack": timeline.slack,
    }


def _standing_for(told: dict[str, Any]) -> tuple[vs.VideoNode, Timeline]:
    timeline = Timeline(
        time_base=Fraction(told["time_base"]),
        ticks=tuple(told["ticks"]),
        last=told["last"],
        rate=Fraction(told["rate"]),
        slack=told["slack"],
    )
    clip = vs.core.std.BlankClip(
        width=told["width"], height=told["height"], format=told["format"], length=len(timeline), keep=True
    )
    return clip, timeline


def put_files(
    ray: Any, words: Sequence[str], source: Path, output: Path
) -> tuple[list[str], list[tuple[str, list[Any]]]]:
    """The words with ``{n}/NAME`` for the video and for networks that are files, and those files: name and pieces.

    Of a network in two files the second goes along.
    """
    told: list[str] = []
    files: list[tuple[str, list[Any]]] = []
    before = ""
    for word in words:
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        path = Path(value)
        of_network = (option if equals else before) in _NETWORKS
        before = word
        if path == output and not of_network:
            value = f"{_FOLDER}{path.name}"
        elif (path == source or of_network) and path.is_file():
            place = f"{len(files)}/"
            files.append((f"{place}{path.name}", _pieces(ray, path)))
            if path.suffix == ".param" and (weights := path.with_suffix(".bin")).is_file():
                files.append((f"{place}{weights.name}", _pieces(ray, weights)))
            value = f"{_FOLDER}{place}{path.name}"
        told.append(f"{option}{equals}{value}")
    return told, files


_NETWORKS = ("--model", "--denoiser", "--interpolator")
"""Options whose value may be a file."""

_FOLDER = "\0folder/"
"""What stands in words for the folder of a worker, which no word can hold itself."""


def _pieces(ray: Any, path: Path) -> list[Any]:
    with path.open("rb") as file:
        return [ray.put(piece) for piece in iter(lambda: file.read(PIECE), b"")]


def get_files(ray: Any, words: Sequence[str], files: Sequence[tuple[str, list[Any]]], folder: Path) -> list[str]:
    """Writes the files into a folder, and gives the words with their names there."""
    for name, pieces in files:
        (folder / name).parent.mkdir(exist_ok=True)
        with (folder / name).open("wb") as file:
            for piece in pieces:
                file.write(ray.get(piece))
    return [word.replace(_FOLDER, f"{folder}/") for word in words]
