"""Tables on the standard output: wide enough to stay whole in a pipe."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import console


def show(content: Table | str) -> None:
    """A table or a line on the standard output; people's terminals decide the width, a pipe gets all of it."""
    screen = Console(highlight=False, emoji=False)
    if isinstance(content, str):
        console.put(screen, content)
        return
    if not screen.is_terminal:
        screen.width = 1000
    screen.print(content)


def cell(content: object) -> Text:
    """What a cell shows as it is, such as a name that has brackets in it."""
    return Text(console.plain(str(content)))


def counted(count: int, what: str) -> str:
    """So many of something, such as frames."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """A number of bytes for people."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return counted(count, "byte") if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
