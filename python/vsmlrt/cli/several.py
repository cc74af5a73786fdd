"""Several videos in one command: which files are meant, what their results are called, and how it all went."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter

from rich.table import Table

from ..errors import UserError
from ..video.encoder import CONTAINERS
from ..video.errors import FieldError, InterruptedByUserError, UsageError, reason
from ..video.images import STILL
from ..video.incoming import files_of, is_incoming, is_sequence, readable
from ..video.job import CheckedJob, check_asked, check_job
from ..video.output import real_path
from ..video.task import IMAGES
from . import cluster, cluster_store, console, options, tables
from .options import VideoOptions
from .progress import clock
from .signals import interruptible
from .work import DAMAGED, Done, read_job

ENDINGS = frozenset(
    """
    .3gp .asf .avi .divx .dv .f4v .flv .gif .m1v .m2ts .m2v .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .nut .ogm .ogv .qt
    .rm .rmvb .ts .vob .webm .wmv .y4m
    """.split()  # noqa: SIM905 - a list of words is what it is
)
"""What files of a folder are called that are videos."""

PICTURES = frozenset(
    """
    .apng .avif .bmp .dpx .gif .jfif .jp2 .jpe .jpeg .jpg .jxl .pbm .pgm .png .pnm .ppm .psd .qoi .tga .tif .tiff .webp
    """.split()  # noqa: SIM905 - as above
)
"""What files of a folder are called that are pictures; taken where the results are to be pictures."""

_FILES = frozenset({*CONTAINERS, ".y4m", *IMAGES})
_FAILED = 1

DEFAULT_NAME = "{stem}.mkv"
"""What results are called where nothing else is asked for."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One video of a command, and its result."""

    source: Path
    output: Path


@dataclass(frozen=True, kw_only=True)
class _Row:
    item: Item
    result: str
    told: str


def do_each(video: VideoOptions, do: Callable[[CheckedJob], Done]) -> int:
    """Does what a command is for with each of its videos, and returns the exit status.

    One video with a file as OUT is done as it is, its errors raised. Of several, the ones that fail do not keep the
    others from being done; a table at the end says how each went, and the status is 1 if one failed, else `DAMAGED` if
    one was. Ctrl-C ends them all.
    """
    console.quiet = video.quiet
    if video.json and video.output == "-":
        raise UsageError("--json writes to the standard output, and - sends the video there; leave one of them out")
    if not is_several(video):
        for name in ("recursive", "skip_done"):
            if getattr(video, name):
                raise FieldError(f"{{{name}}} is about several videos; name a folder of them, or leave it out")
        if video.output_name is not None:
            raise FieldError("{output_name} is about several videos, and OUT names this one's result; leave it out")
        return _done_whole(video, video.source[0], video.output, do).status
    if video.script is not None:
        raise UsageError("--script writes the script of one video; name one as IN")
    if video.ray is not None:
        raise UsageError("--ray has one video made by a cluster; name one as IN")
    items = found(video)
    rows: list[_Row] = []
    status = 0
    try:
        for number, item in enumerate(items, 1):
            console.say(f"[{number}/{len(items)}] {item.source}")
            row, one = _done(video, item, do)
            rows.append(row)
            status = _FAILED if _FAILED in (status, one) else max(status, one)
    except InterruptedByUserError:
        rows += [_Row(item=item, result="not done", told="interrupted") for item in items[len(rows) :]]
        _summary(video, rows)
        raise
    _summary(video, rows)
    return status


def _done_whole(video: VideoOptions, source: Path, output: str, do: Callable[[CheckedJob], Done]) -> Done:
    """Does one video, of which what was asked is looked at before an input that has to be written into a file."""
    job = read_job(video, source, output)
    if cluster_store.here is not None:
        return do(check_job(replace(job, exchange=cluster_store.here)))
    if video.ray is not None:
        cluster.check(video, job)
        if video.ray_files == "shared":
            return cluster.make(video, check_job(replace(job, share=True)))
        checked = check_job(job)
        with interruptible(), cluster.without_folder(video, job) as side:
            return do(replace(checked, job=replace(job, exchange=side)))
    for option, given in (("--ray-files", video.ray_files != "shared"), ("--ray-worker", video.ray_worker is not None)):
        if given:
            raise UsageError(f"{option} is about a Ray cluster; give --ray ADDRESS as well, or leave it out")
    if is_incoming(source):
        check_asked(job)
    with interruptible(), readable(job, console.warn) as job:
        if video.script is not None and job.source != source:
            raise UsageError("--script writes the script of a video that is a file; write the input into one first")
        return do(check_job(job))


def _done(video: VideoOptions, item: Item, do: Callable[[CheckedJob], Done]) -> tuple[_Row, int]:
    if video.skip_done and (item.output.exists() or (is_sequence(item.output) and files_of(item.output))):
        return _Row(item=item, result="skipped", told="the result is there"), 0
    try:
        try:
            item.output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"the folder {item.output.parent} cannot be made: {reason(error)}") from error
        done = _done_whole(video, item.source, str(item.output), do)
    except InterruptedByUserError:
        raise
    except (UserError, OSError) as error:
        said = error.worded(options.spelled) if isinstance(error, FieldError) else str(error)
        console.error(said)
        return _Row(item=item, result="failed", told=said), _FAILED
    if not done.made:
        return _Row(item=item, result="done", told="by other processes"), done.status
    speed = f"{tables.counted(done.made, 'frame')} in {clock(done.seconds)}, {done.made / done.seconds:.2f} fps"
    return _Row(item=item, result="damaged" if done.status == DAMAGED else "done", told=speed), done.status


def _summary(video: VideoOptions, rows: Sequence[_Row]) -> None:
    if video.json or video.quiet:
        return
    table = Table(box=None, pad_edge=False)
    for column in ("video", "result", ""):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(tables.cell(row.item.source), row.result, tables.cell(row.told))
    tables.show(table)
    counts = {result: sum(row.result == result for row in rows) for result in dict.fromkeys(row.result for row in rows)}
    told = ", ".join(f"{count} {result}" for result, count in counts.items())
    tables.show(f"{tables.counted(len(rows), 'video')}: {told}")


def is_several(video: VideoOptions) -> bool:
    """Whether a command is about more than one file with a name for its result."""
    out = Path(video.output)
    for word, is_empty in (("OUT", not video.output), ("IN", "" in console.arguments and Path() in video.source)):
        if is_empty:
            raise UsageError(f"{word} is empty; give the name of a file, or . for this folder")
    into_folder = video.output.endswith(("/", os.sep)) or (os.path.isdir(out) and out.suffix.lower() not in _FILES)
    first = video.source[0]
    return into_folder or len(video.source) > 1 or os.path.isdir(first) or _is_pattern(first)


def found(video: VideoOptions) -> list[Item]:
    """The videos that a command means, each once, in the order of its words and in folders by name.

    Raises UsageError where there are none, where OUT is not a folder and where two would have the same result.
    """
    out = Path(video.output)
    if video.output == "-" or (not out.is_dir() and (out.exists() or out.suffix.lower() in _FILES)):
        raise UsageError(f"there are several videos, and OUT is {video.output}; give the name of a folder for them")
    template = video.output_name or DEFAULT_NAME
    items: dict[Path, Item] = {}
    for source, below in _sources(video, out, _wanted(template)):
        key = real_path(source)
        if key not in items:
            name = _named(template, source, len(items) + 1)
            items[key] = Item(source=source, output=out / below / name)
    made: dict[Path, Path] = {}
    for item in items.values():
        if (other := made.setdefault(item.output, item.source)) is not item.source:
            raise FieldError(
                "{other} and {source} would both become {output}; tell them apart by {output_name}, such as {example}",
                other=other,
                source=item.source,
                output=item.output,
                example=f"'{{stem}}-{{ending}}{os.path.splitext(template)[1]}'",
            )
    if "{n" not in template:  # by which results are called otherwise each time
        results = {real_path(item.output): key for key, item in items.items()}
        earlier = [key for key in items if results.get(key, key) != key]
        if earlier:
            those = items[earlier[0]].source if len(earlier) == 1 else f"{len(earlier)} files"
            console.warn(f"{those}: left out, having the name of a result")
        items = {key: item for key, item in items.items() if key not in earlier}
    return list(items.values())


def _wanted(template: str) -> frozenset[str]:
    """What files of a folder are called whose results can have such a name."""
    ending = os.path.splitext(template)[1].lower()
    if ending not in IMAGES or is_sequence(Path(template)):
        return ENDINGS
    return PICTURES if ending == STILL else PICTURES | ENDINGS


def _sources(video: VideoOptions, out: Path, wanted: frozenset[str]) -> Iterator[tuple[Path, Path]]:
    """Each video, and the folder below OUT that its result goes to."""
    for given in video.source:
        if given.is_dir():
            files = _below(given, video.recursive, out, wanted)
            if not files:
                what = "picture" if wanted == PICTURES else "video"
                more = "" if video.recursive else ", itself; {recursive} looks into its folders as well"
                if wanted == ENDINGS and _below(given, video.recursive, out, PICTURES):
                    more = ", but pictures; {output_name} '{{stem}}.png' makes a picture of each"
                raise FieldError(f"there is no {what} in the folder {{folder}}{more}", folder=given)
            yield from ((path, path.parent.relative_to(given)) for path in files)
        elif _is_pattern(given):
            matching = sorted(map(Path, glob.glob(str(given), recursive=True)), key=_natural)
            files = [path for path in matching if path.is_file()]
            if not files:
                raise UsageError(f"no file matches {given}")
            yield from ((path, Path()) for path in files)
        else:
            yield given, Path()


def _below(folder: Path, recursive: bool, out: Path, wanted: frozenset[str]) -> list[Path]:
    """Its files with these endings; hidden ones, those of the results' own folder, pipes and devices are left out."""
    results = real_path(out)
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")] if recursive else []
        folders[:] = [name for name in folders if real_path(Path(place) / name) != results]
        files += [Path(place) / name for name in names if not name.startswith(".")]
    videos = (path for path in files if path.suffix.lower() in wanted and (path.is_file() or not path.exists()))
    return sorted(videos, key=_natural)


def _is_pattern(path: Path) -> bool:
    name = str(path)
    if sys.platform == "win32":
        name = name.removeprefix("\\\\?\\")  # which is how a path of any length begins
    return glob.has_magic(name) and not os.path.exists(path)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Episode 2 before episode 10."""
    parts = re.split(r"(\d+)", str(path))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts]


def _named(template: str, source: Path, number: int) -> str:
    fields: dict[str, object] = {"stem": source.stem, "ending": source.suffix.lstrip("."), "n": number}
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        parts = [("", "", "", "")]
    plain = all(
        field is None
        or (field in fields and not convert and re.fullmatch(r"\d{0,2}" if field == "n" else "", spec or ""))
        for _, field, spec, convert in parts
    )
    if plain:
        name = template.format_map(fields)
    else:
        raise FieldError(
            "{output_name} takes a file name with {known}, not {given!r}",
            known="{stem}, {ending} and {n} or {n:03}",
            given=template,
        )
    if not name or Path(name).name != name:
        raise FieldError(
            "{output_name} takes the name of a file without a folder, and {given!r} gives {made!r}",
            given=template,
            made=name,
        )
    return name
