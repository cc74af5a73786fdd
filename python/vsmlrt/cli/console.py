"""What people read: everything goes to the standard error, so that the standard output is free for video."""

from __future__ import annotations

import logging
import sys

from rich.console import Console

_NOISE = ("no return value(s) named",)
"""Warnings of other plugins about themselves."""

_said: set[str] = set()


def screen() -> Console:
    """The standard error as it is now."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True)


def say(sentence: str) -> None:
    """A plain line."""
    screen().print(sentence, markup=False)


def warn(sentence: str) -> None:
    """A line about something that comes out differently than one may expect; each is said once."""
    if sentence not in _said:
        _said.add(sentence)
        say(f"vsmlrt: note: {sentence}")


def error(sentence: str) -> None:
    """The one line that says why it failed."""
    say(f"vsmlrt: error: {' '.join(sentence.split())}")


class _Router(logging.Handler):
    """Warnings, the plugin's own among VapourSynth's, as lines like every other."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.levelno >= logging.WARNING and not any(noise in message for noise in _NOISE):
            warn(message)


def route_logs() -> None:
    """Sends what this package, VapourSynth and FFmpeg log through this module; calling it again changes nothing."""
    _said.clear()
    for name in ("vsmlrt", "vapoursynth", "av", "libav"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(_Router() if name in ("vsmlrt", "vapoursynth") else logging.NullHandler())
