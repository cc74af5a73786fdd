"""Errors of the video pipeline beside those of ``vsmlrt.errors``."""

from __future__ import annotations

from ..errors import UserError


class UsageError(UserError):
    """What was asked for has to be asked differently (a value, a name, an output); the command line exits with 2."""


class InterruptedByUserError(UserError):
    """The user or the system asked the job to end before its last frame."""


def reason(error: BaseException) -> str:
    """What went wrong, in few words and on one line: the system's own text where there is one."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
