"""The command line ``vsmlrt``.

Exit status: 0 when everything asked for was done (for a video: every frame was written), 1 when something failed, 2
when the command itself has to be changed (an unknown option, name or range, an output that exists), 3 when the output
is written but the video is damaged.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.exceptions import TyperException

from ..errors import RangeError, UnknownNameError, UserError
from ..video.errors import FieldError, UsageError
from ..video.opening import GONE
from . import console, options, signals, standard_streams

_COMMANDS = {  # the module that has the function, and an example
    "upscale": ("upscale", "vsmlrt upscale in.mkv out.mkv --model animevideov3 --scale 2"),
    "denoise": ("upscale", "vsmlrt denoise in.mkv out.mkv --strength 5"),
    "interpolate": ("interpolate", "vsmlrt interpolate in.mkv out.mkv --multiplier 2"),
    "process": ("process", "vsmlrt process in.mkv out.mkv --denoise 5 --scale 2 --fps 60"),
    "preview": ("preview", "vsmlrt preview in.mkv --model animevideov3 --scale 2"),
    "compare": ("compare", "vsmlrt compare in.mkv out.mkv -o report.html"),
    "bench": ("bench", "vsmlrt bench --families realesrgan --sizes 1280x720"),
    "doctor": ("doctor", "vsmlrt doctor"),
    "man": ("manual", "vsmlrt man > vsmlrt.1"),
}
_GROUPS = ("cache", "models")


class _Commands(Mapping[str, Any]):
    """The commands by name, each imported and built when it is first asked for: most runs need one of them."""

    def __getitem__(self, name: str) -> Any:
        return _built(name)

    def __iter__(self) -> Iterator[str]:
        yield from _COMMANDS
        yield from _GROUPS

    def __len__(self) -> int:
        return len(_COMMANDS) + len(_GROUPS)


@functools.cache
def _built(name: str) -> Any:
    whole = typer.Typer(cls=options.Group, pretty_exceptions_enable=False)
    if name in _GROUPS:
        whole.add_typer(import_module(f".{name}", __name__).app, name=name, cls=options.Group)
    else:
        module, example = _COMMANDS[name]  # KeyError where the name is not one of a command
        function = getattr(import_module(f".{module}", __name__), name)
        whole.command(name, cls=options.Command, epilog=f"Example: {example}")(function)
    return typer.main.get_group(whole).commands[name]


_app = typer.Typer(
    name="vsmlrt",
    help="Neural networks on video, from the command line and in VapourSynth.",
    no_args_is_help=True,
    cls=options.Group,
    context_settings=options.HELP,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import product_version

        typer.echo(f"vsmlrt {product_version}")
        raise typer.Exit


@_app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Neural networks on video, from the command line and in VapourSynth."""


@functools.cache
def command() -> typer.core.TyperGroup:
    """The whole command line; what is below it is built when it is first needed."""
    group = typer.main.get_group(_app)
    group.commands = cast("Any", _Commands())
    return group


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status; errors are one sentence on the standard error."""
    with standard_streams.guarded():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    console.route_logs()
    console.arguments = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 writes its settings to the standard error; errors alone are kept
    signals.forget()
    try:
        with signals.interruptible():
            try:
                status = command()(arguments, prog_name="vsmlrt", standalone_mode=False)
            except SystemExit as end:
                status = end.code
            sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except TyperException as error:
        message = error.format_message()
        if message:
            console.error(f"{message.rstrip('.')}; see 'vsmlrt --help'")
        return error.exit_code
    except FieldError as error:
        console.error(error.worded(options.spelled))
        return 2
    except (UsageError, UnknownNameError, RangeError) as error:
        console.error(str(error))
        return 2
    except UserError as error:
        console.error(str(error))
        return 1
    except (KeyboardInterrupt, typer.Abort):
        console.error("interrupted")
        return 1
    except Exception as error:
        if os.environ.get("VSMLRT_DEBUG"):
            raise
        if isinstance(error, FileNotFoundError) and not os.path.exists(os.curdir):
            console.error(GONE)
            return 1
        console.error(f"internal error: {type(error).__name__}: {error} (VSMLRT_DEBUG=1 shows where)")
        return 1


def main() -> NoReturn:
    """The entry point of ``vsmlrt`` and ``python -m vsmlrt``."""
    status = run()
    signals.end_by_system()
    if status == 0:
        sys.exit(0)
    # Frames may still be on their way through the filter, and nobody waits for them any more.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or never open
            stream.flush()
    os._exit(status)
