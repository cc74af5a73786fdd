"""Tables on the standard output: wide enough to stay whole in a pipe."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def show(content: Table | str) -> None:
    """A table or a line on the standard output; people's terminals decide the width, a pipe gets all of it."""
    console = Console(highlight=False, soft_wrap=isinstance(content, str))
    if not console.is_terminal:
        console.width = 1000
    console.print(content, markup=False) if isinstance(content, str) else console.print(content)


def size(count: int) -> str:
    """A number of bytes for people."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            whole = f"{count} byte{'' if count == 1 else 's'}"
            return whole if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
