"""The table as a picture: bars in an SVG file, one panel a family, since families differ by a hundred times."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape  # that of xml.sax.saxutils brings urllib.request

from .report import Row

_COLOURS = ("#1f77b4", "#6baed6", "#c6dbef", "#d95f02", "#fdae6b", "#fee6ce")
_LEFT, _BARS, _RIGHT = 130, 520, 190
_WIDTH = _LEFT + _BARS + _RIGHT
_BAR, _GAP, _HEADING, _MARGIN = 14, 12, 34, 16


def svg(rows: Sequence[Row], heading: str) -> str:
    """The rows that have figures as an SVG document; bars are frames per second, memory stands next to them."""
    measured = [row for row in rows if not row.result.error]
    columns = list(dict.fromkeys(row.column for row in measured))
    colours = {column: _COLOURS[i % len(_COLOURS)] for i, column in enumerate(columns)}
    parts, y = [_text(_MARGIN, 24, heading, 16)], 36
    for column in columns:
        parts += [_rect(_MARGIN, y, 12, 12, colours[column]), _text(_MARGIN + 20, y + 11, column)]
        y += 18
    for family in dict.fromkeys(row.case.family for row in measured):
        panel, y = _panel([row for row in measured if row.case.family == family], colours, y)
        parts += panel
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y + _MARGIN}" '
        f'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def _panel(rows: Sequence[Row], colours: dict[str, str], y: int) -> tuple[list[str], int]:
    """One family from `y` on; its elements and where they end."""
    most = max(row.result.fps for row in rows)
    parts = [_text(_MARGIN, y + 22, f"{rows[0].case.family.title} ({rows[0].case.network.name})", 14)]
    y += _HEADING
    for size in dict.fromkeys(row.case.size for row in rows):
        parts.append(_text(_MARGIN, y + 11, f"{size[0]}x{size[1]}"))
        for row in rows:
            if row.case.size == size:
                length = max(1, round(_BARS * row.result.fps / most))
                parts.append(_rect(_LEFT, y, length, _BAR - 2, colours[row.column]))
                figures = f"{row.result.fps:.4g} fps / {row.result.memory:.0f} MB"
                parts.append(_text(_LEFT + length + 6, y + 11, figures))
                y += _BAR
        y += _GAP
    return parts, y


def _text(x: int, y: int, text: str, size: int = 12) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}">{escape(text, quote=False)}</text>'


def _rect(x: int, y: int, width: int, height: int, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}"/>'
