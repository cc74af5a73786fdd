"""A VapourSynth script that makes the frames of a job, for people who go on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..video.errors import UsageError
from ..video.job import CheckedJob
from ..video.linear import widened
from ..video.notes import Notes
from ..video.output import write_file
from ..video.part import frame_range
from ..video.source import open_source
from . import console
from .work import Done

ENDINGS = (".vpy", ".py")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a script does to ``clip``: the names that it imports, by their modules, and lines that use them."""

    imports: dict[str, tuple[str, ...]]
    lines: Sequence[str]


def write(checked: CheckedJob, path: Path, filters: Sequence[Filter]) -> Done:
    """Writes the script: ``filters`` turn ``clip`` into the result, one after the other.

    The script gives the frames of a file's job before they are encoded: sound, times and what an encoder does are not
    in it. Raises UsageError for a name that is not a script's.
    """
    job = checked.job
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"--script takes a name that ends in {' or '.join(ENDINGS)}, not {path}")
    if widened(checked.facts.pixel_format) is not None:
        raise UsageError(
            f"--script reads a video by BestSource, which does not have {checked.facts.pixel_format}; leave it out"
        )
    lines = ["core = vs.core"]
    source = str(job.source.resolve())
    lines.append(f"clip = core.bs.VideoSource({source!r}, track={checked.facts.stream}, apply_rotation={int(job.raw)})")
    imports = [one.imports for one in filters]
    facts = checked.facts
    if facts.full_range:
        lines.append('if "_Range" not in clip.get_frame(0).props:')
        lines.append("    clip = core.std.SetFrameProps(clip, _Range=1)")
    if job.raw and facts.frames_turn:
        imports.append({"vsmlrt.video.orientation": ("oriented",)})
        lines.append(f"clip = oriented(clip, {facts.display_matrix!r})")
    if job.deinterlace:
        imports.append({"vsmlrt.video.deinterlacing": ("deinterlaced",), "vsmlrt.video.notes": ("Notes",)})
        lines.append(f"clip = deinterlaced(clip, Notes(print){', double_rate=True' if job.double_rate else ''})")
    if (job.frames, job.times) != ((None, None), (None, None)):
        first, end = job.frames
        if job.times != (None, None):
            opened = open_source(
                job.source,
                checked.facts,
                notes=Notes(console.warn),
                index_folder=job.index_folder,
                deinterlace=job.deinterlace,
                double_rate=job.double_rate,
            )
            first, end = frame_range(job, opened.timeline)
        lines.append(f"clip = clip[{'' if first is None else first}:{'' if end is None else end}]")
    if job.crop is not None:
        crop = job.crop
        lines.append(f"clip = core.std.CropAbs(clip, {crop.width}, {crop.height}, {crop.left}, {crop.top})")
    if job.matrix is not None:
        lines.append(f"clip = core.std.SetFrameProps(clip, _Matrix={job.matrix})")
    if job.full_range is not None:
        lines.append(f"clip = core.std.SetFrameProps(clip, _Range={int(job.full_range)})")
    lines += [line for one in filters for line in one.lines]
    text = "\n".join([*_importing(imports), "", *lines, "clip.set_output()", ""])
    write_file(path, text.encode(), overwrite=job.overwrite)
    console.say(f"{path}: run it with vspipe, or open it in an editor of VapourSynth scripts")
    return Done(status=0, made=0, seconds=1)


def _importing(imports: Sequence[dict[str, tuple[str, ...]]]) -> list[str]:
    """The lines at the top, each module once."""
    names: dict[str, set[str]] = {}
    for one in imports:
        for module, wanted in one.items():
            names.setdefault(module, set()).update(wanted)
    own = [f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)]
    foreign = [line for line in own if not line.startswith("from vsmlrt")]
    return [*foreign, "import vapoursynth as vs", *(line for line in own if line not in foreign)]


def call(function: str, first: str, **given: object) -> list[str]:
    """A call with an argument on each line, those left out that are None."""
    told = [f"    {name}={value!r}," for name, value in given.items() if value is not None]
    return [f"clip = {function}(", f"    {first},", *told, ")"]
