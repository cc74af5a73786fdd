"""Who makes which part of a job that several processes share, on one machine or on several that see one folder.

A claim is a file that only one process can create. Its owner touches it all the time; one that has not been touched
for as long as it says itself belongs to a process that died, and is taken over. Ages are told by the file system's own
clock, so that machines whose clocks differ agree. Two owners of one claim (a process that slept too long) cost work and
nothing else: both make the same part, and the second one to finish replaces it by its like.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from .. import held

EXPIRY = 60.0
"""Seconds after which a claim that nobody touches is nobody's."""


def anybody(folder: Path, but: str = "") -> bool:
    """Whether a process that is alive, and is not the one of the token ``but``, has a claim in a folder."""
    clock = folder / f"{uuid.uuid4().hex[:12]}.clock"
    try:
        now = _time_of(clock)
        clock.unlink()
    except OSError:
        return False
    for path in folder.glob("*.claim"):
        with contextlib.suppress(OSError):
            claim = _read(path)
            if claim.token != but and now - claim.touched <= claim.expiry:
                return True
    return False


@dataclass(frozen=True, kw_only=True)
class _Claim:
    """What a claim's file says: its owner, when that touched it last, and how long it is good without being touched."""

    token: str
    touched: float
    expiry: float


def _read(path: Path) -> _Claim:
    """OSError where it was given back."""
    touched = path.stat().st_mtime
    token, _, expiry = path.read_text().partition(" ")
    try:
        return _Claim(token=token, touched=touched, expiry=float(expiry))
    except ValueError:  # one that is being written
        return _Claim(token=token, touched=touched, expiry=EXPIRY)


def _time_of(clock: Path) -> float:
    """What the file system's clock shows, read from a file that is touched for it."""
    clock.touch()
    return clock.stat().st_mtime


class Claims:
    """A process's claims in a folder; used as a context, at whose end all are given back. Thread-safe.

    ``expiry`` is after how many seconds without a sign of life others take what this process has.
    """

    def __init__(self, folder: Path, expiry: float = EXPIRY) -> None:
        self.token = uuid.uuid4().hex[:12]
        self._folder = folder
        self._expiry = expiry
        self._own: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="claims", daemon=True)

    def __enter__(self) -> Claims:
        self._keeper.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._keeper.join()
        for name in list(self._own):
            self.release(name)
        with contextlib.suppress(OSError):
            held.remove(self._clock)

    def take(self, name: str) -> bool:
        """Whether the claim of this name is now this process's; none is where the folder is gone."""
        path = self._path(name)
        if not self._create(path) and not (self._is_stale(path) and self._take_over(path)):
            return False
        with self._lock:
            self._own.add(name)
        return True

    def release(self, name: str) -> None:
        """Gives a claim back."""
        with self._lock:
            self._own.discard(name)
        path = self._path(name)
        with contextlib.suppress(OSError):
            if _read(path).token == self.token:
                held.remove(path)

    @property
    def _clock(self) -> Path:
        return self._folder / f"{self.token}.clock"

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.claim"

    def _create(self, path: Path) -> bool:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except (FileExistsError, FileNotFoundError):
            return False
        except PermissionError:
            if sys.platform == "win32":  # what a name says whose file is being removed
                return False
            raise
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{self.token} {self._expiry:g}")
        return True

    def _is_stale(self, path: Path) -> bool:
        try:
            claim = _read(path)
            return _time_of(self._clock) - claim.touched > claim.expiry
        except OSError:  # given back meanwhile
            return False

    def _take_over(self, path: Path) -> bool:
        """Of several that try, one finds the file to move away."""
        aside = self._folder / f"{self.token}.stale"
        try:
            os.rename(path, aside)
        except OSError:
            return False
        held.remove(aside, missing_ok=True)
        return self._create(path)

    def _keep(self) -> None:
        while not self._ended.wait(self._expiry / 5):
            with self._lock:
                own = list(self._own)
            for name in own:
                with contextlib.suppress(OSError):
                    os.utime(self._path(name))
