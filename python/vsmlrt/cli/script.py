"""A VapourSynth script that makes the frames of a job, for people who go on from there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..video.errors import UsageError
from ..video.job import CheckedJob
from ..video.notes import Notes
from ..video.output import write_file
from ..video.part import frame_range
from ..video.source import open_source
from . import console
from .work import Done

ENDINGS = (".vpy", ".py")


def write(checked: CheckedJob, path: Path, imports: Sequence[str], filters: Sequence[str]) -> Done:
    """Writes the script: ``filters`` are lines that turn ``clip`` into the result.

    The script gives the frames of a file's job before they are encoded: sound, times and what an encoder does are not
    in it. Raises UsageError for a name that is not a script's.
    """
    job = checked.job
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"--script takes a name that ends in {' or '.join(ENDINGS)}, not {path}")
    lines = ["import vapoursynth as vs", *imports, "", "core = vs.core"]
    source = str(job.source.resolve())
    lines.append(f"clip = core.bs.VideoSource({source!r}, track={checked.facts.stream}, apply_rotation={int(job.raw)})")
    if (job.frames, job.times) != ((None, None), (None, None)):
        first, end = job.frames
        if job.times != (None, None):
            opened = open_source(job.source, checked.facts, notes=Notes(console.warn), index_folder=job.index_folder)
            first, end = frame_range(job, opened.timeline)
        lines.append(f"clip = clip[{'' if first is None else first}:{'' if end is None else end}]")
    if job.deinterlace:
        imports_more = ["from vsmlrt.video.deinterlacing import deinterlaced", "from vsmlrt.video.notes import Notes"]
        lines[1:1] = imports_more
        lines.append("clip = deinterlaced(clip, Notes(print))")
    if job.crop is not None:
        crop = job.crop
        lines.append(f"clip = core.std.CropAbs(clip, {crop.width}, {crop.height}, {crop.left}, {crop.top})")
    if job.matrix is not None:
        lines.append(f"clip = core.std.SetFrameProps(clip, _Matrix={job.matrix})")
    if job.full_range is not None:
        lines.append(f"clip = core.std.SetFrameProps(clip, _Range={int(job.full_range)})")
    lines += [*filters, "clip.set_output()", ""]
    write_file(path, "\n".join(lines).encode(), overwrite=job.overwrite)
    console.say(f"{path}: run it with vspipe, or open it in an editor of VapourSynth scripts")
    return Done(status=0, made=0, seconds=1)


def call(function: str, first: str, **given: object) -> list[str]:
    """A call with an argument on each line, those left out that are None."""
    told = [f"    {name}={value!r}," for name, value in given.items() if value is not None]
    return [f"clip = {function}(", f"    {first},", *told, ")"]
