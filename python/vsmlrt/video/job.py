"""One video in, one video out: the whole way of a file through a process that changes its picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import vapoursynth as vs

from ..errors import UserError
from .area import Crop as Crop
from .area import alpha_of, cropped, own_size, takes, trimmed
from .colour import Colour
from .comparison import name_unkept_side_data
from .encoder import CONTAINERS, check_encoding, default_codec, find_encoder
from .errors import FieldError, UsageError, reason
from .formats import choose_pixel_format, coarser, convert, join_alpha, with_alpha
from .job_folder import Asked, JobFolder, fingerprint_of, forget_finished, refuse_unfinished, versions
from .notes import Notes, Warn
from .output import PendingFile, check_output
from .picture import Picture
from .pump import pump
from .raw_writer import PipeWriter, RawFileWriter
from .segments import SECONDS, SegmentedWriter, cut
from .source import Facts, OnError, Source, open_source, read_facts
from .span import Span
from .stream_plan import StreamPlan, name_losses, plan_streams
from .timestamps import Timeline
from .writer import VideoFile, VideoFileWriter, Writer
from .y4m import check_y4m_format, choose_y4m_format, y4m_header

Process = Callable[[vs.VideoNode, Timeline], tuple[vs.VideoNode, Timeline]]
"""Turns a clip with its times into the result with its own: any size, any constant format, any number of frames."""
Progress = Callable[[int, int], None]
Damaged = Callable[[int], None]


def _nobody(count: int) -> None:
    """Does not care for damage."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be done with one video.

    ``output`` None is the pipe given to ``run``. ``frames`` is a half-open range; None on a side is the clip's own.
    ``codec``, ``crf`` and ``pixel_format`` None choose by container and source. ``index_folder`` keeps what is learned
    of a whole video for the next time. ``on_error`` is what to do about frames that cannot be decoded: end
    with an error, leave them out, or show the frame before in their place. ``matrix`` (as the frame property
    ``_Matrix`` numbers it) and ``full_range`` are what the source's samples mean, whatever it says itself.

    A job that says by ``asked`` what else makes its result (the network and its options) is done in parts of
    ``segment`` seconds, which outlast the process: with ``resume`` it goes on with those of an earlier run, with
    ``restart`` it throws them away. 0 seconds make it one piece, as do raw video and a ``asked`` of None.
    """

    source: Path
    output: Path | None
    frames: tuple[int | None, int | None] = (None, None)
    crop: Crop | None = None
    codec: str | None = None
    crf: int | None = None
    pixel_format: str | None = None
    overwrite: bool = False
    ahead: int = 4
    index_folder: Path | None = None
    on_error: OnError = "repeat"
    matrix: int | None = None
    full_range: bool | None = None
    asked: Asked | None = None
    segment: float = SECONDS
    resume: bool = False
    restart: bool = False

    @property
    def raw(self) -> bool:
        """Whether the output is raw video."""
        return self.output is None or self.output.suffix.lower() == ".y4m"


@dataclass(frozen=True, kw_only=True)
class CheckedJob:
    """A job that can be done as far as can be told before the video is decoded."""

    job: Job
    facts: Facts
    """What the source's container says."""
    plan: StreamPlan
    """What becomes of its other streams."""


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
    pending = None if job.output is None else PendingFile(job.output, overwrite=job.overwrite)
    try:
        return _run(checked, process, pending or pipe, Notes(warn), progress, damaged)
    except vs.Error as error:
        raise UserError(reason(error)) from error
    finally:
        if pending is not None:
            pending.discard()


def _run(
    checked: CheckedJob,
    process: Process,
    target: PendingFile | BinaryIO | None,
    notes: Notes,
    progress: Progress,
    damaged: Damaged,
) -> int:
    job = checked.job
    if not job.raw:
        name_losses(checked.plan, _container(job), notes)
        name_unkept_side_data(job.source, notes)
    source = open_source(
        job.source,
        checked.facts,
        notes=notes,
        rotate=job.raw,
        end=job.frames[1],
        index_folder=job.index_folder,
        on_error=job.on_error,
    )
    source = _meaning(source, job)
    if source.damage:
        damaged(source.damage.frames + source.damage.concealed)
    first, end = _frame_range(job, source.clip.num_frames)
    clip = cropped(source, first, end, job.crop)
    timeline, span = _timing(source, first, end)
    result, timeline = _processed(clip, timeline, process)
    width, height = own_size(source, clip, result)
    writer: Writer
    if job.raw:
        _name_lost_transparency(source, notes)
        result = trimmed(result, width, height)
        result, writer = _raw_writer(job, result, source, timeline, target, notes)
    else:
        assert isinstance(target, PendingFile)
        alpha = alpha_of(source, first, end, job.crop) if result.num_frames == clip.num_frames else None
        result, writer = _file_writer(checked, result, alpha, (width, height), source, timeline, span, target, notes)
    total: int = result.num_frames
    wanted: Sequence[int] = writer.missing() if isinstance(writer, SegmentedWriter) else range(total)
    done = total - len(wanted)

    def take(n: int, frame: vs.VideoFrame) -> None:
        nonlocal done
        writer.take(n, frame)
        done += 1
        progress(done, total)

    if done:
        progress(done, total)
    try:
        pump(result, take, ahead=job.ahead, wanted=wanted)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise
    return total


def check_job(job: Job) -> CheckedJob:
    """Raises UsageError or UserError for what can be told without decoding the video."""
    if job.output is None or job.raw:
        if job.codec is not None or job.crf is not None:
            raise FieldError("{codec} and {crf} do not apply to raw video (- and .y4m); leave them out")
        if job.output is None and job.overwrite:
            raise FieldError("{overwrite} replaces a file, and - is a pipe; leave it out")
        if job.pixel_format is not None:
            check_y4m_format(job.pixel_format)
    elif job.output.suffix.lower() not in CONTAINERS:
        raise UsageError(
            f"the output {job.output} has an ending that names no known container; "
            f"accepted are {', '.join(CONTAINERS)}, .y4m, and - for a pipe"
        )
    else:
        check_encoding(_container(job), job.codec, job.crf, job.pixel_format)
    if job.output is not None:
        forget_finished(job.output)
        if job.output.exists() and job.source.exists() and job.output.samefile(job.source):
            raise UsageError(f"the output {job.output} is the input itself; give another name")
        check_output(job.output, overwrite=job.overwrite)
    _check_resuming(job)
    facts = read_facts(job.source)
    plan = {} if job.raw else plan_streams(job.source, _container(job), facts.stream)
    return CheckedJob(job=job, facts=facts, plan=plan)


def _check_resuming(job: Job) -> None:
    if job.resume and job.restart:
        raise FieldError("{resume} goes on with an unfinished job, and {restart} throws it away; give one of them")
    if not job.segment >= 0:
        raise FieldError("{segment} takes a number of seconds from 0 up, not {given:g}", given=job.segment)
    if job.raw:
        if job.resume or job.restart:
            given = "{resume}" if job.resume else "{restart}"
            raise FieldError(given + " is about files that are made in parts, and raw video is not; leave it out")
    elif job.output is not None and job.asked is not None and not (job.resume or job.restart):
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
        props["_Matrix"] = job.matrix
        colour = replace(colour, matrix=job.matrix)
    if job.full_range is not None:
        props["_Range"] = int(job.full_range)
        colour = replace(colour, full_range=job.full_range)
    return replace(source, clip=source.clip.std.SetFrameProps(**props), colour=colour)


def _container(job: Job) -> str:
    """The container of an output that is not raw video."""
    assert job.output is not None
    return CONTAINERS[job.output.suffix.lower()]


def _frame_range(job: Job, total: int) -> tuple[int, int]:
    first, end = job.frames
    first, end = first or 0, total if end is None else end
    if not 0 <= first < end <= total:
        raise FieldError(
            "{frames} {given} does not fit: the video has {total} frames, 0 to {last}, so A:B may be 0:1 to "
            "0:{total} (B itself is not included)",
            given=":".join("" if side is None else str(side) for side in job.frames),
            total=total,
            last=total - 1,
        )
    return first, end


def _name_lost_transparency(source: Source, notes: Notes) -> None:
    if source.alpha is not None or source.facts.transparent:
        notes(
            "the transparency of the video is not kept; of the encoders ffv1, prores_ks and libvpx-vp9 keep it where "
            "FFmpeg decodes it",
            "picture: transparency",
        )


def picture_by_picture(change: Callable[[vs.VideoNode], vs.VideoNode]) -> Process:
    """The process that makes one picture of each, at the same times."""

    def process(clip: vs.VideoNode, timeline: Timeline) -> tuple[vs.VideoNode, Timeline]:
        return change(clip), timeline

    return process


def _refusal(said: str) -> UserError:
    """What the plugin says, its arguments by the names of a job's fields where they are the remedy."""
    names = {'"device_id"': "device", '"device"': "device", 'give "matrix"': "matrix"}
    if said.endswith("set it with std.SetFrameProps") and "_Range=" in said:
        return FieldError(said.replace("set it with std.SetFrameProps", "give {range}"))
    for name, field in names.items():
        if name in said and "{" not in said:
            stated = f"give {{{field}}}" if name.startswith("give") else f"{{{field}}}"
            return FieldError(said.replace(name, stated))
    return UserError(said)


def _processed(clip: vs.VideoNode, timeline: Timeline, process: Process) -> tuple[vs.VideoNode, Timeline]:
    try:
        result, retimed = process(clip, timeline)
    except vs.Error as error:
        raise _refusal(reason(error)) from error
    assert result.num_frames == len(retimed)
    return result, retimed


def _timing(source: Source, first: int, end: int) -> tuple[Timeline, Span]:
    """When the kept frames appear in the new file, and what part of the other streams goes with them."""
    whole = source.timeline
    back = whole.time(first) - whole.time(0) + source.facts.start
    span = Span(
        start=whole.time(first) if first > 0 else None,
        end=whole.time(end) if end < len(whole) else None,
        back=back,
    )
    return whole.cut(first, end).moved(-source.facts.start), span


def _colour_of(source: Source, result: vs.VideoNode) -> Colour:
    """The tags of the processed clip: the source's, except where the process went from YUV to RGB or back."""
    was_rgb, is_rgb = (fmt.color_family == vs.RGB for fmt in (source.clip.format, result.format))
    if is_rgb and not was_rgb:
        return source.colour.as_rgb()
    if was_rgb and not is_rgb:
        return source.colour.as_yuv(result.height)
    return source.colour


def _raw_writer(
    job: Job,
    clip: vs.VideoNode,
    source: Source,
    timeline: Timeline,
    target: PendingFile | BinaryIO | None,
    notes: Notes,
) -> tuple[vs.VideoNode, Writer]:
    if not timeline.constant:
        notes(f"raw video has one frame rate: the frames' own times are lost, and {timeline.rate} fps is written")
    name = choose_y4m_format(clip.format, job.pixel_format)
    clip, colour = convert(clip, name, _colour_of(source, clip))
    aspect = source.facts.sample_aspect
    if aspect and source.facts.turned:
        aspect = 1 / aspect
    header = y4m_header(clip, colour, timeline.rate, aspect)
    assert target is not None
    return clip, RawFileWriter(target, header) if isinstance(target, PendingFile) else PipeWriter(target, header)


def _file_writer(
    checked: CheckedJob,
    clip: vs.VideoNode,
    alpha: vs.VideoNode | None,
    size: tuple[int, int],
    source: Source,
    timeline: Timeline,
    span: Span,
    pending: PendingFile,
    notes: Notes,
) -> tuple[vs.VideoNode, Writer]:
    job, container = checked.job, _container(checked.job)
    codec = job.codec or default_codec(container, clip.format)
    name = choose_pixel_format(find_encoder(codec), clip.format, job.pixel_format)
    changes = coarser(name, clip.format)
    if job.pixel_format is not None:
        notes.expect(*changes)
    elif changes:
        notes(f"{' and '.join(changes.values())} in {name}, the nearest that {codec} takes", *changes)
    if not takes(codec, name, size):
        clip = trimmed(clip, *size)
        name = choose_pixel_format(find_encoder(codec), clip.format, job.pixel_format)
    clip, colour = convert(clip, name, _colour_of(source, clip))
    transparent = None if alpha is None else with_alpha(find_encoder(codec), name)
    if transparent is None:
        _name_lost_transparency(source, notes)
    elif alpha is not None:
        clip, name = join_alpha(clip, alpha), transparent
    picture = Picture(
        width=size[0],
        height=size[1],
        pixel_format=name,
        colour=colour,
        timeline=timeline,
        sample_aspect=source.facts.sample_aspect,
        display_matrix=source.facts.display_matrix,
        hdr=source.hdr,
        codec=codec,
        crf=job.crf,
    )

    def make_file() -> VideoFile:
        return VideoFile(
            pending,
            container,
            picture,
            source=source,
            span=span,
            first=job.frames[0] or 0,
            plan=checked.plan,
            notes=notes,
        )

    if job.asked is not None:
        segments = cut(timeline, job.segment)
        folder = JobFolder(pending.path, _asked(job, codec, name), segments)
        folder.open(restart=job.restart)
        if len(segments) > 1:
            return clip, SegmentedWriter(folder, picture, make_file, pending.path)
    return clip, VideoFileWriter(make_file())


def _asked(job: Job, codec: str, pixel_format: str) -> Asked:
    """All that makes the result what it is."""
    assert job.asked is not None
    first, end = ("" if side is None else str(side) for side in job.frames)
    crop = job.crop
    return {
        "input": fingerprint_of(job.source),
        **job.asked,
        "frames": None if job.frames == (None, None) else f"{first}:{end}",
        "crop": None if crop is None else f"{crop.width}x{crop.height}+{crop.left}+{crop.top}",
        "codec": codec,
        "crf": None if job.crf is None else str(job.crf),
        "pixel_format": pixel_format,
        "matrix": None if job.matrix is None else str(job.matrix),
        "range": None if job.full_range is None else "full" if job.full_range else "limited",
        "on_error": job.on_error,
        "segment": f"{job.segment:g}",
        "version": versions(),
    }
