"""Running the command line in a process of its own, also with a resize in place of a network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import ready

STAND_IN = """
import os, select, signal, time
import vapoursynth as vs
from vsmlrt.cli import main
from vsmlrt.cli import upscale as command

arrived, sent = os.pipe()
os.set_blocking(sent, False)
signal.set_wakeup_fd(sent)

def double(clip, network):
    wait, stop_at = {wait}, {stop_at}
    big = clip.resize.Bicubic(clip.width * 2, clip.height * 2)
    if wait:
        def slow(n, f):
            time.sleep(wait)
            return f
        big = big.std.ModifyFrame(big, slow)
    if stop_at is None or stop_at >= big.num_frames:
        return big
    said = []
    def held(n, f):
        if not said:  # one at a time is here
            said.append(n)
            print("frame", stop_at, flush=True)
        select.select([arrived], [], [])
        return f
    rest = big[stop_at:]  # a filter of its own, as frames need not come in their order and those before pass this one
    rest = rest.std.ModifyFrame(rest, held)
    vs.core.num_threads = max(2, vs.core.num_threads)
    return big[:stop_at] + rest if stop_at else rest

command.filter_of = lambda *given, **named: double
command.store.resolve = lambda *given, **named: None
command.options.asked = lambda *given, **named: {}
command.plugin.core = lambda: None
main()
"""
"""The command line with its network replaced: each frame takes ``wait`` seconds and comes out twice as large.

Frame ``stop_at`` says that it is there, and none from it on comes out before a signal has arrived.
"""


def vsmlrt(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """``vsmlrt ARGUMENTS`` as it is."""
    command = [sys.executable, "-m", "vsmlrt", *map(str, arguments)]
    return ready.run(command, text=True, cwd=cwd)


def stand_in(*arguments: str | Path, wait: float = 0.0, stop_at: int | None = None) -> list[str]:
    """The command that runs ``vsmlrt ARGUMENTS`` with a resize in place of the network."""
    script = STAND_IN.replace("{wait}", str(wait)).replace("{stop_at}", str(stop_at))
    return [sys.executable, "-c", script, *map(str, arguments)]


def sentence_of(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on the standard error, progress aside, which has to be an error and no traceback."""
    lines = [line for line in done.stderr.splitlines() if not re.match(r"frame \d+/\d+, ", line)]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("vsmlrt: error: ")
    assert done.stdout == ""
    return lines[0].removeprefix("vsmlrt: error: ")


WITH_PLUGIN = """
import sys
import vapoursynth as vs
path = sys.argv.pop(1)
if not hasattr(vs.core, "mlrt"):
    vs.core.std.LoadPlugin(path)
from vsmlrt.cli import main
main()
"""
"""The command line with the plugin under test, which need not be installed."""


def with_plugin(plugin: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """``vsmlrt ARGUMENTS`` with the plugin's file."""
    command = [sys.executable, "-c", WITH_PLUGIN, plugin, *map(str, arguments)]
    return ready.run(command, text=True)
