"""How far the work is: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from json import dumps as json_text
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from . import console

LINE_SECONDS = 5.0
"""Time between two lines where there is no terminal."""


JSON_SECONDS = 0.5
"""The same for programs."""


def tell(**told: object) -> None:
    """An object on a line of the standard output, for programs."""
    print(json_text(told), flush=True)


class _Rate(ProgressColumn):
    """Frames a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("-- fps" if speed is None else f"{speed:.2f} fps")


class FrameProgress:
    """Shows frame, frames a second and time left; ``done`` and ``total`` tell how far it came.

    ``before`` are the frames that were there when it began.

    ``update`` may be called from any thread.
    """

    def __init__(self, *, json: bool = False) -> None:
        self.done = 0
        self.total = 0
        self.before = 0
        self._screen = console.screen()
        self._start = self._line = time.monotonic()
        self._json = json
        self._bar: Progress | None = None
        if self._screen.is_terminal and not json and not console.quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                MofNCompleteColumn(),
                BarColumn(),
                _Rate(),
                TimeRemainingColumn(),
                TextColumn("left"),
                console=self._screen,
                transient=True,
                speed_estimate_period=60,
            )

    def __enter__(self) -> FrameProgress:
        if self._bar is not None:
            self._bar.add_task("frame", total=None)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._start

    def index(self, percent: int) -> None:
        """So much of the video has been looked through, before the first frame."""
        if self._json:
            tell(indexed=percent)
        elif self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description="indexing", completed=percent, total=100)
        elif self._line_is_due():
            console.say(f"indexing the video: {percent} %")

    def _line_is_due(self) -> bool:
        now = time.monotonic()
        due = now - self._line >= (JSON_SECONDS if self._json else LINE_SECONDS)
        if due:
            self._line = now
        return due

    def update(self, done: int, total: int) -> None:
        """``done`` of ``total`` frames are written."""
        if not self.total:
            self.before = done if done > 1 else 0
            if self._bar is not None and self.before:
                self._bar.reset(self._bar.task_ids[0], completed=self.before, total=total)
        self.done, self.total = done, total
        if self._json:
            if done == total or self._line_is_due():
                tell(frame=done, frames=total, fps=round((done - self.before) / self.seconds, 3))
        elif self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description="frame", completed=done, total=total)
        elif done < total and self._line_is_due():
            speed = max(1, done - self.before) / self.seconds
            console.say(f"frame {done}/{total}, {speed:.2f} fps, {clock((total - done) / speed)} left")


def clock(seconds: float) -> str:
    """``1:05`` or ``2:01:05``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
