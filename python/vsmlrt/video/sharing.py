"""A job that several processes do: each makes the parts that it claims, and one of them the file of all."""

from __future__ import annotations

import time
from collections.abc import Callable

import vapoursynth as vs

from .. import locks
from ..errors import UserError
from .claims import Claims
from .job_folder import Segment, forget_finished
from .output import part_of
from .pump import Late, pump
from .segments import SegmentedWriter, frames_of

AT_ONCE = 2
"""Parts that a process claims at a time: the filter is idle for a moment behind the last of them."""

JOIN = "join"
_POLL = 0.5


def work(
    clip: vs.VideoNode,
    writer: SegmentedWriter,
    claims: Claims,
    *,
    ahead: int,
    took: Callable[[], None],
    heard: Callable[[], None],
    patience: float,
    late: Late,
) -> bool:
    """Makes parts until all are there, whoever made them; returns whether this process is to make the file.

    ``took`` is called after each frame, from another thread; ``heard`` whenever there may be news of the others. Of
    several processes that come to the end, one makes the file, and the others return when it is there. ``patience``
    and ``late`` are those of `pump`.
    """
    while missing := writer.missing():
        mine: list[Segment] = []
        for segment in missing:
            if len(mine) < AT_ONCE and claims.take(segment.name):
                mine.append(segment)
        writer.folder.look()  # what was finished between looking and claiming
        mine = [segment for segment in mine if segment.number not in writer.folder.kept]
        if mine:

            def take(n: int, frame: vs.VideoFrame) -> None:
                writer.take(n, frame)
                took()

            pump(clip, take, ahead=ahead, wanted=frames_of(mine), patience=patience, late=late)
        elif not writer.folder.path.is_dir():
            return False
        else:
            time.sleep(_POLL)
        for segment in missing:
            claims.release(segment.name)
        writer.folder.look()
        heard()
    while not _may_join(writer, claims):
        if not writer.folder.path.is_dir():
            return False
        time.sleep(_POLL)
        heard()
    forget_finished(writer.path)  # by one that was killed at its very end
    return writer.folder.path.is_dir()


def _may_join(writer: SegmentedWriter, claims: Claims) -> bool:
    """Whether making the file falls to this process; one that looks dead may still be at it."""
    if not claims.take(JOIN):
        return False
    if not locks.is_held(part_of(writer.path)):
        return True
    claims.release(JOIN)
    return False


def lost(path: object) -> UserError:
    """What a process says that finds neither the folder nor the file."""
    return UserError(f"the job of {path} was ended by another process: its folder is gone, and {path} is not there")
