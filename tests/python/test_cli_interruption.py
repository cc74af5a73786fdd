"""Ctrl-C and termination signals end the command whatever it is doing: while it loads, and inside a library's call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from video_samples import make_video

LOADING = """
import os, signal, sys

class AtImport:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{number})

sys.meta_path.insert(0, AtImport())
sys.argv[0] = "vsmlrt"
from vsmlrt.cli import main
main()
"""
"""The command, sent a signal when it imports a module."""

BLOCKED = """
import threading
import vapoursynth as vs
from vsmlrt.cli import main
from vsmlrt.cli import upscale as command
from vsmlrt.video import job

def never(*given, **named):
    clip = vs.core.std.BlankClip()
    print("blocked", flush=True)
    clip.std.ModifyFrame(clip, lambda n, f: threading.Event().wait()).get_frame(0)

{where} = never
command.store.resolve = lambda *given, **named: None
command.options.asked = lambda *given, **named: {}
command.plugin.core = lambda: None
main()
"""
"""The command whose main thread goes into a library and does not come back."""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("module", ["vapoursynth", "av", "numpy", "typer", "rich.progress", "vsmlrt.video.job"])
def test_while_it_loads(module: str, number: str) -> None:
    """One line, no traceback."""
    script = LOADING.format(module=module, number=number)
    done = subprocess.run(
        [sys.executable, "-c", script, "upscale", "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"vsmlrt: error: interrupted ({number})\n"


def test_before_the_package_is_loaded(tmp_path: Path) -> None:
    """The interpreter is still starting; what came meanwhile is answered as soon as the package can."""
    (tmp_path / "sitecustomize.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "vsmlrt", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vsmlrt: error: interrupted (SIGINT)\n"


def test_loading_by_another_program() -> None:
    """What imports the package keeps its own handlers."""
    script = "import signal; before = signal.getsignal(2); import vsmlrt; print(signal.getsignal(2) is before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "True\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["job.open_source", "command.filter_of"])
def test_inside_a_library(tmp_path: Path, where: str, number: signal.Signals) -> None:
    """Indexing a video and building a network are one call each, in which no handler of Python's runs."""
    source = make_video(tmp_path / "in.mkv", [0, 512])
    script = BLOCKED.replace("{where} = never", f"{where} = {'lambda *a, **n: ' if 'filter_of' in where else ''}never")
    process = subprocess.Popen(
        [sys.executable, "-c", script, "upscale", str(source), str(tmp_path / "out.mkv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "blocked\n"
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    line = f"vsmlrt: error: interrupted ({number.name}): no frame was done, {tmp_path / 'out.mkv'} was not written"
    assert said.splitlines()[-1] == line
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]
