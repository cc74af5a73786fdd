"""Opening a file with FFmpeg, whatever its name is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av

from ..errors import UserError
from .errors import reason

GONE = "the folder that this was started in is gone; go into one that is there"
"""What a relative name comes to that begins nowhere."""


def open_container(path: Path) -> av.container.InputContainer:
    """FFmpeg's view of a file; UserError in one sentence where there is none."""
    try:
        there = path.exists()
    except OSError as error:
        raise UserError(f"{path} cannot be the name of a video: {reason(error)}") from error
    if not there:
        raise UserError(f"the video {path} does not exist; check the name")
    if path.is_dir():
        raise UserError(f"the input {path} is a folder; give one video file")
    if not path.is_file():
        raise UserError(
            f"the input {path} is not a regular file, and a video is read more than once; write it into a file first"
        )
    try:
        if path.stat().st_size == 0:
            raise UserError(f"the video {path} is empty (0 bytes)")
        return av.open(plain_name(path), "r")
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, PermissionError):
            raise UserError(f"the video {path} may not be read: {reason(error)}") from error
        raise UserError(f"{path} is not a video that can be read: {reason(error)}") from error


@contextmanager
def all_threads(file: av.container.InputContainer, index: int) -> Iterator[Any]:
    """The stream of that number, decoded with a thread for each of several frames; at the end none of them is at work.

    PyAV frees a decoder without letting go of the interpreter, and waits for its threads then. One of them that has
    something to log, while this package listens to what decoders say, waits for the interpreter: for ever.
    """
    stream: Any = file.streams[index]
    stream.thread_type = "AUTO"
    try:
        yield stream
    finally:
        stream.codec_context.flush_buffers()


def plain_name(path: Path) -> str:
    """The name by which FFmpeg finds a file and nothing else: one that cannot be taken for a protocol ("12:30.mkv")."""
    try:
        return os.path.abspath(path)
    except FileNotFoundError:
        raise UserError(GONE) from None
