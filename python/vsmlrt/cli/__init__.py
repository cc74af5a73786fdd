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
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from ..errors import UnknownNameError, UserError
from ..video.errors import FieldError, UsageError
from ..video.opening import GONE
from . import (
    bench,
    cache,
    compare,
    console,
    doctor,
    interpolate,
    manual,
    models,
    options,
    preview,
    process,
    signals,
    standard_streams,
    upscale,
)

app = typer.Typer(
    name="vsmlrt",
    help="Neural networks on video, from the command line and in VapourSynth.",
    no_args_is_help=True,
    add_completion=True,
    cls=options.Group,
    context_settings=options.HELP,
    pretty_exceptions_enable=False,
)
for _name, _command, _example in (
    ("upscale", upscale.upscale, "vsmlrt upscale in.mkv out.mkv --model animevideov3 --scale 2"),
    ("denoise", upscale.denoise, "vsmlrt denoise in.mkv out.mkv --strength 5"),
    ("interpolate", interpolate.interpolate, "vsmlrt interpolate in.mkv out.mkv --multiplier 2"),
    ("process", process.process, "vsmlrt process in.mkv out.mkv --denoise 5 --scale 2 --fps 60"),
    ("preview", preview.preview, "vsmlrt preview in.mkv --model animevideov3 --scale 2"),
    ("compare", compare.compare, "vsmlrt compare in.mkv out.mkv -o report.html"),
    ("bench", bench.bench, "vsmlrt bench --families realesrgan --sizes 1280x720"),
    ("doctor", doctor.doctor, "vsmlrt doctor"),
    ("man", manual.man, "vsmlrt man > vsmlrt.1"),
):
    app.command(_name, cls=options.Command, epilog=f"Example: {_example}")(_command)
app.add_typer(cache.app, name="cache", cls=options.Group)
app.add_typer(models.app, name="models", cls=options.Group)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import product_version

        typer.echo(f"vsmlrt {product_version}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Neural networks on video, from the command line and in VapourSynth."""


@functools.cache
def command() -> typer.core.TyperGroup:
    """The commands with their options, built when they are first needed."""
    return typer.main.get_group(app)


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
    except (UsageError, UnknownNameError) as error:
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
