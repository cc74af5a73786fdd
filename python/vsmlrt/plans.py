"""The files of the plan cache: what backends worked out for a program, so that the next start need not."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from . import held, plugin
from .errors import UserError


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stored plan, what a vendor's library keeps for it, or both."""

    name: str
    """Network, shapes, precision, type of input and output, device and version: the file's name without ending."""
    bytes: int
    last_used: float
    """Seconds since 1970."""


def stored(folder: Path) -> list[Plan]:
    """The plans in a folder, last used first; none if the folder is not there.

    Raises UserError for a file in the folder's place and for one that may not be read.
    """
    plans: dict[str, Plan] = {}
    for path, name, kind in _files(folder):
        if kind not in ("plan", "kept"):
            continue
        try:
            used = path.stat().st_atime
            size = sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
        except FileNotFoundError:  # another process took it away meanwhile
            continue
        other = plans.get(name, Plan(name=name, bytes=0, last_used=used))
        plans[name] = replace(other, bytes=other.bytes + size, last_used=max(other.last_used, used))
    return sorted(plans.values(), key=lambda plan: (-plan.last_used, plan.name))


def clear(folder: Path) -> list[Plan]:
    """Removes the plans and what belongs to them, and no other file; returns the plans that were removed.

    A program that is running keeps what it has loaded. Raises UserError as `stored` does, and for a file that cannot be
    removed.
    """
    known = stored(folder)
    for path, _, kind in _files(folder):
        try:
            if kind == "kept":
                held.patiently(partial(shutil.rmtree, path))
            else:
                held.remove(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UserError(f"{path} cannot be removed: {error.strerror}") from error
    return sorted(known, key=lambda plan: plan.name)


class _File(NamedTuple):
    path: Path
    name: str
    """Of the plan that it belongs to."""
    kind: str
    """As core.mlrt.Plans has it: plan, lock, kept (a folder) or unfinished."""


def _files(folder: Path) -> list[_File]:
    """The plugin knows what its files are called."""
    try:
        next(folder.iterdir(), None)
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        raise UserError(f"{folder} is a file, and plans are kept in a folder: name another one") from None
    except OSError as error:
        raise UserError(f"the folder {folder} cannot be read: {error.strerror}") from error
    found = plugin.lists(plugin.core().mlrt.Plans(str(folder)))
    columns = (found[column] for column in ("file", "name", "kind"))
    return sorted(_File(folder / file, name, kind) for file, name, kind in zip(*columns, strict=True))
