"""The .7z archives that vs-mlrt's releases are."""

from __future__ import annotations

import lzma
import shutil
from pathlib import Path, PurePosixPath

from .errors import SetupError, UserError

_MAGIC = b"7z\xbc\xaf\x27\x1c"


def is_7z(path: Path) -> bool:
    """Whether a file begins as 7z archives do."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def unpack(archive: Path, into: Path) -> None:
    """All files of a 7z archive into a folder that exists.

    Raises UserError for a damaged archive, for one that is larger than the disk, and for one that holds links or points
    outside of the folder; SetupError where py7zr is not installed.
    """
    try:
        import py7zr
        from py7zr.exceptions import ArchiveError, UnsupportedCompressionMethodError
    except ImportError as error:
        raise SetupError(f"{archive} needs the package py7zr: install it with: pip install py7zr") from error
    try:
        with py7zr.SevenZipFile(archive) as opened:
            members = opened.list()
            for info in members:
                member = PurePosixPath(info.filename)
                if member.is_absolute() or ".." in member.parts or getattr(info, "is_symlink", False):
                    raise UserError(f'{archive} holds "{info.filename}", which points outside of it')
            total = sum(info.uncompressed for info in members)
            free = shutil.disk_usage(into).free
            if total > free:
                raise UserError(f"{archive} unpacks to {total >> 20} MiB, and {into} has {free >> 20} MiB left")
            opened.extractall(into)
    except (ArchiveError, UnsupportedCompressionMethodError, lzma.LZMAError, EOFError, ValueError) as error:
        said = str(error).strip().splitlines()
        raise UserError(f"{archive} could not be added: it is damaged ({said[0] if said else 'no reason'})") from error
    for file in into.rglob("*"):
        if file.is_symlink():
            raise UserError(f'{archive} holds "{file.relative_to(into)}", which points outside of it')
