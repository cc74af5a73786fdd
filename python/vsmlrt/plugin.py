"""The way to the VapourSynth core and the plugin ``core.mlrt``."""

from __future__ import annotations

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
