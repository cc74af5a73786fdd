"""The options of all backends: what each may be, which exclude each other, and what they are for ``core.mlrt.Model``.

Every check of an option is here. A message is one sentence: option, what is accepted, what was given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..whole_numbers import index, whole

Values = Mapping[str, Any]
"""Options by name: the fields of a backend."""

Arguments = dict[str, Any]
"""Arguments of ``core.mlrt.Model``."""

PRECISIONS = ("auto", "fp32", "tf32", "fp16", "bf16")

FP8_REFUSED = (
    "fp8 is refused, since no network that was measured keeps 45 dB to its fp32 result (Real-ESRGAN 42, Real-CUGAN 41, "
    "waifu2x 28 dB); use fp16"
)
"""See docs/decisions/0041."""


def _flag(name: str, value: object) -> None:
    if value is not None and value not in (True, False):
        raise TypeError(f"{name} must be True or False, got {value!r}")


def _number(least: int, most: int | None = None, *, unset: str = "") -> Callable[[str, object], None]:
    """A check for whole numbers from `least` to `most`; `unset` says what None stands for where it is accepted."""
    accepted = f"from {least} up" if most is None else f"from {least} to {most}"
    accepted += f", or None for {unset}" if unset else ""

    def check(name: str, value: object) -> None:
        if value is None and unset:
            return
        value = whole(value)
        if not isinstance(value, int):
            raise TypeError(f"{name} must be a whole number {accepted}; got {value!r}")
        if value < least or (most is not None and value > most):
            raise ValueError(f"{name} must be {accepted}; got {value}")

    return check


def streams(value: int | float | str, name: str = "num_streams") -> int:
    """Frames computed side by side; 0, or AUTO as a text: as many as are fastest."""
    if isinstance(value, str):
        if value.upper() == "AUTO":
            return 0
        if not value.isdecimal():
            raise ValueError(f'{name} must be a number or "AUTO", got "{value}"')
        value = int(value)
    number = value if isinstance(value, bool) else whole(value)
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if number < 0:
        raise ValueError(f"{name} must be 0 (as many as are fastest) or more, got {number}")
    return number


def _streams(name: str, value: object) -> None:
    streams(value, name)  # type: ignore[arg-type]


def shape(name: str, value: object) -> tuple[int, int] | None:
    """Width and height; one number stands for both; None and (0, 0) for nothing given."""
    if value is None:
        return None
    number = index(value)
    if isinstance(number, int) and not isinstance(number, bool):
        number = number, number
    listed = isinstance(number, Iterable) and not isinstance(number, (str, bytes, Mapping))
    if not listed or len(pair := [*number]) != 2:  # type: ignore[misc]
        raise TypeError(f"{name} must be width and height, such as (1920, 1080); got {value!r}")
    width, height = map(index, pair)
    if isinstance(width, bool) or isinstance(height, bool) or not (isinstance(width, int) and isinstance(height, int)):
        raise TypeError(f"{name} must be two whole numbers, width and height; got {value!r}")
    if (width, height) == (0, 0):
        return None
    if width < 1 or height < 1:
        raise ValueError(f"{name} must be a width and a height of at least 1, got {width}x{height}")
    return width, height


def _shape(name: str, value: object) -> None:
    shape(name, value)


def _texts(name: str, value: object) -> None:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a list of texts, got {value!r}")
    wrong = [one for one in value if not isinstance(one, str)]
    if wrong:
        raise TypeError(f"{name} must be a list of texts, got {wrong[0]!r} in it")


def _optional_texts(name: str, value: object) -> None:
    if value is not None:
        _texts(name, value)


def _own_arguments(name: str, value: object) -> None:
    _texts(name, value)
    for argument in value:  # type: ignore[attr-defined]
        key, equals, _ = argument.partition("=")
        if not argument.startswith("-") and not (key and equals):
            raise ValueError(
                f"{name} must be KEY=VALUE, an option of the execution provider, or session.KEY=VALUE; got {argument!r}"
            )


def _environment(name: str, value: object) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dict of texts, got {value!r}")
    for key, text in value.items():
        if not isinstance(key, str) or not isinstance(text, str) or not key or "=" in key:
            raise TypeError(f"{name} must name variables and their values as texts, got {key!r}: {text!r}")


def _folder(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise TypeError(f"{name} must be the path of a folder, or None for the user's cache folder; got {value!r}")
    if os.path.exists(value) and not os.path.isdir(value):
        raise ValueError(f"{name} must be a folder, and {os.fspath(value)} is a file: name another one")


def _precision(name: str, value: object) -> None:
    if value == "fp8":
        raise ValueError(f"{name}: {FP8_REFUSED}")
    if value is not None and value not in PRECISIONS:
        raise ValueError(f"{name} must be one of {', '.join(PRECISIONS)}; got {value!r}")


def _sums(name: str, value: object) -> None:
    if value not in ("fp32", "fp16"):
        raise ValueError(f"{name} must be fp32 or fp16; got {value!r}")


CHECKS: dict[str, Callable[[str, object], None]] = {
    "accumulate": _sums,
    "bf16": _flag,
    "bind_thread": _flag,
    "builder_optimization_level": _number(0, 5),
    "cudnn_benchmark": _flag,
    "custom_args": _own_arguments,
    "custom_env": _environment,
    "device_id": _number(0),
    "engine_folder": _folder,
    "exhaustive_tune": _flag,
    "fast_math": _flag,
    "faster_dynamic_shapes": _flag,
    "force_fp16": _flag,
    "fp16": _flag,
    "fp16_blacklist_ops": _optional_texts,
    "heuristic": _flag,
    "l2_limit_for_tiling": _number(-1),
    "log": _flag,
    "max_aux_streams": _number(0, unset="the provider's choice"),
    "max_shapes": _shape,
    "max_tactics": _number(-1, unset="the provider's choice"),
    "min_shapes": _shape,
    "ml_program": _number(0, 1),
    "num_streams": _streams,
    "num_threads": _number(0),
    "opt_shapes": _shape,
    "output_format": _number(0, 1),
    "precision": _precision,
    "prefer_nhwc": _flag,
    "short_path": _flag,
    "static_shape": _flag,
    "supports_onnx_serialization": _flag,
    "tf32": _flag,
    "tiling_optimization_level": _number(0, 3),
    "use_cublas": _flag,
    "use_cuda_graph": _flag,
    "use_cudnn": _flag,
    "use_edge_mask_convolutions": _flag,
    "use_jit_convolutions": _flag,
    "verbose": _flag,
    "verbosity": _number(0, 4),
    "workspace": _number(0, unset="no limit (a number is MiB)"),
}
"""Every option there is, with its check."""


def check(values: Values) -> None:
    """Raises TypeError or ValueError for an option that is none, out of range or against another one."""
    for name, value in values.items():
        CHECKS[name](name, value)
    _check_precisions(values)
    _check_shapes(values)


def normalised(values: Values) -> Values:
    """Checked values with numbers as whole numbers and switches as True or False."""

    def plain(name: str, value: object) -> object:
        if CHECKS[name] is _flag:
            return value if value is None and name == "short_path" else bool(value)
        return whole(value) if name in _NUMBERS else value

    return {name: plain(name, value) for name, value in values.items()}


_NUMBERS = frozenset(
    (
        *("builder_optimization_level", "device_id", "l2_limit_for_tiling", "max_aux_streams", "max_tactics"),
        *("ml_program", "num_streams", "num_threads", "output_format", "tiling_optimization_level", "verbosity"),
        "workspace",
    )
)


def _check_precisions(values: Values) -> None:
    wanted = precision(values)
    if values.get("precision") not in (None, "auto", wanted):
        switch = next(name for name in ("force_fp16", "fp16", "bf16") if values.get(name))
        raise ValueError(f"precision is {values['precision']} and {switch} is set: give one of them")
    if values.get("force_fp16") and values.get("fp16_blacklist_ops"):
        raise ValueError("force_fp16 leaves no operator in fp32, and fp16_blacklist_ops names some: set one of them")


_SHAPES = ("min_shapes", "opt_shapes", "max_shapes")


def _check_shapes(values: Values) -> None:
    given = {name: size for name in _SHAPES if (size := shape(name, values.get(name))) is not None}
    if values.get("static_shape", True):
        return
    for lower, upper in (("min_shapes", "opt_shapes"), ("opt_shapes", "max_shapes"), ("min_shapes", "max_shapes")):
        if lower in given and upper in given:
            _check_order(lower, given[lower], upper, given[upper])


def _check_order(lower: str, least: tuple[int, int], upper: str, most: tuple[int, int]) -> None:
    if least[0] > most[0] or least[1] > most[1]:
        raise ValueError(f"{lower} must not exceed {upper} in width or height, got {_size(least)} and {_size(most)}")


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


EVERYWHERE = frozenset(
    (
        *("bf16", "device_id", "engine_folder", "force_fp16", "fp16", "fp16_blacklist_ops", "num_streams"),
        *("output_format", "precision", "static_shape", *_SHAPES),
    )
)
"""Options that every backend heeds: they are arguments of ``core.mlrt.Model``."""


def keeps_operators(values: Values) -> bool:
    """Whether operators can be kept in fp32: not where the network is in fp32 or bf16 anyway."""
    return precision(values) in ("auto", "fp16")


def core_arguments(values: Values) -> Arguments:
    """The arguments of ``core.mlrt.Model`` for the options of `EVERYWHERE`; what is at its default is left out."""
    arguments: Arguments = {"num_streams": streams(values.get("num_streams", 1)), "precision": precision(values)}
    if values.get("force_fp16"):
        arguments["force_fp16"] = 1
    if values.get("fp16_blacklist_ops") is not None and keeps_operators(values):
        arguments["fp16_blacklist_ops"] = list(values["fp16_blacklist_ops"])
    if values.get("output_format"):
        arguments["output_format"] = 1
    if not values.get("static_shape", True):
        arguments["static_shape"] = 0
    # One size is that of opt_shapes, as in vs-mlrt, whatever the others say.
    given = {name: size for name in _SHAPES if (size := shape(name, values.get(name))) is not None}
    if values.get("static_shape", True):
        given = {name: size for name, size in given.items() if name == "opt_shapes"}
    elif "opt_shapes" in given:
        given.setdefault("max_shapes", given["opt_shapes"])
    arguments |= {name: list(size) for name, size in given.items()}
    if values.get("engine_folder") is not None:
        arguments["engine_folder"] = os.fspath(values["engine_folder"])
    return arguments


def precision(values: Values) -> str:
    """The precision asked for; fp32 for a backend with switches alone, and fp16 before bf16, as in vs-mlrt."""
    if values.get("fp16") or values.get("force_fp16"):
        return "fp16"
    return "bf16" if values.get("bf16") else str(values.get("precision") or "fp32")
