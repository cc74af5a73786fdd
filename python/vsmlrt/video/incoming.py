"""Inputs that are not one file which can be read again: a pipe, the standard input, numbered images.

A video is read more than once (for its index, its pictures, its other streams), so such an input is first written as
it comes into a hidden file next to the output, which goes with the job. Images keep their bytes: they become the
packets of a NUT file, one each, so that everything behind this module knows files only.
"""

from __future__ import annotations

import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av

from ..errors import UserError
from .errors import ChangingError, FieldError, UsageError, reason
from .notes import Warn
from .opening import open_container
from .output import Outputs, PendingFile, QuietFile
from .picture import disk_errors
from .task import Job
from .timestamps import RATE

STANDARD_INPUT = Path("-")

_NUMBER = re.compile(r"%(?:0(\d{1,2}))?d")
_CHUNK = 1 << 20


def is_sequence(path: Path) -> bool:
    """Whether a name stands for numbered files (``frame%05d.png``) and is not itself one."""
    return _NUMBER.search(path.name) is not None and not path.exists()


def numbered(path: Path, n: int) -> Path:
    """The file with this number of a sequence."""
    return path.with_name(_NUMBER.sub(lambda found: f"{n:0{int(found[1] or 1)}}", path.name, count=1))


def files_of(path: Path) -> list[tuple[int, Path]]:
    """The files of a sequence with their numbers, in order."""
    found = _NUMBER.search(path.name)
    if found is None or not path.parent.is_dir():
        return []
    before, behind = path.name[: found.start()], path.name[found.end() :]
    pattern = re.compile(rf"{re.escape(before)}(\d+){re.escape(behind)}")
    there = ((pattern.fullmatch(file.name), file) for file in path.parent.iterdir())
    numbers = ((int(match[1]), file) for match, file in there if match is not None)
    return sorted((n, file) for n, file in numbers if numbered(path, n) == file)


def is_incoming(path: Path) -> bool:
    """Whether an input has to be written into a file first."""
    return path == STANDARD_INPUT or is_sequence(path) or _is_pipe(path)


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode)


@contextmanager
def readable(job: Job, warn: Warn) -> Iterator[Job]:
    """The job with an input that is a file, which is removed at the end where it was made here.

    Raises UsageError or UserError for an input that cannot be read; what is behind it speaks of the input by the name
    that was given.
    """
    if is_incoming(job.source) and job.share:
        raise FieldError(
            "{share} is about a file that every process can read, and {given} is not one", given=job.source
        )
    with readable_file(job.source, warn, framerate=job.framerate, near=job.output) as path:
        yield job if path == job.source else replace(job, source=path, index_folder=None)


@contextmanager
def readable_file(
    given: Path, warn: Warn, *, framerate: Fraction | None = None, near: Path | None = None
) -> Iterator[Path]:
    """The input as a file, as `readable` says; one that is made lies next to ``near``, or where temporary files go."""
    sequence = is_sequence(given)
    if framerate is not None and not sequence:
        raise FieldError("{framerate} is about numbered images such as frame%05d.png, and IN has a rate of its own")
    if not is_incoming(given):
        yield given
        return
    with _place(near) as pending:
        try:
            if sequence:
                _write_images(given, framerate or RATE, pending, warn)
            else:
                _write_stream(given, pending)
            yield pending.part
        except UserError as error:
            if sequence and isinstance(error, ChangingError) and (other := _other_image(given)) is not None:
                raise other from error
            if isinstance(error, FieldError) or str(pending.part) not in str(error):
                raise
            raise type(error)(str(error).replace(str(pending.part), called(given))) from error


def _other_image(given: Path) -> UserError | None:
    """What is said of numbered images that are not all alike; None where their headers tell no difference."""
    images = [path for _, path in files_of(given)]
    first = _looks(images[0])
    for image in images[1:]:
        if (looks := _looks(image)) != first:
            pattern = given.with_name(_NUMBER.sub("*", given.name, count=1))
            return UserError(
                f"the images {given} are not all alike: {image} is {looks} and {images[0]} is {first}; make them "
                f"alike, or have each made by itself: '{pattern}' as IN, a folder as OUT, and names that end in .png"
            )
    return None


def _looks(image: Path) -> str:
    with open_container(image) as file:
        picture = file.streams.video[0]
        return f"{picture.width}x{picture.height} {picture.codec_context.pix_fmt}"


def called(given: Path) -> str:
    """An input as sentences speak of it."""
    return "standard input" if given == STANDARD_INPUT else str(given)


@contextmanager
def _place(near: Path | None) -> Iterator[PendingFile]:
    """The hidden file: next to the output, where there has to be room, or for a pipe where temporary files go."""
    with ExitStack() as stack:
        if near is not None:
            path = near.with_name(f"{near.name}.input")
        else:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vsmlrt-"))) / "input"
        yield stack.enter_context(Outputs(path, overwrite=True)).final()


def _write_stream(given: Path, pending: PendingFile) -> None:
    if given == STANDARD_INPUT:
        if sys.stdin is None or sys.stdin.closed:
            raise UsageError("IN is -, and there is no standard input; pipe a video into it, or name a file")
        if sys.stdin.isatty():
            raise UsageError("IN is -, and the standard input is a terminal; pipe a video into it, or name a file")
        _copy(sys.stdin.buffer, pending, "the standard input")
        return
    try:
        pipe = given.open("rb", buffering=0)
    except OSError as error:
        raise UserError(f"the input {given} cannot be opened: {reason(error)}") from error
    with pipe:
        _copy(pipe, pending, f"the input {given}")


def _copy(pipe: Any, pending: PendingFile, name: str) -> None:
    source: BinaryIO = pipe
    with disk_errors(pending.path):
        shutil.copyfileobj(source, pending.file, _CHUNK)
        pending.file.flush()
        if pending.file.tell() == 0:
            raise UserError(f"{name} ended before its first byte; pipe a video into it")


def _write_images(given: Path, rate: Fraction, pending: PendingFile, warn: Warn) -> None:
    """The images as the packets of a file, each as long as the rate says."""
    images = files_of(given)
    if not images:
        raise UserError(f"there is no image with a name such as {numbered(given, 1)}; check the name and its digits")
    first, last = images[0][0], images[-1][0]
    if missing := last - first + 1 - len(images):
        plural = "image" if missing == 1 else "images"
        warn(f"{missing} {plural} of {given} between {first} and {last} are not there and are left out")
    file = QuietFile(pending.file)
    with open_container(images[0][1]) as one, disk_errors(pending.path):
        if not one.streams.video:
            raise UserError(f"{images[0][1]} is not an image")
        with av.open(file, "w", format="nut") as target:
            stream: Any = target.add_stream_from_template(one.streams.video[0], opaque=True)
            stream.time_base = 1 / rate
            for n, (_, image) in enumerate(images):
                packet: Any = av.Packet(_bytes_of(image))
                packet.stream, packet.time_base = stream, 1 / rate
                packet.pts = packet.dts = n
                packet.duration, packet.is_keyframe = 1, True
                target.mux_one(packet)
        file.check()
        pending.file.flush()


def _bytes_of(image: Path) -> bytes:
    try:
        return image.read_bytes()
    except OSError as error:
        raise UserError(f"the image {image} cannot be read: {reason(error)}") from error
