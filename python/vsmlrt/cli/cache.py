"""``vsmlrt cache``: the plans that backends keep for the next start."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from .. import folders, plans
from . import console, tables

app = typer.Typer(help="The plan cache: what backends worked out for the next start.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="An engine_folder. Default: VSMLRT_CACHE, else the user's cache folder."),
]


@app.command("list")
def list_plans(folder: Folder = None) -> None:
    """List the stored plans: name, size, when last used."""
    place = folder or folders.cache()
    found = plans.stored(place)
    if found:
        tables.show(_table(found))
    console.say(f"{_count(found)} in {place}")


@app.command()
def clear(folder: Folder = None) -> None:
    """Remove every stored plan; what is needed again is worked out again."""
    place = folder or folders.cache()
    removed = plans.clear(place)
    for plan in removed:
        tables.show(plan.name)
    console.say(f"removed {_count(removed)} from {place}")


def _table(found: list[plans.Plan]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("plan", overflow="fold")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    for plan in found:
        used = datetime.datetime.fromtimestamp(plan.last_used).strftime("%Y-%m-%d %H:%M")
        table.add_row(plan.name, tables.size(plan.bytes), used)
    return table


def _count(found: list[plans.Plan]) -> str:
    plural = "" if len(found) == 1 else "s"
    return f"{len(found)} plan{plural}, {tables.size(sum(plan.bytes for plan in found))}"
