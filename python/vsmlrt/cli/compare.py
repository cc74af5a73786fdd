"""``vsmlrt compare``: one page that shows two videos over each other and how near they are to a third."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..compare import report
from ..compare.pairs import expected_frames
from ..video.errors import FieldError, UsageError
from ..video.facts import read_facts
from ..video.incoming import STANDARD_INPUT, called, is_sequence, readable_file
from ..video.output import Outputs
from . import console, signals, tables, values
from .options import Framerate
from .progress import FrameProgress
from .signals import interruptible

MOST_SHOWN = 100

A = Annotated[
    Path,
    typer.Argument(
        metavar="A", help="A video, such as the source; images such as a%05d.png, or -.", show_default=False
    ),
]
B = Annotated[Path, typer.Argument(metavar="B", help="Another one, such as the result.", show_default=False)]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page to write.")]
Reference = Annotated[
    Path | None, typer.Option(metavar="VIDEO", help="What both are measured against: PSNR, SSIM and VMAF.")
]
Shown = Annotated[int, typer.Option(metavar="N", help="How many frames are shown: the worst first, then others.")]
Frames = Annotated[str | None, typer.Option(metavar="N,N,...", help="The numbers of the frames to show instead.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", metavar="", help="Replace the page if it exists.")]


def compare(
    a: A,
    b: B,
    output: Output = Path("report.html"),
    reference: Reference = None,
    shown: Shown = 8,
    frames: Frames = None,
    framerate: Framerate = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a page that shows two videos: a slider and flicker over chosen frames, zoom, and plots of every frame.

    Frames are paired by the time they are shown. With a reference both are measured against it; without one, and where
    both have one size, B is measured against A. The page is one file and needs no network.
    """
    values.at_least("--shown", shown, 1)
    if shown > MOST_SHOWN:
        raise UsageError(f"--shown takes a number from 1 to {MOST_SHOWN}, not {shown}")
    if output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--output takes a name that ends in .html, not {output}")
    chosen = None
    if frames is not None:
        if re.fullmatch(r"\d{1,9}(,\d{1,9})*", frames) is None:
            raise UsageError(f"--frames takes numbers of frames such as 10,250, not {frames!r}")
        chosen = [int(number) for number in frames.split(",")]
    given = [a, b] if reference is None else [a, b, reference]
    rate = values.read_rate("--framerate", framerate)
    if rate is not None and not any(map(is_sequence, given)):
        raise FieldError("{framerate} is about numbered images such as a%05d.png, of which none is compared")
    if given.count(STANDARD_INPUT) > 1:
        raise UsageError("several videos are -, and there is one standard input; name files for the others")
    with interruptible(), ExitStack() as stack:
        paths = [
            stack.enter_context(readable_file(one, console.warn, framerate=rate if is_sequence(one) else None))
            for one in given
        ]
        names = {path: called(one) for path, one in zip(paths, given, strict=True)}
        a, b, reference = paths[0], paths[1], None if reference is None else paths[2]
        facts = [read_facts(path) for path in paths]
        with Outputs(output, overwrite=overwrite) as target:
            same_size = (facts[0].width, facts[0].height) == (facts[1].width, facts[1].height)
            total = expected_frames(a if reference is None else reference)
            with FrameProgress() as progress:

                def update(done: int) -> None:
                    progress.update(done, max(done, total))
                    signals.check()

                measured = report.measure(a, b, reference, same_size, update)
            if beyond := [n for n in chosen or () if n >= len(measured.seconds)]:
                raise FieldError(
                    "{frames} {given}: there is no frame {number}, {total} are compared, 0 to {last}",
                    given=frames,
                    number=beyond[0],
                    total=len(measured.seconds),
                    last=len(measured.seconds) - 1,
                )
            picked = report.choose(measured, shown, chosen)
            target.write(report.page(a, b, reference, measured, picked, names).encode())
    for line in report.summary(measured):
        tables.show(line)
    if not measured.series:
        console.say("nothing is measured: the videos have two sizes; give --reference VIDEO to measure both against it")
    for path, end in measured.ended:
        counted = path == (a if reference is None else reference)
        what = "nothing behind it is compared" if counted else "its last frame is compared with what follows"
        console.warn(f"{names[path]} ends at {end:.2f} s, before another of the videos: {what}")
    console.say(f"{output}: {tables.counted(len(picked), 'frame')} of {len(measured.seconds)}")
