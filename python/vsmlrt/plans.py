"""The files of the plan cache: what backends worked out for a program, so that the next start need not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import UserError

_FILE = re.compile(r"(?P<name>.*)\.(?:plan(?P<unfinished>\.[A-Za-z0-9]{6})?|(?P<lock>lock)|(?P<kept>kept))", re.DOTALL)
"""NAME.plan; NAME.plan.XXXXXX while it is written; NAME.lock, held by the process that builds it; the folder NAME.kept
of what a vendor's library keeps for the program."""


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
    for path, match in _files(folder):
        if match["lock"] or match["unfinished"]:
            continue
        try:
            used = path.stat().st_atime
            size = sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
        except FileNotFoundError:  # another process took it away meanwhile
            continue
        other = plans.get(match["name"], Plan(name=match["name"], bytes=0, last_used=used))
        plans[match["name"]] = replace(other, bytes=other.bytes + size, last_used=max(other.last_used, used))
    return sorted(plans.values(), key=lambda plan: (-plan.last_used, plan.name))


def clear(folder: Path) -> list[Plan]:
    """Removes the plans and what belongs to them, and no other file; returns the plans that were removed.

    A program that is running keeps what it has loaded. Raises UserError as `stored` does, and for a file that cannot be
    removed.
    """
    known = stored(folder)
    for path, match in list(_files(folder)):
        try:
            if match["kept"]:
                shutil.rmtree(path)
            else:
                path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UserError(f"{path} cannot be removed: {error.strerror}") from error
    return sorted(known, key=lambda plan: plan.name)


def _files(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    try:
        for path in sorted(folder.iterdir()):
            match = _FILE.fullmatch(path.name)
            if match and (path.is_dir() and not path.is_symlink() if match["kept"] else path.is_file()):
                yield path, match
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise UserError(f"{folder} is a file, and plans are kept in a folder: name another one") from None
    except OSError as error:
        raise UserError(f"the folder {folder} cannot be read: {error.strerror}") from error
