"""The way to the VapourSynth core and the plugin ``core.mlrt``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import vapoursynth as vs

from .errors import SetupError


def vapoursynth_core() -> vs.Core:
    """The VapourSynth core of this process, whatever plugins it has."""
    return vs.core.core


def core() -> vs.Core:
    """The VapourSynth core of this process with the namespace ``mlrt`` in it.

    Raises SetupError if VapourSynth did not find the plugin.
    """
    found = vs.core.core
    if not hasattr(found, "mlrt"):
        raise SetupError(
            "VapourSynth does not have the plugin core.mlrt: install this package with pip into the environment "
            f"of this VapourSynth ({vs.__file__})"
        )
    return found


class Answer(dict[str, list[Any]]):
    """What a function of the plugin answers: a list for every key, an empty one for a key without values."""

    def __missing__(self, key: str) -> list[Any]:
        return []

    def one(self, key: str) -> Any:
        """The value of a key that is promised one. Raises SetupError where the plugin gave none or several."""
        values = self[key]
        if len(values) != 1:
            raise SetupError(f"core.mlrt gave {len(values)} values of {key}, and one was expected: reinstall vsmlrt")
        return values[0]


def lists(found: Mapping[str, Any] | None) -> Answer:
    """The dict that a function of ``core.mlrt`` gives, with a list for every key.

    VapourSynth hands an array of one element to Python as the bare element, leaves out an array of none, and
    gives None for a dict of none. Everything here that reads such a dict reads it through this function. Bytes become
    text.
    """
    return Answer((key, _values(value)) for key, value in (found or {}).items())


def _values(value: Any) -> list[Any]:
    values = list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return [one.decode() if isinstance(one, bytes) else one for one in values]


def path() -> str:
    """The plugin's file. Raises SetupError as `core` does."""
    core()
    return next(str(found.plugin_path) for found in vs.core.core.plugins() if found.namespace == "mlrt")
