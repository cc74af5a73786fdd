"""``vsmlrt cache``: the plans that backends keep for the next start."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from .. import folders, plans
from ..video.index import INDEX_FOLDER, kept_indexes, remove_index
from . import console, options, tables

app = typer.Typer(help="The plan cache: what backends worked out for the next start.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="An engine_folder. Default: VSMLRT_CACHE, else the user's cache folder."),
]


@app.command("list", cls=options.Command, epilog="Example: vsmlrt cache list")
def list_plans(folder: Folder = None) -> None:
    """List the stored plans: name, size, when last used."""
    place = folder or folders.cache()
    found = plans.stored(place)
    if found:
        tables.show(_table(found))
    console.say(f"{_count(found)} in {place}")
    kept = kept_indexes(place / INDEX_FOLDER)
    if kept:
        console.say(f"{_count_indexes(kept)} in {place / INDEX_FOLDER}")


@app.command(cls=options.Command, epilog="Example: vsmlrt cache clear")
def clear(folder: Folder = None) -> None:
    """Remove every stored plan and the indexes of videos; what is needed again is worked out again."""
    place = folder or folders.cache()
    removed = plans.clear(place)
    for plan in removed:
        tables.show(plan.name)
    console.say(f"removed {_count(removed)} from {place}")
    kept = kept_indexes(place / INDEX_FOLDER)
    if kept:
        told = _count_indexes(kept)
        for path in kept:
            remove_index(path)
        console.say(f"removed {told} from {place / INDEX_FOLDER}")


def _table(found: list[plans.Plan]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("plan", overflow="fold")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    for plan in found:
        used = datetime.datetime.fromtimestamp(plan.last_used).strftime("%Y-%m-%d %H:%M")
        table.add_row(tables.cell(plan.name), tables.size(plan.bytes), used)
    return table


def _count(found: list[plans.Plan]) -> str:
    return f"{tables.counted(len(found), 'plan')}, {tables.size(sum(plan.bytes for plan in found))}"


def _count_indexes(kept: list[Path]) -> str:
    plural = "" if len(kept) == 1 else "es"
    return f"{len(kept)} video index{plural}, {tables.size(sum(path.stat().st_size for path in kept))}"
