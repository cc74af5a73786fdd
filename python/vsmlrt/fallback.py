"""Another backend in place of one that fails: vs-mlrt's ``vsmlrt.fallback_backend``."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable

import vapoursynth as vs

from .backend import Arguments, instance, model_arguments
from .resizing import is_half


def with_fallback[Result](backend: object, make: Callable[[Arguments], Result], clip: vs.VideoNode) -> Result:
    """`make` with the arguments of a backend, and where that fails with those of ``vsmlrt.fallback_backend``.

    Arguments:
        backend: as `vsmlrt.backend.model_arguments` takes it.
        make: gets the arguments of ``core.mlrt.Model`` that stand for the backend.
        clip: the first one that the network is to get.

    Raises what the backend raises if ``vsmlrt.fallback_backend`` is None, else what that one raises; the failure that
    led there is logged.
    """
    half = is_half(clip)
    instance(backend)  # what is no backend is the script's mistake, which another one would hide
    try:
        return make(model_arguments(backend, half=half))
    except Exception as error:
        other = importlib.import_module(__package__).fallback_backend
        if other is None:
            raise
        logging.getLogger("vsmlrt").warning("%r failed (%s): using fallback_backend, %r", backend, error, other)
        return make(model_arguments(other, half=half))
