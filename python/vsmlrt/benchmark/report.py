"""What was measured, as a table in vs-mlrt's form and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from rich.table import Table

from .cases import Case
from .worker import Layer, Result

TITLES = {"static": "static", "dynamic1": "dynamic (1)", "dynamic2": "dynamic (2)"}


@dataclass(frozen=True)
class Row:
    """One cell with its figures."""

    case: Case
    result: Result

    @property
    def title(self) -> str:
        """Family and size: ``cugan 1280x720``."""
        width, height = self.case.size
        return f"{self.case.family.title} {width}x{height}"

    @property
    def column(self) -> str:
        """Streams and shape range: ``2 streams dynamic (1)``."""
        plural = "" if self.case.streams == 1 else "s"
        return f"{self.case.streams} stream{plural} {TITLES[self.case.mode]}"

    @property
    def cell(self) -> str:
        """Frames per second / memory."""
        return "failed" if self.result.error else f"{self.result.fps:.4g} / {self.result.memory:.0f}"


def table(rows: Sequence[Row]) -> Table:
    """Rows of family and size, columns of streams and shape range."""
    columns = list(dict.fromkeys(row.column for row in rows))
    found = Table("model", *columns, box=None, pad_edge=False)
    for title in dict.fromkeys(row.title for row in rows):
        cells = {row.column: row.cell for row in rows if row.title == title}
        found.add_row(title, *(cells.get(column, "") for column in columns))
    return found


REAL_TIME = 24.0
"""Frames a second of films."""


def advice(rows: Sequence[Row]) -> str:
    """What runs in real time here, by each network's best figure, in a line."""
    best: dict[str, float] = {}
    for row in rows:
        if not row.result.error:
            best[row.title] = max(best.get(row.title, 0.0), row.result.fps)
    if not best:
        return ""
    fast = [title for title, fps in best.items() if fps >= REAL_TIME]
    if fast:
        return f"in real time here ({REAL_TIME:g} frames a second or more): {', '.join(fast)}"
    nearest = max(best, key=best.__getitem__)
    hours = REAL_TIME / best[nearest]
    return (
        f"nothing of this runs in real time here ({REAL_TIME:g} frames a second); the fastest is {nearest} with "
        f"{best[nearest]:.3g}, {hours:.3g} hours for one of film"
    )


def layers_table(row: Row) -> str:
    """Each kernel of a network: its time, its part of the whole, its floor, its name, and the layers that it serves.

    The floor is the longer of the layers' products at the device's measured rate of bare products and their bytes at
    its measured rate of a copy. Operands that are still in the device's cache can be read faster than that.
    """
    layers = row.result.layers
    whole = sum(layer.milliseconds for layer in layers)
    floor = sum(layer.floor[0] for layer in layers)
    products = sorted({layer.operations_rate for layer in layers if layer.operations})
    rates = [f"{rate / 1e12:.4g} TFLOP/s" for rate in products] + [f"{layers[0].bytes_rate / 1e12:.3g} TB/s copied"]
    lines = [
        f"{row.title}: {row.result.network_milliseconds:.3f} ms on the device, {whole:.3f} by its kernels each for "
        f"itself; their floors {floor:.3f} ms, {100 * floor / whole:.0f} %, at what this device was measured to do: "
        f"{', '.join(rates)}"
    ]
    lines += [f"{_layer_line(layer, whole)}  {layer.kernel:24} {layer.layers}" for layer in layers]
    return "\n".join(lines)


def _layer_line(layer: Layer, whole: float) -> str:
    milliseconds, bound = layer.floor
    share = f"{milliseconds:8.3f} ms of {bound:8} {100 * milliseconds / layer.milliseconds:4.0f} %"
    empty = f"{'no floor':>31}"
    return (
        f"{layer.milliseconds:9.3f} ms {100 * layer.milliseconds / whole:5.1f} %  floor "
        f"{share if milliseconds else empty}"
    )


_COLUMNS = (
    *("family", "network", "width", "height", "streams", "shapes", "backend", "device", "precision"),
    *("fps", "memory_mb", "memory_of", "frames", "first_frame_s", "error"),
)


class Csv:
    """A CSV file that has every row written so far."""

    def __init__(self, file: IO[str], backend: str, device: str, precision: str) -> None:
        """Writes the heading; `backend`, `device` and `precision` are the same for all rows."""
        self._file = file
        self._same = (backend, device, precision)
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(_COLUMNS)

    def write(self, row: Row) -> None:
        """Adds a row."""
        case, result = row.case, row.result
        where = (case.family.name, case.network.name, *case.size, case.streams, case.mode, *self._same)
        figures = (f"{result.fps:.3f}", f"{result.memory:.0f}", result.memory_of, result.frames)
        empty = ("",) * 5
        measured = (*figures, f"{result.first_frame:.3f}")
        self._writer.writerow((*where, *(empty if result.error else measured), result.error))
        self._file.flush()
