"""A job on the command line: its progress, its pipe, and what is said at its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import vapoursynth as vs

from .. import folders
from ..errors import UserError
from ..video.claims import EXPIRY
from ..video.encoder import Quality
from ..video.errors import InterruptedByUserError, UsageError
from ..video.found_frames import OnError
from ..video.index import INDEX_FOLDER
from ..video.job import CheckedJob, Job, Process, run
from ..video.job_folder import Asked, unfinished
from ..video.output import usable
from ..video.timestamps import Timeline
from . import console, options, signals, tables, values
from .options import VideoOptions
from .progress import FrameProgress, clock, tell
from .signals import interruptible

MOST_STREAMS = 64
MOST_EXPIRY = 86_400
DAMAGED = 3
"""Exit status of a job that is done, but whose video could not be decoded as a whole."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A job that came to its end: its exit status, the frames that were made for it, and the time that took."""

    status: int
    made: int
    seconds: float


def read_job(given: VideoOptions, source: Path, output: str) -> Job:
    """The job that is asked for; UsageError or UserError for what can be told at once."""
    values.at_least("--streams", given.streams, 0)
    if given.streams > MOST_STREAMS:
        raise UsageError(f"--streams takes a number from 0 to {MOST_STREAMS}, not {given.streams}")
    values.one_of("--on-error", given.on_error, options.ON_ERROR)
    if given.expiry is not None:
        if not 1 <= given.expiry <= MOST_EXPIRY:
            raise UsageError(f"--expiry takes a number of seconds from 1 to {MOST_EXPIRY}, not {given.expiry:g}")
        if not given.share and given.ray is None:
            raise UsageError("--expiry is about processes that do one job; give --share as well, or leave it out")
    if not 0 <= given.patience <= MOST_EXPIRY:
        raise UsageError(f"--patience takes a number of seconds from 0 to {MOST_EXPIRY}, not {given.patience:g}")
    if given.range is not None:
        values.one_of("--range", given.range, options.RANGES)
    return Job(
        source=usable(source),
        output=None if output == "-" else usable(Path(output)),
        frames=values.read_frames(given.frames),
        crop=values.read_crop(given.crop),
        codec=given.codec,
        quality=Quality(
            crf=given.crf,
            bitrate=values.read_bitrate("--bitrate", given.bitrate),
            preset=given.preset,
            tune=given.tune,
            options=values.read_encoder_options(given.encoder_options),
        ),
        times=(values.read_time("--start", given.start), values.read_time("--to", given.to)),
        pixel_format=given.pixel_format,
        matrix=given.matrix,
        full_range=None if given.range is None else given.range == "full",
        overwrite=given.overwrite,
        on_error=cast(OnError, given.on_error),
        audio=given.audio != "none",
        audio_codec=None if given.audio in ("copy", "none") else given.audio,
        audio_bitrate=values.read_bitrate("--audio-bitrate", given.audio_bitrate),
        audio_streams=values.read_list("--audio-streams", given.audio_streams),
        subtitle_streams=values.read_list("--subtitle-streams", given.subtitle_streams),
        ahead=(given.streams or vs.core.num_threads) + 4,
        index_folder=folders.cache() / INDEX_FOLDER,
        asked={},
        segment=given.segment,
        resume=given.resume,
        restart=given.restart,
        share=given.share,
        expiry=EXPIRY if given.expiry is None else given.expiry,
        deinterlace=given.deinterlace,
        double_rate=given.double_rate,
        framerate=values.read_rate("--framerate", given.framerate),
        patience=given.patience,
    )


def carry_out(checked: CheckedJob, process: Process, asked: Asked, *, json: bool = False) -> Done:
    """Runs the job with a progress bar and Ctrl-C, and says in one line how it went.

    ``asked`` is what makes the result, apart from what the job says itself. ``json`` tells progress and result to a
    program instead.

    The exit status is 0, or `DAMAGED` if something of the video could not be decoded. Raises what
    `vsmlrt.video.job.run` raises; an interruption says how far the job had come.
    """
    job = replace(checked.job, asked=asked, late=partial(_say_late, checked.job))
    checked = replace(checked, job=job)
    counts: list[int] = []
    target = "the pipe" if job.output is None else str(job.output)
    with interruptible(), _pipe(job) as pipe, FrameProgress(json=json) as progress:

        def interruptibly(clip: vs.VideoNode, timeline: Timeline) -> tuple[vs.VideoNode, Timeline]:
            result = process(clip, timeline)
            signals.check()
            return result

        def update(done: int, total: int) -> None:
            progress.update(done, total)
            signals.check()

        def told() -> str:
            done = f"{progress.done} of {progress.total} frames were done" if progress.total else "no frame was done"
            if job.output is None:
                return f": {done}"
            there, every = unfinished(job.output)
            kept = f"; {there} of {every} parts are kept, and --resume goes on with them" if there else ""
            return f": {done}, {target} was not written{kept}"

        signals.situation = told
        console.heard_of_index = progress.index
        try:
            written = run(checked, interruptibly, warn=console.warn, progress=update, pipe=pipe, damaged=counts.append)
        except InterruptedByUserError as error:
            raise InterruptedByUserError(f"{error}{told()}") from None
        except UserError as error:
            to_be_asked_otherwise = isinstance(error, UsageError)
            if not to_be_asked_otherwise and job.output is not None and (kept := unfinished(job.output))[0]:
                console.say(f"{kept[0]} of {kept[1]} parts of {target} are kept; --resume goes on with them")
            raise
        finally:
            signals.situation = str
            console.heard_of_index = console.ignore
    seconds = progress.seconds
    summary = f"{target}: {tables.counted(written, 'frame')}"
    if progress.before:
        summary += f", {'all' if progress.before == written else progress.before} of them by an earlier run, the rest"
    console.say(f"{summary} in {clock(seconds)} ({(written - progress.before) / seconds:.2f} fps)")
    result = Done(status=DAMAGED if counts else 0, made=written - progress.before, seconds=seconds)
    if json:
        tell(output=str(job.output), frames=written, seconds=round(seconds, 3), damaged=counts[0] if counts else 0)
    if not counts:
        return result
    frames = tables.counted(counts[0], "frame")
    what = f"{frames} could not be decoded whole" if counts[0] else "parts of it could not be read"
    console.say(f"vsmlrt: the input is damaged: {what}")
    return result


def _say_late(job: Job, n: int, encoding: bool) -> None:
    """Says of a frame that does not come what may be behind it and what can be done."""
    if encoding:
        what = f"the encoder has taken no frame for {job.patience:g} s"
        why = "it is slow, or its device or the disk of OUT hangs"
    else:
        what = f"frame {n} has not come for {job.patience:g} s"
        why = "it takes that long on this device, or the device, its driver or the disk of IN hangs"
    kept = "; the parts that are complete stay" if job.output is not None and unfinished(job.output)[0] else ""
    console.warn(f"{what}: {why}. The work goes on, and Ctrl-C ends it{kept} (--patience: when to say this)")


@contextmanager
def _pipe(job: Job) -> Iterator[BinaryIO | None]:
    """The standard output as it was given to the program; whatever else prints meanwhile goes to the standard error."""
    if job.output is not None:
        yield None
        return
    if getattr(sys.stdout, "missing", False):
        raise UsageError("there is no standard output for raw video; pipe it into another program or name a file")
    if sys.stdout.isatty():
        raise UsageError("raw video does not go to a terminal; pipe it into another program or name a file")
    sys.stdout.flush()
    taken = os.dup(1)
    os.dup2(2, 1)
    pipe = os.fdopen(taken, "wb", buffering=1 << 20)
    try:
        yield pipe
    finally:  # what matters has been flushed by the writer, whose error must not be hidden
        with suppress(OSError):
            pipe.close()
