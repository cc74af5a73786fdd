r"""Names of files as Windows has them: those that it keeps for itself, and paths that are long.

Pure functions, which answer the same on every system; who calls them asks which system it is.
"""

from __future__ import annotations

from pathlib import PureWindowsPath

_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"
}
_MEANINGFUL = '"*:<>?|'
_LONGEST = 247
"""Characters of a path, of the 260 that the old form has, with room for the name of a file of the oldest form."""


def why_reserved(path: PureWindowsPath) -> str | None:
    """Why the path names no file on Windows (Microsoft's "Naming Files, Paths, and Namespaces"); None: it may."""
    for part in path.parts[1 if path.anchor else 0 :]:
        if found := next((letter for letter in part if letter in _MEANINGFUL or ord(letter) < 32), None):
            return f"{found!r} is not allowed in names"
        if part.partition(".")[0].rstrip(" ").upper() in _DEVICES:
            return f"{part} is the name of a device"
        if part not in (".", "..") and part != part.rstrip(". "):
            return "a name cannot end in a dot or a space"
    return None


def long_form(whole: str, room: int = 0) -> str:
    r"""A path from its drive or share on, with ``\\?\`` in front where it is too long for the old form.

    ``room`` are characters for what is put behind it.
    """
    if len(whole) + room <= _LONGEST or whole.startswith(("\\\\?\\", "\\\\.\\")):
        return whole
    return "\\\\?\\UNC" + whole[1:] if whole.startswith("\\\\") else "\\\\?\\" + whole
