"""A job of which some processes make the parts and another one the file, without a folder that all of them see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import vapoursynth as vs

from .segments import SegmentedWriter
from .timestamps import Timeline

Process = Callable[[vs.VideoNode, Timeline], tuple[vs.VideoNode, Timeline]]
"""Turns a clip with its times into the result with its own: any size, any constant format, any number of frames."""


class Exchange(Protocol):
    """One process's side of such a job."""

    def result(self, clip: vs.VideoNode, timeline: Timeline, process: Process) -> tuple[vs.VideoNode, Timeline]:
        """The result's clip and times; where nothing is computed a clip of its format and length stands for it."""

    def make(self, clip: vs.VideoNode, writer: SegmentedWriter, *, ahead: int, reach: Callable[[int], None]) -> bool:
        """Has the missing parts made, or makes those that are given to it; returns whether the file is made here.

        ``reach`` is told how many frames of the whole are done.
        """
