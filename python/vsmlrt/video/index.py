"""BestSource's index of a video, for which it decodes all of it: made once and kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import vapoursynth as vs

from .. import held
from ..errors import SetupError, UserError
from .errors import reason
from .opening import plain_name
from .output import real_path

INDEX_FOLDER = "index"
"""The folder of indexes in the cache folder."""

ENDING = ".bsindex"
MOST_BYTES = 256 << 20
"""What the kept indexes may take together; those used longest ago give way."""

_NOT_KEPT, _KEPT_THERE = 0, 4
"""BestSource's cachemode: no file, and a file by the name in cachepath."""


def open_indexed(path: Path, *, track: int, rotate: bool, folder: Path | None) -> dict[str, Any]:
    """What BestSource's VideoSource answers: the clip, and its frames' times.

    ``folder`` is where indexes are kept; None keeps none. An index is that of one file of this name, size and date.
    Raises UserError in one sentence if the video cannot be decoded.
    """
    core = vs.core.core
    if not hasattr(core, "bs"):
        raise SetupError("VapourSynth does not have the plugin BestSource: install the package vapoursynth-bestsource")

    def opened(**kept: Any) -> dict[str, Any]:
        name = os.fsencode(plain_name(path))
        return dict(
            core.bs.VideoSource(
                name, track=track, exporttimestamps=1, showprogress=1, apply_rotation=int(rotate), **kept
            )
        )

    try:
        kept = None if folder is None else index_of(path, track, folder)
        if kept is not None and kept.is_file():
            with contextlib.suppress(vs.Error):  # one that cannot be read any more is made again
                os.utime(kept)
                return opened(cachemode=_KEPT_THERE, cachepath=os.fsencode(kept.parent / kept.name.split(".")[0]))
        return opened(cachemode=_NOT_KEPT) if kept is None else _made(kept, track, opened)
    except vs.Error as error:
        raise UserError(f"the video {path} cannot be decoded: {reason(error)}") from error


def _made(kept: Path, track: int, opened: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Opens a video and keeps its index, where the folder can be written."""
    answer = None
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=kept.parent) as making:
            answer = opened(cachemode=_KEPT_THERE, cachepath=os.fsencode(Path(making) / "index"))
            held.replace(Path(making) / f"index.{track}{ENDING}", kept)
        _make_room(kept.parent)
    return opened(cachemode=_NOT_KEPT) if answer is None else answer


def index_of(path: Path, track: int, folder: Path) -> Path | None:
    """The index's file in a folder; None for a video of which the system tells nothing."""
    try:
        told = path.stat()
    except OSError:
        return None
    key = f"{real_path(path)}|{told.st_size}|{told.st_mtime_ns}".encode(errors="surrogateescape")
    return folder / f"{hashlib.sha256(key).hexdigest()[:32]}.{track}{ENDING}"


def kept_indexes(folder: Path) -> list[Path]:
    """The indexes in a folder, last used first."""
    try:
        found = [(path.stat().st_mtime, path) for path in folder.glob(f"*{ENDING}")]
    except OSError:
        return []
    return [path for _, path in sorted(found, reverse=True)]


def _make_room(folder: Path) -> None:
    taken = 0
    for path in kept_indexes(folder):
        taken += path.stat().st_size
        if taken > MOST_BYTES:
            remove_index(path)


def count_of(index: Path) -> Path:
    """The file next to an index that has the number of the video's packets."""
    return index.with_suffix(".packets")


def remove_index(index: Path) -> None:
    """Removes an index and what lies next to it."""
    held.remove(index, missing_ok=True)
    held.remove(count_of(index), missing_ok=True)
