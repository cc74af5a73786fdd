"""What this package's module has as a module: vs-mlrt's paths, which scripts read and assign.

Whoever only reads ``vsmlrt.models_path`` gets the folder that is looked in first; assigning it decides where networks
are looked for. The paths of trtexec and its like exist because scripts set them; nothing here uses them.
"""

from __future__ import annotations

import functools
import logging
import os
import types
from pathlib import Path
from typing import Any

import vapoursynth as vs

from . import folders, plugin

log = logging.getLogger("vsmlrt")

VERSION = "3.23.2"
"""Of vs-mlrt's script whose interface this is."""

_TOOLS = {
    "trtexec_path": ("vsmlrt-cuda", "trtexec"),
    "tensorrt_rtx_path": ("vsmlrt-cuda", "tensorrt_rtx"),
    "migraphx_driver_path": ("vsmlrt-hip", "migraphx-driver"),
}
PRODUCT_VERSION = "product_version"
PATHS = ("models_path", "plugins_path", *_TOOLS)
"""The names that `Module` computes."""


def get_plugins_path() -> str:
    """The folder of the plugins under vs-mlrt's names. Raises SetupError, a RuntimeError, where there is none."""
    return str(Path(plugin.path()).parent)


@functools.cache
def product_version() -> str:
    """The version of this package, read when it is asked for: importlib.metadata takes as long to import as PyAV."""
    from importlib import metadata

    try:
        return metadata.version("vsmlrt")
    except metadata.PackageNotFoundError:  # used from the source folder
        return "0+source"


class Module(types.ModuleType):
    """The class of the module ``vsmlrt``."""

    models_path: str | os.PathLike[str]

    def __getattr__(self, name: str) -> Any:
        if name == "core":  # as vs-mlrt's module has it
            return vs.core
        if name == PRODUCT_VERSION:
            return product_version()
        if name == "models_path":
            return str(folders.models())
        if name == "plugins_path":
            return get_plugins_path()
        if name in _TOOLS:
            return os.path.join(get_plugins_path(), *_TOOLS[name])
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        if name == "models_path":
            if not isinstance(value, (str, os.PathLike)):
                raise TypeError(f"vsmlrt.models_path must be the path of a folder, got {value!r}")
            folders.assign_models(value)
        elif name in PATHS:
            log.debug("vsmlrt.%s is set to %r, and nothing uses it: no such program is run", name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name == "models_path":
            folders.assign_models(None)
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), PRODUCT_VERSION, *PATHS})
