"""The .7z archives that vs-mlrt's releases are, unpacked by a program that is on this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .errors import UserError

_MAGIC = b"7z\xbc\xaf\x27\x1c"

_PROGRAMS = {
    "7zz": ["x", "-y", "-bd", "-o{into}", "--", "{archive}"],
    "7z": ["x", "-y", "-bd", "-o{into}", "--", "{archive}"],
    "bsdtar": ["-x", "-f", "{archive}", "-C", "{into}"],
}
"""Each with its arguments; none of them writes outside of the folder that it is told."""


def is_7z(path: Path) -> bool:
    """Whether a file begins as 7z archives do."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def unpack(archive: Path, into: Path) -> None:
    """All files of a 7z archive into a folder that exists.

    Raises UserError where no program for it is installed, for a damaged archive and for one that holds links.
    """
    found = next((name for name in _PROGRAMS if shutil.which(name)), None)
    if found is None:
        raise UserError(
            f"{archive} needs a program that unpacks .7z, and none of {', '.join(_PROGRAMS)} is installed: install one "
            "(apt install 7zip, or libarchive-tools), or unpack the archive and add the folder"
        )
    arguments = [part.format(archive=archive.resolve(), into=into) for part in _PROGRAMS[found]]
    done = subprocess.run([found, *arguments], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise UserError(f"{archive} could not be added: {found} says {said[-1] if said else 'nothing'}")
    for file in into.rglob("*"):
        if file.is_symlink():
            raise UserError(f'{archive} holds "{file.relative_to(into)}", which points outside of it')
