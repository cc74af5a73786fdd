"""What people read: everything goes to the standard error, so that the standard output is free for video."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from unicodedata import category

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_NOISE = ("no return value(s) named",)
"""Warnings of other plugins about themselves."""

_INDEXED = re.compile(r"index progress (\d+)%")
"""How BestSource says how far it has looked through a video."""


def ignore(percent: int) -> None:
    """Nobody wants to know."""


heard_of_index: Callable[[int], None] = ignore
"""Is told how many percent of a video are indexed; set by the work."""

_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of the text behind them, by which a name passes for another one."""

quiet = False
"""Whether only errors are said; set by the options of a command."""

arguments: list[str] = []
"""The words of the command that is run."""

_said: set[str] = set()


def screen() -> Console:
    """The standard error as it is now."""
    return Console(file=sys.stderr, highlight=False)


def plain(sentence: str) -> str:
    """The sentence with control characters, as names of files may have, as escapes; also with those that turn text."""
    hidden = (one for one in sentence if category(one) == "Cc" or one in _TURNING)
    return sentence.translate({ord(one): one.encode("unicode_escape").decode() for one in hidden})


def wrapped(sentence: str, width: int) -> str:
    """The sentence in lines of at most so many cells, which end between words.

    A word longer than that, a path say, stays whole, so that it can be copied.
    """
    lines: list[str] = []
    for word in sentence.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def put(on: Console, sentence: str) -> None:
    """A sentence as it is: on one line, or on a terminal in lines that end between words."""
    shown = plain(sentence)
    on.print(Text(wrapped(shown, on.width) if on.is_terminal else shown), soft_wrap=True)


def say(sentence: str) -> None:
    """A plain line, where people want to read any."""
    if not quiet:
        put(screen(), sentence)


def warn(sentence: str) -> None:
    """A line about something that comes out differently than one may expect; each is said once."""
    if sentence not in _said:
        _said.add(sentence)
        say(f"vsmlrt: note: {sentence}")


def error(sentence: str) -> None:
    """The one line that says why it failed."""
    put(screen(), f"vsmlrt: error: {' '.join(sentence.split())}")


class _Router(logging.Handler):
    """Warnings, the plugin's own among VapourSynth's, as lines like every other."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if indexed := _INDEXED.search(message):
            heard_of_index(int(indexed[1]))
        if record.levelno >= logging.WARNING and not any(noise in message for noise in _NOISE):
            warn(message)


def route_logs() -> None:
    """Sends what this package, VapourSynth and FFmpeg log through this module; calling it again changes nothing."""
    global quiet
    _said.clear()
    quiet = False
    for name in ("vsmlrt", "vapoursynth", "av", "libav"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(_Router() if name in ("vsmlrt", "vapoursynth") else logging.NullHandler())
    logging.getLogger("vapoursynth").setLevel(logging.INFO)
