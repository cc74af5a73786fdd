"""The way to the VapourSynth core and the plugin ``core.mlrt``."""

from __future__ import annotations

from typing import Any

import vapoursynth as vs

from .errors import SetupError


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


def texts(value: Any) -> list[str]:
    """The values of one key of a plugin's answer, which is a single value, a sequence or nothing."""
    values = [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
    return [one.decode() if isinstance(one, bytes) else str(one) for one in values]


def path() -> str:
    """The plugin's file. Raises SetupError as `core` does."""
    core()
    return next(str(found.plugin_path) for found in vs.core.core.plugins() if found.namespace == "mlrt")
