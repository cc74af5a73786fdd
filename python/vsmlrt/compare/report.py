"""The page that shows two videos: one HTML file with its pictures, plots and script in it, which loads nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import av

from ..video.colour import BT470BG, SMPTE170M, matrix_or_guess
from ..video.png import png
from .metrics import Metrics, mean
from .pairs import Moment, moments

Series = dict[str, dict[str, list[float]]]
"""By metric, and in it by video ("A", "B"), a value for each frame."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a first look through the videos finds."""

    seconds: list[float]
    """When each frame of the counted video appears."""
    series: Series
    ended: tuple[tuple[Path, float], ...] = ()
    """The videos that end while another goes on, and when."""


def measure(
    a: Path, b: Path, reference: Path | None, same_size: bool, progress: Callable[[int], None] = lambda done: None
) -> Measured:
    """Looks through all frames: of A and B against a reference, or of B against A where they are of one size.

    ``progress`` is told how many frames were looked at.
    """
    paths = [a, b] if reference is None else [reference, a, b]
    compared = {"A": 1, "B": 2} if reference is not None else {"B": 1} if same_size else {}
    running = {key: Metrics() for key in compared}
    seconds = []
    ends: list[tuple[Path, float]] = []
    for moment in moments(paths, lambda path, end: ends.append((path, float(end)))):
        seconds.append(float(moment.seconds))
        for key, index in compared.items():
            running[key].add(moment.frames[index], moment.frames[0])
        progress(len(seconds))
    found = {key: metrics.finish() for key, metrics in running.items()}
    names = [name for name in next(iter(found.values()), {}) if all(name in values for values in found.values())]
    series = {name: {key: found[key][name] for key in found} for name in names}
    return Measured(seconds=seconds, series=series, ended=tuple(ends))


def choose(measured: Measured, count: int, chosen: Sequence[int] | None) -> list[tuple[int, str]]:
    """Which frames are shown, and why: those asked for, else half the worst ones (a second apart), then evenly spread.

    The worst are those of the last metric (VMAF, where there is one) of B.
    """
    total = len(measured.seconds)
    if chosen is not None:
        return [(n, "") for n in dict.fromkeys(chosen) if n < total]
    picked: list[tuple[int, str]] = []
    if measured.series:
        name = list(measured.series)[-1]
        values = measured.series[name]["B"]
        for n in sorted(range(total), key=values.__getitem__):
            if len(picked) == (count + 1) // 2:
                break
            if all(abs(measured.seconds[n] - measured.seconds[other]) >= 1 for other, _ in picked):
                picked.append((n, f"{name} {values[n]:.2f}"))
    spread = count - len(picked)
    taken = {n for n, _ in picked}
    for k in range(spread):
        n = (2 * k + 1) * total // (2 * spread)
        if n not in taken:
            picked.append((n, ""))
            taken.add(n)
    return picked


def page(
    a: Path,
    b: Path,
    reference: Path | None,
    measured: Measured,
    shown: Sequence[tuple[int, str]],
    called: Mapping[Path, str],
) -> str:
    """The page: shown frames in the order given, with A brought to B's size where it has another.

    ``called`` are the videos' names for people, by the files that they are read from.
    """

    def name(path: Path) -> str:
        return Path(called.get(path, path)).name

    paths = [a, b] if reference is None else [reference, a, b]
    wanted = {n for n, _ in shown}
    pictures: dict[int, tuple[str, str]] = {}
    size = (0, 0)
    own = ""
    for moment in moments(paths):
        if moment.number in wanted:
            first, second = _last_two(moment)
            size = second.width, second.height
            own = f"{first.width}x{first.height} and {second.width}x{second.height}"
            pictures[moment.number] = _png(first, size), _png(second, size)
            if len(pictures) == len(wanted):
                break
    what = f"against {name(reference)}" if reference is not None else f"of {name(b)} against {name(a)}"
    facts = f"{own}, {len(measured.seconds)} frames" + (f"; measured {what}" if measured.series else "")
    content: dict[str, Any] = {
        "a": name(a) if name(a) != name(b) else called.get(a, str(a)),
        "b": name(b) if name(a) != name(b) else called.get(b, str(b)),
        "width": size[0],
        "height": size[1],
        "count": len(measured.seconds),
        "facts": facts,
        "metrics": measured.series,
        "frames": [
            {"number": n, "seconds": measured.seconds[n], "told": told, "a": pictures[n][0], "b": pictures[n][1]}
            for n, told in shown
            if n in pictures
        ],
    }
    template = (resources.files(__package__) / "report.html").read_text(encoding="utf-8")
    return template.replace("DATA", json.dumps(content).replace("</", "<\\/"), 1)


def summary(measured: Measured) -> list[str]:
    """A line for each metric."""
    lines = []
    for name, series in measured.series.items():
        told = ", ".join(f"{key} {mean(values):.3f} (least {min(values):.3f})" for key, values in series.items())
        lines.append(f"{name}: {told}")
    return lines


def _last_two(moment: Moment) -> tuple[av.VideoFrame, av.VideoFrame]:
    return moment.frames[-2], moment.frames[-1]


def _png(frame: av.VideoFrame, size: tuple[int, int]) -> str:
    return f"data:image/png;base64,{base64.b64encode(sized_png(frame, size)).decode()}"


def sized_png(frame: av.VideoFrame, size: tuple[int, int]) -> bytes:
    """The frame as a PNG file of this size (bicubic where it has another)."""
    from av.video.reformatter import Colorspace, Interpolation

    tagged = matrix_or_guess(int(frame.colorspace), frame.height)
    matrix = Colorspace.ITU601 if tagged in (BT470BG, SMPTE170M) else Colorspace.ITU709
    shown = frame.reformat(*size, format="rgb24", src_colorspace=matrix, interpolation=Interpolation.BICUBIC)
    return png(shown)
