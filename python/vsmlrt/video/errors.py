"""Errors of the video pipeline in addition to those of ``vsmlrt.errors``."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import UserError


class UsageError(UserError):
    """What was asked for has to be asked differently (a value, a name, an output); the command line exits with 2."""


class ChangingError(UserError):
    """A video whose frames are not all alike."""


class FieldError(UsageError):
    """A field of a job, as `vsmlrt.video.job.Job` calls it, that has to be another one.

    In its sentence ``{field}`` stands for a field's name, which each front end has its own way to write, and
    ``{detail}`` for what is given by that name.
    """

    def __init__(self, sentence: str, /, **details: object) -> None:
        self._sentence = sentence
        self._details = details
        super().__init__(self.worded(str))

    def worded(self, write: Callable[[str], str]) -> str:
        """The sentence with each field's name written so."""
        return self._sentence.format_map({name: write(name) for name in FIELDS} | self._details)


FIELDS = (
    "frames",
    "start",
    "to",
    "crop",
    "codec",
    "crf",
    "bitrate",
    "preset",
    "tune",
    "encoder_options",
    "pixel_format",
    "on_error",
    "audio",
    "audio_bitrate",
    "audio_streams",
    "subtitle_streams",
    "overwrite",
    "device",
    "matrix",
    "range",
    "segment",
    "resume",
    "restart",
    "share",
    "expiry",
    "framerate",
    "deinterlace",
    "double_rate",
    "recursive",
    "output_name",
    "skip_done",
)
"""Fields of a job that sentences name."""


class InterruptedByUserError(UserError):
    """The user or the system asked the job to end before its last frame."""


def reason(error: BaseException) -> str:
    """What went wrong, in few words and on one line: the system's own text where there is one."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return _NO_REMEDY.sub("", " ".join(str(text).split()))


_NO_REMEDY = re.compile(r"[,;.]?\s*(?:[Pp]lease\s+)?(?:[Rr]etry|[Tt]ry again) with threads=1[^.;]*\.?")
"""What BestSource advises: an argument of its own that no option here sets."""
