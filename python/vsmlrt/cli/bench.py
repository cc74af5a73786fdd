"""``vsmlrt bench``: frames per second and memory of networks on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ..backend.named import named
from ..benchmark import cases, plot, report, running
from ..benchmark.against import ENGINES, Comparison
from ..benchmark.cases import FAMILIES, MODES, SIZES, STREAMS, Case, Family
from ..errors import UserError
from ..tiles import Pair
from ..video.errors import UsageError
from ..video.output import check_output
from . import console, options, tables, values
from .profiles import NETWORKS
from .signals import interruptible

MEASURED = FAMILIES | {
    f"{material}-{name}": Family(f"{material}-{name}", f"{material}, {name}", (network,))
    for material, choice in NETWORKS.items()
    for name, network in choice.items()
}
"""What can be measured: the families, and what --preset-name chooses for each material."""

Families = Annotated[
    str,
    typer.Option(
        metavar="A,B",
        help=f"Which networks: of {', '.join(FAMILIES)} (default: these), and of what --preset-name chooses: "
        "drawn-fast, natural-best, ...",
        show_default=False,
    ),
]
Sizes = Annotated[str, typer.Option(metavar="WxH,...", help="Sizes of the input.")]
StreamCounts = Annotated[str, typer.Option("--streams", metavar="N,...", help="Frames computed side by side.")]
Shapes = Annotated[
    str,
    typer.Option(
        metavar="A,B",
        help="static: a program for each size; dynamic1, dynamic2: one for all, best at the largest or smallest.",
    ),
]
Networks = Annotated[
    list[str] | None,
    typer.Option("--network", metavar="FAMILY=PATH", help="A network file for a family.", show_default=False),
]
Frames = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Most frames that are timed for a figure (default: as many as take 2 seconds, 100 at least).",
        show_default=False,
    ),
]
Seconds = Annotated[float, typer.Option(metavar="S", help="Time after which a figure may rest on fewer frames.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the figures as CSV.")]
Layers = Annotated[
    bool, typer.Option("--layers", metavar="", help="Time each kernel as well, and name it (the cuda backend).")
]
Against = Annotated[
    str | None,
    typer.Option(metavar="torch", help="Time the network in PyTorch too, where it is installed.", show_default=False),
]
Plot = Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Write a plot.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", metavar="", help="Replace files that exist.")]


_SIZES = ",".join(f"{width}x{height}" for width, height in SIZES)


def bench(
    families: Families = ",".join(FAMILIES),
    sizes: Sizes = _SIZES,
    streams: StreamCounts = ",".join(map(str, STREAMS)),
    shapes: Shapes = ",".join(MODES),
    backend: options.Backend = "auto",
    device: options.Device = None,
    precision: options.Precision = "auto",
    network: Networks = None,
    frames: Frames = None,
    seconds: Seconds = 10.0,
    csv: CsvFile = None,
    plot: Plot = None,
    overwrite: Overwrite = False,
    layers: Layers = False,
    against: Against = None,
) -> None:
    """Measure networks: frames per second / memory in MB, for every size, number of streams and shape range.

    Memory is the device's on NVIDIA GPUs that nobody else uses meanwhile, else the process's.
    """
    values.one_of("--backend", backend, options.BACKENDS)
    options.check_precision(precision)
    if against is not None:
        values.one_of("--against", against, ENGINES)
    if frames is not None:
        values.at_least("--frames", frames, 1)
    values.at_least("--seconds", seconds, 0)
    if plot is not None and plot.suffix.lower() != ".svg":
        raise UsageError(f"--plot takes a name that ends in .svg, not {str(plot)!r}")
    for file in filter(None, (csv, plot)):
        check_output(file, overwrite=overwrite)
    comparison = None if against is None else Comparison()
    wanted = _cells(families, sizes, streams, shapes, network or [])
    with interruptible(), _csv(csv, backend, device or "", precision) as keep:
        arguments = named(backend, precision, 1, values.read_device(device))
        if not wanted:
            raise UserError("there is nothing to measure: none of the networks is on disk")
        rows = []
        for i, case in enumerate(wanted):
            job = running.job_of(case, arguments, frames, seconds, layers=layers or comparison is not None)
            row = report.Row(case, running.run(job))
            rows.append(row)
            keep(row)
            console.say(_progress(row, i + 1, len(wanted)))
            if layers and row.result.layers:
                console.say(report.layers_table(row))
            if comparison is not None and not row.result.error:
                console.say(comparison.line(row, job.device))
    tables.show(report.table(rows))
    if told := report.advice(rows):
        tables.show(told)
    if plot is not None:
        _write_plot(plot, rows, f"{backend} {precision}: frames per second / memory")
    if all(row.result.error for row in rows):
        raise UserError(f"no measurement came to an end: {rows[0].result.error}")


def _cells(families: str, sizes: str, streams: str, shapes: str, networks: Sequence[str]) -> list[Case]:
    """Everything to measure; a family without a network is named and left out."""
    names = _listed("--families", families, tuple(MEASURED))
    files = _files(networks, names)
    modes = _listed("--shapes", shapes, MODES)
    pairs = [_size(text) for text in sizes.split(",")]
    counts = [_count(text) for text in streams.split(",")]
    found: list[Case] = []
    for name in names:
        family = MEASURED[name]
        try:
            found += cases.cases(family, cases.locate(family, files.get(name)), pairs, counts, modes)
        except UserError as error:
            console.warn(f"{family.title} is left out: {error}")
    return found


def _listed(option: str, text: str, accepted: tuple[str, ...]) -> list[str]:
    return [values.one_of(option, one, accepted) for one in dict.fromkeys(text.split(","))]


def _size(text: str) -> Pair:
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if match is None or 0 in (size := (int(match[1]), int(match[2]))):
        raise UsageError(f"--sizes takes sizes WxH such as 1920x1080,1280x720; got {text!r}")
    return size


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise UsageError(f"--streams takes numbers such as 1,2; got {text!r}")
    return int(text)


def _files(given: Sequence[str], measured: Sequence[str]) -> dict[str, Path]:
    """The network files given for families; each has to be of one that is measured, and the only one of it."""
    files: dict[str, Path] = {}
    for one in given:
        name, equals, path = one.partition("=")
        if not equals or not path:
            raise UsageError(f"--network takes FAMILY=PATH, such as dpir=drunet_color.onnx; got {one!r}")
        values.one_of("--network", name, tuple(MEASURED))
        if name not in measured:
            raise UsageError(f"--network {one}: {name} is not measured; name it in --families as well, or leave it out")
        if name in files:
            raise UsageError(f"--network takes one file a family, and {name} has {files[name]} and {path}")
        files[name] = Path(path)
    return files


@contextmanager
def _csv(path: Path | None, backend: str, device: str, precision: str) -> Iterator[Callable[[report.Row], None]]:
    """Keeps each row as soon as it is there; opened first, so that a wrong name is known before the work."""
    if path is None:
        yield lambda row: None
        return
    try:
        file = path.open("w", newline="", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
    with file:
        yield report.Csv(file, backend, device, precision).write


def _write_plot(path: Path, rows: Sequence[report.Row], heading: str) -> None:
    try:
        path.write_text(plot.svg(rows, heading), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error


def _progress(row: report.Row, number: int, total: int) -> str:
    words = row.result.error or f"{row.cell} MB ({row.result.memory_of}), first frame {row.result.first_frame:.1f} s"
    return f"[{number}/{total}] {row.title} {row.column} ({row.case.network.name}): {words}"
