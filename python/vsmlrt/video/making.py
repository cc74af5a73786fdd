"""From a processed clip to what writes it: raw, in one piece, or in parts."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

import vapoursynth as vs

from .area import takes, trimmed
from .codec_colour import for_codec
from .colour import Colour
from .encoder import default_codec, find_encoder
from .formats import FORMATS, choose_pixel_format, coarser, convert, join_alpha, with_alpha, with_room_for_alpha
from .images import image_writer
from .job_folder import Asked, JobFolder, check_unchanged, fingerprint_of, versions
from .notes import Notes
from .output import Outputs, PendingFile
from .picture import Picture, disk_errors
from .raw_writer import PipeWriter, RawFileWriter
from .segments import SegmentedWriter, cut
from .source import Source
from .span import Span
from .task import CheckedJob, Job
from .timestamps import Timeline
from .writer import VideoFile, VideoFileWriter, Writer
from .y4m import choose_y4m_format, y4m_header


def name_lost_transparency(source: Source, notes: Notes) -> None:
    """Says that the source's transparency goes, if it has one."""
    if source.alpha is not None or source.facts.transparent:
        notes(
            "the transparency of the video is not kept; of the encoders ffv1, prores_ks and libvpx-vp9 keep it where "
            "FFmpeg decodes it",
            "picture: transparency",
        )


def _colour_of(source: Source, result: vs.VideoNode) -> Colour:
    """The tags of the processed clip: the source's, except where the process went from YUV to RGB or back."""
    was_rgb, is_rgb = (fmt.color_family == vs.RGB for fmt in (source.clip.format, result.format))
    if is_rgb and not was_rgb:
        return source.colour.as_rgb()
    if was_rgb and not is_rgb:
        return source.colour.as_yuv(result.height)
    return source.colour


def raw_writer(
    job: Job,
    clip: vs.VideoNode,
    alpha: vs.VideoNode | None,
    source: Source,
    timeline: Timeline,
    target: PendingFile | BinaryIO | None,
    notes: Notes,
) -> tuple[vs.VideoNode, Writer]:
    """The clip as raw video or images have it, and what writes it; ``alpha`` is for images alone."""
    if job.images:
        assert isinstance(target, PendingFile)
        colour = _colour_of(source, clip)
        return image_writer(
            clip,
            alpha,
            colour,
            timeline,
            target,
            overwrite=job.overwrite,
            asked=None if job.asked is None else lambda layout: _asked(job, "png", layout),
            check_input=partial(check_unchanged, job.source, fingerprint_of(job.source)),
            restart=job.restart,
            notes=notes,
        )
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


def file_writer(
    checked: CheckedJob,
    clip: vs.VideoNode,
    alpha: vs.VideoNode | None,
    size: tuple[int, int],
    source: Source,
    timeline: Timeline,
    span: Span,
    first: int,
    outputs: Outputs,
    notes: Notes,
    shared_as: str = "",
) -> tuple[vs.VideoNode, Writer]:
    """The clip as the encoder takes it, of this size and with this transparency, and what encodes it into the file."""
    job, container = checked.job, checked.job.container
    codec = job.codec or default_codec(container, clip.format)
    name = choose_pixel_format(find_encoder(codec), clip.format, job.pixel_format)
    if alpha is not None and job.pixel_format is None:
        name = with_room_for_alpha(find_encoder(codec), name)
    changes = coarser(name, clip.format)
    if job.pixel_format is not None:
        notes.expect(*changes)
    elif changes:
        notes(f"{' and '.join(changes.values())} in {name}, the nearest that {codec} takes", *changes)
    if not takes(codec, name, size):
        clip = trimmed(clip, *size)
        name = choose_pixel_format(find_encoder(codec), clip.format, job.pixel_format)
    if clip.format.color_family == vs.RGB and FORMATS[name][0] != vs.RGB:
        notes.expect("picture: range")  # which is full of all RGB, and is told of what it becomes
    clip, colour = for_codec(*convert(clip, name, _colour_of(source, clip)), codec, notes)
    transparent = None if alpha is None else with_alpha(find_encoder(codec), name)
    if transparent is None:
        name_lost_transparency(source, notes)
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
        quality=job.quality,
    )

    def make_file(pending: PendingFile) -> VideoFile:
        return VideoFile(
            pending,
            container,
            picture,
            source=source,
            span=span,
            first=first,
            plan=checked.plan,
            notes=notes,
        )

    segments = cut(timeline, job.segment)
    if job.asked is None:
        return clip, VideoFileWriter(make_file(outputs.final()))
    in_parts = job.share or job.exchange is not None
    asked = _asked(job, codec, name)
    folder = JobFolder(outputs.path, asked, segments, shared_as, in_parts=in_parts)
    with disk_errors(outputs.path):
        if job.share and not job.restart:
            folder.share()
        else:
            folder.open(restart=job.restart)
    check_input = partial(check_unchanged, job.source, str(asked["input"]))
    if len(segments) == 1 and not in_parts and not folder.kept:
        return clip, VideoFileWriter(make_file(outputs.final()), check_input)
    with outputs.trial() as pending:  # so that what the container refuses is said before the first frame
        make_file(pending).leave()
    return clip, SegmentedWriter(folder, picture, lambda: make_file(outputs.final()), outputs.path, check_input)


def _asked(job: Job, codec: str, pixel_format: str) -> Asked:
    """All that makes the result what it is."""
    assert job.asked is not None
    begin, end = ("" if side is None else str(side) for side in job.frames)
    crop = job.crop
    return {
        "input": fingerprint_of(job.source),
        **job.asked,
        "start": None if job.times[0] is None else f"{float(job.times[0]):.15g}",
        "to": None if job.times[1] is None else f"{float(job.times[1]):.15g}",
        "deinterlace": "yes" if job.deinterlace else None,
        "double_rate": "yes" if job.double_rate else None,
        "framerate": None if job.framerate is None else str(job.framerate),
        "frames": None if job.frames == (None, None) else f"{begin}:{end}",
        "crop": None if crop is None else f"{crop.width}x{crop.height}+{crop.left}+{crop.top}",
        "codec": codec,
        **job.quality.given,
        "pixel_format": pixel_format,
        "matrix": None if job.matrix is None else str(job.matrix),
        "range": None if job.full_range is None else "full" if job.full_range else "limited",
        "on_error": job.on_error,
        "audio": job.audio_codec if job.audio else "none",
        "audio_bitrate": None if job.audio_bitrate is None else str(job.audio_bitrate),
        "audio_streams": None if job.audio_streams is None else ",".join(job.audio_streams),
        "subtitle_streams": None if job.subtitle_streams is None else ",".join(job.subtitle_streams),
        "segment": f"{job.segment:.15g}",
        "version": versions(),
    }
