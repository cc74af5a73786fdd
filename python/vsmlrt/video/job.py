"""One video in, one video out: the whole way of a file through a process that changes its picture."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import vapoursynth as vs

from ..errors import UserError
from . import sharing
from .area import Crop as Crop
from .area import alpha_of, cropped, own_size, trimmed
from .claims import Claims
from .colour import LINEAR, WITH_CURVE
from .comparison import name_unkept_side_data, unkept_side_data
from .damage import FIELDS_BEGIN
from .encoder import CONTAINERS, check_encoding
from .errors import FieldError, InterruptedByUserError, UsageError, reason
from .exchange import Exchange
from .exchange import Process as Process
from .facts import read_facts
from .images import NumberedWriter, check_images
from .incoming import files_of, is_sequence
from .job_folder import folder_of, forget_finished, refuse_unfinished
from .making import file_writer, name_lost_transparency, raw_writer
from .notes import Notes, Warn
from .output import Outputs, check_output, identity_of
from .part import frame_range, timing
from .pump import pump
from .segments import LONGEST, SegmentedWriter, frames_of
from .sound import check_sound
from .source import Source, open_source
from .stream_plan import Choice, name_losses, plan_streams
from .task import IMAGES
from .task import CheckedJob as CheckedJob
from .task import Job as Job
from .timestamps import Timeline
from .writer import Writer
from .y4m import check_y4m_format

Progress = Callable[[int, int], None]
Damaged = Callable[[int], None]


def _nobody(count: int) -> None:
    """Does not care for damage."""


def run(
    checked: CheckedJob,
    process: Process,
    *,
    warn: Warn,
    progress: Progress,
    pipe: BinaryIO | None = None,
    damaged: Damaged = _nobody,
) -> int:
    """Does a job and returns the number of frames written, which is all of them.

    ``process`` gets the (cut and cropped) source clip. ``progress(done, total)`` is called after each frame, from
    another thread, and before the first where frames of an earlier run are there; ``damaged(count)``, at most once,
    tells how many of the source's frames could not be decoded or not without patching. Whatever is raised (UserError
    and UsageError in one sentence), no part of the output is left, but for the finished parts of a job that can go on.
    """
    job = checked.job
    with ExitStack() as stack:
        try:
            target: Outputs | BinaryIO | None = pipe
            if job.output is not None:
                target = stack.enter_context(Outputs(job.output, overwrite=job.overwrite, shared=job.share))
            return _run(checked, process, target, Notes(warn), progress, damaged, stack)
        except vs.Error as error:
            raise refusal(reason(error)) from error


def _run(
    checked: CheckedJob,
    process: Process,
    target: Outputs | BinaryIO | None,
    notes: Notes,
    progress: Progress,
    damaged: Damaged,
    stack: ExitStack,
) -> int:
    job = checked.job
    told: set[str] = set()
    if not job.raw:
        name_losses(checked.plan, job.container, notes)
        name_unkept_side_data(told := unkept_side_data(job.source), notes)
    source = open_source(
        job.source,
        checked.facts,
        notes=notes,
        rotate=job.raw,
        end=job.frames[1],
        index_folder=job.index_folder,
        on_error=job.on_error,
        deinterlace=job.deinterlace,
        double_rate=job.double_rate,
    )
    source = _meaning(source, job)
    if source.damage:
        damaged(source.damage.frames + source.damage.concealed)
    try:
        total = _written(checked, source, process, target, notes, progress, stack)
        if source.look is not None:
            patched, side_data = source.look.result()
            if not job.raw:
                name_unkept_side_data(side_data - told - ({FIELDS_BEGIN} if job.deinterlace else set()), notes)
            if patched and not source.damage:
                notes(f"the video is damaged: {patched.in_words()}", "picture")
                damaged(patched.concealed)
    finally:
        if source.look is not None:
            source.look.end()
    return total


def _written(
    checked: CheckedJob,
    source: Source,
    process: Process,
    target: Outputs | BinaryIO | None,
    notes: Notes,
    progress: Progress,
    stack: ExitStack,
) -> int:
    job = checked.job
    first, end = frame_range(job, source.timeline)
    clip = cropped(source, first, end, job.crop)
    timeline, span = timing(source, first, end)
    result, timeline = _processed(clip, timeline, process, job.exchange)
    width, height = own_size(source, clip, result)
    holds_alpha = (job.images or not job.raw) and result.num_frames == clip.num_frames
    alpha = alpha_of(source, first, end, job.crop) if holds_alpha else None
    writer: Writer
    if job.raw:
        result = trimmed(result, width, height)
        pending = target.final() if isinstance(target, Outputs) else target
        if alpha is None:
            name_lost_transparency(source, notes)
        result, writer = raw_writer(job, result, alpha, source, timeline, pending, notes)
    else:
        assert isinstance(target, Outputs)
        claims = Claims(folder_of(target.path), job.expiry) if job.share else None
        size = width, height
        token = claims.token if claims is not None else ""
        result, writer = file_writer(checked, result, alpha, size, source, timeline, span, first, target, notes, token)
        if job.exchange is not None:
            assert isinstance(writer, SegmentedWriter)
            return _exchanged(job, result, writer, job.exchange, progress)
        if claims is not None:
            assert isinstance(writer, SegmentedWriter)
            if writer.folder.is_new and identity_of(target.path) != checked.before:
                writer.abandon()  # others came to the end of it while the video was being looked through here
                return int(result.num_frames)
            try:
                return _shared(job, result, writer, stack.enter_context(claims), progress)
            except UserError as error:
                asked = isinstance(error, InterruptedByUserError)
                if asked or writer.folder.path.is_dir() or identity_of(target.path) == checked.before:
                    raise
                return int(result.num_frames)  # it slept while others did what it had, and came to the end
    _alone(job, result, writer, progress)
    return int(result.num_frames)


class _Count:
    """How many frames of the output are done, told whenever that changes; one thread at a time."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def reach(self, done: int) -> None:
        """So many are done, whoever made them."""
        self._done = min(done, self._total)
        if self._done:
            self._progress(self._done, self._total)

    def add_one(self) -> None:
        """One more is done."""
        self.reach(self._done + 1)


def _patience(job: Job) -> float:
    return job.patience or math.inf


def _alone(job: Job, clip: vs.VideoNode, writer: Writer, progress: Progress) -> None:
    """Writes the frames that are not written, and completes the output."""
    total: int = clip.num_frames
    wanted: Sequence[int] = (
        frames_of(writer.missing()) if isinstance(writer, SegmentedWriter | NumberedWriter) else range(total)
    )
    count = _Count(total, progress)

    def take(n: int, frame: vs.VideoFrame) -> None:
        writer.take(n, frame)
        count.add_one()

    count.reach(total - len(wanted))
    try:
        pump(clip, take, ahead=job.ahead, wanted=wanted, patience=_patience(job), late=job.late)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise


def _shared(job: Job, clip: vs.VideoNode, writer: SegmentedWriter, claims: Claims, progress: Progress) -> int:
    """Does what this process gets of a job, and makes the output if that falls to it; returns all of its frames."""
    count = _Count(clip.num_frames, progress)

    def heard() -> None:
        count.reach(writer.done)

    assert job.output is not None
    try:
        heard()
        made = sharing.work(
            clip,
            writer,
            claims,
            ahead=job.ahead,
            took=count.add_one,
            heard=heard,
            patience=_patience(job),
            late=job.late,
        )
        if made:
            writer.finish()
        elif not job.output.exists():
            raise sharing.lost(job.output)
    except BaseException:
        writer.abandon()
        raise
    return int(clip.num_frames)


def _exchanged(job: Job, clip: vs.VideoNode, writer: SegmentedWriter, exchange: Exchange, progress: Progress) -> int:
    """Does this process's side of a job whose parts are made elsewhere; returns all of its frames."""
    count = _Count(clip.num_frames, progress)
    try:
        progress(writer.done, clip.num_frames)
        if exchange.make(clip, writer, ahead=job.ahead, reach=count.reach):
            writer.finish()
        else:
            writer.abandon()
    except BaseException:
        writer.abandon()
        raise
    return int(clip.num_frames)


def check_job(job: Job) -> CheckedJob:
    """Raises UsageError or UserError for what can be told without decoding the video."""
    before = None if job.output is None else identity_of(job.output)
    check_asked(job)
    facts = read_facts(job.source)
    choice = Choice(
        audio=job.audio,
        codec=None if job.raw else _checked_sound(job),
        bitrate=job.audio_bitrate,
        audio_streams=job.audio_streams,
        subtitle_streams=job.subtitle_streams,
    )
    plan = {} if job.raw else plan_streams(job.source, job.container, facts.stream, choice)
    return CheckedJob(job=job, facts=facts, plan=plan, before=before)


def check_asked(job: Job) -> None:
    """Raises UsageError or UserError for what can be told without looking at the input."""
    if job.output is None or job.raw:
        _check_not_encoded(job)
    elif job.output.suffix.lower() not in CONTAINERS:
        raise UsageError(
            f"the output {job.output} has an ending that names no known container; "
            f"accepted are {', '.join(CONTAINERS)}, .y4m, {', '.join(IMAGES)}, and - for a pipe"
        )
    else:
        check_encoding(job.container, job.codec, job.quality, job.pixel_format)
        _checked_sound(job)
    if job.output is not None:
        forget_finished(job.output)
        if os.path.exists(job.output) and os.path.exists(job.source) and job.output.samefile(job.source):
            raise UsageError(f"the output {job.output} is the input itself; give another name")
        _check_images_apart(job.source, job.output)
        check_output(job.output, overwrite=job.overwrite)
        if job.images:
            check_images(job.output, overwrite=job.overwrite)
    _check_resuming(job)
    if job.double_rate and not job.deinterlace:
        raise FieldError("{double_rate} is about fields; give {deinterlace} as well, or leave it out")
    if job.times != (None, None) and job.frames != (None, None):
        raise FieldError("{frames} counts frames, {start} and {to} are times; give one kind of them")


def _check_images_apart(source: Path, output: Path) -> None:
    """Raises UsageError where numbered images would be among the pictures that they are made of."""
    if not is_sequence(output):
        return
    made_of = [path for _, path in files_of(source)] if is_sequence(source) else [source]
    read = {identity_of(path) for path in made_of}
    for _, path in files_of(output):
        if identity_of(path) in read:
            raise UsageError(f"the output {output} has the name of {path}, which is read; give another one")


def _check_not_encoded(job: Job) -> None:
    """FieldError for what is about a file of video, and is given for images, raw frames or a pipe."""
    kind, named = _kind_of(job), "" if job.images else " (- and .y4m)"
    given = ["codec"] if job.codec is not None else []
    given += [name for name, value in job.quality.given.items() if value is not None]
    if given:
        told = " and ".join(f"{{{name}}}" for name in given)
        raise FieldError(told + f" cannot be given for {kind}{named}, which is not encoded; leave it out")
    for field in ("audio_streams", "subtitle_streams"):
        if getattr(job, field) is not None:
            raise FieldError(f"{{{field}}} is about the other streams of a file, and {kind} has none; leave it out")
    if not job.audio or job.audio_codec is not None:
        raise FieldError(f"{{audio}} is about the sound of a file, and {kind} has none; leave it out")
    if job.audio_bitrate is not None:
        raise FieldError(f"{{audio_bitrate}} is about the sound of a file, and {kind} has none; leave it out")
    if job.output is None and job.overwrite:
        raise FieldError("{overwrite} replaces a file, and - is a pipe; leave it out")
    if job.images and job.pixel_format is not None:
        raise FieldError("{pixel_format} is about video, and images are RGB or gray; leave it out")
    if job.pixel_format is not None:
        check_y4m_format(job.pixel_format)


def _checked_sound(job: Job) -> str | None:
    """The encoder of the sound; None where it is copied or left out."""
    if job.audio_streams not in (None, ("none",)) and not job.audio:
        raise FieldError("{audio_streams} chooses among sound that is kept, and {audio} none keeps none; give one")
    if job.audio_streams == ("none",) and job.audio_codec is not None:
        raise FieldError("{audio_streams} none leaves all sound out, and {audio} encodes it; give one of them")
    if job.audio_codec is not None:
        return check_sound(job.container, job.audio_codec, job.audio_bitrate)
    if job.audio_bitrate is not None:
        raise FieldError("{audio_bitrate} is about sound that is encoded; give {audio} an encoder such as aac as well")
    return None


def _kind_of(job: Job) -> str:
    return "an image" if job.images else "raw video"


def _check_resuming(job: Job) -> None:
    if job.resume and job.restart:
        raise FieldError("{resume} goes on with an unfinished job, and {restart} throws it away; give one of them")
    if not 0 <= job.segment <= LONGEST:
        raise FieldError(
            "{segment} takes a number of seconds from 0 to {most}, not {given:g}", most=LONGEST, given=job.segment
        )
    if job.raw and not (job.images and job.output is not None and is_sequence(job.output) and not job.share):
        if job.resume or job.restart or job.share:
            given = "{resume}" if job.resume else "{restart}" if job.restart else "{share}"
            raise FieldError(
                given + f" is about files that are made in parts, and {_kind_of(job)} is not; leave it out"
            )
    elif job.output is not None and job.asked is not None and not (job.resume or job.restart or job.share):
        refuse_unfinished(job.output)


def _meaning(source: Source, job: Job) -> Source:
    """The source with what the job says its samples mean."""
    if job.matrix is None and job.full_range is None:
        return source
    if source.clip.format.color_family != vs.YUV:
        given = "{matrix}" if job.matrix is not None else "{range}"
        raise FieldError(given + " is about YUV, and the video is {name}; leave it out", name=source.clip.format.name)
    props: dict[str, int] = {}
    colour = source.colour
    if job.matrix is not None:
        if job.matrix not in (*LINEAR, *WITH_CURVE):
            raise FieldError(
                "{matrix} takes a number of H.273 that turns YUV into RGB: 1 (BT.709), 4 (FCC), 5 or 6 (BT.601), "
                "7 (240M), 8 (YCgCo), 9 (BT.2020), or 10, 12, 13 or 14, which need the video's transfer and primaries "
                "too; not {given}",
                given=job.matrix,
            )
        props["_Matrix"] = job.matrix
        colour = replace(colour, matrix=job.matrix)
    if job.full_range is not None:
        props["_Range"] = int(job.full_range)
        colour = replace(colour, full_range=job.full_range)
    return replace(source, clip=source.clip.std.SetFrameProps(**props), colour=colour)


def picture_by_picture(change: Callable[[vs.VideoNode], vs.VideoNode]) -> Process:
    """The process that makes one picture of each, at the same times."""

    def process(clip: vs.VideoNode, timeline: Timeline) -> tuple[vs.VideoNode, Timeline]:
        return change(clip), timeline

    return process


REMEDIES = (
    ("set it with std.SetFrameProps", "_Range=", "give {range}"),
    ("set them with std.SetFrameProps", "of matrix", "give a {matrix} from 1 to 9"),
    ("split the clip where it changes, or make it one with resize", "_Range=", "give {range} for all of it"),
    ("split the clip where it changes, or make it one with resize", "_Matrix=", "give {matrix} for all of it"),
)
"""What scripts do about a property, of which property, and what is done here."""


def refusal(said: str) -> UserError:
    """What the plugin says, its arguments by the names of a job's fields where they are the remedy."""
    names = {'"device_id"': "device", '"device"': "device", 'give "matrix"': "matrix"}
    for remedy, about, instead in REMEDIES:
        if said.endswith(remedy) and about in said:
            return FieldError(said.replace(remedy, instead))
    for name, field in names.items():
        if name in said and "{" not in said:
            stated = f"give {{{field}}}" if name.startswith("give") else f"{{{field}}}"
            return FieldError(said.replace(name, stated))
    return UserError(said)


def _processed(
    clip: vs.VideoNode, timeline: Timeline, process: Process, exchange: Exchange | None
) -> tuple[vs.VideoNode, Timeline]:
    try:
        result, retimed = process(clip, timeline) if exchange is None else exchange.result(clip, timeline, process)
    except vs.Error as error:
        raise refusal(reason(error)) from error
    assert result.num_frames == len(retimed)
    return result, retimed
