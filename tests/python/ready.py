"""Python processes that begin with this package imported: forks of one process that has done that and nothing else.

What is run has a process of its own, with its own arguments, folder, environment, standard files, VapourSynth core, end
and exit status, as ``subprocess.run([sys.executable, ...])`` gives it; it saves the half second in which the
interpreter starts and imports. Tests of that very start (of signals, terminals and pipes too) use ``subprocess``.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

LIMIT = 1 << 20
"""Bytes of a request."""

LATE = (
    *("av.subtitles.stream", "importlib.metadata", "pydantic.fields", "pydantic.type_adapter", "pydantic.types"),
    *("rich.progress", "rich.table", "typer._adapters"),
)
"""What is imported when a command first needs it."""


class _Starter:
    """The process that is forked, and the socket on which it is asked."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            # A process with threads must not be forked, and NumPy's library starts some.
            environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
            )
        self.answers = self.socket.makefile("r")
        atexit.register(self.stop)

    def stop(self) -> None:
        """It ends when nobody can ask it any more."""
        self.answers.close()
        self.socket.close()
        self.process.wait()

    def start(self, request: Mapping[str, Any], files: Sequence[int]) -> int:
        """The number of the new process, which has these files as its standard ones."""
        socket.send_fds(self.socket, [json.dumps(request).encode()], files)
        return int(self._answer())

    def wait(self) -> int:
        """As ``subprocess`` has it: negative for a signal."""
        return int(self._answer())

    def _answer(self) -> str:
        line = self.answers.readline()
        assert line, f"{__file__} ended with status {self.process.wait()}"
        return line


@functools.cache
def _starter() -> _Starter:
    return _Starter()


@contextlib.contextmanager
def _input(stdin: int | IO[bytes], data: bytes | None) -> Iterator[int]:
    """The file that the process reads; what is written into a pipe is written while it runs."""
    if data is not None:
        reading, writing = os.pipe()

        def write() -> None:
            with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as file:
                file.write(data)

        threading.Thread(target=write).start()
        try:
            yield reading
        finally:
            os.close(reading)
    elif stdin == subprocess.DEVNULL:
        with open(os.devnull, "rb") as nothing:
            yield nothing.fileno()
    else:
        yield stdin if isinstance(stdin, int) else stdin.fileno()


def run(
    command: Sequence[str | Path],
    *,
    text: bool = False,
    timeout: float = 300,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    data: bytes | None = None,
) -> subprocess.CompletedProcess[Any]:
    """``subprocess.run`` with its output captured, for ``[sys.executable, "-c" or "-m", ...]``; a pipe brings data."""
    python, *arguments = map(str, command)
    assert python == sys.executable
    assert arguments[0] in ("-c", "-m")
    request = {
        "arguments": arguments,
        "folder": str(cwd or Path.cwd()),
        "environment": dict(os.environ if env is None else env),
    }
    pipes = [os.pipe(), os.pipe()]
    kept: list[bytes] = [b"", b""]

    def read(n: int) -> None:
        with os.fdopen(pipes[n][0], "rb") as file:
            kept[n] = file.read()

    with _input(stdin, data) as file:
        process = _starter().start(request, [file, pipes[0][1], pipes[1][1]])
    readers = [threading.Thread(target=read, args=(n,)) for n in (0, 1)]
    for n, reader in enumerate(readers):
        os.close(pipes[n][1])
        reader.start()
    late = threading.Event()

    def kill() -> None:
        late.set()
        os.kill(process, signal.SIGKILL)

    timer = threading.Timer(timeout, kill)
    timer.start()
    status = _starter().wait()
    timer.cancel()
    for reader in readers:
        reader.join()
    if late.is_set():
        raise subprocess.TimeoutExpired(list(command), timeout, kept[0], kept[1])
    said = [output.decode() for output in kept] if text else kept
    return subprocess.CompletedProcess(list(command), status, said[0], said[1])


def _serve(asked: socket.socket) -> dict[str, Any]:
    """Forks for each request; returns in the new processes alone, with what was asked of them."""
    while True:
        message, files, _, _ = socket.recv_fds(asked, LIMIT, 3)
        if not message:
            os._exit(0)
        while True:
            try:
                request: dict[str, Any] = json.loads(message)
                break
            except json.JSONDecodeError:  # the rest is under way
                message += asked.recv(LIMIT)
        child = os.fork()
        if child == 0:
            asked.close()
            for n, file in enumerate(files):
                os.dup2(file, n)
                os.close(file)
            return request
        for file in files:
            os.close(file)
        asked.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        asked.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(request: dict[str, Any]) -> tuple[str, str]:
    """Takes on the folder, environment and arguments; returns what to run and how."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    kind, what, *arguments = request["arguments"]
    sys.argv = [kind, *arguments]
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:1] = ["", *path]
    return kind, what


def _keep() -> None:
    """What is there is not collected, cleared or freed by each new process, and so need not be copied for it.

    What a process makes itself ends with it as in any other.
    """
    _inherited.update(sys.modules)
    kept = [gc.get_objects(), _inherited]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
    gc.freeze()


_inherited: dict[str, Any] = {}


def _forget() -> None:
    for name in _inherited:
        if name not in ("sys", "builtins"):
            sys.modules.pop(name, None)


if __name__ == "__main__":
    atexit.register(_forget)  # before all others, and so called after them
    for module in ("vsmlrt.video.job", "vsmlrt.benchmark.running", *LATE):
        importlib.import_module(module)
    importlib.import_module("vsmlrt.catalog").families()
    for command in importlib.import_module("vsmlrt.cli").command().commands.values():  # built when first asked for
        for parameter in command.params:
            parameter.get_runtime_param()  # so are these
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep()
    kind, what = _become(_serve(socket.socket(fileno=int(sys.argv[1]))))
    if kind == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})
