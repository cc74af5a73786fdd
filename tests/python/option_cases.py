"""What it is to show that an option is heeded: the same command with and without it, and what a person gets of each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import pytest
import vapoursynth as vs

from hosting import plugin_core
from vsmlrt import cli, plugin


@dataclass(frozen=True)
class Outcome:
    """What one run of the command line gave."""

    status: int
    said: str
    """The standard error, whose words are not compared."""
    printed: str
    """The standard output."""
    video: tuple[Any, ...] | None
    """Codec, pixel format, size, times and a digest of the packets."""
    files: dict[str, bytes]
    """Whatever else lies in the folder then, but for files named ``in.*``."""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Arguments that ``core.mlrt.Model`` and ``core.mlrt.Interpolate`` got, clips and the network's path left out."""


class _Recorder:
    """The core with its namespace ``mlrt`` listened to."""

    def __init__(self, core: vs.Core) -> None:
        self._core = core
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        if name == "mlrt":
            return self
        return getattr(self._core.mlrt if hasattr(self._core.mlrt, name) else self._core, name)

    def _call(self, function: str, *clips: Any, **arguments: Any) -> Any:
        heard = {key: value for key, value in arguments.items() if key not in ("clips", "network_path")}
        self.calls.append((function, heard))
        if arguments.get("backend") == "auto":
            arguments["backend"] = "reference"  # which has a program at once
        return getattr(self._core.mlrt, function)(*clips, **arguments)

    def Model(self, *clips: Any, **arguments: Any) -> Any:  # noqa: N802
        return self._call("Model", *clips, **arguments)

    def Interpolate(self, *clips: Any, **arguments: Any) -> Any:  # noqa: N802
        return self._call("Interpolate", *clips, **arguments)


@contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What this package asks of the plugin meanwhile."""
    recorder = _Recorder(plugin_core())
    with monkeypatch.context() as patch:
        patch.setattr(plugin, "core", lambda: recorder)
        yield recorder.calls


@dataclass(frozen=True)
class Shell:
    """Runs the command line in this process, each time in a new folder that has ``in.mkv`` and what `prepare` puts."""

    root: Path
    video: Path
    models: Path
    """What ``{models}`` in an argument stands for."""
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    prepare: Callable[[Path], None]
    videos: dict[tuple[str, ...], Outcome] = field(default_factory=dict)
    """What commands gave of which the video alone is looked at, by their words: that depends on nothing else."""

    def video_of(self, *arguments: str) -> Outcome:
        """As `run`, where the same words have not been run yet."""
        if arguments not in self.videos:
            self.videos[arguments] = self.run(*arguments)
        return self.videos[arguments]

    def run(self, *arguments: str) -> Outcome:
        self.root.mkdir(exist_ok=True)
        folder = self.root / f"run{len(list(self.root.iterdir()))}"
        folder.mkdir()
        (folder / "in.mkv").write_bytes(self.video.read_bytes())
        self.prepare(folder)
        self.monkeypatch.chdir(folder)
        before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        self.capture.readouterr()
        with recorded(self.monkeypatch) as calls:
            status = cli.run([word.replace("{models}", str(self.models)) for word in arguments])
        printed, said = self.capture.readouterr()
        found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        made = {name: data for name, data in found.items() if before.get(name) != data}
        videos = [name for name in made if name.endswith(".mkv")]
        video = _content(folder / videos[0]) if videos else None
        files = {name: data for name, data in found.items() if name not in (*videos, "in.mkv")}
        return Outcome(status, said, printed, video, files, list(calls))


def _content(path: Path) -> tuple[Any, ...]:
    """A video's content without what a muxer draws by lot."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        digest = hashlib.sha256()
        times = []
        for packet in file.demux(stream):
            if packet.pts is not None:
                times.append(packet.pts)
                digest.update(bytes(packet))
        return context.name, context.pix_fmt, context.width, context.height, tuple(times), digest.hexdigest()


@dataclass(frozen=True)
class Changes:
    """With `options` the command gives something else than without.

    `what` is compared: ``video`` (and ``files``, which hold raw video), ``printed``, ``files`` or ``calls``. The last
    is for options that say how the same picture is computed; that the plugin heeds its arguments is shown by the
    plugin's own table.
    """

    options: tuple[str, ...]
    base: tuple[str, ...] = ()
    what: str = "video"
    without: tuple[str, ...] = ()
    """Options that stand in the place of `options` in the other run."""

    def check(self, shell: Shell, command: tuple[str, ...]) -> None:
        run_plain = shell.video_of if self.what == "video" else shell.run
        plain = run_plain(*command, *self.base, *self.without)
        changed = shell.run(*command, *self.base, *self.options)
        assert (plain.status, changed.status) == (0, 0), plain.said + changed.said
        assert getattr(plain, self.what) != getattr(changed, self.what)


@dataclass(frozen=True)
class Refused:
    """With `options` the command ends with one sentence, exit status `status`, and nothing written."""

    options: tuple[str, ...]
    says: str
    status: int = 2
    behind: tuple[str, ...] = ()
    """Options with which the command has been run before, and which it takes."""

    def check(self, shell: Shell, command: tuple[str, ...]) -> None:
        if self.behind:
            assert shell.run(*command, *self.behind).status == 0
        done = shell.run(*command, *self.options)
        assert done.status == self.status, done.said
        lines = [line for line in done.said.splitlines() if line.startswith("vsmlrt: error: ")]
        assert len(lines) == 1, done.said
        assert self.says in lines[0]
        assert done.video is None
