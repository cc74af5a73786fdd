"""Whole numbers, of whatever kind a script has them: NumPy's as well as Python's."""

from __future__ import annotations

import operator
from numbers import Real


def whole(value: object) -> object:
    """The ``int`` that True, False, a float without a fraction or another kind of whole number is; else the value."""
    if isinstance(value, bool) or (isinstance(value, Real) and value % 1 == 0):
        return int(value)  # type: ignore[arg-type]
    return index(value)


def index(value: object) -> object:
    """The ``int`` that another kind of whole number (one with ``__index__``, such as NumPy's) is; else the value."""
    if isinstance(value, int) or not hasattr(type(value), "__index__"):
        return value
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:  # an array of several numbers
        return value
