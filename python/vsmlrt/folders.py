"""Where network files are looked for and put."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import held, locks, plugin
from .errors import SetupError

EXTENSIONS = (".onnx", ".param")
"""Kinds of network file, the preferred first."""


def models_variable() -> Path | None:
    """The folder that the environment variable VSMLRT_MODELS names: vs-mlrt's ``models`` or one like it."""
    value = os.environ.get("VSMLRT_MODELS", "")
    return Path(value).expanduser() if value else None


def _local_data() -> Path | None:
    """Where Windows keeps a user's files of this machine; None on other systems."""
    local = os.environ.get("LOCALAPPDATA", "") if sys.platform == "win32" else ""
    return Path(local) / "vsmlrt" if local else None


def user_models() -> Path:
    """The folder that fetched and added networks are put into.

    ``$XDG_DATA_HOME/vsmlrt/models``, on Windows ``%LOCALAPPDATA%/vsmlrt/models``.
    """
    if local := _local_data():
        return local / "models"
    base = os.environ.get("XDG_DATA_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share"
    return root / "vsmlrt" / "models"


def config() -> Path:
    """The folder of the user's configuration: ``$XDG_CONFIG_HOME/vsmlrt``, on Windows ``%APPDATA%/vsmlrt``."""
    roaming = os.environ.get("APPDATA", "") if sys.platform == "win32" else ""
    if roaming:
        return Path(roaming) / "vsmlrt"
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".config") / "vsmlrt"


def cache() -> Path:
    """The folder of the plan cache: ``VSMLRT_CACHE``, else the user's cache folder; the plugin looks in the same."""
    named = os.environ.get("VSMLRT_CACHE", "")
    if not named and (local := _local_data()):
        return local / "cache"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if named else (Path(base) if base else Path.home() / ".cache") / "vsmlrt"


def beside_plugins() -> list[Path]:
    """The ``models`` folders that lie beside plugins, where vs-mlrt's releases and wheels have theirs."""
    try:
        own = Path(plugin.path()).parent
    except SetupError:
        return []
    names = ("ov", "ort", "ncnn", "trt", "trt_rtx", "migx")
    places = [own, own.parent, *(own.parent / name for name in names)]
    return [folder for place in places if (folder := place / "models").is_dir()]


_assigned: Path | None = None


def assign_models(folder: str | os.PathLike[str] | None) -> None:
    """Makes this the one folder that is looked in, as ``vsmlrt.models_path = folder`` does; None: no longer."""
    global _assigned
    _assigned = None if folder is None else Path(folder).expanduser()


def models() -> Path:
    """The folder that ``vsmlrt.models_path`` is: what was assigned, else the first of `search_path` that exists."""
    return next((folder for folder in search_path() if folder.is_dir()), search_path()[0])


def search_path() -> list[Path]:
    """The folders looked in, the preferred first."""
    if _assigned is not None:
        return [_assigned]
    named = models_variable()
    return ([named] if named else []) + [user_models(), *beside_plugins()]


def weights_of(path: Path) -> Path | None:
    """The second file that a network file needs: the ``.bin`` of a ``.param``; None for other kinds."""
    return path.with_suffix(".bin") if path.suffix == ".param" else None


def is_complete(path: Path) -> bool:
    """True if the network file, and the weights that it needs, are there."""
    weights = weights_of(path)
    return path.is_file() and (weights is None or weights.is_file())


def find(*stems: str) -> Path | None:
    """The network file of the first of these names without extension in the first folder that has it whole, or None."""
    for folder in filter(Path.is_dir, search_path()):
        for stem in stems:
            for extension in EXTENSIONS:
                path = folder / (stem + extension)
                if is_complete(path):
                    return path
    return None


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """A folder inside `root` (made if missing) to complete files in before they are renamed; gone at the end.

    What processes that were killed left behind goes as well: they do not hold the locks on their folders any more.
    """
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob(f"{_STAGING}*"):
        if not (locks.is_held(left) or _is_new(left)):
            held.remove_folder(left)
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=root) as name, _held(Path(name)):
        _staged.add(name)
        yield Path(name)
    _staged.discard(name)


def discard_staging() -> None:
    """Removes the folders that this process is completing files in; for its end in the middle of the work."""
    for name in _staged:
        held.remove_folder(name)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The lock on a folder; on Windows folders have none."""
    if os.name == "nt":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        locks.try_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _is_new(folder: Path) -> bool:
    """Whether a folder may be one that another process has made and not locked yet, or on Windows one in use."""
    try:
        return time.time() - folder.stat().st_mtime < (24 * 3600 if os.name == "nt" else 5)
    except OSError:
        return True


_STAGING = ".incoming-"
_staged: set[str] = set()
