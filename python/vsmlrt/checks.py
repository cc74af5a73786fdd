"""Checks of arguments that the families' functions share. One sentence: function, argument, accepted, given."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

import vapoursynth as vs

from .whole_numbers import index


def check_clip(function: str, clip: object, *, gray: bool = False, name: str = "clip") -> vs.VideoNode:
    """A clip of constant format and size that the network takes, or TypeError or ValueError.

    `gray` networks take GRAY, and YUV's luma; the others take RGB, YUV and GRAY.
    """
    if not isinstance(clip, vs.VideoNode):
        raise TypeError(f'{function}: "{name}" must be a clip, got {type(clip).__name__}')
    if clip.format is None or clip.format.color_family == vs.UNDEFINED or not clip.width or not clip.height:
        raise ValueError(f'{function}: "{name}" must be of constant format and size')
    if gray and clip.format.color_family == vs.RGB:
        raise ValueError(f'{function}: "{name}" must be GRAY or YUV for this model, got {clip.format.name}')
    return clip


def check_number(function: str, argument: str, value: object, accepted: Collection[int]) -> int:
    """A whole number out of those accepted, or ValueError."""
    number = index(value)
    if isinstance(number, bool) or not isinstance(number, int) or number not in accepted:
        listed = ", ".join(map(str, accepted))
        raise ValueError(f'{function}: "{argument}" must be one of {listed}; got {value!r}')
    return number


def check_model[Model: IntEnum](function: str, model: object, models: type[Model], *, name: str = "model") -> Model:
    """The member that a member or its number stands for, or ValueError."""
    number = index(model)
    if isinstance(number, int) and not isinstance(number, bool):
        for member in models:
            if member == number:
                return member
    names = ", ".join(f"{models.__name__}.{member.name} ({member.value})" for member in models)
    raise ValueError(f'{function}: "{name}" must be one of {names}; got {model!r}')
